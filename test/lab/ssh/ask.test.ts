import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Section, type Snapshot, section } from '../../../src/snapshot/index.ts';
import { marked, newMark } from '../../node/marked.ts';
import { vip } from '../../snapshot_text.ts';
import { answerOf, ask, endShared, reasonOf } from './asking.ts';
import { type Lab, openLab, whyNoSsh } from './lab.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

const guarded = ['iptables-legacy', 'iptables', 'nft', 'arptables', 'ebtables'] as const;

describe.skipIf(why !== null)(`nodes behind a real sshd${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  const mark = newMark();
  beforeEach(() => {
    process.env[mark.name] = mark.value;
  });
  afterEach(() => {
    delete process.env[mark.name];
    expect(marked(mark)).toEqual([]);
  });

  describe('with nothing installed on the node', () => {
    test('root reads every section', async () => {
      const answer = await answerOf(lab, lab.node('root'), { routes: ['127.0.0.1'] });
      expect(answer.snapshot.host.user).toBe('root');
      expect(unread(answer)).toEqual([]);
      expect(section(answer.snapshot, 'addr')?.lines.join()).toContain('127.0.0.1/8');
      expect(section(answer.snapshot, 'route', '127.0.0.1')?.status).toBe('read');
    });

    test('an ordinary user with the shipped sudoers lines reads every section', async () => {
      const answer = await answerOf(lab, lab.node('allowed'));
      expect(answer.snapshot.host).toMatchObject({ user: expect.stringMatching(/^rwlab/) });
      expect(answer.snapshot.host.uid).toBeGreaterThan(0);
      expect(unread(answer)).toEqual([]);
      expect(section(answer.snapshot, 'nft')).toMatchObject({ status: 'read', exit: 0, needs: null });
    });

    test('an ordinary user without them is told each line that is missing, as it is shipped', async () => {
      const answer = await answerOf(lab, lab.node('denied'));
      const shipped = readFileSync('icinga-conf/sudoers/rackwatch', 'utf8')
        .split(/(?:, \\)?\n/)
        .map((line) => line.trim());
      const denied = unread(answer);
      expect(denied.map(({ name }) => name)).toEqual(guarded);
      for (const one of denied) expect(one).toMatchObject({ status: 'denied', lines: [] });
      for (const { needs } of denied) expect(shipped).toContain(needs);
      expect(section(answer.snapshot, 'addr')?.status).toBe('read');
    });

    test('both are asked at once, each with its own answer', async () => {
      const answers = await ask(lab, [lab.node('denied'), lab.node('root')]);
      expect(answers.map((answer) => answer.reached && answer.snapshot.host.uid === 0)).toEqual([false, true]);
    });
  });

  describe('with the script installed', () => {
    test('a remote command is run as it is given, with nothing to read', async () => {
      expect(
        (await answerOf(lab, lab.node('root'), { remoteCommand: `cat; ${lab.script} --route 127.0.0.1` })).text,
      ).toContain('== route 127.0.0.1');
    });

    test('an ordinary user with the one sudoers line for the script runs it as root', async () => {
      const answer = await answerOf(lab, lab.node('installed'), { remoteCommand: `sudo -n ${lab.script}` });
      expect(answer.snapshot.host.user).toBe('root');
      expect(unread(answer)).toEqual([]);
    });

    test('that line allows no arguments', async () => {
      expect(await reasonOf(lab, lab.node('installed'), { remoteCommand: `sudo -n ${lab.script} --vip ${vip}` })).toBe(
        'sudo on the node wants a password (the command needs NOPASSWD in sudoers)',
      );
    });

    test('a user without it is told that sudo wants a password', async () => {
      expect(await reasonOf(lab, lab.node('denied'), { remoteCommand: `sudo -n ${lab.script}` })).toBe(
        'sudo on the node wants a password (the command needs NOPASSWD in sudoers)',
      );
    });

    test.each([
      ['forcedSudo', 'installed', 0],
      ['forced', 'allowed', 1],
    ] as const)('the example of a forced command (%s) answers whatever is sent', async (key, role, uid) => {
      for (const remoteCommand of [undefined, 'id; reboot']) {
        const answer = await answerOf(lab, lab.node(role), { sshIdentity: lab.file(key), remoteCommand });
        expect(Math.sign(answer.snapshot.host.uid)).toBe(uid);
        expect(unread(answer)).toEqual([]);
      }
    });
  });

  describe('settings of ssh', () => {
    test('host, port, user and key may all come from the configuration file', async () => {
      expect((await answerOf(lab, 'by-alias', { sshIdentity: undefined })).name).toBe('by-alias');
    });

    test.each([
      ['its standard input is left out', ['StdinNull yes']],
      ['it runs something else there', ['RemoteCommand echo hello']],
      ['it opens no session', ['SessionType none']],
      ['it goes into the background', ['ForkAfterAuthentication yes']],
      ['it runs something here', ['PermitLocalCommand yes', 'LocalCommand sleep 600']],
      ['it forwards a port that is taken', ['ExitOnForwardFailure yes', 'LocalForward 127.0.0.1:LAB 127.0.0.1:1']],
      ['it asks for a terminal', ['RequestTTY force', 'BatchMode no', 'LogLevel QUIET']],
    ])('a node is asked although %s for people', async (_, lines) => {
      const settings = lines.map((line) => `  ${line.replace('LAB', String(lab.port))}\n`).join('');
      writeFileSync(lab.file('for_people'), `Host *\n${settings}${readFileSync(lab.file('ssh_config'), 'utf8')}`);
      const over = { sshConfig: lab.file('for_people'), limitMs: 8000 };
      expect((await answerOf(lab, lab.node('root'), over)).snapshot.host.user).toBe('root');
      const command = { ...over, remoteCommand: lab.script };
      expect((await answerOf(lab, lab.node('root'), command)).snapshot.host.user).toBe('root');
    });

    test('a key file that is not there is named', async () => {
      expect(await reasonOf(lab, lab.node('root'), { sshIdentity: lab.file('nowhere') })).toBe(
        `ssh: Permission denied (publickey); Warning: Identity file ${lab.file('nowhere')} not accessible: No such file or directory`,
      );
    });

    test('a configuration file that is not there is named', async () => {
      expect(await reasonOf(lab, lab.node('root'), { sshConfig: lab.file('nowhere') })).toBe(
        `ssh: Can't open user config file ${lab.file('nowhere')}: No such file or directory`,
      );
    });

    test('a master that ssh leaves behind for the next check is not waited for', async () => {
      // The first check begins the master, the second uses it; it stays for 30 s.
      for (const _ of ['first', 'second']) {
        const start = performance.now();
        expect((await answerOf(lab, 'shared', { sshIdentity: undefined })).reached).toBe(true);
        expect(performance.now() - start).toBeLessThan(10_000);
      }
      await endShared(lab, mark);
    });
  });
});

/** Those of the sections that root alone may read that were not read. */
function unread({ snapshot }: { readonly snapshot: Snapshot }): readonly Section[] {
  return guarded.flatMap((name) => section(snapshot, name) ?? []).filter(({ status }) => status !== 'read');
}
