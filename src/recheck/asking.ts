import type { Result } from '../plugin/index.ts';
import { type Outcome, recheckRequest, type Turn } from '../trap/index.ts';
import { type Api, askRecheck } from './api.ts';
import type { Severity } from './journal.ts';
import { type Hurry, leaveBehind, sayReady, waitUntil } from './later.ts';
import type { Turns } from './turns.ts';

/** What a run has to go by. */
export type Setting = {
  readonly sender: string;
  readonly api: Api;
  /** Or why no turns can be kept: then Icinga is asked all the same, as they do no more than keep it from being asked often. */
  readonly turns: Result<Turns>;
  /** How long the API may take to answer, and how long two turns are apart, in milliseconds. */
  readonly limit: number;
  readonly hold: number;
  /** What a process that is left behind is called with. */
  readonly args: readonly string[];
  readonly hurry: Hurry;
  say(severity: Severity, line: string): Promise<unknown>;
};

/** What a run came to: `part` when Icinga was not asked, or will not be again though it should. */
export type End = 'asked' | 'part' | 'stranger';

/** A trap has come: a turn that is due now asks, and one more is left behind for what comes during the hold. */
export async function answerTrap(setting: Setting): Promise<End> {
  const { sender, turns, hurry, say } = setting;
  if (!turns.ok) return askAlone(setting, turns.reason);
  const taken = attempt(() => turns.value.take(sender));
  if (!taken.ok) return askAlone(setting, turns.value.trouble(taken.error));
  if (taken.value.kind === 'covered') return 'asked';
  if (taken.value.kind === 'stranger') return 'stranger';
  if (taken.value.kind === 'crowded') {
    await say('warning', `a trap from ${sender} changes nothing: ${crowd}`);
    return 'part';
  }
  const { turn } = taken.value;
  if (turn.due > Date.now()) return leave(setting, turn);
  attempt(() => turns.value.sweep());
  const { end, begun } = await ask(setting, turns.value, turn, 'at once', () =>
    hurry.told() ? 'it is asked once more now' : inAHold(setting),
  );
  if (end === 'stranger') return end;
  // A check that was already running has swallowed this one, as Icinga does, and may not have seen what has changed.
  const next = attempt(() => turns.value.follow(sender, begun));
  if (!next.ok) return sayNoMore(setting, `--state-dir: ${turns.value.trouble(next.error)}`);
  if (next.value.kind === 'crowded') return sayNoMore(setting, crowd);
  const left = next.value.kind === 'turn' ? await leave(setting, next.value.turn) : 'asked';
  return end === 'asked' ? left : end;
}

/**
 * Left behind for a turn: asks when its time has come, or at once when it is told to end. A check that was running then may
 * have swallowed this one, too, so what was the first turn after a trap is followed by one more.
 */
export async function keepTurn(setting: Setting, number: number): Promise<End> {
  const { sender, turns, hold, hurry } = setting;
  const due = Date.now() + hold;
  let turn = turns.ok ? turns.value.claim(sender, number) : { number, due, found: null, owner: null };
  sayReady();
  for (;;) {
    const woken = await waitUntil(turn.due, hurry);
    if (!turns.ok || woken === 'hurried') return askLast(setting, turn, lateAs(woken));
    const asked = turn;
    const isFirst = () => !hurry.told() && turns.value.isFirst(sender, asked);
    const { end, begun } = await ask(setting, turns.value, asked, lateAs(woken), () =>
      isFirst() ? inAHold(setting) : noMore,
    );
    if (end === 'stranger' || !isFirst()) return end;
    const next = attempt(() => turns.value.follow(sender, begun));
    if (!next.ok) return sayNoMore(setting, `--state-dir: ${turns.value.trouble(next.error)}`);
    if (next.value.kind === 'crowded') return sayNoMore(setting, crowd);
    if (next.value.kind !== 'turn') return end;
    turn = next.value.turn;
  }
}

const lateAs = (woken: 'due' | 'hurried') =>
  woken === 'due' ? 'at the end of the hold' : 'before the end of the hold';

const inAHold = ({ hold }: Setting) => `it is asked once more in ${hold / 1000} s`;

const noMore = 'it is asked no more for this trap';

async function askLast(setting: Setting, turn: Turn, when: string): Promise<End> {
  const { turns } = setting;
  return (await ask(setting, turns.ok ? turns.value : null, turn, when, () => noMore)).end;
}

/** Where no turns can be kept, every trap asks, and none is asked about again: a burst would leave a crowd behind. */
async function askAlone(setting: Setting, trouble: string): Promise<End> {
  const turn = { number: 0, due: Date.now(), found: null, owner: null };
  const { end } = await ask(setting, null, turn, 'at once', () => noMore);
  if (end === 'stranger') return end;
  return sayNoMore(setting, `--state-dir: ${trouble}`);
}

const crowd = 'too many others wait for their time to be asked about';

async function sayNoMore({ sender, say }: Setting, reason: string): Promise<End> {
  await say('err', `${sender} is not checked again at the end of the hold: ${reason}`);
  return 'part';
}

/** A turn is left to a process of its own, or asks at once where that cannot wait for it. */
async function leave(setting: Setting, turn: Turn): Promise<End> {
  const { sender, limit, args, hurry, say } = setting;
  const left = hurry.told() ? 'ended' : await leaveBehind({ args, turn: turn.number }, hurry, limit);
  if (left === 'waits') return 'asked';
  if (left === 'ended') return askLast(setting, turn, 'before the end of the hold');
  // With this process its owner is gone, and the next trap takes the turn.
  await say('err', `a trap from ${sender}: no process can be started that asks at the end of the hold`);
  return 'part';
}

/** Asks once, and says what came of it; `next` says what follows a failure. Gives the turn as it was begun, too. */
async function ask(
  setting: Setting,
  turns: Turns | null,
  turn: Turn,
  when: string,
  next: () => string,
): Promise<{ readonly end: End; readonly begun: Turn }> {
  const { sender, api, limit, say } = setting;
  const begun = attempt(() => turns?.begin(sender, turn) ?? null);
  const outcome = await askRecheck(api, recheckRequest(sender), limit);
  attempt(() => (outcome.kind === 'silent' ? turns?.noteSilence() : turns?.noteAnswer()));
  attempt(() => {
    const found = foundBy(outcome);
    // What could not be begun may be somebody else's by now.
    if (found !== null && begun.ok && begun.value !== null) turns?.write(sender, { ...begun.value, found });
  });
  await say(...wordsFor(sender, outcome, when, next));
  const end = outcome.kind === 'asked' ? 'asked' : outcome.kind === 'unknown' ? 'stranger' : 'part';
  return { end, begun: (begun.ok ? begun.value : null) ?? { ...turn, due: Date.now() } };
}

function foundBy(outcome: Outcome): number | null {
  return outcome.kind === 'asked' ? outcome.services : outcome.kind === 'unknown' ? 0 : null;
}

function wordsFor(sender: string, outcome: Outcome, when: string, next: () => string): readonly [Severity, string] {
  if (outcome.kind === 'failed' || outcome.kind === 'silent')
    return ['err', `a trap from ${sender}: ${outcome.reason}; ${next()}`];
  if (outcome.kind === 'unknown')
    return ['warning', `a trap from ${sender}: no sensorprobe service with that address that this API user may check`];
  const { services } = outcome;
  return ['info', `Icinga checks ${services === 1 ? '1 service' : `${services} services`} of ${sender} ${when}`];
}

/** What some work with files gives, or what it throws. */
function attempt<T>(
  work: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown } {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error };
  }
}
