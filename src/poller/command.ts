import type { Command } from '../node/index.ts';

/** How long something may take, in milliseconds, and what ends it at once. */
export type Limits = { readonly limitMs: number; readonly signal: AbortSignal };

/** A command of this host; the directories of its tools may be missing from a daemon's PATH. */
export function command(program: string, args: readonly string[], limits: Limits): Command {
  const path = `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
  return { program, args, input: null, env: { PATH: path }, ...limits };
}
