import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const why = ['/usr/sbin/icinga2', '/usr/share/icinga2/include/itl'].find((file) => !existsSync(file));
if (why !== undefined && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`Icinga 2 is missing here: no ${why}`);

/** A service as an admin writes it. The plugins of the included libraries are not there and need not be. */
const configuration = (commands: string, service: string) => `
const PluginDir = "/usr/lib/nagios/plugins"
const PluginContribDir = "/usr/lib/nagios/plugins"
const ManubulonPluginDir = "/usr/lib/nagios/plugins"
include <itl>
include <plugins>
include "${commands}"
object Host "cluster1" {
  check_command = "dummy"
  address = "192.168.56.20"
}
object Service "cluster buckets" {
  host_name = "cluster1"
  ${service}
}
`;

describe.skipIf(why !== undefined)(
  `the shipped CheckCommands in a real Icinga 2${why ? ` (skipped: no ${why})` : ''}`,
  () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-icinga2-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    /** What `icinga2 daemon -C` says of a service, and its exit code. It writes into the folder alone. */
    function validate(service: string, more = '') {
      const file = path.join(folder, 'test.conf');
      writeFileSync(file, configuration(path.resolve('icinga-conf/icinga2/rackwatch-commands.conf'), service) + more);
      const folders = ['DataDir', 'CacheDir', 'SpoolDir', 'LogDir', 'InitRunDir'].flatMap((name) => [
        '-D',
        `${name}=${folder}`,
      ]);
      const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
      const whose = ['-D', `RunAsUser=${userInfo().username}`, '-D', `RunAsGroup=${group}`];
      const { stdout, stderr, status } = spawnSync(
        '/usr/sbin/icinga2',
        ['daemon', '-C', '-c', file, ...folders, ...whose],
        {
          encoding: 'utf8',
        },
      );
      return { text: stdout + stderr, status };
    }

    test('are valid, and so is the service of the README', () => {
      const { text, status } = validate(`
  check_command = "cluster_buckets"
  vars.cluster_buckets_vip = "192.168.56.20"
  vars.cluster_buckets_node = [ "node1", "admin@node2" ]`);
      expect(text).toContain('1 Service');
      expect(text).not.toMatch(/warning|critical/);
      expect(status, text).toBe(0);
    });

    test('and so are the service rules with the hosts that they show', () => {
      const rules = 'icinga-conf/icinga2/rackwatch-services.conf';
      const examples = readFileSync(rules, 'utf8').match(/^\/\/ {3}.*$/gm) ?? [];
      const { text, status } = validate(
        'check_command = "dummy"',
        `
template Host "generic-host" { check_command = "dummy" }
object Endpoint "master1" { }
object Endpoint "node1" { }
object Zone "master" { endpoints = [ "master1" ] }
object Zone "node1" {
  endpoints = [ "node1" ]
  parent = "master"
}
const ZoneName = "master"
include "${path.resolve(rules)}"
${examples.map((line) => line.replace('//', '').replace('"cluster1"', '"cluster2"')).join('\n')}
`,
      );
      expect(text).toContain('9 Services');
      // On the one node that is a host of its own.
      expect(text).toContain('4 Dependencies');
      expect(text).not.toMatch(/warning|critical/);
      expect(status, text).toBe(0);
    });

    test('and so is the account for traps, which is there once its password is', () => {
      const rules = `include "${path.resolve('icinga-conf/icinga2/rackwatch-trap-user.conf')}"\n`;
      const service = 'check_command = "dummy"';
      const [without, with_] = ['', 'const RackwatchTrapPassword = "said"\n'].map((said) =>
        validate(service, said + rules),
      );
      expect(without?.status, without?.text).toBe(0);
      expect(without?.text).not.toMatch(/ApiUser|warning|critical/);
      expect(with_?.status, with_?.text).toBe(0);
      expect(with_?.text).toContain('1 ApiUser');
    });

    test('a command that is not among them is refused, so that this test can fail', () => {
      const { text, status } = validate('check_command = "cluster_bucket"');
      expect(text).toMatch(/'cluster_bucket' of type 'CheckCommand' does not exist/);
      expect(status).toBe(1);
    });
  },
);
