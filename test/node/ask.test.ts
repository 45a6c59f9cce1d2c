import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Answer, askNodes, parseNodeSpec, type Request } from '../../src/node/index.ts';
import { section } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';
import { marked, newMark } from './marked.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-'));
afterAll(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string) => path.join(folder, name);
const reasonOf = (answer: Answer | undefined) => (answer?.reached ? 'reached' : answer?.reason);

function ask(texts: readonly string[], request: Partial<Request> = {}): Promise<readonly Answer[]> {
  const specs = texts.map((text) => {
    const spec = parseNodeSpec(text);
    if (!spec.ok) throw new Error(spec.reason);
    return spec.value;
  });
  return askNodes(specs, { limitMs: 8000, signal: () => new AbortController().signal, ...request });
}

async function reasonFor(content: string | Buffer): Promise<string | undefined> {
  writeFileSync(inFolder('given.txt'), content);
  return reasonOf((await ask([`file:${inFolder('given.txt')}`]))[0]);
}

test('this host answers with every section, within the limit and by its name', async () => {
  const [answer] = await ask(['local'], { vips: [vip], routes: ['127.0.0.1'] });
  if (!answer?.reached) throw new Error(answer?.reason);
  expect(answer.name).toBe('local');
  expect(answer.snapshot.host).toMatchObject({ uid: process.getuid?.() });
  expect(section(answer.snapshot, 'addr')?.status).toBe('read');
  expect(section(answer.snapshot, 'route', '127.0.0.1')?.lines.join()).toContain('dev lo');
  expect(answer.text).toMatch(/^rackwatch-snapshot 1\n(?:.*\n)*== end \d+\n$/);
});

test('answers come in the order of the nodes, each saved one as it was saved', async () => {
  for (const name of ['n1', 'n2']) writeFileSync(inFolder(`${name}.txt`), snapshotText({ name }));
  const answers = await ask([`two=file:${inFolder('n2.txt')}`, 'local', `file:${inFolder('n1.txt')}`]);
  expect(answers.map(({ name }) => name)).toEqual(['two', 'local', 'n1']);
  const hosts = answers.map((answer) => answer.reached && answer.snapshot.host.name);
  expect(hosts).toEqual(['n2', hostname(), 'n1']);
});

test('a file that is no snapshot is quoted, and one that is cut is truncated', async () => {
  expect(await reasonFor('hello\nyou\n')).toBe('no snapshot in the answer: "hello"');
  expect(await reasonFor(snapshotText().slice(0, 500))).toMatch(/^truncated answer/);
  expect(await reasonFor('')).toBe(`${inFolder('given.txt')} is empty`);
  expect(await reasonFor(Buffer.from([0xff, 0x80, 0x00]))).toMatch(/^no snapshot in the answer/);
  expect(await reasonFor(Buffer.from([0xff, 0xfe, 0x00]))).toBe('empty answer');
  expect(await reasonFor(snapshotText().slice(0, -2))).toMatch(/^truncated answer/);
});

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

test.each([
  ['without its last newline', () => snapshotText().slice(0, -1)],
  ['with a byte order mark', () => `\ufeff${snapshotText()}`],
  ['in UTF-16, as PowerShell writes it', () => utf16(snapshotText().replaceAll('\n', '\r\n'))],
  ['in UTF-16 of the other byte order', () => utf16(snapshotText()).swap16()],
  ['in UTF-16, cut within its last newline', () => utf16(snapshotText()).subarray(0, -1)],
])('a file that was saved %s is read', async (_, content) => {
  expect(await reasonFor(content())).toBe('reached');
});

test('what is no file to read is said at once', async () => {
  execFileSync('mkfifo', [inFolder('fifo')]);
  mkdirSync(inFolder('folder'));
  symlinkSync('loop', inFolder('loop'));
  writeFileSync(inFolder('long'), '');
  truncateSync(inFolder('long'), 4 * 1024 * 1024 + 1);
  const socket = createServer().listen(inFolder('socket'));
  const start = performance.now();
  const names = ['fifo', 'folder', 'loop', 'long', 'socket', 'missing', 'long/x'];
  const answers = await ask([...names.map((name, i) => `n${i}=file:${inFolder(name)}`), 'zero=file:/dev/zero']);
  expect(answers.map((answer) => reasonOf(answer)?.replaceAll(`${folder}/`, ''))).toEqual([
    'fifo is not a regular file',
    'folder is a directory',
    'loop: symbolic links that lead nowhere',
    'long is longer than 4 MB',
    'socket: no regular file',
    'missing: no such file',
    'long/x: no such file',
    '/dev/zero is not a regular file',
  ]);
  expect(performance.now() - start).toBeLessThan(1000);
  socket.close();
});

test('a VIP or a route target that a shell could read otherwise is never sent', async () => {
  const [answer] = await ask(['local'], { vips: ['192.0.2.1; id'] });
  expect(reasonOf(answer)).toBe('cannot be asked: "192.0.2.1; id" is not an address');
});

test('with the run given up, nobody answers and nothing is left', async () => {
  const mark = newMark();
  process.env[mark.name] = mark.value;
  const abort = new AbortController();
  const asked = ask(['local', 'a=local', 'b=local'], { signal: () => abort.signal });
  setTimeout(() => abort.abort(), 20);
  const answers = await asked;
  delete process.env[mark.name];
  expect(answers.map(reasonOf)).toEqual(Array(3).fill('given up before there was an answer'));
  expect(marked(mark)).toEqual([]);
});
