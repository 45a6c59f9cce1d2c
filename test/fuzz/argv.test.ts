import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import plugin from '../../plugins/check_cluster_buckets.ts';
import { readCommandLine } from '../../src/plugin/command_line.ts';
import { longName, standardOptions } from '../../src/plugin/index.ts';
import { bundle } from '../../tools/bundle.ts';
import { runPlugin } from '../run_plugin.ts';
import { type Random, random } from './random.ts';
import { firstSeed, roundsOf } from './rounds.ts';

const recorded = path.resolve('test/fixtures/clusterip/healthy');

// Nothing here names another host: a run of the built plugin must not go anywhere.
const options = Object.entries({ ...plugin.options, ...standardOptions }).flatMap(([key, option]) => [
  `--${longName(key)}`,
  ...('short' in option && option.short !== undefined ? [`-${option.short}`] : []),
]);
const values = [
  ...[
    '192.168.56.20',
    '2001:db8::1',
    '010.1.1.1',
    '::',
    '256.1.1.1',
    'vip',
    '',
    ' ',
    '0',
    '1',
    '2',
    '-1',
    '1e3',
    '0x10',
  ],
  ...[
    '1:2',
    '2:1',
    '~:5',
    '@1:3',
    ':',
    '~',
    '@',
    '1:',
    'NaN',
    '9'.repeat(400),
    'a'.repeat(5000),
    'ok',
    'critical',
    'json',
  ],
  ...[
    'text',
    'rules',
    'vip',
    'mac',
    'none',
    '1,3',
    '1,,3',
    '01:23:45:67:89:ab',
    '01-23-45-67-89-AB',
    'zz',
    'local=local',
  ],
  ...[
    `n1=file:${recorded}/n1.txt`,
    `n2=file:${recorded}/n2.txt`,
    'file:',
    'file:/dev/null',
    'file:/',
    'x=file:/dev/full',
  ],
  ...[
    'nrpe://',
    'ssh://',
    'nrpe://-x',
    'ssh://-oProxyCommand=id',
    'ftp://h',
    'nrpe://127.0.0.1:1',
    '=file:x',
    'a b',
    '[::1',
  ],
  ...[
    '\u001b[31m',
    '| x=1',
    '<b>',
    '[OK] fine',
    '\n[OK] fine',
    '$(id)',
    '`id`',
    '%s',
    '\u0000',
    'ü',
    '\ud800',
    '--',
    '-',
    '---',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '--__proto__',
    '--constructor=1',
    '--no-skip',
    '--vip.x=1',
    '-vvvvv',
    '-h4',
    '=5',
  ],
] as const;

function argvOf(chance: Random): readonly string[] {
  return Array.from({ length: chance.below(9) }, () => {
    const option = chance.pick(options, '');
    const value = chance.pick(values, '');
    const form = chance.below(8);
    if (form < 3) return option;
    if (form === 3) return `${option}=${value}`;
    if (form === 4) return `${option}${value}`;
    if (form === 5) return option.slice(0, 1 + chance.below(option.length));
    return value;
  });
}

const lines = roundsOf(20_000);

test(`${lines} command lines are read or refused with one reason each`, { timeout: 300_000 }, () => {
  const kinds: Record<string, number> = {};
  for (let seed = firstSeed; seed < firstSeed + lines; seed++) {
    const argv = [...(seed % 2 === 0 ? ['--vip', '192.168.56.20'] : []), ...argvOf(random(seed))];
    const request = readCommandLine(plugin, argv, {});
    kinds[request.kind] = (kinds[request.kind] ?? 0) + 1;
    if ('reason' in request) expect(request.reason, `seed ${seed}: ${JSON.stringify(argv)}`).toMatch(/\S/);
  }
  for (const kind of ['help', 'version', 'run']) expect(kinds[kind], kind).toBeGreaterThan(10);
});

const built = roundsOf(200);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-argv-'));
  bundle('plugins/check_cluster_buckets.ts', path.join(folder, 'check_cluster_buckets'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test(`${built} of them by the built plugin: one answer, its exit code, nothing on stderr`, {
  timeout: 900_000,
}, async () => {
  const ready = ['-H', '192.168.56.20', '-N', `n1=file:${recorded}/n1.txt`, '-N', `n2=file:${recorded}/n2.txt`];
  const states: Record<string, number> = {};
  for (let seed = firstSeed; seed < firstSeed + built; seed++) {
    const chance = random(seed);
    // NUL cannot be passed to a program at all.
    const argv = [...(seed % 2 === 0 ? ready : []), ...argvOf(chance)].filter((word) => !word.includes('\0'));
    const { code, stdout, stderr } = await runPlugin(path.join(folder, 'check_cluster_buckets'), argv, {
      // Nobody is asked: there is no ssh on this path, and the check_nrpe found by its place gets a refused port at most.
      env: { PATH: folder },
    });
    const where = `seed ${seed}: ${JSON.stringify(argv)}\n${stdout}`;
    expect(stderr, where).toBe('');
    const state = stdout.startsWith('{') ? JSON.parse(stdout).state : /^\[(\w+)\] \S/.exec(stdout)?.[1];
    const words = /^(?:Checks|Usage|check_cluster_buckets)/.test(stdout) ? 'UNKNOWN' : state;
    expect(code, where).toBe({ OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 }[String(words)]);
    states[String(words)] = (states[String(words)] ?? 0) + 1;
  }
  // So few that are OK come among all of them.
  if (built >= 200) expect(states['OK']).toBeGreaterThan(2);
  if (built >= 50) expect(Object.keys(states).length).toBeGreaterThan(1);
});
