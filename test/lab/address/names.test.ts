import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const why = spawnSync('unshare', ['-n', '-m', 'true']).status === 0 ? null : 'unshare -n -m is not allowed';
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the lab of names cannot run: ${why}`);

/** In a network and with a hosts file of its own: $1 is that file, the rest what is run. */
const withHosts = `
  mount --make-rprivate / && mount --bind "$1" /etc/hosts && ip link set lo up || exit 99
  shift
  exec "$@"`;

describe.skipIf(why !== null)(`targets by name${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-names-'));
    writeFileSync(path.join(folder, 'hosts'), '127.0.0.1 localhost\n192.0.2.7 only4.example\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function ask(source: string, target: string) {
    const plugin = [process.execPath, 'dist/check_source_address', '--source', source, '--target', target];
    const ran = spawnSync('unshare', ['-n', '-m', 'sh', '-c', withHosts, 'sh', path.join(folder, 'hosts'), ...plugin], {
      encoding: 'utf8',
    });
    expect(ran.stderr).toBe('');
    return ran;
  }

  test('a name with an IPv4 address alone has none for an IPv6 source', () => {
    const { stdout, status } = ask('2001:db8::1', 'only4.example');
    expect(stdout).toContain('only4.example does not resolve: no IPv6 address is known for it');
    expect(status).toBe(2);
  });

  test('a name is found by a host that has nothing but its loopback', () => {
    expect(ask('192.0.2.9', 'only4.example').stdout).toContain('cannot be reached: no route');
  });
});
