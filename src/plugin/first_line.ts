/** The most characters of the first line without its metrics: more is cut by lists, pagers and short messages. */
export const longestFirstLine = 160;

/** The end of a summary that covers several faults: `(+2 more)`, or `, and 2 more`. */
const others = /(?: \(\+\d+ more\)|, and \d+ more)$/;

/**
 * Shortens one line to a limit in characters, at a word's end where there is one in its second half. What is cut ends
 * in `…`; how many more faults there are is kept, as in `n1 is unreachable: ssh: connect to… (+1 more)`.
 */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const tail = others.exec(text)?.[0] ?? '';
  const room = Math.max(0, limit - tail.length - 1);
  const kept = text.slice(0, room);
  // A word that ends exactly there is complete.
  const end = text.charAt(room) === ' ' ? room : kept.lastIndexOf(' ');
  const words = end > room / 2 ? kept.slice(0, end) : kept;
  // Never half of a pair, no bracket or separator that nothing follows.
  return `${words.replace(/[\ud800-\udbff]$/, '').replace(/[\s,;:(]+$/, '')}…${tail}`;
}
