import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handlers, plugins } from '../../tools/plugins.ts';

const commands = [...[...plugins, ...handlers].map(({ name }) => name), 'cluster_node_snapshot', 'rackwatch'].sort();

test('every plugin, every handler, the script and rackwatch are commands of the package', () => {
  const { bin }: { readonly bin: Readonly<Record<string, string>> } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(bin).toEqual(Object.fromEntries(commands.map((name) => [name, `dist/${name}`])));
});

test('its version has a section in the changelog, and nothing in it names a place of publication', () => {
  const text = readFileSync('package.json', 'utf8');
  const { version, description, keywords, license, author } = JSON.parse(text);
  expect(readFileSync('CHANGELOG.md', 'utf8')).toMatch(
    new RegExp(`^## ${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`, 'm'),
  );
  for (const said of [description, license, author]) expect(said).toMatch(/\S/);
  expect(keywords).toContain('icinga');
  expect(text).not.toMatch(/https?:|git@|"(?:repository|bugs|homepage)"/);
});

test('what the code in src uses of npm is a dependency, and nothing else is', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const used = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(`src/${file}`, 'utf8').matchAll(/(?:from |import\()'([a-z][\w-]*)[/']/g)])
    .map(([, name = '']) => name)
    .filter((name) => existsSync(`node_modules/${name}`));
  expect([...new Set(used)].sort()).toEqual(Object.keys(dependencies).sort());
});

describe('the package, installed with npm install -g', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-package-'));
    execFileSync(process.execPath, ['tools/run.mjs', 'tools/pack.ts', folder], { stdio: 'pipe' });
    const file = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    // Nothing else is fetched: the plugins are whole.
    const args = ['install', '-g', '--offline', '--prefix', path.join(folder, 'prefix'), path.join(folder, file)];
    execFileSync('npm', args, { cwd: folder, stdio: 'pipe' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has all commands, each of which runs', () => {
    const bin = path.join(folder, 'prefix/bin');
    expect(readdirSync(bin).sort()).toEqual(commands);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const name of commands.filter((one) => one !== 'cluster_node_snapshot')) {
      const { stdout, stderr } = spawnSync(path.join(bin, name), ['--version'], { encoding: 'utf8' });
      expect(stdout).toContain(version);
      expect(stderr).toBe('');
    }
    const pages = path.join(folder, 'prefix/share/man/man1');
    expect(readdirSync(pages).sort()).toEqual(commands.map((name) => `${name}.1`));
    expect(spawnSync(path.join(bin, 'cluster_node_snapshot'), { encoding: 'utf8' }).stdout).toMatch(/== end \d+\n$/);
  }, 300_000);

  test('judges what the built plugin judges', () => {
    const lost = 'test/fixtures/clusterip/bucket-lost';
    const args = ['--vip', '192.168.56.20', '--node', `file:${lost}/n1.txt`, '--node', `file:${lost}/n2.txt`];
    const run = (file: string) => {
      const { stdout, stderr, status } = spawnSync(file, args, { encoding: 'utf8' });
      return { stdout, stderr, status };
    };
    const installed = run(path.join(folder, 'prefix/bin/check_cluster_buckets'));
    expect(installed).toEqual(run('dist/check_cluster_buckets'));
    expect(installed.status).toBe(2);
  });

  test('is the same file when it is made again', () => {
    const again = path.join(folder, 'again');
    execFileSync(process.execPath, ['tools/run.mjs', 'tools/pack.ts', again], { stdio: 'pipe' });
    const [file = ''] = readdirSync(again);
    expect(readFileSync(path.join(again, file)).equals(readFileSync(path.join(folder, file)))).toBe(true);
  }, 300_000);

  test('has the licences of what is inside, and the bill of materials', () => {
    const dist = path.join(folder, 'prefix/lib/node_modules/rackwatch-plugins/dist');
    for (const name of ['LICENSE', 'THIRD-PARTY-LICENSES', 'rackwatch-plugins.cdx.json'])
      expect(readFileSync(path.join(dist, name), 'utf8')).toBe(readFileSync(`dist/${name}`, 'utf8'));
  });

  test('tells Icinga where its plugins are, and has the recorded cluster', () => {
    const rackwatch = path.join(folder, 'prefix/bin/rackwatch');
    const config = path.join(folder, 'conf.d');
    mkdirSync(config);
    execFileSync(rackwatch, ['install-config', '--dir', config]);
    const named = readFileSync(path.join(config, 'rackwatch-commands.conf'), 'utf8').matchAll(
      /command = \[ "(.*)" \]/g,
    );
    const files = [...named].map(([, file = '']) => file);
    expect(files.map((file) => path.basename(file))).toEqual(plugins.map(({ name }) => name));
    const cluster = path.join(folder, 'cluster');
    execFileSync(rackwatch, ['recorded', 'bucket-lost', '--dir', cluster]);
    const nodes = ['n1', 'n2'].flatMap((name) => ['--node', `file:${cluster}/${name}.txt`]);
    expect(spawnSync(files[0] ?? '', ['--vip', '192.168.56.20', ...nodes]).status).toBe(2);
  });
});
