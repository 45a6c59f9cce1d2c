import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answering } from '../../src/node/answering.ts';

let folder: string;
beforeAll(() => {
  // On the file system of `/`, or in memory.
  folder = mkdtempSync('/tmp/rwa-');
  for (const [name, target] of [
    ['absolute', '/proc/self/status'],
    ['relative', '../../proc/self/status'],
    ['twice', `${folder}/relative`],
    ['loop', 'loop'],
    ['nowhere', 'missing/x'],
  ] as const)
    symlinkSync(target, `${folder}/${name}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
/** Without any time: no child can say that something answers. */
const atOnce = (path: string) => answering(0, () => never)([path.replace('IN', folder)]);

test.each(['', '/', 'IN', 'IN/missing/x', 'IN/loop', 'IN/nowhere', '/etc/passwd', 'a\0b'])(
  'what lies where this program does needs no child: %j',
  async (path) => {
    expect(await atOnce(path)).toBe(true);
  },
);

test.each([
  '/proc/self/status',
  'IN/absolute',
  'IN/relative',
  'IN/twice',
  'IN/../../proc/self/status',
  '/proc/../etc/passwd',
])('what may lie elsewhere is looked at by a child: %s', async (path) => {
  expect(await atOnce(path)).toBe(false);
  expect(await answering(10_000, () => never)([path.replace('IN', folder)])).toBe(true);
});

test('what has answered is not asked again', async () => {
  const answers = answering(300, () => never);
  expect(await answers(['/proc/self/status'])).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 320));
  expect(await answers(['/proc/self/status'])).toBe(true);
  expect(await answers(['/proc/self/stat'])).toBe(false);
});
