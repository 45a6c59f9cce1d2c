import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, askNodes, parseNodeSpec, type Request } from '../../../src/node/index.ts';
import { section } from '../../../src/snapshot/index.ts';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { snapshotText } from '../../snapshot_text.ts';
import { timed } from '../../timed.ts';
import { listen } from '../ssh/sshd.ts';
import { type Lab, openLab, type Role, whyNoNrpe } from './lab.ts';

const why = whyNoNrpe();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the NRPE lab cannot run: ${why}`);

// How a closed connection shows depends on who was faster.
const closedWithSsl =
  /^(?:the node closed the connection: this host is not in its allowed_hosts, or its NRPE does not use SSL \(--nrpe-no-ssl\)|no SSL connection with the node: it does not use SSL \(--nrpe-no-ssl\), it wants a certificate \(--nrpe-cert\), or this host is not in its allowed_hosts)$/;
const closedWithoutSsl =
  'the node closed the connection: this host is not in its allowed_hosts, or its NRPE wants SSL (give no --nrpe-no-ssl)';
const notSigned =
  'no SSL connection with the node: its certificate is not signed by the authority of --nrpe-ca, it does not use SSL (--nrpe-no-ssl), it wants a certificate (--nrpe-cert), or this host is not in its allowed_hosts';

describe.skipIf(why !== null)(`nodes behind a real NRPE${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  let mark: Mark;
  beforeAll(async () => {
    lab = await openLab();
    writeFileSync(lab.file('saved1.txt'), snapshotText());
  });
  afterAll(() => lab.close());
  beforeEach(() => {
    mark = newMark();
    process.env[mark.name] = mark.value;
  });
  afterEach(() => {
    delete process.env[mark.name];
    expect(marked(mark).filter(({ pid }) => pid !== process.pid)).toEqual([]);
  });

  function ask(nodes: readonly string[], over: Partial<Request> = {}): Promise<readonly Answer[]> {
    const specs = nodes.map((text) => {
      const spec = parseNodeSpec(text);
      if (!spec.ok) throw new Error(spec.reason);
      return spec.value;
    });
    return askNodes(specs, { limitMs: 8500, signal: () => new AbortController().signal, ...over });
  }
  async function reasonOf(node: string, over: Partial<Request> = {}): Promise<string> {
    const [answer] = await ask([node], over);
    return answer === undefined || answer.reached ? 'reached' : answer.reason;
  }
  const file = (name: string) => lab.file(name);

  test('the shipped configuration and sudoers line let two nodes answer, read as root', async () => {
    const answers = await ask([lab.node('first'), lab.node('second')]);
    for (const answer of answers) {
      if (!answer.reached) throw new Error(answer.reason);
      expect(answer.snapshot.host).toMatchObject({ uid: 0, user: 'root' });
      for (const name of ['addr', 'link', 'maddr', 'nft'] as const)
        expect(section(answer.snapshot, name)?.status, name).toBe('read');
    }
    expect(answers.map(({ name }) => name)).toEqual(['first', 'second']);
  });

  test('a node whose NRPE speaks no SSL answers where that is said', async () => {
    expect(await reasonOf(lab.node('plain'), { nrpeNoSsl: true })).toBe('reached');
  });

  test('a node that shows a certificate, or wants one, answers where that fits', async () => {
    const certificate = () => ({ nrpeCert: file('client.pem'), nrpeKey: file('client.key') });
    expect(await reasonOf(lab.node('proven'), { nrpeCa: file('ca.pem') })).toBe('reached');
    expect(await reasonOf(lab.node('mutual'), { nrpeCa: file('ca.pem'), ...certificate() })).toBe('reached');
    expect(await reasonOf(lab.node('mutual'), certificate())).toBe('reached');
  });

  test.each<[string, Role, string | undefined, () => Partial<Request>, string | RegExp]>([
    ['with SSL, its NRPE without', 'plain', undefined, () => ({}), closedWithSsl],
    ['without SSL, its NRPE with', 'first', undefined, () => ({ nrpeNoSsl: true }), closedWithoutSsl],
    ['from a host that it does not know', 'stranger', undefined, () => ({}), closedWithSsl],
    [
      'from a host that it does not know, without SSL',
      'strangerPlain',
      undefined,
      () => ({ nrpeNoSsl: true }),
      closedWithoutSsl,
    ],
    [
      'for a command that it does not have',
      'first',
      'nothing',
      () => ({}),
      'NRPE on the node has no command nothing (see nrpe.d there)',
    ],
    [
      'for a command without output',
      'first',
      'empty',
      () => ({}),
      'the NRPE command empty gave no output (run its line on the node as the NRPE user, and end it with 2>&1)',
    ],
    [
      'for a command that is killed',
      'first',
      'killed',
      () => ({}),
      'the NRPE command killed gave no output (run its line on the node as the NRPE user, and end it with 2>&1)',
    ],
    ['for another command', 'first', 'other', () => ({}), 'no snapshot in the answer: "hello"'],
    [
      'for a script that is not there',
      'first',
      'missing',
      () => ({}),
      /^sudo on the node (?:wants a password|refused: .*not found)/,
    ],
    [
      'while sudo refuses',
      'denied',
      undefined,
      () => ({}),
      'sudo on the node wants a password (the NRPE user needs NOPASSWD for the command in sudoers)',
    ],
    [
      'for a command that takes longer than NRPE allows',
      'hasty',
      'hangs',
      () => ({}),
      'the NRPE command hangs was ended after 1 s (command_timeout on the node)',
    ],
    [
      'for a command that hangs',
      'first',
      'hangs',
      () => ({ limitMs: 700 }),
      'no answer within 0.7 s (connected, waiting for the answer)',
    ],
    [
      'for more than NRPE carries',
      'first',
      'early',
      () => ({}),
      /^truncated answer \(no end mark after \d+ lines\); it was cut at 65,504 bytes, the most that NRPE can carry$/,
    ],
    ['by an authority that it is not signed by', 'proven', undefined, () => ({ nrpeCa: file('other.pem') }), notSigned],
    [
      'by an authority, but it shows no certificate at all',
      'first',
      undefined,
      () => ({ nrpeCa: file('ca.pem') }),
      notSigned,
    ],
    [
      'without the certificate that it wants',
      'mutual',
      undefined,
      () => ({}),
      'the node closed the connection after the SSL handshake: it wants a certificate (--nrpe-cert, --nrpe-key)',
    ],
    [
      'with another certificate than it wants',
      'mutual',
      undefined,
      () => ({ nrpeCert: file('other.pem'), nrpeKey: file('other.key') }),
      'the node closed the connection after the SSL handshake: it does not accept the one of --nrpe-cert',
    ],
    [
      'with a certificate that is not there',
      'first',
      undefined,
      () => ({ nrpeCert: '/no/cert.pem', nrpeKey: file('client.key') }),
      'check_nrpe cannot use the certificate file /no/cert.pem',
    ],
    [
      'with a key that is not there',
      'first',
      undefined,
      () => ({ nrpeCert: file('client.pem'), nrpeKey: '/no/key.pem' }),
      /key/,
    ],
    [
      'by an authority that is not there',
      'first',
      undefined,
      () => ({ nrpeCa: '/no/ca.pem' }),
      'check_nrpe cannot use the CA certificate /no/ca.pem',
    ],
    [
      'with a key of another certificate',
      'first',
      undefined,
      () => ({ nrpeCert: file('client.pem'), nrpeKey: file('other.key') }),
      /key/,
    ],
    [
      'by a check_nrpe that is not there',
      'first',
      undefined,
      () => ({ checkNrpe: '/no/check_nrpe' }),
      '/no/check_nrpe is not installed',
    ],
  ])('a node asked %s gives the reason', async (_, role, command, over, reason) => {
    const said = await reasonOf(lab.node(role, command), over());
    if (typeof reason === 'string') expect(said).toBe(reason);
    else expect(said).toMatch(reason);
  });

  test('an answer that protocols 2 and 3 cut at 1023 bytes is truncated, and that is why', async () => {
    for (const version of ['-2', '-3']) {
      writeFileSync(file('old_check_nrpe'), `#!/bin/sh\nexec /usr/lib/nagios/plugins/check_nrpe ${version} "$@"\n`);
      chmodSync(file('old_check_nrpe'), 0o755);
      expect(await reasonOf(lab.node('first'), { checkNrpe: file('old_check_nrpe') })).toMatch(
        /^truncated answer \(no end mark after \d+ lines\); it was cut at 1023 bytes, the most that NRPE 3 and older can carry: NRPE 4 is needed on both sides$/,
      );
    }
  });

  test('a whole answer with more behind it than NRPE carries is read', async () => {
    expect(await reasonOf(lab.node('first', 'long'))).toBe('reached');
  });

  test('a refused port, an unknown name and a daemon of another kind are said', async () => {
    const banner = await listen((write) => write('SSH-2.0-OpenSSH_9.2\r\n'));
    await banner.close();
    expect(await reasonOf(`nrpe://127.0.0.1:${banner.port}`)).toBe(
      `check_nrpe: port ${banner.port}: Connection refused`,
    );
    expect(await reasonOf('nrpe://no-such-host.invalid')).toMatch(
      /^check_nrpe: could not resolve no-such-host\.invalid: /,
    );
    const other = await listen((write, end) => {
      write('SSH-2.0-OpenSSH_9.2\r\n');
      setTimeout(end, 100);
    });
    expect(await reasonOf(`nrpe://127.0.0.1:${other.port}`)).toMatch(closedWithSsl);
    expect(await reasonOf(`nrpe://127.0.0.1:${other.port}`, { nrpeNoSsl: true, limitMs: 700 })).toBe(
      'what answers there does not speak NRPE',
    );
    await other.close();
  });

  test('a node that is silent, and one that does not even accept, are told apart', timed, async () => {
    const silent = await listen(() => {});
    expect(await reasonOf(`nrpe://127.0.0.1:${silent.port}`, { limitMs: 700 })).toBe(
      'no answer within 0.7 s (connected, waiting for the answer)',
    );
    await silent.close();
    const full = await neverAccepting();
    expect(await reasonOf(`nrpe://127.0.0.1:${full.port}`, { limitMs: 700 })).toBe(
      'no answer within 0.7 s (connecting)',
    );
    full.close();
  });

  test('one that hangs does not delay what the others said', timed, async () => {
    const start = performance.now();
    const answers = await ask([lab.node('first', 'hangs'), lab.node('second', 'saved1')], { limitMs: 1500 });
    expect(answers.map(({ reached }) => reached)).toEqual([false, true]);
    expect(answers[1]?.milliseconds).toBeLessThan(1400);
    expect(performance.now() - start).toBeLessThan(2500);
  });
});

/** A TCP port whose queue is full, so that it answers no further connection. */
async function neverAccepting() {
  const script = `use Socket;
    socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(0, INADDR_LOOPBACK)); listen($s, 0);
    my ($port) = unpack_sockaddr_in(getsockname($s)); my @c;
    for (1 .. 4) { socket($c[$_], PF_INET, SOCK_STREAM, 0); require Fcntl;
      fcntl($c[$_], Fcntl::F_SETFL(), Fcntl::O_NONBLOCK()); connect($c[$_], pack_sockaddr_in($port, INADDR_LOOPBACK)); }
    $| = 1; print "$port\\n"; sleep 60;`;
  const child = spawn('perl', ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: '/usr/bin' } });
  const port = await new Promise<number>((resolve) => {
    child.stdout.once('data', (chunk) => resolve(Number(chunk)));
  });
  return { port, close: () => child.kill('SIGKILL') };
}
