/** A process, so that no later one with its number is taken for it. */
export type Owner = {
  readonly pid: number;
  /** When it began, in the kernel's ticks since boot. */
  readonly started: number;
  /** The kernel's name for this boot. */
  readonly boot: string;
};

/**
 * A turn: one time that Icinga is asked to check a probe again. Turns of a probe are numbered; the newest one decides
 * what a trap does.
 */
export type Turn = {
  readonly number: number;
  /** When it asks, or has begun to ask: milliseconds since 1970. */
  readonly due: number;
  /** How many services it found; null while it has not asked, or got no answer. */
  readonly found: number | null;
  /** Who is yet to ask; null from the moment that it asks. */
  readonly owner: Owner | null;
};

/** What a trap does: nothing, since a turn that is yet to come sees what it is about; or a turn of its own. */
export type Decision =
  | { readonly kind: 'covered' }
  /** Icinga has just said that it knows no probe of this address. */
  | { readonly kind: 'stranger' }
  | { readonly kind: 'turn'; readonly number: number; readonly due: number };

/** What a decision goes by beside the newest turn; times in milliseconds. */
export type Moment = {
  readonly now: number;
  readonly hold: number;
  /** How long the API may take to answer. */
  readonly limit: number;
  /** When the API gave no answer, if it has given none since: for as long as `hold`, nobody waits for it in the foreground. */
  readonly silent: number;
  /** Whether the owner of the newest turn is there. */
  readonly alive: boolean;
};

/**
 * What a trap does that comes now, after the probe's newest turn. A check that began before the trap may not have seen
 * what the trap is about, so a turn covers it only while it is yet to ask and somebody is there who does; and turns are
 * `hold` apart.
 */
export function decide(last: Turn | null, { now, hold, limit, silent, alive }: Moment): Decision {
  const number = (last?.number ?? 0) + 1;
  const soonest = now - silent >= 0 && now - silent < hold ? silent + hold : now;
  // Further away than any can be: the clock was set, or who should ask is stopped.
  if (last === null || Math.abs(last.due - now) > hold + limit) return { kind: 'turn', number, due: soonest };
  if (last.owner !== null) {
    if (alive) return { kind: 'covered' };
    // Nobody takes it any more, so this one is in its place.
    return { kind: 'turn', number, due: Math.max(soonest, Math.min(last.due, now + hold)) };
  }
  if (last.found === 0 && last.due <= now && now < last.due + hold) return { kind: 'stranger' };
  return { kind: 'turn', number, due: Math.max(soonest, Math.min(last.due, now) + hold) };
}

/** A turn as its file has it. */
export function formatTurn({ due, found, owner }: Omit<Turn, 'number'>): string {
  const who = owner === null ? [] : [owner.pid, owner.started, owner.boot];
  return `${[due, found ?? '-', ...who].join(' ')}\n`;
}

/** Reads what `formatTurn` has written; null for anything else. */
export function parseTurn(number: number, text: string): Turn | null {
  const [, due, found, pid, started, boot = ''] =
    /^(\d{1,15}) (-|\d{1,6})(?: (\d{1,10}) (\d{1,15}) ([0-9a-f-]{1,64}))?\n$/.exec(text) ?? [];
  if (due === undefined) return null;
  const owner = pid === undefined ? null : { pid: Number(pid), started: Number(started), boot };
  return { number, due: Number(due), found: found === '-' ? null : Number(found), owner };
}
