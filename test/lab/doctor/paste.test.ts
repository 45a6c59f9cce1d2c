import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { daemonPath, type Lab, openLab, whyNoLab } from '../poller/lab.ts';

const why = whyNoLab([
  ...['/usr/sbin/sshd', '/usr/bin/ssh-keyscan', '/usr/sbin/nft', '/usr/sbin/visudo', '/usr/sbin/runuser'],
  ...['/usr/sbin/nrpe', '/usr/lib/nagios/plugins/check_nrpe', '/usr/sbin/icinga2'],
]);

/** The root of the nodes, as in test/lab/ssh/page.test.ts: this machine's own, or a bare system. */
const lower = process.env['RACKWATCH_BARE_ROOT'] ?? '/';

describe.skipIf(why !== null)(`what the doctor says, pasted${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  beforeAll(() => {
    lab = openLab('doctor', 'copied');
    // What stands on a poller beside the plugins.
    cpSync('icinga-conf', path.join(lab.sub('project'), 'icinga-conf'), { recursive: true });
  });
  afterAll(() => lab?.close());

  /** Does what the doctor says until it has no more to say, and gives all that was printed. */
  function paste(
    name: string,
    doctor: string,
    script: (work: string, file: string) => readonly string[],
    { before = '', after = '' } = {},
  ) {
    const file = path.join(lab.folder, `${name}.sh`);
    writeFileSync(file, `DOCTOR='${doctor}'\n${before}\n${readFileSync('test/lab/doctor/paste.sh', 'utf8')}\n${after}`);
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const { stdout, stderr } = spawnSync('unshare', [...namespaces, 'bash', ...script(lab.sub(name), file)], {
      encoding: 'utf8',
      env: { PATH: daemonPath },
      timeout: 280_000,
    });
    const rounds = stdout.split(/^== round \d+, exit /m).slice(1);
    return { text: stdout + stderr, rounds, last: rounds.at(-1) ?? '' };
  }

  /** Lines without what differs from machine to machine. */
  const linesIn = (text: string) =>
    text
      .replaceAll(/\d+ ms/g, 'some ms')
      .replaceAll(/(open|node: |tools: ).*/g, '$1...')
      .split('\n');

  /** What docs/doctor.md shows of a round. */
  function documented(name: string): string[] {
    const page = readFileSync('docs/doctor.md', 'utf8');
    const start = page.indexOf(`<!-- doctor: ${name} -->`);
    const blocks = page
      .slice(start, page.indexOf('<!-- end of doctor -->', start))
      .matchAll(/^```\n([\s\S]*?)\n```$/gm);
    const lines = [...blocks].flatMap(([, block = '']) => linesIn(block));
    expect(lines.length).toBeGreaterThan(10);
    return lines;
  }

  /** The codes with which the rounds ended. */
  const codes = (rounds: readonly string[]) => rounds.map((one) => Number(one.split('\n')[0]));

  test('leads from two bare nodes to one that is well by ssh, and to a host that Icinga takes', () => {
    const nodes = '--node rackwatch@node1 --node rackwatch@node2';
    // Every host with Docker has that address.
    const docker = 'ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up';
    const ssh = 'ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new';
    const before = `for node in node1 node2; do ${ssh} root@$node '${docker}'; done`;
    // What Icinga will run.
    const check = `runuser -u nagios -- /usr/lib/nagios/plugins/check_cluster_buckets --vip 192.168.56.20 ${nodes} -t 60`;
    const page = (work: string, file: string) => [
      ...['test/lab/ssh/page.sh', work, path.join(lab.folder, 'project'), lab.plugins, lower, file],
    ];
    const { text, rounds, last } = paste(
      'ssh',
      `/usr/lib/nagios/plugins/rackwatch doctor ${nodes} --timeout 60`,
      page,
      { before, after: check },
    );
    expect(text).not.toContain('-- failed');
    // The last one needs nothing, and each before it something.
    expect(codes(rounds), text).toEqual([...rounds.slice(1).map(() => 1), 0]);
    expect(rounds.length).toBeLessThan(7);
    expect(last).toContain('All of this works.');
    expect(last).toContain('ok    VIP: 192.168.56.20, as the nodes show it');
    for (const [round, name] of [
      [rounds[0], 'round 1'],
      [last, 'last round'],
    ] as const)
      expect(linesIn(round ?? '')).toEqual(expect.arrayContaining(documented(name)));
    const object = last.slice(last.indexOf('object Host'), last.indexOf('All of this works.'));
    expect(last).toContain('[OK] 192.168.56.20: 2 buckets on 2 nodes, each on exactly one');
    expect(last).not.toMatch(/not read|could not be/);
    expect(object).toContain('vars.cluster_nodes = [ "rackwatch@node1", "rackwatch@node2" ]');
    const { said, status } = validate(object);
    expect(said).toContain('1 Host');
    expect(said).toContain('1 Service');
    // Rules for what the host is not.
    expect(said.replace(/^.* does not match anywhere!$/gm, '')).not.toMatch(/warning|critical/);
    expect(status, said).toBe(0);
  }, 400_000);

  test('leads from an NRPE that knows nobody to one that answers', () => {
    const { text, rounds, last } = paste(
      'nrpe',
      '/opt/rackwatch/rackwatch doctor --vip 192.168.56.20 --node node1=nrpe://127.0.0.1 --timeout 60',
      (work, file) => ['test/lab/doctor/nrpe.sh', work, lab.plugins, file],
    );
    expect(text).not.toContain('-- failed');
    expect(codes(rounds), text).toEqual([...rounds.slice(1).map(() => 1), 0]);
    const todos = rounds.map((round) => /^ {2}TODO +([^:]+):/m.exec(round)?.[1] ?? 'nothing');
    expect(todos).toEqual(['allowed_hosts', 'command', 'sudoers', 'script', 'nothing']);
    expect(last).toContain('vars.cluster_nodes = [ "node1=nrpe://127.0.0.1" ]');
  }, 400_000);

  /** What `icinga2 daemon -C` says of hosts beside the shipped configuration. It writes into a folder of its own. */
  function validate(objects: string) {
    const folder = lab.sub('icinga');
    const file = path.join(folder, 'test.conf');
    writeFileSync(
      file,
      `const PluginDir = "/usr/lib/nagios/plugins"
const PluginContribDir = "/usr/lib/nagios/plugins"
const ManubulonPluginDir = "/usr/lib/nagios/plugins"
include <itl>
include <plugins>
template Host "generic-host" { check_command = "dummy" }
include "${path.resolve('icinga-conf/icinga2/rackwatch-commands.conf')}"
include "${path.resolve('icinga-conf/icinga2/rackwatch-services.conf')}"
${objects}`,
    );
    const folders = ['DataDir', 'CacheDir', 'SpoolDir', 'LogDir', 'InitRunDir'].map((name) => `${name}=${folder}`);
    const settings = [...folders, 'RunAsUser=root', 'RunAsGroup=root'].flatMap((one) => ['-D', one]);
    const { stdout, stderr, status } = spawnSync('/usr/sbin/icinga2', ['daemon', '-C', '-c', file, ...settings], {
      encoding: 'utf8',
    });
    return { said: stdout + stderr, status };
  }
});
