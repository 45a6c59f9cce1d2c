import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { failure, type Result, success } from '../plugin/index.ts';
import { decide, formatTurn, parseTurn, type Turn } from '../trap/index.ts';

/** So many re-checks wait for their time at once, each in a process: beyond any site, and no flood makes more. */
const mostWaiting = 100;

/** The names of its files: turns, `api`, and drafts of them. Nothing else in the folder is ever touched. */
const own = /^(?:[0-9a-f.:]{2,45}_\d{1,15}|api|draft\.\d{1,10}\.\d{1,20})$/;

/** What came of a trap's wish for a turn. */
export type Taken =
  | { readonly kind: 'covered' }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'crowded' }
  | { readonly kind: 'turn'; readonly turn: Turn };

/**
 * The turns of all probes, as files of a folder that nobody else can look into: `ADDRESS_NUMBER`, and `api` for when the
 * API last gave no answer. Programs that run at the same time agree by `link`, which only one of them can do.
 */
export class Turns {
  readonly #folder: string;
  readonly #hold: number;

  private constructor(folder: string, hold: number) {
    this.#folder = folder;
    this.#hold = hold;
  }

  /**
   * Makes the folder where there is none; refuses one that is not this account's own and closed to others, and one that
   * has anything else in it: a folder that was named by mistake.
   */
  static open(folder: string, hold: number): Result<Turns> {
    try {
      mkdirSync(folder, { mode: 0o700 });
      chmodSync(folder, 0o700);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return failure(`${folder} cannot be made (${codeOf(error)})`);
    }
    const state = lstatSync(folder);
    if (!state.isDirectory()) return failure(`${folder} is not a folder`);
    if (state.uid !== process.getuid?.()) return failure(`${folder} belongs to another account`);
    if ((state.mode & 0o077) !== 0) return failure(`${folder} is open to others: chmod 700 ${folder}`);
    const foreign = readdirSync(folder).find((name) => !own.test(name));
    if (foreign !== undefined)
      return failure(`${folder} has something else in it (${foreign}); it has to be a folder of akcp_trap's own`);
    return success(new Turns(folder, hold));
  }

  /** A turn for a trap that comes now, if it needs one of its own. */
  take(sender: string): Taken {
    for (;;) {
      const now = Date.now();
      const decision = decide(this.#newest(sender), { now, hold: this.#hold, failed: this.#failed() });
      if (decision.kind !== 'turn') return decision;
      if (decision.due > now && this.#waiting(now) >= mostWaiting) return { kind: 'crowded' };
      const turn: Turn = { number: decision.number, due: decision.due, found: null };
      if (this.#create(sender, turn)) return { kind: 'turn', turn };
    }
  }

  /** The turn after one that has just asked, at the end of the hold; null where another program has taken it. */
  follow(sender: string, { number, due }: Turn): Turn | null {
    const turn: Turn = { number: number + 1, due: due + this.#hold, found: null };
    if (this.#waiting(Date.now()) >= mostWaiting) return null;
    return this.#create(sender, turn) ? turn : null;
  }

  /** A turn that was taken; null where it is gone. */
  read(sender: string, number: number): Turn | null {
    return this.#read(`${sender}_${number}`, number);
  }

  /** Writes down what came of a turn, or that it comes sooner than was said. */
  write(sender: string, turn: Turn): void {
    this.#replace(`${sender}_${turn.number}`, formatTurn(turn));
  }

  /** Notes that the API gives no answer. */
  noteFailure(): void {
    this.#replace('api', formatTurn({ due: Date.now(), found: null }));
  }

  /** Removes what no trap will look at again: turns of long ago, and files of programs that were killed. */
  sweep(): void {
    for (const name of readdirSync(this.#folder).filter((one) => own.test(one))) {
      const file = path.join(this.#folder, name);
      try {
        if (Date.now() - lstatSync(file).mtimeMs > 10 * this.#hold + 60_000) rmSync(file);
      } catch {
        // Another program was quicker.
      }
    }
  }

  #newest(sender: string): Turn | null {
    const numbers = readdirSync(this.#folder).flatMap((name) => {
      const [, address, number] = /^(.*)_(\d{1,15})$/.exec(name) ?? [];
      return address === sender ? [Number(number)] : [];
    });
    if (numbers.length === 0) return null;
    const newest = Math.max(...numbers);
    // One that cannot be read counts as none of now.
    return this.read(sender, newest) ?? { number: newest, due: Number.POSITIVE_INFINITY, found: null };
  }

  #failed(): number {
    return this.#read('api', 0)?.due ?? 0;
  }

  #waiting(now: number): number {
    const files = readdirSync(this.#folder).filter((name) => /_\d{1,15}$/.test(name));
    return files.filter((name) => (this.#read(name, 0)?.due ?? 0) > now).length;
  }

  #read(name: string, number: number): Turn | null {
    try {
      return parseTurn(number, readFileSync(path.join(this.#folder, name), 'utf8'));
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
    rmSync(path.join(this.#folder, `${sender}_${turn.number - 2}`), { force: true });
    return true;
  }

  #replace(name: string, text: string): void {
    renameSync(this.#draft(text), path.join(this.#folder, name));
  }

  #draft(text: string): string {
    const file = path.join(this.#folder, `draft.${process.pid}.${process.hrtime.bigint()}`);
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return file;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
