import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plugins } from '../../tools/plugins.ts';

const commands = [...plugins.map(({ name }) => name), 'cluster_node_snapshot'].sort();

test('every plugin is a command of the package', () => {
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

describe('the package, installed with npm install -g', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-package-'));
    // Packing builds, which empties dist/: not in the tree that other tests run from.
    const tree = path.join(folder, 'tree');
    const left = new Set(['node_modules', 'dist', '.git', 'test']);
    for (const name of readdirSync('.').filter((one) => !left.has(one)))
      cpSync(name, path.join(tree, name), { recursive: true });
    symlinkSync(path.resolve('node_modules'), path.join(tree, 'node_modules'));
    npm(['pack', '--pack-destination', folder], tree);
    const file = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    // Nothing else is fetched: the plugins are whole.
    npm(['install', '-g', '--offline', '--prefix', path.join(folder, 'prefix'), path.join(folder, file)], folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function npm(args: readonly string[], cwd: string): void {
    execFileSync('npm', args, { cwd, stdio: 'pipe' });
  }

  test('has all commands, each of which runs', () => {
    const bin = path.join(folder, 'prefix/bin');
    expect(readdirSync(bin).sort()).toEqual(commands);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const { name } of plugins) {
      const { stdout, stderr } = spawnSync(path.join(bin, name), ['--version'], { encoding: 'utf8' });
      expect(stdout).toContain(version);
      expect(stderr).toBe('');
    }
    const pages = path.join(folder, 'prefix/share/man/man1');
    expect(readdirSync(pages).sort()).toEqual(commands.map((name) => `${name}.1`));
    expect(spawnSync(path.join(bin, 'cluster_node_snapshot'), { encoding: 'utf8' }).stdout).toMatch(/== end \d+\n$/);
  });

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
});
