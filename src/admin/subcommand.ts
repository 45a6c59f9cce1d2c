import type { Options } from '../plugin/index.ts';

/** The files that the command carries, as text: it needs nothing beside itself. */
export type Carried = {
  readonly version: string;
  /** Icinga's configuration, by the names of its files. */
  readonly config: Readonly<Record<string, string>>;
  /** Recorded clusters, by name: what each node said, by the names of the files. */
  readonly recorded: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** What a subcommand is run with. */
export type Call = {
  readonly args: readonly string[];
  readonly carried: Carried;
  /** The file that is running, whatever links led to it. */
  readonly self: string;
  /** Prints a line. */
  say(line: string): void;
};

/** A subcommand of `rackwatch`. */
export type Subcommand = {
  /** What it does, in a few words, for the list. */
  readonly summary: string;
  /** Its own help: how it is called, and every option. */
  readonly usage: string;
  /** Its options where they are declared as a plugin's are; else the usage alone says them. */
  readonly options?: Options;
  /**
   * Does it and gives the exit code. Throws a `UsageError` for a wrong call, and what the system throws where a file cannot
   * be read or written.
   */
  run(call: Call): number | Promise<number>;
};

/** A call that is wrong: the sentence says how. */
export class UsageError extends Error {}
