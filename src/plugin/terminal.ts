import { fstatSync } from 'node:fs';

/** How a report is laid out where a person reads it. */
export type Look = {
  /** Standard output is a terminal: metrics get a line of their own. */
  readonly terminal: boolean;
  /** States are coloured. */
  readonly colour: boolean;
};

/** As daemons read it: metrics on the first line, not a byte of colour. */
export const plain: Look = { terminal: false, colour: false };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The layout for standard output as it is now: a terminal sets TERM, and a daemon, which has none, is spared the question
 * to the kernel. Colours are left out by `--no-color`, by `NO_COLOR` that is set to
 * anything (source: no-color.org), and by a terminal that cannot show them (`TERM=dumb`).
 */
export function lookOf(noColor: boolean, env: Environment): Look {
  if (env['TERM'] === undefined || !isTerminal()) return plain;
  const unwanted = noColor || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return { terminal: true, colour: !unwanted };
}

/** Asks the kernel first: what process.stdout has to load for its answer takes milliseconds. */
function isTerminal(): boolean {
  try {
    return fstatSync(1).isCharacterDevice() && process.stdout.isTTY === true;
  } catch {
    return false;
  }
}
