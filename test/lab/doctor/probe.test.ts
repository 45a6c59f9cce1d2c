import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Snmpd, startSnmpd, whyNoSnmpd } from '../snmp/snmpd.ts';
import { buildDoctor, type Doctor, linesOf, todosOf } from './asking.ts';

const why = whyNoSnmpd();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the SNMP lab cannot run: ${why}`);

const user = { name: 'doctor', auth: 'SHA', authPassword: 'authpass12', priv: 'AES', privPassword: 'privpass12' };
/** One that signs and does not encrypt. */
const signer = { name: 'signer', auth: 'SHA', authPassword: 'authpass12' };

describe.skipIf(why !== null)(`rackwatch doctor and a real snmpd${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder = '';
  let doctor: Doctor;
  let agent: Snmpd;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-doctor-'));
    doctor = buildDoctor(folder);
    agent = await startSnmpd('securityprobe', { users: [user, signer] });
  });
  afterAll(async () => {
    await agent?.stop();
    rmSync(folder, { recursive: true });
  });

  const patient = ['--snmp-timeout', '15'];
  const probe = (...args: readonly string[]) => ['--port', String(agent.port), '--probe', '127.0.0.1', ...args];

  test('a probe that answers works: version, family, sensors, time; its host is printed', async () => {
    const { stdout, stderr, code } = await doctor(probe(...patient));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const said = Object.fromEntries(linesOf(stdout, '127.0.0.1').map(({ topic, text }) => [topic, text]));
    expect(said).toEqual({
      name: '127.0.0.1 is an address',
      port: expect.stringMatching(/^UDP \d+ at 127\.0\.0\.1 answers after \d+ ms$/),
      SNMP: 'version 2c, community public',
      family: expect.stringMatching(/^securityprobe, which calls itself "securityProbe 5ESV/),
      sensors: expect.stringMatching(/^\d+ online among \d+ rows$/),
      time: expect.stringMatching(/^\d+ ms for everything, in \d+ requests$/),
    });
    expect(stdout).toContain(`vars.akcp = { port = "${agent.port}", snmp_timeout = "15" }`);
  });

  test('SNMPv3 by a file of credentials works, and no secret is said anywhere', async () => {
    const file = path.join(folder, 'secret');
    writeFileSync(file, 'SNMP_AUTH_PASSWORD=authpass12\nSNMP_PRIV_PASSWORD=privpass12\n', { mode: 0o600 });
    const v3 = ['--protocol', '3', '--secname', 'doctor', ...patient];
    const { stdout, code } = await doctor(probe(...v3, '--credentials', file));
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('SNMP: version 3, user doctor');
    expect(stdout).toContain(`credentials = "${file}"`);
    expect(stdout).not.toMatch(/authpass12|privpass12/);
  });

  test('secrets that were typed have to stand in the file that the host names, the same ones and no more', async () => {
    const file = path.join(folder, 'for-icinga');
    const v3 = ['--protocol', '3', ...patient, '--credentials', file];
    const both = ['--secname', 'doctor', '--authpasswd', 'authpass12', '--privpasswd', 'privpass12'];
    const one = ['--secname', 'signer', '--authpasswd', 'authpass12'];
    const said = async (text: string, ...typed: readonly string[]) => {
      writeFileSync(file, text, { mode: 0o600 });
      const { stdout, code } = await doctor(probe(...v3, ...typed));
      expect(stdout).not.toMatch(/authpass12|privpass12/);
      expect(stdout.includes('object Host'), stdout).toBe(code === 0);
      return linesOf(stdout, '127.0.0.1').filter(({ topic }) => topic === 'secret')[0];
    };
    const whole = 'SNMP_AUTH_PASSWORD=authpass12\nSNMP_PRIV_PASSWORD=privpass12\n';
    expect(await said('', ...both)).toMatchObject({
      state: 'TODO',
      text: `Icinga's host takes the secrets from a file, and ${file} does not have those that were given here: write SNMP_AUTH_PASSWORD=... and SNMP_PRIV_PASSWORD=... into it with an editor, a line each`,
    });
    expect(await said(whole.replace('privpass', 'otherpass'), ...both)).toMatchObject({ state: 'TODO' });
    expect(await said(whole, ...both)).toMatchObject({ state: 'ok' });
    expect(await said('SNMP_AUTH_PASSWORD=authpass12\n', ...one)).toMatchObject({
      state: 'ok',
      text: `${file} has SNMP_AUTH_PASSWORD`,
    });
    expect(await said(whole, ...one, '--seclevel', 'authNoPriv')).toMatchObject({ state: 'ok' });
  });

  test('without a file of its own the host names the usual one, which has to be there', async () => {
    const typed = ['--protocol', '3', '--secname', 'signer', '--authpasswd', 'authpass12'];
    const { stdout, code } = await doctor(probe(...patient, ...typed));
    expect(code).toBe(1);
    // Where Icinga is installed, its folder is closed to others than its account and root.
    expect(todosOf(stdout, '127.0.0.1')).toEqual([
      expect.stringMatching(
        /^secret: .* and \/etc\/icinga2\/probes\.secret (?:does not exist|may not be read by this user): write SNMP_AUTH_PASSWORD=\.\.\. into/,
      ),
    ]);
    expect(stdout).not.toContain('object Host');
    // The community that every probe is asked by needs no file.
    const usual = await doctor(probe(...patient, '--community', 'public'));
    expect(usual.code, usual.stdout).toBe(0);
    expect(usual.stdout).not.toContain('credentials');
  });

  test('a wrong password, an unknown user, a wrong community: which of them, as far as the probe says it', async () => {
    const v3 = (...args: readonly string[]) => doctor(probe('--protocol', '3', ...patient, ...args));
    const stranger = await v3('--secname', 'stranger');
    expect(todosOf(stranger.stdout, '127.0.0.1')).toEqual([
      'SNMP: 127.0.0.1: does not know the SNMPv3 user "stranger"',
    ]);
    const wrong = await v3('--secname', 'doctor', '--authpasswd', 'wrong-password');
    expect(todosOf(wrong.stdout, '127.0.0.1')).toEqual([
      'SNMP: 127.0.0.1: refuses the authentication password or its protocol',
    ]);
    const community = await doctor(probe('--community', 'wrong-secret', '--snmp-timeout', '0.5'));
    expect(todosOf(community.stdout, '127.0.0.1')).toEqual([expect.stringMatching(/^SNMP: .*compare the community/)]);
    expect(wrong.stdout + community.stdout).not.toMatch(/wrong-password|wrong-secret/);
    expect([stranger.code, wrong.code, community.code]).toEqual([1, 1, 1]);
  });

  test('a port where nobody listens, a name without an address, a device that is no probe', async () => {
    const nobody = await doctor(['--port', '1', '--probe', '127.0.0.1', '--probe', 'no-such-name.invalid']);
    expect(todosOf(nobody.stdout, '127.0.0.1')).toEqual([
      expect.stringMatching(/^port: UDP 1 at 127\.0\.0\.1 is closed/),
    ]);
    expect(todosOf(nobody.stdout, 'no-such-name.invalid')).toEqual([expect.stringMatching(/^name: /)]);
    const host = await startSnmpd('linux-host');
    const { stdout } = await doctor(['--port', String(host.port), ...patient, '--probe', '127.0.0.1']);
    await host.stop();
    expect(todosOf(stdout, '127.0.0.1')).toEqual([
      expect.stringMatching(/^family: not an AKCP device: it calls itself "/),
    ]);
    expect(stdout).not.toContain('object Host');
  });

  test('a probe that hangs holds up nobody', async () => {
    const frozen = await startSnmpd('sensorprobe2-empty');
    frozen.freeze();
    const { stdout, milliseconds } = await doctor([
      '--timeout',
      '10',
      '--port',
      String(frozen.port),
      '--probe',
      '127.0.0.1',
      '--node',
      'file:test/fixtures/clusterip/healthy/n1.txt',
    ]);
    await frozen.stop();
    expect(milliseconds).toBeLessThan(10_000);
    expect(todosOf(stdout, '127.0.0.1')).toEqual([expect.stringMatching(/^SNMP: .*no answer on UDP port/)]);
    expect(todosOf(stdout, 'n1')).toEqual([]);
  });
});
