import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseNodeSpec } from '../../../src/node/index.ts';
import { endOldMasters } from '../../../src/node/shared_master.ts';
import { openSockets, takeAway } from '../../../src/node/shared_socket.ts';
import { askSsh } from '../../../src/node/ssh.ts';
import { marked, newMark } from '../../node/marked.ts';
import { snapshotText } from '../../snapshot_text.ts';
import { answerOf, ask, reasonOf } from './asking.ts';
import { type Lab, openLab, whyNoSsh } from './lab.ts';
import { endMasters, masters, until } from './masters.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

const open = 'over an open connection';

describe.skipIf(why !== null)(`the processes of shared connections${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  let runtime: string;
  let folder: string;
  beforeAll(async () => {
    lab = await openLab();
    writeFileSync(lab.file('saved.txt'), snapshotText());
    const config = readFileSync(lab.file('ssh_config'), 'utf8');
    writeFileSync(
      lab.file('jump_config'),
      `Host behind-jump\n  HostName 127.0.0.1\n  Port ${lab.port}\n  User root\n  IdentityFile ${lab.file('id')}\n  ProxyJump by-alias\n${config}`,
    );
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
  /** The sockets by which a check may be answered. */
  const sockets = () => readdirSync(folder).filter((name) => !name.startsWith('spent.'));
  /** As a check does whose open connection is silent. */
  const loseSocket = () => takeAway(openSockets(folder, sockets()[0]?.split('.')[0] ?? ''));
  const only = () => {
    const [pid, ...more] = masters(folder);
    if (pid === undefined || more.length > 0) throw new Error(`${more.length + 1} connections or none`);
    return pid;
  };
  const isGone = (pid: number) => {
    try {
      return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return true;
    }
  };

  describe('a node that hangs', () => {
    test('leaves one, however often it is asked', async () => {
      const first = await reasonOf(lab, 'hanging', { ...shared, limitMs: 1500 });
      expect(first).toMatch(/^no answer within 1\.5 s/);
      const pid = only();
      for (const _ of [2, 3, 4, 5]) await reasonOf(lab, 'hanging', { ...shared, limitMs: 1500 });
      expect(masters(folder)).toEqual([pid]);
    });

    test('leaves one when more ask it than a connection has sessions for', async () => {
      await reasonOf(lab, 'hanging', { ...shared, limitMs: 1500 });
      const pid = only();
      const nodes = Array.from({ length: 14 }, (_, i) => `n${i}=hanging`);
      for (const _ of [1, 2]) await ask(lab, nodes, { ...shared, limitMs: 2000 });
      expect(masters(folder)).toEqual([pid]);
    });

    test('is asked over the same connection when it answers again', async () => {
      const remoteCommand = `test -e ${lab.file('well')} && exec cat ${lab.file('saved.txt')}; exec sleep ${lab.hang}`;
      const over = { sshShared: 30, limitMs: 1500, remoteCommand };
      for (const _ of [1, 2]) await reasonOf(lab, lab.node('root'), over);
      writeFileSync(lab.file('well'), '');
      expect((await answerOf(lab, lab.node('root'), over)).connection).toBe(open);
    });
  });

  test('one that hangs is ended, and its jump host with it, when the node answers without it', async () => {
    const mark = newMark();
    process.env[mark.name] = mark.value;
    try {
      const over = { sshShared: 30, limitMs: 9000, sshConfig: lab.file('jump_config') };
      await answerOf(lab, 'behind-jump', over);
      const pid = only();
      expect(marked(mark).filter(({ command }) => command.includes(' -W '))).toHaveLength(1);
      process.kill(pid, 'SIGSTOP');
      const { connection } = await answerOf(lab, 'behind-jump', over);
      expect(connection).toBe('asked anew, as the open connection was silent for 3 s');
      await until(() => isGone(pid) && marked(mark).length === 0);
      expect(sockets()).toEqual([]);
    } finally {
      delete process.env[mark.name];
    }
  });

  test('other checks that wait for one that is ended are answered, too', async () => {
    await answerOf(lab, 'saved', shared);
    process.kill(only(), 'SIGSTOP');
    const first = answerOf(lab, 'saved', { ...shared, limitMs: 6000 });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const second = answerOf(lab, 'saved', { ...shared, limitMs: 9000 });
    expect((await first).connection).toBe('asked anew, as the open connection was silent for 2 s');
    // ssh itself logs in where the process had not yet greeted it.
    expect((await second).connection).not.toBe(open);
    await answerOf(lab, 'saved', shared);
    expect((await answerOf(lab, 'saved', shared)).connection).toBe(open);
  });

  test('one that has lost its socket takes no other away when it ends', async () => {
    await answerOf(lab, 'saved', shared);
    const pid = only();
    loseSocket();
    expect((await answerOf(lab, 'saved', shared)).connection).toBeUndefined();
    expect(masters(folder)).toHaveLength(2);
    process.kill(pid, 'SIGTERM');
    await until(() => isGone(pid));
    const before = logins();
    expect((await answerOf(lab, 'saved', shared)).connection).toBe(open);
    expect(logins()).toBe(before);
  });

  test('old ones are ended, whether they have a socket or not, and young ones are not', async () => {
    await answerOf(lab, 'saved', shared);
    const lost = only();
    loseSocket();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await answerOf(lab, 'saved', shared);
    await endOldMasters(`${folder}/elsewhere`, 1000);
    expect(masters(folder)).toHaveLength(2);
    await endOldMasters(folder, 1000);
    expect(only()).not.toBe(lost);
    expect((await answerOf(lab, 'saved', shared)).connection).toBe(open);
  });

  test('old ones are ended by a check that begins another', async () => {
    const spec = parseNodeSpec(lab.node('root'));
    if (!spec.ok || spec.value.target.kind !== 'ssh') throw new Error('no node');
    const { target } = spec.value;
    const request = {
      ...{ limitMs: 1500, signal: new AbortController().signal },
      ...{ sshConfig: lab.file('ssh_config'), sshIdentity: lab.file('id'), remoteCommand: `exec sleep ${lab.hang}` },
    };
    mkdirSync(folder, { mode: 0o700 });
    await askSsh(target, { ...request, sharing: { seconds: 1, folder, way: 'a' } });
    const hanging = only();
    const begin = (oldMs: number, way: string) =>
      askSsh(target, { ...request, remoteCommand: 'true', sharing: { seconds: 1, folder, way, oldMs } });
    await begin(60_000, 'b');
    expect(masters(folder)).toContain(hanging);
    await begin(1000, 'c');
    expect(masters(folder)).not.toContain(hanging);
  });
});
