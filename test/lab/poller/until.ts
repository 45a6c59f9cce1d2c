/**
 * Tries until something is there (not undefined and not false), twenty times a second, and gives it. Throws what is
 * missing, and the last error, after so many seconds of a quiet machine: one that is busy gets four times as many.
 */
export async function until<T>(
  what: string,
  seconds: number,
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const end = performance.now() + 4 * seconds * 1000;
  let trouble: unknown;
  do {
    try {
      const found = await attempt();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      trouble = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (performance.now() < end);
  throw new Error(`${what}: not within ${4 * seconds} s${trouble === undefined ? '' : ` (${String(trouble)})`}`);
}
