import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sharedFolder } from '../../src/node/shared_folder.ts';

const uid = process.getuid?.() ?? 0;
const now = Date.now();
const hour = 60 * 60 * 1000;
let base: string;
beforeEach(() => {
  base = mkdtempSync('/tmp/rwf-');
});
afterEach(() => rmSync(base, { recursive: true }));

const folderOf = (env: Readonly<Record<string, string>>, over: { readonly uid?: number } = {}) =>
  sharedFolder({ uid, env, home: homedir, ...over }, now);

test('the folder of the session is taken first, and made for the account alone', async () => {
  expect(await folderOf({ XDG_RUNTIME_DIR: base, HOME: base })).toEqual({ ok: true, value: `${base}/rackwatch` });
  expect(statSync(`${base}/rackwatch`).mode & 0o7777).toBe(0o700);
  expect(await folderOf({ XDG_RUNTIME_DIR: base })).toEqual({ ok: true, value: `${base}/rackwatch` });
});

test('without one it is in the cache, whose folder is made in the home', async () => {
  expect(await folderOf({ HOME: base })).toEqual({ ok: true, value: `${base}/.cache/rackwatch` });
  expect(statSync(`${base}/.cache`).mode & 0o7777).toBe(0o700);
});

test('who only looks is told the same, and finds nothing made and nothing removed', async () => {
  const look = (env: Readonly<Record<string, string>>) =>
    sharedFolder({ uid, env, home: homedir }, now, { onlyLook: true });
  expect(await look({ XDG_RUNTIME_DIR: base, HOME: base })).toEqual({ ok: true, value: `${base}/rackwatch` });
  expect(await look({ HOME: base })).toEqual({ ok: true, value: `${base}/.cache/rackwatch` });
  expect(readdirSync(base)).toEqual([]);
  mkdirSync(`${base}/rackwatch`);
  chmodSync(`${base}/rackwatch`, 0o755);
  const refused = { ok: false, reason: expect.stringMatching(/rackwatch has mode 0755/) };
  expect(await look({ XDG_RUNTIME_DIR: base })).toEqual(refused);
  expect(await folderOf({ XDG_RUNTIME_DIR: base })).toEqual(refused);
});

test('a cache elsewhere is heeded, also by a symbolic link', async () => {
  mkdirSync(`${base}/c`, { mode: 0o700 });
  symlinkSync(`${base}/c`, `${base}/link`);
  expect(await folderOf({ XDG_CACHE_HOME: `${base}/link`, HOME: base })).toEqual({
    ok: true,
    value: `${base}/c/rackwatch`,
  });
});

test.each<[string, (base: string) => string]>([
  ['is not there', (base) => `${base}/nowhere`],
  ['is relative', () => 'run'],
  ['is empty', () => ''],
  ['has a blank', (base) => named(base, 'a b', 0o700)],
  ['has a percent sign', (base) => named(base, '%h', 0o700)],
  ['has a dollar', (base) => named(base, '$HOME', 0o700)],
  ['is too long', (base) => named(base, 'x'.repeat(30), 0o700)],
  ['others may write to', (base) => named(base, 'w', 0o777)],
  ['the group may write to', (base) => named(base, 'g', 0o770)],
  ['lies in one that others may write to', (base) => named(named(base, 'w', 0o777), 'own', 0o700)],
  [
    'is a file',
    (base) => {
      writeFileSync(`${base}/f`, '');
      return `${base}/f`;
    },
  ],
])('a place that %s is passed over', async (_, place) => {
  expect(await folderOf({ XDG_RUNTIME_DIR: place(base), HOME: base })).toEqual({
    ok: true,
    value: `${base}/.cache/rackwatch`,
  });
});

test('below a setgid folder it is made and used, and so is one that has the bit already', async () => {
  chmodSync(base, 0o2755);
  for (const _ of ['made', 'found'])
    expect(await folderOf({ XDG_RUNTIME_DIR: base })).toEqual({ ok: true, value: `${base}/rackwatch` });
  chmodSync(`${base}/rackwatch`, 0o2700);
  expect(await folderOf({ XDG_RUNTIME_DIR: base })).toEqual({ ok: true, value: `${base}/rackwatch` });
});

test.each([0o777, 0o277, 0o177, 0o077, 0])('whatever the umask is, its owner can use it: %o', async (umask) => {
  const before = process.umask(umask);
  try {
    expect(await folderOf({ HOME: base })).toEqual({ ok: true, value: `${base}/.cache/rackwatch` });
    for (const name of ['.cache', '.cache/rackwatch']) expect(statSync(`${base}/${name}`).mode & 0o7777).toBe(0o700);
  } finally {
    process.umask(before);
  }
});

test('a mode that lets others in is refused, and said whole', async () => {
  mkdirSync(`${base}/rackwatch`);
  chmodSync(`${base}/rackwatch`, 0o2710);
  expect(await folderOf({ XDG_RUNTIME_DIR: base })).toEqual({
    ok: false,
    reason: `${base}/rackwatch has mode 2710, and only 0700 keeps others out`,
  });
});

test('an account without any place has one of its own in /tmp', async () => {
  // A number that nobody has: the folder is made by this account, so it is that of another one.
  const other = 4_000_000 + (process.pid % 100_000);
  try {
    expect(await folderOf({ HOME: '/nowhere' }, { uid: other })).toEqual({
      ok: false,
      reason: `${realpathSync('/tmp')}/rackwatch-${other} belongs to another account (uid ${uid})`,
    });
  } finally {
    rmSync(`/tmp/rackwatch-${other}`, { recursive: true, force: true });
  }
});

test('sockets that no connection can have any more are removed, and nothing else', async () => {
  const folder = `${base}/rackwatch`;
  mkdirSync(folder, { mode: 0o700 });
  const servers = ['old', 'young'].map((name) => createServer().listen(`${folder}/${name}`));
  await Promise.all(servers.map((one) => new Promise((resolve) => one.once('listening', resolve))));
  writeFileSync(`${folder}/file`, '');
  const past = (hours: number) => new Date(now - hours * hour);
  utimesSync(`${folder}/old`, past(4), past(4));
  utimesSync(`${folder}/young`, past(2), past(2));
  utimesSync(`${folder}/file`, past(4), past(4));
  await folderOf({ XDG_RUNTIME_DIR: base });
  expect(readdirSync(folder).sort()).toEqual(['file', 'young']);
  for (const one of servers) one.close();
});

function named(base: string, name: string, mode: number): string {
  mkdirSync(`${base}/${name}`);
  // Whatever the umask is.
  chmodSync(`${base}/${name}`, mode);
  return `${base}/${name}`;
}
