/**
 * A turn: one time that Icinga is asked to check a probe again. Turns of a probe are numbered; the newest one decides
 * what a trap does.
 */
export type Turn = {
  readonly number: number;
  /** When it asks, or has asked: milliseconds since 1970. */
  readonly due: number;
  /** How many services it found; null while it has not asked, or got no answer. */
  readonly found: number | null;
};

/** What a trap does: nothing, since a turn that is yet to come sees what it is about; or a turn of its own. */
export type Decision =
  | { readonly kind: 'covered' }
  /** Icinga has just said that it knows no probe of this address. */
  | { readonly kind: 'stranger' }
  | { readonly kind: 'turn'; readonly number: number; readonly due: number };

/**
 * What a trap does that comes now, after the probe's newest turn. A check that began before the trap may not have seen
 * what the trap is about, so each trap has a turn at or after its own time; and turns are `hold` apart.
 * `failed` is when the API last gave no answer to anybody: for as long as `hold`, nobody waits for it in the
 * foreground.
 */
export function decide(
  last: Turn | null,
  { now, hold, failed }: { readonly now: number; readonly hold: number; readonly failed: number },
): Decision {
  const number = (last?.number ?? 0) + 1;
  const soonest = now - failed >= 0 && now - failed < hold ? failed + hold : now;
  // A turn further ahead than any can be: the clock was put back.
  if (last === null || last.due > now + 2 * hold) return { kind: 'turn', number, due: soonest };
  if (last.due >= now) return { kind: 'covered' };
  if (last.found === 0 && now < last.due + hold) return { kind: 'stranger' };
  return { kind: 'turn', number, due: Math.max(soonest, last.due + hold) };
}

/** A turn as its file has it. */
export function formatTurn({ due, found }: Omit<Turn, 'number'>): string {
  return `${due} ${found ?? '-'}\n`;
}

/** Reads what `formatTurn` has written; null for anything else. */
export function parseTurn(number: number, text: string): Turn | null {
  const [, due, found] = /^(\d{1,15}) (-|\d{1,6})\n$/.exec(text) ?? [];
  if (due === undefined) return null;
  return { number, due: Number(due), found: found === '-' ? null : Number(found) };
}
