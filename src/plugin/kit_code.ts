/** The codes of what the kit itself reports, whichever plugin it runs. */
export type KitCode = 'usage-error' | 'no-verdict' | 'ended-by-signal' | 'internal-error';
