import { spawnSync } from 'node:child_process';

/** A program with its arguments, run with nothing to read, its output taken by a pipe as a daemon does. */
export type Command = {
  readonly program: string;
  readonly args: readonly string[];
  /** Set beside what this process has. */
  readonly env?: Readonly<Record<string, string>>;
};

/** How two commands compare: medians in milliseconds, and the median of the ratios of each pair. */
export type Pairs = { readonly milliseconds: number; readonly base: number; readonly ratio: number };

/** One line of the results. `limit`: the ratio that is aimed at; null where only the figure is of interest. */
export type Row = {
  readonly what: string;
  readonly figure: string;
  readonly ratio: number | null;
  readonly limit: number | null;
};

/** One file in bench/subjects: what is measured, against what, and how. Null: it cannot be measured here, and why. */
export type Subject = {
  readonly title: string;
  /** A sentence or two for the reader of the results: what is run, and what against. */
  readonly about: string;
  measure(rounds: number): Promise<readonly Row[] | { readonly skipped: string }>;
};

/** How often a start is measured for each time of what takes long: on a busy machine one may take twice what the next does. */
export const startsPerRound = 4;

/**
 * Runs two commands in turns, so that whatever else the machine does hits both alike. The first turn of each is not
 * counted: it fills the caches. Throws when one of them cannot be run.
 */
export function pairs(command: Command, base: Command, rounds: number): Pairs {
  run(base);
  run(command);
  const both = Array.from({ length: rounds }, () => ({ base: run(base), own: run(command) }));
  return {
    milliseconds: median(both.map(({ own }) => own)),
    base: median(both.map((pair) => pair.base)),
    ratio: median(both.map((pair) => pair.own / pair.base)),
  };
}

/** A row of a comparison. */
export function compared(what: string, { milliseconds, base, ratio }: Pairs, limit: number | null): Row {
  return { what, figure: `${rounded(milliseconds)} ms against ${rounded(base)} ms`, ratio, limit };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Three digits that mean something. */
export function rounded(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** An environment without what makes every Node start slower, whatever it runs, and without a terminal, as daemons have it. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, TERM, ...env } = process.env;
  return env;
}

function run({ program, args, env }: Command): number {
  const start = performance.now();
  const { error } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...plainEnvironment(), ...env },
  });
  if (error !== undefined) throw error;
  return performance.now() - start;
}
