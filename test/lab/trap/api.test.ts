import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createTls } from 'node:https';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timed } from '../../timed.ts';
import { Api } from '../icinga2/api.ts';
import { giveTo } from '../poller/account.ts';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { freePort, listen } from '../ssh/sshd.ts';
import { addresses, password, startTrapLab, type TrapLab, trapFiles, written } from './lab.ts';
import { runsOf } from './runs.ts';

const why = whyNoLab(trapFiles);

type Application = { readonly app: { readonly version: string } };

/** What `openssl ca` needs beside its options. */
const authority = `[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
x509_extensions = named
[any]
commonName = supplied
[named]
subjectAltName = DNS:icinga1
`;

/** Whether an Icinga hides from filters what their user may not see: CVE-2025-61907. */
function isMended(version: string): boolean {
  const [, minor = 0, patch = 0] = /^r?2\.(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  return patch >= ({ 13: 13, 14: 7, 15: 1 }[minor] ?? (minor > 15 ? 0 : Number.POSITIVE_INFINITY));
}

describe.skipIf(why !== null)(`akcp_trap and the API of a real Icinga 2${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let traps: TrapLab;
  beforeAll(async () => {
    lab = openLab('trap-api');
    traps = await startTrapLab(lab);
  }, 300_000);
  afterAll(() => lab?.close());

  const { args, logged, lastCheck, file } = runsOf(() => ({ lab, traps }));

  test('asks at once and once more, and a second trap of the hold ends at once and adds one', timed, async () => {
    const given = args();
    const before = traps.syslog.lines().length;
    const began = Date.now() / 1000;
    const first = await traps.run(given);
    expect(first).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const checked = await until('the check', 10, async () => (await lastCheck()) > began && lastCheck());
    expect(await traps.run(given)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await until('the second check', 10, async () => (await lastCheck()) > checked);
    expect((await lastCheck()) - checked).toBeGreaterThan(1.8);
    const again = await lastCheck();
    await until('the third check', 10, async () => (await lastCheck()) > again);
    expect((await lastCheck()) - again).toBeGreaterThan(1.8);
    await until('the end', 10, () => traps.processes() === 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(traps.syslog.lines().slice(before)).toEqual([
      `daemon.info Icinga checks 2 services of ${addresses.probe} at once`,
      `daemon.info Icinga checks 2 services of ${addresses.probe} at the end of the hold`,
      `daemon.info Icinga checks 2 services of ${addresses.probe} at the end of the hold`,
    ]);
  });

  test('twenty traps at the same moment are asked about three times', async () => {
    const given = args();
    const before = traps.syslog.lines().length;
    const ends = await Promise.all(Array.from({ length: 20 }, () => traps.run(given)));
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 0));
    await until('the end', 10, () => traps.processes() === 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(traps.syslog.lines().length).toBe(before + 3);
  });

  describe('an API that gives no answer is one line in syslog and an exit code, within the limit', () => {
    const failing = async (over: Readonly<Record<string, string>>, reason: RegExp) => {
      const given = args({ hold: '3600', ...over });
      const { line, result } = await logged(() => traps.run(given));
      const { code, stdout, stderr, milliseconds } = result;
      expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: '' });
      expect(line).toMatch(/^daemon\.err a trap from 127\.0\.0\.50: Icinga's API at 127\.0\.0\.1:\d+ /);
      expect(line).toMatch(reason);
      expect(line).not.toContain(password);
      // Nobody waits for it in the foreground while that is so, and the next trap ends at once.
      const again = await traps.run(given);
      expect(again.code).toBe(0);
      // It asks before it ends, with the same result.
      expect((await logged(traps.endWaiting)).line).toMatch(/it is asked no more for this trap$/);
      return milliseconds;
    };
    const api = (port: number) => `127.0.0.1:${port}`;

    test('dead', async () => {
      await failing(
        { api: api(await freePort()) },
        /refuses connections: nothing listens there; it is asked once more/,
      );
    });

    test('takes the connection and says nothing', timed, async () => {
      const silent = await listen(() => {});
      expect(await failing({ api: api(silent.port) }, /did not answer within 2 s/)).toBeLessThan(4000);
      await silent.close();
    });

    test('says something else', async () => {
      const other = await listen((write) => write('220 mail ESMTP\r\n'));
      await failing(
        { api: api(other.port) },
        /does not speak TLS as it should: another program may listen on that port;/,
      );
      await other.close();
      const { port, close } = await serveTls(({ socket }) => socket.end('220 mail ESMTP\r\n'));
      await failing({ api: api(port) }, /answers, but not in HTTP as it should \(HPE_\w+\);/);
      await close();
    });

    test.each([
      ['hangs behind the handshake', () => {}, /did not answer within 2 s/],
      [
        'answers without end',
        (write: (text: string) => boolean) => void setInterval(() => write('x'.repeat(1e5)), 1).unref(),
        /answers without end/,
      ],
      [
        'answers no JSON',
        (write: (text: string) => boolean, end: () => void) => {
          write('<html>');
          end();
        },
        /answers 200, but not as Icinga's API does;/,
      ],
    ] as const)('%s', timed, async (_, answer, reason) => {
      const { port, close } = await startTls(answer);
      expect(await failing({ api: api(port) }, reason)).toBeLessThan(4500);
      await close();
    });

    test('does not know the password', async () => {
      const wrong = file('wrong', 'ICINGA_USER=akcp-trap\nICINGA_PASSWORD=no\n', 0o600);
      await failing({ 'api-credentials': wrong }, /refuses the user or the password of --api-credentials \(401\)/);
    });

    test('has the certificate of somebody else, or another name', async () => {
      const key = path.join(lab.folder, 'other.key');
      const other = file('other.crt', '', 0o644);
      const subject = ['-subj', '/CN=Icinga CA', '-days', '2', '-keyout', key, '-out', other];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], { stdio: 'pipe' });
      await failing({ ca: other }, /has a certificate that the authority of --ca has not signed/);
      await failing({ 'api-name': 'icinga2' }, /has a certificate for another name than --api-name icinga2/);
    });

    test('has a certificate that has expired, or is not valid yet', async () => {
      const pki = path.join(lab.folder, 'snmptrapd');
      const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { cwd: pki, stdio: 'pipe' });
      const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout'];
      openssl('req', '-x509', ...made, 'own.key', '-out', 'own.crt', '-subj', '/CN=Icinga CA', '-days', '2');
      openssl('x509', '-in', 'own.crt', '-signkey', 'own.key', '-days', '-1', '-out', 'own-expired.crt');
      openssl('req', ...made, 'api.key', '-out', 'api.csr', '-subj', '/CN=icinga1');
      file('ca.cnf', authority, 0o644);
      file('index', '', 0o644);
      const times = { now: ['2000', '2100'], expired: ['2000', '2001'], early: ['2099', '2100'] };
      for (const [name, [from, to]] of Object.entries(times)) {
        const valid = ['-startdate', `${from}0101000000Z`, '-enddate', `${to}0101000000Z`];
        const signed = ['-cert', 'own.crt', '-keyfile', 'own.key', '-in', 'api.csr', '-out', `${name}.crt`];
        openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...valid, ...signed);
        copyFileSync(path.join(pki, 'api.key'), path.join(pki, `${name}.key`));
      }
      giveTo(traps.account, pki);
      const shown = async (certificate: string, ca: string, reason: RegExp) => {
        const { port, close } = await serveTls((_, response) => response.end(), path.join(pki, certificate));
        await failing({ api: api(port), ca: path.join(pki, ca) }, reason);
        await close();
      };
      await shown('now', 'own.crt', /answers 200/);
      await shown('expired', 'own.crt', /has a certificate that has expired, or the one of --ca has;/);
      await shown('now', 'own-expired.crt', /has a certificate that has expired, or the one of --ca has;/);
      await shown('early', 'own.crt', /has a certificate that is not valid yet, by the clock of this machine;/);
    });

    test('repeats what it was told, and the password is not in the line', async () => {
      const { port, close } = await serveTls(({ headers: { authorization = '' } }, response) => {
        const told = `${authorization} ${Buffer.from(authorization.slice(6), 'base64').toString()}`;
        response.writeHead(500).end(JSON.stringify({ error: 500, status: told }));
      });
      await failing({ api: api(port) }, /answers 500: Basic \*{3} akcp-trap:\*{3};/);
      await close();
    });

    test('and delays the traps of other probes; a bad answer delays its own probe alone', timed, async () => {
      let asked = 0;
      let answer: readonly [number, string] | null = [500, '{"results":[{"code":500,"status":"no"}]}'];
      const { port, close } = await serveTls((_, response) => {
        asked += 1;
        if (answer !== null) response.writeHead(answer[0]).end(answer[1]);
      });
      const given = { api: api(port), hold: '3600', timeout: '1', 'state-dir': traps.fresh() };
      const trap = async (sender: string) => ({ code: (await traps.run(args({ ...given, sender }))).code, asked });
      expect(await trap(addresses.probe)).toEqual({ code: 1, asked: 1 });
      expect(await trap(addresses.second)).toEqual({ code: 1, asked: 2 });
      answer = null;
      expect(await trap(addresses.third)).toEqual({ code: 1, asked: 3 });
      // It is left to a process that waits.
      expect(await trap(addresses.slow)).toEqual({ code: 0, asked: 3 });
      answer = [200, '{"results":[{"code":200,"status":"fine"}]}'];
      await traps.endWaiting();
      expect(asked).toBe(7);
      expect(await trap(addresses.proxy)).toEqual({ code: 0, asked: 8 });
      await traps.endWaiting();
      await close();
    });

    /** Something with Icinga's own certificate that answers in another way. */
    function startTls(answer: (write: (text: string) => boolean, end: () => void) => void) {
      return serveTls((_, response) => {
        response.on('error', () => {});
        answer(
          (text) => response.write(text),
          () => response.end(),
        );
      });
    }

    function serveTls(answer: RequestListener, certificate = path.join(traps.icinga.tree, 'certs/icinga1')) {
      const read = (ending: string) => readFileSync(`${certificate}.${ending}`);
      const server = createTls({ key: read('key'), cert: read('crt') }, answer);
      return new Promise<{ port: number; close(): Promise<unknown> }>((resolve) => {
        server.listen(0, '127.0.0.1', () => {
          const place = server.address();
          const close = () => {
            server.closeAllConnections();
            return new Promise((closed) => server.close(closed));
          };
          resolve({ port: typeof place === 'object' ? (place?.port ?? 0) : 0, close });
        });
      });
    }
  });

  describe('what is refused before anything is asked', () => {
    const refused = async (over: Readonly<Record<string, string>>, reason: string) => {
      const { line, result } = await logged(() => traps.run(args(over)));
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(line).toBe(`daemon.err ${reason}`);
      expect(traps.processes()).toBe(0);
    };
    const missing = () => path.join(lab.folder, 'missing');
    const secret = `ICINGA_USER=akcp-trap\nICINGA_PASSWORD=${password}\n`;

    test.each([0o644, 0o640, 0o660, 0o604])('credentials of mode %o', async (mode) => {
      const open = file('open', secret, mode);
      const reason = `--api-credentials: ${open} can be read or changed by its group or by others: chmod 600 ${open}`;
      await refused({ 'api-credentials': open }, reason);
    });

    test('credentials without a password, and none', async () => {
      const half = file('half', 'ICINGA_USER=akcp-trap\n', 0o600);
      await refused({ 'api-credentials': half }, `--api-credentials: ${half} needs ICINGA_USER= and ICINGA_PASSWORD=`);
      await refused({ 'api-credentials': missing() }, `--api-credentials: ${missing()} does not exist`);
    });

    test('an authority that is none', async () => {
      const none = file('none', 'no certificate', 0o644);
      await refused({ ca: none }, `--ca: ${none} has no certificate in it`);
      await refused({ ca: missing() }, `--ca: ${missing()} does not exist`);
    });

    test('a FIFO in place of a file or of the folder, which nobody waits for', async () => {
      const fifo = path.join(lab.folder, 'snmptrapd', 'fifo');
      execFileSync('mkfifo', ['-m', '600', fifo]);
      giveTo(traps.account, fifo);
      await refused({ ca: fifo }, `--ca: ${fifo} is not a file of certificates`);
      const reason = `--api-credentials: ${fifo} is not a regular file of a reasonable size`;
      await refused({ 'api-credentials': fifo }, reason);
      await refused({ 'state-dir': fifo }, `--state-dir: ${fifo} is not a folder`);
    });

    test('a folder for turns that others can look into, write to, or have put there', async () => {
      const open = path.join(lab.folder, 'snmptrapd', 'open-folder');
      mkdirSync(open);
      giveTo(traps.account, open);
      chmodSync(open, 0o755);
      await refused({ 'state-dir': open }, `--state-dir: ${open} is open to others: chmod 700 ${open}`);
      file('open-folder/kept', '', 0o644);
      const kept = `--state-dir: ${open} has something else in it (kept): give it a folder of its own`;
      await refused({ 'state-dir': open }, kept);
      const foreign = path.join(lab.folder, 'foreign');
      mkdirSync(foreign, { mode: 0o700 });
      await refused({ 'state-dir': foreign }, `--state-dir: ${foreign} belongs to another account`);
      const link = path.join(lab.folder, 'snmptrapd', 'link');
      symlinkSync(open, link);
      await refused({ 'state-dir': link }, `--state-dir: ${link} is not a folder`);
    });

    test('a sender that is no address, and an option that is none', async () => {
      await refused({ sender: '$(id)' }, '--sender: "$(id)" is not an IP address (see --help)');
      await refused(
        { sender: '-x' },
        '--sender needs a value; "-x" looks like an option (a value like that is written --sender=-x) (see --help)',
      );
      await refused({ holds: '1' }, 'unknown option "--holds", did you mean --hold? (see --help)');
    });
  });

  test('finds a host however its configuration has its address', async () => {
    for (const { is, sender } of written) {
      expect((await traps.run(args({ sender, hold: '1' }))).code, is).toBe(0);
      // Those of others come between.
      const line = `daemon.info Icinga checks 1 service of ${sender} at once`;
      await until(`the line for ${is}`, 5, () => traps.syslog.lines().includes(line));
    }
    for (const { host } of written)
      await until(`the check of ${host}`, 10, async () => {
        return (await traps.icinga.api.service(`${host}!sensorprobe`)).last_check_result !== null;
      });
    await until('the end', 10, () => traps.processes() === 0);
  });

  test('standard input that is not of snmptrapd is refused, and one without an end too', timed, async () => {
    const { sender: _, ...rest } = Object.fromEntries(
      args().flatMap((word, i, all) => (i % 2 === 0 ? [[word.slice(2), all[i + 1] ?? '']] : [])),
    );
    const given = Object.entries(rest).flatMap(([option, value]) => [`--${option}`, value]);
    const empty = await logged(() => traps.run(given));
    expect(empty.result.code).toBe(2);
    expect(empty.line).toMatch(/^daemon\.err standard input is not what snmptrapd gives/);
    const open = await logged(() => traps.run(given, 'open'));
    expect(open.result.code).toBe(2);
    expect(open.line).toMatch(/^daemon\.err standard input did not end; without snmptrapd, --sender says/);
    expect(open.result.milliseconds).toBeLessThan(5000);
    const large = await traps.run(given, `host\nUDP: [${addresses.probe}]:1->[127.0.0.1]:2\n${'x'.repeat(3e6)}`);
    expect(large.code).toBe(0);
    await until('the end', 10, () => traps.processes() === 0);
  });

  test('the shipped ApiUser can do what its file says, and nothing else', async () => {
    const api = new Api({ port: traps.icinga.port, user: 'akcp-trap', password });
    const answer = (where: string, body: unknown) => api.text(where, body, 'POST');
    const all = { type: 'Service', filter: 'true' };
    expect(
      await answer('actions/reschedule-check', { type: 'Service', service: 'probe!sensorprobe', force: true }),
    ).toContain('Successfully rescheduled');
    // When a service is checked next: in 2100.
    const later = { type: 'Service', service: 'probe!at-once', next_check: 4_102_444_800 };
    expect(await answer('actions/reschedule-check', later)).toContain('Successfully rescheduled');
    expect(await traps.icinga.api.service('probe!at-once')).toMatchObject({ next_check: 4_102_444_800 });
    // What a filter finds out.
    const isSo = async (filter: string) =>
      (await answer('actions/reschedule-check', { type: 'Service', filter })).includes('Successfully rescheduled');
    expect(await isSo('host.name == "probe" && host.vars.akcp.port > 0')).toBe(true);
    expect(await isSo('host.name == "probe" && host.vars.akcp.port < 0')).toBe(false);
    const [status] = await traps.icinga.api.get<{ readonly status: { readonly icingaapplication: Application } }>(
      'status/IcingaApplication',
    );
    const version = status?.status.icingaapplication.app.version ?? '';
    expect(version).toMatch(/^r?2\.\d+\.\d+/);
    const mended = isMended(version);
    for (const [guess, right] of [
      ['TicketSalt.substr(0, 1) == "5"', true],
      ['TicketSalt.substr(0, 1) == "6"', false],
      ['get_object(Host, "wrong").vars.akcp_senders.len() > 0', true],
    ] as const)
      expect(await isSo(guess), guess).toBe(right && !mended);
    const refused = [
      ['actions/reschedule-check', { type: 'Service', service: 'probe!other', force: true }],
      ['actions/reschedule-check', { type: 'Host', filter: 'true', force: true }],
      ['actions/process-check-result', { ...all, exit_status: 0, plugin_output: 'fine' }],
      ['actions/acknowledge-problem', { ...all, author: 'me', comment: 'no' }],
      ['actions/schedule-downtime', { ...all, author: 'me', comment: 'no', start_time: 1, end_time: 2e9, duration: 1 }],
      ['actions/execute-command', { ...all, command_type: 'EventCommand', ttl: 10 }],
      ['actions/shutdown-process', {}],
      ['actions/restart-process', {}],
      ['config/packages/evil', {}],
      ['console/execute-script', { command: '1' }],
    ] as const;
    for (const [where, body] of refused)
      expect(await answer(where, body), where).toMatch(/"error":40[34]|No objects found/);
    for (const where of [
      'objects/services',
      'objects/apiusers',
      'status',
      'events?queue=q&types=CheckResult',
      'config/packages',
    ])
      expect(await api.text(where, {}, 'GET'), where).toMatch(/"error":40[34]/);
    expect(await api.text('objects/hosts/evil', { attrs: { check_command: 'dummy' } }, 'PUT')).toMatch(
      /"error":40[34]/,
    );
    expect(await traps.icinga.api.get('objects/services')).toHaveLength(52 + written.length);
  });

  test('a trap is never in an argument list, and what is asked is the same for every sender', async () => {
    const { stdout, code } = await traps.run([...args({ sender: '2001:db8::1' }), '--dry-run']);
    expect(code).toBe(0);
    const asked: { filter: string; filter_vars: { sender: string } } = JSON.parse(stdout);
    expect(asked.filter).not.toContain('2001');
    expect(asked.filter_vars.sender).toMatch(/^\\A\(\?i:2001:/);
  });
});
