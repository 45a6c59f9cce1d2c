import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { marked, newMark } from '../../node/marked.ts';
import { snapshotText } from '../../snapshot_text.ts';
import { answerOf, ask, endShared, reasonOf } from './asking.ts';
import { type Lab, openLab, whyNoSsh } from './lab.ts';
import { freePort, listen } from './sshd.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

describe.skipIf(why !== null)(`nodes that fail behind a real sshd${why === null ? '' : ` (skipped: ${why})`}`, () => {
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

  describe('a node that cannot be reached is said with the real reason', () => {
    test.each([
      [
        'an unknown host key',
        'unknown-key',
        /^ssh: Host key verification failed: No ED25519 host key is known for \[127\.0\.0\.1\]:\d+$/,
      ],
      [
        'a changed host key',
        'changed-key',
        /^ssh: Host key verification failed: the key of \[127\.0\.0\.1\]:\d+ has changed$/,
      ],
      ['a key that nobody knows', 'stranger', /^ssh: Permission denied \(publickey\)$/],
      ['a name that does not resolve', 'rackwatch.invalid', /^ssh: Could not resolve hostname rackwatch\.invalid: /],
      [
        'a proxy that is not there',
        'no-proxy',
        /^ssh: (?:the ProxyCommand \S+ was not found$|(?:kex_exchange_identification: )?Connection closed by )/,
      ],
    ])('%s', async (_, node, expected) => {
      expect(await reasonOf(lab, node, { sshIdentity: undefined })).toMatch(expected);
    });

    test('a locked account', async () => {
      expect(await reasonOf(lab, lab.node('locked'))).toBe('ssh: Permission denied (publickey)');
    });

    test('a port that nobody listens on', async () => {
      const port = await freePort();
      expect(await reasonOf(lab, `ssh://127.0.0.1:${port}`)).toBe(
        `ssh: connect to host 127.0.0.1 port ${port}: Connection refused`,
      );
    });

    test.each([
      ['nothing at all', 'true', 'empty answer'],
      ['something else', 'echo hello', 'no snapshot in the answer: "hello"'],
      [
        'something else, and fails',
        'echo hello; exit 1',
        'no snapshot in the answer: "hello"; the remote command ended with 1',
      ],
      ['a complaint', 'echo "disk full" >&2', 'empty answer: disk full'],
      [
        'half a snapshot',
        'head -n 5 SCRIPT | sed 1i\\rackwatch-snapshot\\ 1',
        'truncated answer (no end mark after 6 lines)',
      ],
      [
        'half a snapshot before the line breaks',
        'printf "rackwatch-snapshot 1\\n== host\\n"; sleep 0.2; kill -9 $PPID; sleep 1',
        /^truncated answer \(no end mark after 2 lines\); ssh: Connection to 127\.0\.0\.1 closed/,
      ],
      ['no end', 'yes', 'the answer is longer than 4 MB'],
      [
        'that there is no such command',
        'cluster_node_snapshot',
        /^the remote command was not found: .*cluster_node_snapshot: (?:command )?not found$/,
      ],
      ['that it may not be run', '/etc/passwd', /^the remote command cannot be run: .*Permission denied$/],
      [
        'nothing, being killed',
        'kill -9 $$',
        'ssh ended with 255 without a message: the connection broke, or the remote command was killed',
      ],
    ] as const)('a node that says %s', async (_, command, expected) => {
      const told = await reasonOf(lab, lab.node('root'), { remoteCommand: command.replace('SCRIPT', lab.script) });
      if (typeof expected === 'string') expect(told).toBe(expected);
      else expect(told).toMatch(expected);
    });
  });

  describe('a node that hangs', () => {
    test('with its banner: ssh itself says so, before the limit', async () => {
      const silent = await listen(() => {});
      expect(await reasonOf(lab, `ssh://127.0.0.1:${silent.port}`, { limitMs: 2000 })).toBe(
        'ssh: Connection timed out during banner exchange',
      );
      await silent.close();
    });

    test('after its banner is one that was still connecting', async () => {
      const silent = await listen((write) => write('SSH-2.0-Silent\r\n'));
      expect(await reasonOf(lab, `ssh://127.0.0.1:${silent.port}`, { limitMs: 1500 })).toBe(
        'no answer within 1.5 s (connecting)',
      );
      await silent.close();
    });

    test('behind a proxy that hangs leaves no proxy', async () => {
      expect(await reasonOf(lab, 'behind-proxy', { limitMs: 900 })).toMatch(/^no answer within 0\.9 s \(connecting\)$/);
    });

    test.each([
      ['before it says a word', 'exec sleep HANG', 'no answer within 12 s (waiting for the answer)'],
      [
        'in the middle',
        'echo rackwatch-snapshot 1; exec sleep HANG',
        'no answer within 12 s (in the middle of the answer)',
      ],
    ])('%s', async (_, command, expected) => {
      const remoteCommand = command.replace('HANG', lab.hang);
      expect(await reasonOf(lab, lab.node('root'), { limitMs: 12_000, remoteCommand })).toBe(expected);
    });

    test('over a shared connection is one whose answer was waited for', async () => {
      await answerOf(lab, 'shared', { sshIdentity: undefined });
      const remoteCommand = `exec sleep ${lab.hang}`;
      expect(await reasonOf(lab, 'shared', { sshIdentity: undefined, limitMs: 8000, remoteCommand })).toBe(
        'no answer within 8 s (connecting or waiting for the answer)',
      );
      await endShared(lab, mark);
    });

    test('with a whole answer, since it left something running, has answered', async () => {
      writeFileSync(lab.file('saved.txt'), snapshotText());
      const remoteCommand = `sleep ${lab.hang} & cat ${lab.file('saved.txt')}`;
      expect((await answerOf(lab, lab.node('root'), { limitMs: 12_000, remoteCommand })).snapshot.host.name).toBe(
        'node1',
      );
    });

    test('hides and delays nobody else', async () => {
      const start = performance.now();
      const answers = await ask(lab, ['hanging', 'by-alias', 'stranger', 'local'], {
        sshIdentity: undefined,
        limitMs: 15_000,
      });
      expect(performance.now() - start).toBeLessThan(15_000 + 5000);
      expect(answers.map((answer) => (answer.reached ? answer.snapshot.host.user : answer.reason))).toEqual([
        'no answer within 15 s (waiting for the answer)',
        'root',
        'ssh: Permission denied (publickey)',
        'root',
      ]);
      expect(answers[1]?.milliseconds).toBeLessThan(15_000);
    });
  });
});
