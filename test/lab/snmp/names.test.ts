import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { whyNoSnmpd } from './snmpd.ts';

const reason = missing();
if (reason !== null && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`the lab of names cannot run: ${reason}`);

function missing(): string | null {
  return spawnSync('unshare', ['-n', '-m', 'true']).status === 0 ? null : 'unshare -n -m is not allowed';
}

/** In a network and with a resolv.conf of its own: $1 is the folder, the rest what is run once the name server is silent. */
const silently = `
  mount --make-rprivate / && ip link set lo up || exit 99
  folder=$1; shift
  mount --bind "$folder/resolv.conf" "$(readlink -f /etc/resolv.conf)" || exit 98
  "$NODE" -e 'require("dgram").createSocket("udp4").bind(53, "127.0.0.77", () => console.log("bound"))' >"$folder/bound" &
  server=$!
  until grep -qs bound "$folder/bound"; do sleep 0.1; done
  "$@"; code=$?
  kill $server
  exit $code`;

/** With a hosts file of its own, in which probe4 has an IPv4 address. */
const onlyIpv4 = `
  mount --make-rprivate / && ip link set lo up && echo 127.0.0.1 probe4 >"$1/hosts" &&
    mount --bind "$1/hosts" /etc/hosts || exit 99
  shift
  exec "$@" -H probe4 -p 9`;

/**
 * With a hosts file of its own, in which probe5 has an IPv6 and an IPv4 address, and a snmpd that listens on IPv4 alone;
 * $2 is what listens on the other.
 */
const bothVersions = `
  mount --make-rprivate / && ip link set lo up && printf '::1 probe5\\n127.0.0.1 probe5\\n' >"$1/hosts" &&
    mount --bind "$1/hosts" /etc/hosts || exit 99
  SNMP_PERSISTENT_DIR=$1 MIBS= /usr/sbin/snmpd -f -Le -C -c "$1/snmpd.conf" -I -system_mib,-sysORTable "$2" 2>"$1/log" &
  agent=$!
  until grep -qs NET-SNMP "$1/log"; do sleep 0.1; done
  [ "$3" = silent ] && { "$NODE" -e 'require("dgram").createSocket("udp6").bind(1161, "::1", () => console.log("bound"))' >"$1/quiet" & quiet=$!
    until grep -qs bound "$1/quiet"; do sleep 0.1; done; }
  shift 3
  "$@"; code=$?
  kill $agent $quiet
  exit $code`;

describe.skipIf(reason !== null)(`names of probes${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-names-'));
  const plugin = path.join(folder, 'check_sensorprobe');
  bundle('plugins/check_sensorprobe.ts', plugin);
  writeFileSync(path.join(folder, 'resolv.conf'), 'nameserver 127.0.0.77\noptions timeout:15 attempts:2\n');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a name with an IPv4 address alone is CRITICAL with -6, and says so', () => {
    const ran = spawnSync('unshare', ['-n', '-m', 'sh', '-c', onlyIpv4, 'sh', folder, process.execPath, plugin, '-6'], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(2);
    expect(ran.stdout).toMatch(/^\[CRITICAL\] probe4: cannot be resolved: the name does not have an IPv6 address\n/);
  }, 240_000);

  describe.skipIf(whyNoSnmpd() !== null)('a name with addresses of both versions', () => {
    const probe5 = (listen: string, other: 'closed' | 'silent', ...args: readonly string[]) => {
      const own = mkdtempSync(path.join(folder, 'both-'));
      const serve = path.resolve('test/lab/snmp/serve');
      const recording = path.resolve('test/fixtures/sensorprobe/sensorprobe2.snmp');
      const trees = ['1.3.6.1.2.1.1', '1.3.6.1.4.1.3854'];
      const lines = trees.flatMap((tree) => [
        `view probe included .${tree}`,
        `pass_persist .${tree} ${serve} ${recording} ${tree}`,
      ]);
      writeFileSync(
        path.join(own, 'snmpd.conf'),
        `${[...lines, 'rocommunity public 127.0.0.1 -V probe'].join('\n')}\n`,
      );
      const asked = ['-H', 'probe5', '-p', '1161', ...args];
      return spawnSync(
        'unshare',
        ['-n', '-m', 'sh', '-c', bothVersions, 'sh', own, listen, other, process.execPath, plugin, ...asked],
        { encoding: 'utf8', env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', NODE: process.execPath } },
      );
    };

    test.each([
      ['refuses', 'closed'],
      ['is silent', 'silent'],
    ] as const)(
      'is asked at the second when the first %s',
      (_, other) => {
        const ran = probe5('udp:127.0.0.1:1161', other, '-t', '30', '--snmp-timeout', '3');
        expect({ status: ran.status, stderr: ran.stderr }, ran.stdout).toEqual({ status: 0, stderr: '' });
        expect(ran.stdout).toMatch(/^\[OK\] probe5: 2 sensors OK/);
      },
      90_000,
    );

    test('is CRITICAL when neither answers, with the reason of each', () => {
      const ran = probe5('udp:127.0.0.1:1162', 'silent', '-t', '8', '--snmp-timeout', '1');
      expect(ran.status).toBe(2);
      expect(ran.stdout).toMatch(
        /\n\\_ \[CRITICAL\] probe5: no answer from any of its 2 addresses: ::1: no answer on UDP port 1161 within .* s: host down.*; 127\.0\.0\.1: no SNMP agent listens/,
      );
    }, 240_000);
  });

  test('an address that no route leads to is said to be that', () => {
    const ran = spawnSync('unshare', ['-n', process.execPath, plugin, '-H', '192.0.2.1'], { encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 2, stderr: '' });
    expect(ran.stdout).toMatch(/^\[CRITICAL\] 192\.0\.2\.1: no route to its network\n/);
  });

  test('a silent name server holds no run longer than its limit, and hides no other probe', () => {
    const dead = ['a', 'b', 'c', 'd', 'e'].flatMap((name) => ['-H', `${name}.example`]);
    const args = [...dead, '-H', 'localhost', '-4', '-p', '9', '-t', '12'];
    const start = performance.now();
    const ran = spawnSync(
      'unshare',
      ['-n', '-m', 'sh', '-c', silently, 'sh', folder, process.execPath, plugin, ...args],
      {
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', NODE: process.execPath },
      },
    );
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(2);
    expect(ran.stdout).toContain('\\_ [CRITICAL] a.example: cannot be resolved: the name servers do not answer');
    // Five lookups that wait leave room for a sixth that need not.
    expect(ran.stdout).toContain('localhost: no SNMP agent listens on UDP port 9');
    // The resolver itself would go on for 30 s.
    expect(performance.now() - start).toBeLessThan(25_000);
  }, 240_000);
});
