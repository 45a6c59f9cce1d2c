import { describe, expect, test } from 'vitest';
import { nodeOf, nrpe, ssh, todos } from './situation.ts';

describe('a script that --remote-command runs', () => {
  const at = '/opt/rw/snap';
  const by = (remoteCommand: string, reason: string, over: Partial<typeof ssh> = {}) =>
    todos(nodeOf(reason, { ...ssh, remoteCommand, ...over }))[0];
  const copy = `'install -D -m 0755 /dev/stdin ${at}' </usr/lib/nagios/plugins/cluster_node_snapshot`;

  test.each([
    [at, `the remote command was not found: sh: 1: ${at}: not found`],
    [`sudo -n ${at}`, `the remote command ended with 1: sudo: ${at}: command not found`],
    [`/usr/bin/sudo -n ${at} --vip 192.0.2.1`, `the remote command ended with 1: sudo: ${at}: command not found`],
    [
      `/usr/bin/timeout 5 ${at}`,
      `the remote command was not found: timeout: failed to run command '${at}': No such file or directory`,
    ],
    [
      `//usr/bin/timeout -k 2 5 ${at}`,
      `the remote command was not found: timeout: failed to run command ‘${at}’: No such file or directory`,
    ],
    [
      `/usr/local/bin/timeout 5 ${at}`,
      `the remote command was not found: timeout: can't execute '${at}': No such file or directory`,
    ],
    [
      `/run/current-system/sw/bin/nice -n 5 ${at} 2>&1`,
      `the remote command was not found: nice: ${at}: No such file or directory`,
    ],
    [`/bin/bash ${at}`, `the remote command was not found: /bin/bash: ${at}: No such file or directory`],
  ])('is copied to where %s looks for it, and over no tool', (command, reason) => {
    expect(by(command, reason)).toMatchObject({ topic: 'script', paste: [`ssh root@node1.example.net ${copy}`] });
  });

  test.each([
    'cd /var/tmp && /opt/rw/snap',
    'cd /tmp && ./snap',
    './tmp/snap',
    '/tmp/x/wrap 5 /opt/rw/snap',
    '/usr/bin/flock /run/lock /opt/rw/snap',
    '. /etc/profile; /opt/rw/snap',
    'env -C / /opt/rw/snap',
    'test -d /proc && /opt/rw/snap',
    'A=/opt/rw/snap; $A',
    "sh -c '/opt/rw/snap'",
    'sudo -n -D /tmp /opt/rw/snap',
    'timeout /opt/rw/snap',
    '/opt/rw/snap | gzip',
    '/opt/rw/../snap',
    '/usr/bin/timeout',
    '/bin/date',
  ])('is left to the admin where %s need not be it, with a word on what is missing', (command) => {
    for (const path of command.match(/\/[\w/.;-]+/g) ?? ['x']) {
      const absent = by(command, `the remote command was not found: sh: 1: ${path}: not found`);
      expect(absent).toMatchObject({ topic: 'script', paste: [], text: expect.stringContaining('install it') });
      const closed = by(command, `the remote command cannot be run: sh: 1: ${path}: Permission denied`);
      expect(closed).toMatchObject({ topic: 'script', paste: [], text: expect.stringContaining('has to be a file') });
    }
  });

  test('is not replaced for what is missing inside it, nor by a release where it may be something else', () => {
    const inside = `the remote command was not found: ${at}: 3: jq: not found`;
    expect(by(at, inside)).toMatchObject({ topic: 'script', paste: [] });
    const host = ['> name n1', '> kernel 6.1', '> uid 0', '> user root', '> script 0.0.9', '> parts 1'];
    const steps = (remoteCommand: string | null) => {
      const node = nodeOf({ sections: { host } }, { ...ssh, remoteCommand });
      return todos(node).find(({ topic }) => topic === 'script')?.paste;
    };
    expect(steps(at)).toEqual([]);
    expect(steps('cd /tmp && ./cluster_node_snapshot')).toEqual([]);
    expect(steps('sudo -n /opt/rw/cluster_node_snapshot')?.[0]).toContain(' /opt/rw/cluster_node_snapshot');
    expect(steps(null)?.[0]).toContain(' /usr/lib/nagios/plugins/cluster_node_snapshot');
  });

  test('reaches a node behind a jump host by the settings of the account', () => {
    const over = {
      proxied: true,
      sshArguments: ['-T', '-p', '2222', '--', 'rackwatch@n1'],
      configFile: '/var/lib/nagios/.ssh/config',
    };
    const reason = `the remote command was not found: sh: 1: ${at}: not found`;
    expect(by(at, reason, over)?.paste).toEqual([`ssh -F /var/lib/nagios/.ssh/config -p 2222 root@n1 ${copy}`]);
  });

  test('is allowed with the arguments that it is given, and made to run itself, not sudo', () => {
    const password = 'sudo on the node wants a password (the command needs NOPASSWD in sudoers)';
    const rule = (command: string) => by(command, password)?.paste.join('\n');
    expect(rule(`sudo -n ${at}`)).toContain(`'rackwatch ALL=(root) NOPASSWD: ${at} ""'`);
    expect(rule(`sudo -n ${at} --vip 192.0.2.1`)).toContain(`'rackwatch ALL=(root) NOPASSWD: ${at} --vip 192.0.2.1'`);
    expect(rule(`sudo -n ${at} --vip 2001:db8::1`)).toContain(`NOPASSWD: ${at} --vip 2001\\:db8\\:\\:1'`);
    expect(rule(`sudo -n /usr/bin/nice -n 5 ${at}`)).toContain(`NOPASSWD: /usr/bin/nice -n 5 ${at}'`);
    expect(rule(`timeout 8 sudo -n /bin/sh ${at} 2>&1`)).toContain(`NOPASSWD: /bin/sh ${at}'`);
    expect(rule(`sudo -n timeout 5 ${at}`)).toContain(`NOPASSWD: /usr/bin/timeout 5 ${at}'`);
    expect(rule(`sudo -u root /tmp/x/wrap 5 ${at}`)).toContain(`NOPASSWD: /tmp/x/wrap 5 ${at}'`);
    for (const unclear of ['sudo -n snap', `sudo -u joe ${at}`, `sudo -n ${at} | gzip`, '/opt/rw/wrap'])
      expect(by(unclear, password)).toMatchObject({
        ...{ topic: 'sudoers', paste: [] },
        text: expect.stringMatching(/^rackwatch may not run the script as root on node1: sudoers there has to allow/),
      });
    const closed = `the remote command cannot be run: sh: 1: ${at}: Permission denied`;
    expect(by(`exec ${at}`, closed)?.paste).toEqual([`[ -f ${at} ] && chmod 0755 ${at}`]);
  });

  test.each([
    [ssh, 'the remote command was not found: bash: line 1: sudo: command not found'],
    [nrpe, 'no snapshot in the answer: "sh: 1: sudo: not found"'],
  ])('needs sudo', (way, reason) => {
    const [line] = todos(nodeOf(reason, way.kind === 'ssh' ? { ...way, remoteCommand: `sudo -n ${at}` } : way));
    expect(line).toMatchObject({ topic: 'sudo', text: 'sudo is not installed on node1' });
    expect(line?.paste[0]).toContain('apt-get install -y sudo');
  });
});
