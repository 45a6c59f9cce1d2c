import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { includesOf, sharedWay, vrfOf } from '../../src/node/shared_way.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync('/tmp/rww-');
  mkdirSync(`${home}/.ssh/hosts.d/deep`, { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(`${home}/${file}`, text);
const way = (config?: string) => sharedWay(config, () => home);

/** Says whether the way is another one after something was done. */
const differs = async (done: () => unknown, config?: string) => {
  const before = await way(config);
  done();
  return (await way(config)) !== before;
};

test('it stays the same while nothing is changed', async () => {
  write('.ssh/config', 'Include hosts.d/*\n');
  write('.ssh/hosts.d/node1', 'Host node1\n');
  expect(await differs(() => {})).toBe(false);
});

describe('it differs after', () => {
  const file = () => `${home}/config`;
  const past = new Date(1_700_000_000_000);

  test('the file of --ssh-config was changed, even to one as long and as old', async () => {
    write('config', 'ProxyJump a\n');
    utimesSync(file(), past, past);
    const change = () => {
      write('config', 'ProxyJump b\n');
      utimesSync(file(), past, past);
    };
    expect(await differs(change, file())).toBe(true);
  });

  test('a symbolic link to it leads elsewhere', async () => {
    for (const one of ['a', 'b']) write(one, '');
    symlinkSync(`${home}/a`, file());
    const turn = () => {
      symlinkSync(`${home}/b`, `${home}/new`);
      renameSync(`${home}/new`, file());
    };
    expect(await differs(turn, file())).toBe(true);
  });

  test("the account's own file has come", async () => {
    expect(await differs(() => write('.ssh/config', ''))).toBe(true);
  });

  test.each([
    ['a file that is included', 'Include hosts.d/node1', '.ssh/hosts.d/node1'],
    ['one that has come where an asterisk includes it', 'include "hosts.d/*.conf"', '.ssh/hosts.d/node1.conf'],
    ['one by its whole path', 'INCLUDE=HOME/other', 'other'],
    ['one in the home', 'Include ~/other', 'other'],
    ['the second of two', '  Include nothing ~/.ssh/hosts.d/n?de[12]', '.ssh/hosts.d/node2'],
    ['one in a folder by an asterisk', 'Include hosts.d/*/x', '.ssh/hosts.d/deep/x'],
    ["one by a token of ssh's", 'Include hosts.d/%h', '.ssh/hosts.d/node1'],
    ['one with a blank after a backslash', 'Include hosts.d/a\\ b.conf', '.ssh/hosts.d/a b.conf'],
    ['one with quotes within its name', `Include hosts.d/a" b".'c d'`, '.ssh/hosts.d/a b.c d'],
    ['one with an asterisk of its own', 'Include hosts.d/\\*\\[x', '.ssh/hosts.d/*[x'],
    ['one with that beside one that stands for others', 'Include hosts.d/\\**\\a', '.ssh/hosts.d/*x.a'],
    ['one in a file with carriage returns', 'Include hosts.d/node1\r', '.ssh/hosts.d/node1'],
    ['one by a variable', `Include $\{RWW}/other`, 'other'],
  ])('%s', async (_, line, changed) => {
    process.env['RWW'] = home;
    try {
      write('.ssh/config', `Host *\n${line.replace('HOME', home)}\n`);
      expect(await differs(() => write(changed, 'Host x\n'))).toBe(true);
      // Also where it is only changed.
      expect(await differs(() => write(changed, 'Host longer\n'))).toBe(true);
    } finally {
      delete process.env['RWW'];
    }
  });

  test('a file that an included one includes', async () => {
    write('.ssh/config', 'Include a\n');
    write('.ssh/a', 'Include b\nInclude a\n');
    expect(await differs(() => write('.ssh/b', ''))).toBe(true);
  });
});

test('it does not go by files that ssh does not read', async () => {
  write('.ssh/config', '# Include a\nIncluded a\n');
  expect(await differs(() => write('.ssh/a', ''))).toBe(false);
  // The account's own file is not read beside --ssh-config, and none at all by `none`.
  write('config', '');
  expect(await differs(() => write('.ssh/config', ''), `${home}/config`)).toBe(false);
  expect(await differs(() => write('.ssh/config', 'Host *'), 'none')).toBe(false);
});

test('an account without a home, and a configuration that is no file, are no trouble', async () => {
  const homeless = () => {
    throw new Error('no such account');
  };
  for (const config of [undefined, '/nowhere/config', '/dev/zero', '/'])
    expect(await sharedWay(config, homeless)).not.toBe('');
});

test.each([
  ['include = "a b" c e', ['a b', 'c', 'e']],
  [String.raw`Include a\ b c`, ['a b', 'c']],
  [String.raw`Include "a\" b" 'c"d' e\'f g\\h i\j "k\ l"`, ['a" b', 'c"d', "e'f", 'g\\h', 'i\\j', 'k\\ l']],
  [`Include a"b c"'d e'f`, ['ab cd ef']],
  ['Include a\t"b"\r', ['a', 'b']],
])('the words of an Include line are read as ssh reads them: %j', (line, words) => {
  expect(includesOf(`Host a\n${line}\nHost b\n`)).toEqual(expect.arrayContaining(words));
});

test('what is no Include line, or has no words, includes nothing', () => {
  expect(includesOf('  Include\nIncludeX y\n# Include z\n')).toEqual([]);
});

test.each([
  ['0::/user.slice/user-0.slice/session-1.scope/vrf/red\n', 'red'],
  ['12:cpu:/x\n0::/vrf/blue\n', 'blue'],
  ['0::/system.slice/icinga2.service\n', ''],
  ['0::/init.scope/vrf\n', ''],
  ['', ''],
])('a VRF is read from /proc/PID/cgroup: %j', (text, vrf) => {
  expect(vrfOf(text)).toBe(vrf);
});
