import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askNodes, mostSaved, parseNodeSpec, saveAnswers } from '../../src/node/index.ts';
import { runPlugin } from '../run_plugin.ts';

const healthy = path.resolve('test/fixtures/clusterip/healthy');
const text = readFileSync(`${healthy}/n1.txt`, 'utf8');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-save-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function answersOf(...specs: readonly string[]) {
  const nodes = specs.map((spec) => {
    const node = parseNodeSpec(spec);
    if (!node.ok) throw new Error(node.reason);
    return node.value;
  });
  return askNodes(nodes, { vips: ['192.168.56.20'], limitMs: 5000, signal: () => new AbortController().signal });
}

const saved = () => readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('what nodes said is kept', () => {
  test('whole, one file per node, for its owner alone, under the name of the node and the time', async () => {
    const { faults, lines } = await saveAnswers(await answersOf(`n1=file:${healthy}/n1.txt`), folder, 5000);
    expect(faults).toEqual([]);
    const [name = '', ...more] = saved();
    expect(more).toEqual([]);
    expect(name).toMatch(/^n1-\d{8}T\d{6}Z\.txt$/);
    expect(lines).toEqual([`n1: saved as ${folder}/${name}`]);
    expect(readFileSync(path.join(folder, name), 'utf8')).toBe(text);
    expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test('also when it was cut off or is no snapshot; who said nothing has no file', async () => {
    writeFileSync(path.join(folder, 'cut'), text.slice(0, 500));
    const answers = await answersOf(`cut=file:${folder}/cut`, 'gone=file:/no/such/file');
    expect(answers.map(({ reached }) => reached)).toEqual([false, false]);
    expect((await saveAnswers(answers, folder, 5000)).faults).toEqual([]);
    expect(saved().map((name) => name.replace(/-.*/, ''))).toEqual(['cut']);
    expect(readFileSync(path.join(folder, saved()[0] ?? ''), 'utf8')).toBe(text.slice(0, 500));
  });

  test('never over a file that is there, nor through a link', async () => {
    const answers = await answersOf(`n1=file:${healthy}/n1.txt`);
    const victim = path.join(folder, 'victim');
    // Every name that the next seconds could give.
    for (let second = 0; second < 30; second++) {
      const time = new Date(Date.now() + second * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '');
      symlinkSync(victim, path.join(folder, `n1-${time}.txt`));
    }
    const { faults, lines } = await saveAnswers(answers, folder, 5000);
    expect(faults).toEqual([]);
    expect(lines[0]).toMatch(/-2\.txt$/);
    expect(() => statSync(victim)).toThrow();
  });

  test.each([
    ['[fe80::1%25eth0]', null],
    ['../../escape', '_._.._escape'],
  ])('whatever a node is called: %s', async (called, expected) => {
    const [answer] = await answersOf(`n1=file:${healthy}/n1.txt`);
    if (answer === undefined) throw new Error('no answer');
    const { faults } = await saveAnswers(
      [
        { ...answer, name: called },
        { ...answer, name: '-rf' },
      ],
      folder,
      5000,
    );
    expect(faults).toEqual([]);
    expect(saved()).toHaveLength(2);
    for (const name of saved()) expect(name).toMatch(/^_[A-Za-z0-9_.-]+-\d{8}T\d{6}Z\.txt$/);
    if (expected !== null) expect(saved().some((name) => name.startsWith('_'))).toBe(true);
  });

  test('in a folder that is made, but not its parents', async () => {
    const answers = await answersOf(`n1=file:${healthy}/n1.txt`);
    expect((await saveAnswers(answers, path.join(folder, 'new'), 5000)).faults).toEqual([]);
    expect(statSync(path.join(folder, 'new')).mode & 0o777).toBe(0o700);
    const [fault] = (await saveAnswers(answers, path.join(folder, 'no/such'), 5000)).faults;
    expect(fault?.text).toMatch(/^the snapshots were not saved in .*no\/such \(--save-snapshots\): no such folder$/);
  });

  test('up to a number of files', async () => {
    const answers = await answersOf(`n1=file:${healthy}/n1.txt`, `n2=file:${healthy}/n2.txt`);
    for (let i = 0; i < mostSaved - 1; i++) writeFileSync(path.join(folder, `n1-20260101T000000Z-${i + 2}.txt`), '');
    const [fault] = (await saveAnswers(answers, folder, 5000)).faults;
    expect(fault?.text).toContain('it already holds 999, and 1000 is the limit');
    expect(saved()).toHaveLength(mostSaved - 1);
    expect((await saveAnswers(answers.slice(0, 1), folder, 5000)).faults).toEqual([]);
  });
});

describe('the plugin with --save-snapshots', () => {
  const run = (...args: readonly string[]) =>
    runPlugin('dist/check_cluster_buckets', ['--vip', '192.168.56.20', ...args]);
  const nodes = (where: string) =>
    ['n1', 'n2'].flatMap((name) => ['--node', `${name}=file:${healthy}/../${where}/${name}.txt`]);

  test('gives files that say the same again', async () => {
    const first = await run(...nodes('bucket-lost'), '--save-snapshots', folder);
    expect(first.code).toBe(2);
    const again = await run(...saved().flatMap((name) => ['--node', `${name.slice(0, 2)}=file:${folder}/${name}`]));
    expect(again.stdout).toBe(first.stdout);
  });

  test('says where a file is with -v', async () => {
    expect((await run(...nodes('healthy'), '-v', '--save-snapshots', folder)).stdout).toContain(
      `n1: saved as ${folder}/n1-`,
    );
  });

  test('is a WARNING where nothing could be saved, and never hides what is worse', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const ok = await run(...nodes('healthy'), '--save-snapshots', file);
    expect(ok.stdout).toMatch(/^\[WARNING\] the snapshots were not saved; 192\.168\.56\.20: 2 buckets on 2 nodes/);
    expect(ok.stdout).toContain(
      `\\_ [WARNING] the snapshots were not saved in ${file} (--save-snapshots): not a folder`,
    );
    expect(ok.code).toBe(1);
    const bad = await run(...nodes('bucket-lost'), '--save-snapshots', '/proc/nothing');
    expect(bad.stdout).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: bucket 2 of 2 on no node/);
    expect(bad.stdout).toContain('[WARNING] the snapshots were not saved in /proc/nothing');
    expect(bad.code).toBe(2);
  });

  test.runIf(process.getuid?.() === 0)('says so when the disk is full', async () => {
    const small = path.join(folder, 'small');
    mkdirSync(small);
    const { stdout, code } = await runPlugin(
      'dist/check_cluster_buckets',
      ['--vip', '192.168.56.20', ...nodes('healthy'), '--save-snapshots', small],
      {
        wrapper: ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=4k tmpfs ${small} && exec "$@"`, 'sh'],
      },
    );
    expect(stdout).toMatch(/that of n\d: no space left/);
    expect(code).toBe(1);
  });

  test('writes nothing by itself', async () => {
    const bare = await runPlugin(
      path.resolve('dist/check_cluster_buckets'),
      ['--vip', '192.168.56.20', ...nodes('healthy')],
      {
        wrapper: ['env', '-C', folder],
      },
    );
    expect(bare.code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});
