import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { timed } from '../../timed.ts';
import { startPeer } from './peer.ts';
import { buildPlugin, patient, type Run } from './plugin.ts';
import { type Snmpd, startSnmpd, whyNoSnmpd } from './snmpd.ts';
import { bind, close, freeUdpPort, startRelay } from './udp.ts';

// On a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const why = whyNoSnmpd();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the snmp lab cannot run: ${why}`);

describe
  .skipIf(why !== null)
  .concurrent(`check_sensorprobe asks a real snmpd${why === null ? '' : ` (skipped: ${why})`}`, () => {
    let run: Run;
    let snmpd: Snmpd;
    beforeAll(async () => {
      run = buildPlugin();
      snmpd = await startSnmpd('sensorprobe8');
    });
    afterAll(() => snmpd.stop());
    const ask = (port: number, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
      run(['-H', '127.0.0.1', '-p', String(port), ...args], env);

    test.each([
      ['1', 30],
      ['2c', 8],
    ] as const)(
      'an eight-port probe with 68 switch rows takes version %s at most %i requests',
      async (version, most) => {
        const relay = await startRelay(snmpd.port);
        const { code, stdout, stderr } = await ask(relay.port, ['-P', version, ...patient]);
        await relay.stop();
        expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
        expect(relay.requests()).toBeLessThanOrEqual(most);
      },
    );

    test('a silent agent is said to have been waited for as long as it was', timed, async () => {
      const silent = await bind('127.0.0.1');
      const { stdout } = await ask(silent.address().port, ['-t', '3', '--snmp-timeout', '10']);
      await close(silent);
      // Two thirds of the limit, less what the start took.
      expect(stdout).toMatch(/no answer on UDP port \d+ within (?:2|1\.\d) s: /);
    });

    test('versions 1 and 2c say the same of it', async () => {
      const [one, two] = await Promise.all([
        ask(snmpd.port, ['-P', '1', ...patient]),
        ask(snmpd.port, ['-P', '2c', ...patient]),
      ]);
      expect(one.stdout).toBe(two.stdout);
    });

    test.each([
      [['-H', '::1']],
      [['-H', '[::1]']],
      [['-6', '-H', '::1']],
      [['-4', '-H', 'localhost']],
      [['-H', 'localhost']],
    ])('it is found by %j', async (host) => {
      const { code, stdout, stderr } = await run([...host, '-p', String(snmpd.port), ...patient]);
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });

    test.each([[['-4', '-H', '::1']], [['-6', '-H', '127.0.0.1']], [['-H', 'no-such-host.invalid']]])(
      '%j is CRITICAL with the reason',
      async (host) => {
        const { code, stdout, stderr } = await run([...host, '-p', String(snmpd.port), ...patient]);
        expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
        expect(stdout).toMatch(/address|resolve|found|name/);
      },
    );

    test('a wrong community is CRITICAL, is named as one of the causes, and is not shown', async () => {
      const { code, stdout, stderr } = await ask(snmpd.port, ['-C', 's3cret-guess', '--snmp-timeout', '0.3', '-vvv']);
      expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      expect(stdout).toMatch(/no answer.*community/);
      expect(stdout).not.toContain('s3cret');
    });

    test('the community comes from the environment as well', async () => {
      const given = await ask(snmpd.port, patient, { SNMP_COMMUNITY: 'public' });
      expect(given.code, given.stdout).toBe(0);
      const wrong = await ask(snmpd.port, ['--snmp-timeout', '0.3'], { SNMP_COMMUNITY: 's3cret-guess' });
      expect(wrong.code, wrong.stdout).toBe(2);
    });

    test('a closed port is CRITICAL at once, and named', timed, async () => {
      const port = await freeUdpPort();
      const { code, stdout, stderr, milliseconds } = await ask(port);
      expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      expect(stdout).toContain(String(port));
      expect(milliseconds).toBeLessThan(2000);
    });

    test('a probe that is frozen is CRITICAL within -t', timed, async () => {
      const frozen = await startSnmpd('sensorprobe2');
      frozen.freeze();
      const { code, stdout, stderr, milliseconds } = await ask(frozen.port, ['-t', '3', '--snmp-timeout', '10']);
      await frozen.stop();
      expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      expect(stdout).toContain('no answer');
      expect(milliseconds).toBeLessThan(3000);
    });

    test.each([1, 2, 3])(
      'a probe that stops after %i answers is CRITICAL, whatever it had said',
      async (answersPassed) => {
        const relay = await startRelay(snmpd.port, { answersPassed });
        const { code, stdout, stderr } = await ask(relay.port, ['--snmp-timeout', '2', '-t', '20']);
        await relay.stop();
        expect(relay.answers()).toBeGreaterThanOrEqual(answersPassed);
        expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      },
    );

    test('a slow probe is waited for', async () => {
      const relay = await startRelay(snmpd.port, { delayMs: 400 });
      const { code, stdout, stderr } = await ask(relay.port);
      const { requests } = relay;
      await relay.stop();
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      expect(requests()).toBeLessThanOrEqual(8);
    });

    test('a probe that is slower than --snmp-timeout and its retries is CRITICAL', async () => {
      const relay = await startRelay(snmpd.port, { delayMs: 1500 });
      const { code, stdout, stderr } = await ask(relay.port, ['--snmp-timeout', '0.3', '--snmp-retries', '1']);
      await relay.stop();
      expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
    });

    test('an answer that is lost is asked for again', async () => {
      const relay = await startRelay(snmpd.port, { lose: (n) => n % 2 === 1 });
      const { code, stdout, stderr } = await ask(relay.port, ['--snmp-timeout', '1', '-t', '30']);
      await relay.stop();
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });

    test('without retries, a lost answer is CRITICAL', async () => {
      const relay = await startRelay(snmpd.port, { lose: (n) => n === 2 });
      const { code, stdout } = await ask(relay.port, ['--snmp-timeout', '2', '--snmp-retries', '0']);
      await relay.stop();
      expect(code, stdout).toBe(2);
    });

    test('sixty probes in one process are all read, and nothing is said beside the answer', async () => {
      const addresses = Array.from({ length: 60 }, (_, i) => `127.0.2.${i + 1}`);
      const port = await freeUdpPort();
      const many = await startSnmpd('sensorprobe4-six-sensors', { listen: { addresses, port }, ownValues: true });
      const hosts = addresses.flatMap((address) => ['-H', address]);
      const { code, stdout, stderr } = await run([...hosts, '-p', String(port), ...patient]);
      await many.stop();
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^\[OK\] 60 probes: 360 sensors OK, 360 offline rows ignored \|/);
      expect(stdout).toContain('127.0.2.60: UPS on battery: normal');
    });

    test('a dead probe does not hide what the others said', async () => {
      // Four addresses of loopback: a probe that is well, one that is warm, one that keeps silent, and nobody.
      const { port } = snmpd;
      const warm = await startSnmpd('sensorprobe2-too-warm', { listen: { addresses: ['127.0.0.2'], port } });
      const silent = await bind('127.0.0.3', port);
      const hosts = [1, 2, 3, 4].flatMap((n) => ['-H', `127.0.0.${n}`]);
      const { code, stdout, stderr } = await run([...hosts, '-p', String(port), '--snmp-timeout', '2', '-t', '20']);
      await close(silent);
      await warm.stop();
      expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      expect(stdout).toContain('Rack A front');
      expect(stdout).toMatch(/\\_ \[WARNING\] .*Room.*29\.1/);
      expect(stdout.match(/\\_ \[CRITICAL\]/g)).toHaveLength(2);
    });
  });

describe.concurrent('check_sensorprobe asks an agent that is less than Net-SNMP', () => {
  let run: Run;
  beforeAll(() => {
    run = buildPlugin();
  });

  test.each([
    ['gives 7 varbinds an answer', '2c', { bulk: 7 }],
    ['gives one varbind an answer', '2c', { bulk: 1 }],
    ['takes 20 varbinds a request', '1', { asked: 20 }],
    ['takes 3 varbinds a request', '1', { asked: 3 }],
  ] as const)('one that %s is read whole on version %s', async (_, version, limits) => {
    const peer = await startPeer('sensorprobe8-several-faults', { limits });
    const { code, stdout, stderr } = await run(['-H', '127.0.0.1', '-p', String(peer.port), '-P', version, ...patient]);
    await peer.stop();
    const whole = await startPeer('sensorprobe8-several-faults');
    const expected = await run(['-H', '127.0.0.1', '-p', String(whole.port), ...patient]);
    await whole.stop();
    expect(stdout).toBe(expected.stdout);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  });
});
