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
    [`/usr/bin/timeout 5 ${at}`, `the remote command was not found: timeout: failed to run command`],
    [`/bin/bash ${at}`, `the remote command was not found: /bin/bash: ${at}: No such file or directory`],
  ])('is copied to where %s looks for it, and over no tool', (command, reason) => {
    expect(by(command, reason)).toMatchObject({ topic: 'script', paste: [`ssh root@node1.example.net ${copy}`] });
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
    const closed = `the remote command cannot be run: sh: 1: ${at}: Permission denied`;
    expect(by(`exec ${at}`, closed)?.paste).toEqual([`chmod 0755 ${at}`]);
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
