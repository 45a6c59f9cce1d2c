import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { decide, formatTurn, type Owner, parseTurn, type Turn } from '../trap/index.ts';
import { lives, ownerOf } from './owner.ts';

/** So many re-checks wait for their time at once, each in a process: beyond any site, and no flood makes more. */
const mostWaiting = 100;

/** The names of its files: turns and marks of them, `api`, and drafts. Nothing else in the folder is ever touched. */
const own = /^(?:[0-9a-f.:]{2,45}(?:%[A-Za-z0-9_.-]{1,15})?_\d{1,15}\+?|api|draft\.\d{1,10}\.\d{1,20})$/;

/** Longer than the text of any turn. */
const longest = 256;

/** What came of a trap's wish for a turn. */
export type Taken =
  | { readonly kind: 'covered' }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'crowded' }
  | { readonly kind: 'turn'; readonly turn: Turn };

/** What came of opening the folder: `useless` is one that cannot be made or used now, `refused` one that must not be. */
export type Opened =
  | { readonly kind: 'open'; readonly turns: Turns }
  | { readonly kind: 'refused' | 'useless'; readonly reason: string };

/** How long things take, in milliseconds: `hold` between two turns of a probe, and `limit` for the API to answer. */
export type Pace = { readonly hold: number; readonly limit: number };

/**
 * The turns of all probes, as files of a folder that nobody else can look into: `ADDRESS_NUMBER`, the same with a `+` for one
 * that is the first after a trap, and `api` for when the API gave no answer, which goes when it gives one. Programs that run at the same time agree by `link`, which only one of them can do.
 */
export class Turns {
  readonly #folder: string;
  readonly #pace: Pace;

  private constructor(folder: string, pace: Pace) {
    this.#folder = folder;
    this.#pace = pace;
  }

  /**
   * Makes the folder where there is none; refuses one that is not this account's own and closed to others. One with
   * anything else in it is left alone: it was named by mistake.
   */
  static open(folder: string, pace: Pace): Opened {
    const refused = (reason: string): Opened => ({ kind: 'refused', reason });
    const useless = (reason: string): Opened => ({ kind: 'useless', reason });
    try {
      makeFolder(folder);
      const state = lstatSync(folder);
      if (!state.isDirectory()) return refused(`${folder} is not a folder`);
      if (state.uid !== process.getuid?.()) return refused(`${folder} belongs to another account`);
      const names = readdirSync(folder);
      const foreign = names.find((name) => !own.test(name));
      const open = (state.mode & 0o077) !== 0;
      // Of somebody's own folder nothing is advised: `chmod 700 /` would end the machine.
      if (foreign !== undefined)
        return (open ? refused : useless)(
          `${folder} has something else in it (${foreign}): give it a folder of its own`,
        );
      if (open) return refused(`${folder} is open to others: chmod 700 ${folder}`);
      const irregular = names.find((name) => !isFileOrGone(path.join(folder, name)));
      if (irregular !== undefined)
        return useless(`${folder} has something in it that is not a regular file (${irregular}): remove it`);
      return { kind: 'open', turns: new Turns(folder, pace) };
    } catch (error) {
      return useless(`${folder} cannot be made or read (${whyNot(error)})`);
    }
  }

  /** Why the folder cannot be written, out of an error that one of the methods has thrown, as a sentence fragment. */
  trouble(error: unknown): string {
    return `${this.#folder} cannot be written (${whyNot(error)})`;
  }

  /** A turn for a trap that comes now, if it needs one of its own. Throws what keeps it from being written. */
  take(sender: string): Taken {
    for (;;) {
      const now = Date.now();
      const last = this.#newest(sender);
      const alive = last !== null && last.owner !== null && lives(last.owner);
      const decision = decide(last, { ...this.#pace, now, silent: this.#silent(), alive });
      if (decision.kind === 'stranger') return decision;
      if (decision.kind === 'covered') {
        if (last === null || this.#mark(sender, last)) return decision;
        continue;
      }
      if (decision.due > now && this.#areMany()) return { kind: 'crowded' };
      const turn: Turn = { number: decision.number, due: decision.due, found: null, owner: self() };
      if (!this.#create(sender, turn)) continue;
      if (turn.due > now) this.#mark(sender, turn);
      return { kind: 'turn', turn };
    }
  }

  /** Whether a turn that has asked was the first after some trap, so that one more has to follow it. */
  isFirst(sender: string, { number }: Turn): boolean {
    return existsSync(path.join(this.#folder, `${sender}_${number}+`));
  }

  /** The turn after one that has just asked, at the end of the hold, if nobody has it. Throws as `take` does. */
  follow(sender: string, { number, due }: Turn): Taken {
    if (this.#areMany()) return { kind: 'crowded' };
    const began = Math.min(due, Date.now());
    const turn: Turn = { number: number + 1, due: began + this.#pace.hold, found: null, owner: self() };
    return this.#create(sender, turn) ? { kind: 'turn', turn } : { kind: 'covered' };
  }

  /** Takes a turn over from the process that has left this one behind for it. It is due within the hold, come what may. */
  claim(sender: string, number: number): Turn {
    const latest = Date.now() + this.#pace.hold;
    const left = this.#read(`${sender}_${number}`, number);
    const turn: Turn = { number, due: Math.min(left?.due ?? latest, latest), found: null, owner: ownerOf(process.pid) };
    try {
      this.#replace(`${sender}_${number}`, formatTurn(turn));
    } catch {
      // A trap that comes meanwhile has a turn of its own.
    }
    return turn;
  }

  /** A turn asks from now on, and covers no trap that comes after this. Throws where that cannot be written down. */
  begin(sender: string, { number }: Turn): Turn {
    const turn: Turn = { number, due: Date.now(), found: null, owner: null };
    try {
      this.#replace(`${sender}_${number}`, formatTurn(turn));
    } catch (error) {
      this.#giveUp(sender, turn);
      throw error;
    }
    return turn;
  }

  /** Writes down what came of a turn. */
  write(sender: string, turn: Turn): void {
    this.#replace(`${sender}_${turn.number}`, formatTurn(turn));
  }

  /** Nobody takes this turn. */
  #giveUp(sender: string, { number }: Turn): void {
    try {
      rmSync(path.join(this.#folder, `${sender}_${number}`), { force: true });
    } catch {
      // It is nobody's as soon as this process has ended.
    }
  }

  /** Notes that the API gives no answer. */
  noteSilence(): void {
    this.#replace('api', formatTurn({ due: Date.now(), found: null, owner: null }));
  }

  /** Notes that the API answers, whatever it says. */
  noteAnswer(): void {
    rmSync(path.join(this.#folder, 'api'), { force: true });
  }

  /** Removes what no trap will look at again: turns of long ago, and files of programs that were killed. */
  sweep(): void {
    for (const name of readdirSync(this.#folder).filter((one) => own.test(one))) {
      const file = path.join(this.#folder, name);
      try {
        if (Date.now() - lstatSync(file).mtimeMs > 10 * this.#pace.hold + 60_000) rmSync(file);
      } catch {
        // Another program was quicker.
      }
    }
  }

  /** Marks a turn as the first after a trap; false when it asks by now, and may have looked for the mark before. */
  #mark(sender: string, { number }: Turn): boolean {
    try {
      writeFileSync(path.join(this.#folder, `${sender}_${number}+`), '', { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    return (this.#read(`${sender}_${number}`, number)?.owner ?? null) !== null;
  }

  #newest(sender: string): Turn | null {
    const numbers = readdirSync(this.#folder).flatMap((name) => {
      const [, address, number] = /^(.*)_(\d{1,15})$/.exec(name) ?? [];
      return address === sender ? [Number(number)] : [];
    });
    if (numbers.length === 0) return null;
    const newest = Math.max(...numbers);
    // One that cannot be read counts as one of long ago.
    return this.#read(`${sender}_${newest}`, newest) ?? { number: newest, due: 0, found: null, owner: null };
  }

  #silent(): number {
    return this.#read('api', 0)?.due ?? 0;
  }

  /** Whether as many wait as may. */
  #areMany(): boolean {
    const files = readdirSync(this.#folder).filter((name) => /_\d{1,15}$/.test(name));
    const owners = files.flatMap((name) => this.#read(name, 0)?.owner ?? []);
    return owners.length >= mostWaiting && owners.filter(lives).length >= mostWaiting;
  }

  #read(name: string, number: number): Turn | null {
    try {
      return parseTurn(number, readShort(path.join(this.#folder, name)));
    } catch {
      return null;
    }
  }

  /** Writes a turn whole, unless there is one of that number: then false. Removes those before the one before it. */
  #create(sender: string, turn: Turn): boolean {
    const draft = this.#draft(formatTurn(turn));
    try {
      linkSync(draft, path.join(this.#folder, `${sender}_${turn.number}`));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    for (const old of [`${sender}_${turn.number - 2}`, `${sender}_${turn.number - 2}+`])
      rmSync(path.join(this.#folder, old), { force: true });
    return true;
  }

  #replace(name: string, text: string): void {
    renameSync(this.#draft(text), path.join(this.#folder, name));
  }

  #draft(text: string): string {
    const file = path.join(this.#folder, `draft.${process.pid}.${process.hrtime.bigint()}`);
    try {
      writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      // A full disk has room for the name, and for nothing in it.
      rmSync(file, { force: true });
      throw error;
    }
    return file;
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  // Whatever the umask is.
  chmodSync(folder, 0o700);
}

/** Whether there is a regular file of that name; one that another program has just removed was one. */
function isFileOrGone(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
}

/** Reads a file as short as that of a turn: nothing of any other, and never waits, as a FIFO would have it. */
function readShort(file: string): string {
  const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const text = Buffer.alloc(longest);
    return fstatSync(opened).isFile() ? text.toString('latin1', 0, readSync(opened, text)) : '';
  } finally {
    closeSync(opened);
  }
}

function self(): Owner {
  const owner = ownerOf(process.pid);
  if (owner === null) throw new Error('/proc does not show this process');
  return owner;
}

function whyNot(error: unknown): string {
  const code = codeOf(error);
  return reasons[code] ?? code;
}

/** What the codes of the system mean here. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'its quota is used up',
  EMFILE: 'too many open files: ulimit -n',
  ENFILE: 'too many open files on this machine',
  ENOENT: 'there is no such folder',
  ENOSPC: 'no space left',
  ENOTDIR: 'what is above it is not a folder',
  EPERM: 'not permitted',
  EROFS: 'its file system is read-only',
};

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
