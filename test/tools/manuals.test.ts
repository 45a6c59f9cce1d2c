import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sections } from '../../src/findings/table.ts';
import { longName, standardOptions } from '../../src/plugin/index.ts';
import { manuals } from '../../tools/manuals.ts';
import { handlers, plugins } from '../../tools/plugins.ts';
import { bashWords, openTerminal, type Typist, zshOffers } from './typing.ts';

const commands = [...[...plugins, ...handlers].map(({ name }) => name), 'cluster_node_snapshot', 'rackwatch'].sort();

/** The first of these programs that is missing here; it is an error where the lab is required. */
function lacking(...programs: readonly string[]): string | undefined {
  const missing = programs.find((file) => !existsSync(file));
  if (missing !== undefined && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`there is no ${missing}`);
  return missing;
}

test('dist/ has a man page and completions of every command, as they are generated', () => {
  expect(readdirSync('dist/man')).toEqual(commands.map((name) => `${name}.1`));
  expect(readdirSync('dist/completion/bash')).toEqual(commands);
  expect(readdirSync('dist/completion/zsh')).toEqual(commands.map((name) => `_${name}`));
  for (const [file, text] of manuals()) expect(readFileSync(`dist/${file}`, 'utf8')).toBe(text);
});

test.each(plugins.map((plugin) => [plugin.name, plugin] as const))(
  'words of %s are values that it takes',
  (_, plugin) => {
    for (const { words = [], parse } of Object.values(plugin.options))
      for (const word of words.filter((one) => /\w$/.test(one)))
        expect(parse?.(word), word).toMatchObject({ ok: true });
  },
);

describe('a man page', () => {
  test.each(plugins.map((plugin) => [plugin.name, plugin] as const))('of %s names every option', (name, plugin) => {
    const page = readFileSync(`dist/man/${name}.1`, 'utf8').replaceAll('\\-', '-');
    for (const key of Object.keys({ ...plugin.options, ...standardOptions }))
      expect(page).toContain(`--${longName(key)}`);
  });

  const noMan = lacking('/usr/bin/man', '/usr/bin/groff');
  test.skipIf(noMan !== undefined).each(commands)('of %s: man has nothing to warn of', (name) => {
    const page = path.resolve(`dist/man/${name}.1`);
    for (const locale of ['C', 'C.UTF-8']) {
      const env = { PATH: process.env['PATH'], LC_ALL: locale, MANWIDTH: '80', MANROFFSEQ: '' };
      const { stdout, stderr, status } = spawnSync('man', ['--warnings', '-l', page], { encoding: 'utf8', env });
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`NAME\\s+${name}\\s+- `));
    }
  });

  const noMandoc = lacking('/usr/bin/mandoc');
  test.skipIf(noMandoc !== undefined)('passes the lint of mandoc', () => {
    const pages = commands.map((name) => `dist/man/${name}.1`);
    const { stdout, stderr, status } = spawnSync('mandoc', ['-T', 'lint', ...pages], { encoding: 'utf8' });
    expect([stdout, stderr, status]).toEqual(['', '', 0]);
  });
});

const noShellcheck = lacking('/usr/bin/shellcheck');
test.skipIf(noShellcheck !== undefined)('shellcheck finds nothing in the completions for bash', () => {
  const files = commands.map((name) => `dist/completion/bash/${name}`);
  expect(spawnSync('shellcheck', ['-s', 'bash', ...files], { encoding: 'utf8' }).stdout).toBe('');
});

/** What is typed, and what may follow: each a whole word of the command. */
const lines = [
  ['check_pgpool --cred', ['--credentials']],
  ['check_pgpool --sslmode ver', ['verify-ca', 'verify-full']],
  ['check_pgpool --sslmode=verify-f', ['--sslmode=verify-full']],
  ['check_pgpool -w del', ['delay=']],
  ['check_pgpool --credentials /etc/host.c', ['/etc/host.conf']],
  ['check_pgpool --hostname localh', ['localhost']],
  ['check_pgpool --pcp-port 98', []],
  ['check_cluster_vip --node file:/etc/host.c', ['file:/etc/host.conf']],
  ['check_cluster_vip -N n1=file:/etc/host.c', ['n1=file:/etc/host.conf']],
  ['check_cluster_vip -N n1=nr', ['n1=nrpe://']],
  ['check_cluster_vip -N admin@localh', ['admin@localhost']],
  ['check_cluster_vip --node=ssh://admin@localh', ['--node=ssh://admin@localhost']],
  ['check_cluster_vip --skip mac --skip a', ['arp']],
  ['check_cluster_vip --save-snapshots=/us', ['--save-snapshots=/usr']],
  ['check_cluster_vip --from-here --exp', ['--expect', '--explain']],
  ['check_cluster_buckets --explain bucket-l', ['bucket-lost']],
  ['check_cluster_buckets --client ud', ['udp:']],
  ['check_sensorprobe --kind temperature,hum', ['temperature,humidity']],
  ['check_sensorprobe -P 2', ['2c']],
  ['check_source_address --out', ['--output-format']],
  ['cluster_node_snapshot --ad', ['--addresses-only']],
] as const;

const noBash = lacking('/usr/bin/script', '/usr/share/bash-completion/bash_completion');
describe.skipIf(noBash !== undefined)('in a real bash with bash-completion', () => {
  let bash: Typist;
  let folder = '';
  beforeAll(async () => {
    // Where bash-completion looks for what is not loaded yet.
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-bash-'));
    const completions = path.join(folder, 'completions');
    symlinkSync(path.resolve('dist/completion/bash'), completions);
    const env = { COMPLETIONS: completions, BASH_COMPLETION_USER_DIR: folder };
    bash = await openTerminal('bash --noprofile --rcfile test/tools/shells/bashrc -i', env);
  });
  afterAll(() => {
    bash.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(lines)('%s', async (line, wanted) => {
    const typed = line.split(' ').slice(1);
    // In place of the unfinished word; where nothing is found, it stays.
    const last = typed.at(-1) ?? '';
    expect(await bashWords(bash, line)).toEqual([...typed.slice(0, -1), ...(wanted.length === 0 ? [last] : wanted)]);
  });

  test('every code of a finding is offered', async () => {
    const [, ...codes] = await bashWords(bash, 'check_pgpool --explain ');
    expect(codes.sort()).toEqual(Object.keys(sections).sort());
  });
});

const noZsh = lacking('/usr/bin/script', '/usr/bin/zsh');
describe.skipIf(noZsh !== undefined)('in a real zsh', () => {
  let zsh: Typist;
  let folder = '';
  let offered = '';
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-zsh-'));
    offered = path.join(folder, 'offered');
    const env = { COMPLETIONS: path.resolve('dist/completion/zsh'), OFFERED: offered };
    zsh = await openTerminal('zsh -i', { ...env, ZDOTDIR: path.resolve('test/tools/shells') });
  });
  afterAll(() => {
    zsh.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(lines)('%s', async (line, wanted) => {
    // zsh offers a file without its folder, which it completes apart.
    const parts = wanted.map((word) => word.replace(/(?<=^|[:=])\/(?:etc\/)?(?!\/)/, ''));
    expect([...(await zshOffers(zsh, offered, line))].sort()).toEqual([...parts].sort());
  });

  test('every code of a finding is offered', async () => {
    expect([...(await zshOffers(zsh, offered, 'check_pgpool --explain '))].sort()).toEqual(
      Object.keys(sections).sort(),
    );
  });
});
