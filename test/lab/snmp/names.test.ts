import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';

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
    expect(ran.stdout).toMatch(/^\[CRITICAL\] probe4: cannot be resolved: the name has no IPv6 address\n/);
  }, 60_000);

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
  }, 90_000);
});
