import type { Finding } from './report.ts';
import type { State } from './state.ts';

/** The first line for a state: the brief of the first fault that has it, and how many more there are; null without one. */
export function headline(faults: readonly (Finding & { readonly brief: string })[], state: State): string | null {
  const worst = faults.filter((one) => one.state === state);
  const [first] = worst;
  if (first === undefined) return null;
  return worst.length > 1 ? `${first.brief} (+${worst.length - 1} more)` : first.brief;
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(parts: readonly string[], last = 'and'): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} ${last} ${parts.at(-1)}`;
}
