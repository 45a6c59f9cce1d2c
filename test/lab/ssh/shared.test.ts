import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { childrenOf } from '../../../src/node/tree.ts';
import { snapshotText } from '../../snapshot_text.ts';
import { timed } from '../../timed.ts';
import { answerOf, ask, reasonOf } from './asking.ts';
import { type Lab, openLab, whyNoSsh } from './lab.ts';
import { endMasters, masters, until } from './masters.ts';
import { listen, type Sshd, startSshd } from './sshd.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

const open = 'over an open connection';
const broke = 'asked anew, as the open connection broke';

describe.skipIf(why !== null)(`shared ssh connections${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  let runtime: string;
  let folder: string;
  beforeAll(async () => {
    lab = await openLab();
    writeFileSync(lab.file('saved.txt'), snapshotText());
  });
  afterAll(() => lab.close());
  beforeEach(() => {
    runtime = mkdtempSync('/tmp/rws-');
    folder = `${runtime}/rackwatch`;
    process.env['XDG_RUNTIME_DIR'] = runtime;
  });
  afterEach(async () => {
    delete process.env['XDG_RUNTIME_DIR'];
    await endMasters(folder);
    rmSync(runtime, { recursive: true });
  });

  const shared = { sshShared: 30, sshIdentity: undefined };
  const logins = () => readFileSync(lab.file('sshd.log'), 'utf8').split('Accepted publickey').length - 1;
  /** The sshd of the node at the other end of the only open connection. */
  const session = () => {
    const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
      .split('\n')
      .map((line) => /^ *(\d+) +(\d+) +(.*)$/.exec(line) ?? []);
    const listener = all.find(([, , , args]) => args?.includes(lab.file('sshd_config')))?.[1];
    return Number(all.find(([, , parent]) => parent === listener)?.[1]);
  };
  const only = () => {
    const [pid, ...more] = masters(folder);
    if (pid === undefined || more.length > 0) throw new Error(`${more.length + 1} connections or none`);
    return pid;
  };

  test('two checks are one login, in a folder for the account alone', async () => {
    const before = logins();
    expect((await answerOf(lab, 'saved', shared)).connection).toBeUndefined();
    expect((await answerOf(lab, 'saved', shared)).connection).toBe(open);
    expect(logins() - before).toBe(1);
    expect(masters(folder)).toHaveLength(1);
  });

  test('without the option each is one, and nothing stays', async () => {
    const before = logins();
    for (const _ of [1, 2]) await answerOf(lab, 'saved', { sshIdentity: undefined });
    expect(logins() - before).toBe(2);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('it answers whole: root reads over the open connection what it reads by a login', async () => {
    const names = [1, 2].map(async () => (await answerOf(lab, lab.node('root'), { sshShared: 30 })).snapshot);
    const [first, second] = await Promise.all(names);
    expect(second?.sections.map(({ name }) => name)).toEqual(first?.sections.map(({ name }) => name));
  });

  test('another account of a node, and another key, are connections of their own', async () => {
    const before = logins();
    for (const node of [lab.node('root'), lab.node('allowed')]) await answerOf(lab, node, { sshShared: 30 });
    const forced = { sshShared: 30, sshIdentity: lab.file('forced') };
    expect((await answerOf(lab, lab.node('allowed'), forced)).connection).toBeUndefined();
    expect(logins() - before).toBe(3);
  });

  test('a host that the configuration gives another address is not the one before', async () => {
    await answerOf(lab, 'saved', shared);
    const config = lab.file('moved_config');
    const moved = (port: number) =>
      writeFileSync(config, readFileSync(lab.file('ssh_config'), 'utf8').replaceAll(/Port \d+/g, `Port ${port}`));
    moved(lab.port);
    expect((await answerOf(lab, 'saved', { ...shared, sshConfig: config })).connection).toBeUndefined();
    moved(1);
    expect(await reasonOf(lab, 'saved', { ...shared, sshConfig: config })).toMatch(/Connection refused$/);
  });

  test('a login by what a Match exec has changed is not called an open connection', timed, async () => {
    rmSync(lab.file('moved'), { force: true });
    const account = lab.node('allowed').replace(/.*\/\/|@.*/g, '');
    const config = lab.file('match_config');
    const match = `Match originalhost saved exec "test -e ${lab.file('moved')}"\n  User ${account}\n`;
    writeFileSync(config, `${match}${readFileSync(lab.file('ssh_config'), 'utf8')}`);
    for (const connection of [undefined, open])
      expect((await answerOf(lab, 'saved', { ...shared, sshConfig: config })).connection).toBe(connection);
    writeFileSync(lab.file('moved'), '');
    for (const connection of [undefined, open])
      expect((await answerOf(lab, 'saved', { ...shared, sshConfig: config })).connection).toBe(connection);
  });

  test('it ends when it has been unused for so long, and takes its socket along', async () => {
    await answerOf(lab, 'saved', { ...shared, sshShared: 1 });
    await until(() => masters(folder).length === 0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('more checks at once than a connection may have sessions are answered, too', async () => {
    await answerOf(lab, 'saved', shared);
    const nodes = Array.from({ length: 14 }, (_, i) => `n${i}=saved`);
    const answers = await ask(lab, nodes, { ...shared, sshConfig: lab.file('ssh_config') });
    expect(answers.map(({ reached }) => reached)).toEqual(nodes.map(() => true));
  });

  describe('a connection that is of no use', () => {
    beforeEach(async () => {
      await answerOf(lab, 'saved', shared);
    });

    test('since its process was killed leaves a socket that is replaced', async () => {
      const before = logins();
      await endMasters(folder);
      expect(readdirSync(folder)).toHaveLength(1);
      expect((await answerOf(lab, 'saved', shared)).connection).toBeUndefined();
      expect((await answerOf(lab, 'saved', shared)).connection).toBe(open);
      expect(logins() - before).toBe(1);
    });

    test('since its process is killed while it is used, is replaced in the same check', async () => {
      const node = lab.node('root');
      const slow = { sshShared: 30, remoteCommand: `sleep 1; cat ${lab.file('saved.txt')}` };
      await answerOf(lab, node, slow);
      const asked = answerOf(lab, node, slow);
      setTimeout(() => masters(folder).map((pid) => process.kill(pid, 'SIGKILL')), 500);
      expect((await asked).connection).toBe(broke);
    });

    test.each([
      ['its own process', only],
      ['the sshd on the node', session],
    ])('since %s hangs is left within the limit, and slows no other check', timed, async (_, culprit) => {
      const pid = culprit();
      process.kill(pid, 'SIGSTOP');
      try {
        const start = performance.now();
        expect((await answerOf(lab, 'saved', { ...shared, limitMs: 9000 })).connection).toBe(
          'asked anew, as the open connection was silent for 3 s',
        );
        expect(performance.now() - start).toBeLessThan(9000);
        const next = performance.now();
        expect((await answerOf(lab, 'saved', { ...shared, limitMs: 9000 })).connection).toBeUndefined();
        expect(performance.now() - next).toBeLessThan(3000);
      } finally {
        // The one of the poller has been ended.
        if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGCONT');
      }
    });
  });

  describe('a connection that this very check has begun', () => {
    const slow = { sshShared: 30, limitMs: 9000 };
    const remoteCommand = () => `sleep 1; cat ${lab.file('saved.txt')}`;
    test.each([
      ['breaks', 'SIGKILL', 'asked anew, as the connection broke'],
      ['is ended', 'SIGTERM', 'asked anew, as the connection broke'],
      ['hangs', 'SIGSTOP', 'asked anew, as the connection was silent for 3 s'],
    ] as const)('and that %s is replaced in the same check', async (_, signal, connection) => {
      const asked = answerOf(lab, lab.node('root'), { ...slow, remoteCommand: remoteCommand() });
      await until(() => masters(folder).length > 0);
      // By then the command runs, and ssh only waits.
      await new Promise((resolve) => setTimeout(resolve, 400));
      process.kill(only(), signal);
      expect((await asked).connection).toBe(connection);
      await until(() => masters(folder).length === 0);
    });

    test('is not called broken when the node refuses the login', async () => {
      const before = readFileSync(lab.file('sshd.log'), 'utf8').split('Connection from ').length;
      expect(await reasonOf(lab, lab.node('locked'), slow)).toBe('ssh: Permission denied (publickey)');
      expect(readFileSync(lab.file('sshd.log'), 'utf8').split('Connection from ').length - before).toBe(1);
    });
  });

  describe('a node that was started anew', () => {
    const place = () => `${lab.file('second')}`;
    const newKey = () => {
      rmSync(`${place()}/host`, { force: true });
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${place()}/host`]);
    };
    const trust = (port: number) => {
      const [type, key] = readFileSync(`${place()}/host.pub`, 'utf8').split(' ');
      writeFileSync(lab.file('second_hosts'), `[127.0.0.1]:${port} ${type} ${key}\n`);
      writeFileSync(
        lab.file('second_config'),
        `Host *\n  IdentityFile ${lab.file('id')}\n  UserKnownHostsFile ${lab.file('second_hosts')}\n`,
      );
    };
    /** As a reboot does: nobody is left who knows of the open connection. */
    const stop = async (sshd: Sshd) => {
      const sessions = childrenOf(sshd.pid);
      await sshd.stop();
      // One that was refused has ended by itself.
      for (const pid of sessions) if (existsSync(`/proc/${pid}`)) spawnSync('kill', ['-9', String(pid)]);
    };

    test.each([
      ['with the same key, is asked anew', false],
      ['with another key, is refused as by a login', true],
    ])('%s', async (_, otherKey) => {
      mkdirSync(place());
      cpSync(lab.file('keys'), `${place()}/keys`, { recursive: true });
      newKey();
      let sshd = await startSshd(place());
      const { port } = sshd;
      trust(port);
      const node = `ssh://root@127.0.0.1:${port}`;
      const over = { sshShared: 30, sshIdentity: undefined, sshConfig: lab.file('second_config') };
      try {
        await answerOf(lab, node, over);
        expect((await answerOf(lab, node, over)).connection).toBe(open);
        await stop(sshd);
        if (otherKey) newKey();
        sshd = await startSshd(place(), port);
        if (otherKey)
          expect(await reasonOf(lab, node, over)).toBe(
            `ssh: Host key verification failed: the key of [127.0.0.1]:${port} has changed`,
          );
        else expect((await answerOf(lab, node, over)).connection).not.toBe(open);
      } finally {
        await stop(sshd);
        rmSync(place(), { recursive: true });
      }
    });
  });

  describe('a node that does not answer', () => {
    test('and hangs in its command is given up at the limit, once', timed, async () => {
      for (const _ of ['by a login', 'over the open connection']) {
        const start = performance.now();
        expect(await reasonOf(lab, 'hanging', { ...shared, limitMs: 4000 })).toMatch(
          /^no answer within 4 s \((?:connecting or )?waiting for the answer\)$/,
        );
        expect(performance.now() - start).toBeLessThan(5000);
      }
    });

    test('in the middle of its answer is given up at the limit', timed, async () => {
      const remoteCommand = `echo rackwatch-snapshot 1; exec sleep ${lab.hang}`;
      const start = performance.now();
      for (const _ of [1, 2])
        expect(await reasonOf(lab, lab.node('root'), { sshShared: 30, limitMs: 4000, remoteCommand })).toBe(
          'no answer within 4 s (in the middle of the answer)',
        );
      expect(performance.now() - start).toBeLessThan(10_000);
    });

    test('but is slow is waited for, and its answer over the open connection counts', async () => {
      const remoteCommand = `sleep 2; cat ${lab.file('saved.txt')}`;
      const slow = { sshShared: 30, limitMs: 5000, remoteCommand };
      for (const connection of [undefined, open])
        expect((await answerOf(lab, lab.node('root'), slow)).connection).toBe(connection);
    });

    test('and says nothing to a login is told as without sharing', async () => {
      const silent = await listen(() => {});
      expect(await reasonOf(lab, `ssh://127.0.0.1:${silent.port}`, { sshShared: 30, limitMs: 2000 })).toBe(
        'ssh: Connection timed out during banner exchange',
      );
      await silent.close();
      expect(await reasonOf(lab, 'stranger', shared)).toBe('ssh: Permission denied (publickey)');
      expect(readdirSync(folder)).toEqual([]);
    });

    test('and fails before the node is told by the words of what it goes through', async () => {
      const gate = lab.file('gate_config');
      const jump = `Host gate\n  User rwlab-none\nHost *\n  IdentityAgent none\n  BatchMode yes\n`;
      const known = `  UserKnownHostsFile ${lab.file('known_hosts')}\n`;
      const proxy = `Host behind-gate\n  ProxyJump gate\n`;
      writeFileSync(gate, `${proxy}${jump}${known}  HostName 127.0.0.1\n  Port ${lab.port}\n`);
      const through = { ...shared, sshConfig: gate };
      expect(await reasonOf(lab, 'behind-gate', through)).toMatch(/^ssh: rwlab-none@127\.0\.0\.1: Permission denied/);
      expect(await reasonOf(lab, 'no-proxy', shared)).toBe(await reasonOf(lab, 'no-proxy'));
    });

    test('as it asks for a key that is refused is tried once', async () => {
      const connections = () => readFileSync(lab.file('sshd.log'), 'utf8').split('Connection from ').length;
      const before = connections();
      await reasonOf(lab, 'stranger', shared);
      expect(connections() - before).toBe(1);
    });
  });
});
