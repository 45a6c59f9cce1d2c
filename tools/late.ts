import path from 'node:path';

/**
 * Packages and rooms that many a run does not need, or only when its nodes have been asked: each is a bundle of its own,
 * loaded when a run asks for it (`await import('execa')`). Beside each, the modules that it asks for and no run of ours
 * needs, or not at once, and the file in `tools/stubs` that the bundler takes for them.
 */
export const late: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '#cluster': {},
  '#findings': {},
  '#postgres': {
    dns: 'unused.cjs',
    pgpass: 'unused.cjs',
    'pg-cloudflare': 'unused.cjs',
    'pg-connection-string': 'unused.cjs',
  },
  '#script': {},
  execa: {
    'human-signals': 'human_signals.ts',
    yoctocolors: 'verbose.ts',
    figures: 'verbose.ts',
    'node:process': 'process.ts',
    'node:v8': 'v8.ts',
  },
  'net-snmp': {
    assert: 'assert.ts',
    crypto: 'crypto.cjs',
    net: 'net.cjs',
    perf_hooks: 'perf_hooks.ts',
  },
};

/** What a bundle asks for in place of a late package: also its file, less `.cjs`, in an installation. */
export function lateName(wanted: string): string {
  return `late/${wanted.replace('#', '')}`;
}

/** The stubs of a late package, with their paths; the project's directory is the current one. */
export function stubsOf(wanted: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(late[wanted] ?? {}).map(([module, stub]) => [module, path.resolve(`tools/stubs/${stub}`)]),
  );
}
