import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/admin/index.ts';
import { carried } from '../../tools/carried.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-admin-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = carried('1.2.3');

/** Runs the command as if it were that file. */
async function rackwatch(args: readonly string[], self = '/usr/bin/rackwatch') {
  const [said, errors]: [string[], string[]] = [[], []];
  const streams = { out: (line: string) => said.push(line), error: (line: string) => errors.push(line) };
  const code = await run(args, { carried: files, self }, streams);
  return { code, said: said.join('\n'), errors: errors.join('\n') };
}

describe('rackwatch', () => {
  test('lists its subcommands, and each has its help', async () => {
    const { code, said } = await rackwatch(['--help']);
    expect(code).toBe(0);
    const names = [...said.matchAll(/^ {2}([a-z-]+) {2}/gm)].map(([, name = '']) => name);
    expect(names).toEqual(['install-config', 'recorded', 'doctor']);
    for (const name of names) {
      const help = await rackwatch([name, '--help']);
      expect(help).toMatchObject({ code: 0, errors: '' });
      expect(help.said).toMatch(new RegExp(`^Usage: rackwatch ${name} `));
    }
  });

  test('says its version', async () => {
    expect(await rackwatch(['--version'])).toEqual({ code: 0, said: 'rackwatch 1.2.3', errors: '' });
  });

  test.each([
    [['dance'], 'rackwatch: there is no subcommand dance; rackwatch --help lists them'],
    [
      ['recorded'],
      'rackwatch recorded: which cluster? There are healthy and bucket-lost\nTry rackwatch recorded --help.',
    ],
    [['recorded', 'toString'], 'rackwatch recorded: which cluster?'],
    [['recorded', 'healthy', 'n1'], 'rackwatch recorded: n1 is one word too many'],
    [['install-config', '--dri', '/tmp'], "rackwatch install-config: Unknown option '--dri'"],
    [['install-config', '--dir='], 'rackwatch install-config: --dir is empty'],
    [['install-config', '--dir'], "rackwatch install-config: Option '--dir <value>' argument missing"],
  ])('refuses %j', async (args, error) => {
    const { code, said, errors } = await rackwatch(args);
    expect(errors).toContain(error);
    expect({ code, said }).toEqual({ code: 2, said: '' });
  });

  test('without a subcommand it lists them as an error', async () => {
    expect(await rackwatch([])).toMatchObject({ code: 2, errors: expect.stringMatching(/^Usage: /) });
  });
});

describe('install-config', () => {
  /** A folder with a plugin, and the command beside it. */
  function installation(name: string): string {
    const made = path.join(folder, name);
    mkdirSync(made);
    writeFileSync(path.join(made, 'check_cluster_buckets'), '');
    return made;
  }
  const commands = () => readFileSync(path.join(folder, 'rackwatch-commands.conf'), 'utf8');

  test('names the folder in which the plugins lie beside it', async () => {
    const beside = installation('some "folder" $&');
    const { code } = await rackwatch(['install-config', '--dir', folder], path.join(beside, 'rackwatch'));
    expect(code).toBe(0);
    expect(commands()).toContain(`command = [ "${folder}/some \\"folder\\" $&/check_cluster_buckets" ]`);
    expect(commands()).not.toContain('PluginContribDir');
  });

  test('names the folder that it is told, from wherever it is called', async () => {
    const told = installation('told');
    const plugins = path.relative('.', told);
    expect(await rackwatch(['install-config', '--dir', folder, '--plugins', plugins])).toMatchObject({ code: 0 });
    expect(commands()).toContain(`command = [ "${told}/check_cluster_buckets" ]`);
  });

  test('says that a folder has no plugins, and writes nothing', async () => {
    const { code, errors } = await rackwatch(['install-config', '--dir', folder, '--plugins', folder]);
    expect(errors).toBe(
      `rackwatch install-config: there is no check_cluster_buckets in ${folder}: --plugins DIR says where`,
    );
    expect({ code, files: readdirSync(folder) }).toEqual({ code: 1, files: [] });
  });

  test('wants a folder that is there', async () => {
    const self = path.join(installation('told'), 'rackwatch');
    const { code, errors } = await rackwatch(['install-config', '--dir', path.join(folder, 'none')], self);
    expect(errors).toContain(`there is no folder ${folder}/none: --dir DIR says where Icinga reads its configuration`);
    expect(code).toBe(2);
  });

  test('writes commands anew, and keeps service rules that somebody has changed', async () => {
    const self = path.join(installation('told'), 'rackwatch');
    const install = () => rackwatch(['install-config', '--dir', folder], self);
    await install();
    const again = await install();
    expect(again.said).toMatch(/^(.* is up to date\n?){3}$/);
    writeFileSync(path.join(folder, 'rackwatch-commands.conf'), commands().replace('1.2.3', '1.2.2').slice(0, -50));
    const services = path.join(folder, 'rackwatch-services.conf');
    writeFileSync(services, '// mine\n');
    const { code, said } = await install();
    expect(code).toBe(0);
    expect(said).toContain(`wrote ${folder}/rackwatch-commands.conf`);
    expect(said).toContain(`kept ${services}, which differs from this version's: compare it with ${services}.new`);
    expect(readFileSync(services, 'utf8')).toBe('// mine\n');
    expect(readFileSync(`${services}.new`, 'utf8')).toBe(files.config['rackwatch-services.conf']);
  });
});

test('recorded writes what the nodes said, and makes the folder', async () => {
  const made = path.join(folder, 'a/b');
  expect(await rackwatch(['recorded', 'bucket-lost', '--dir', made])).toMatchObject({ code: 0, errors: '' });
  for (const name of ['n1.txt', 'n2.txt'])
    expect(readFileSync(path.join(made, name), 'utf8')).toBe(
      readFileSync(`test/fixtures/clusterip/bucket-lost/${name}`, 'utf8'),
    );
});
