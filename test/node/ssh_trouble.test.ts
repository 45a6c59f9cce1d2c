import { expect, test } from 'vitest';
import { sshTrouble } from '../../src/node/ssh_trouble.ts';

// The error outputs are those of OpenSSH 9.2 and sudo 1.9.13.
const changed = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Offending ED25519 key in /etc/ssh/ssh_known_hosts:1
Host key for [192.0.2.1]:2222 has changed and you have requested strict checking.\r
Host key verification failed.\r
`;
const unknown = `No ED25519 host key is known for [192.0.2.1]:2222 and you have requested strict checking.\r
Host key verification failed.\r
`;
const modes = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for '/etc/key' are too open.
Load key "/etc/key": bad permissions\r
root@192.0.2.1: Permission denied (publickey).\r
`;

test.each<[string, number | null, string, string | null]>([
  ['a clean end', 0, '', null],
  ['a login message on stderr and no answer', 0, 'Welcome\n', 'empty answer: Welcome'],
  [
    'a shared connection without a session to give, and a command that is not there',
    127,
    'mux_client_request_session: session request failed: Session open refused by peer\nControlSocket /run/x already exists, disabling multiplexing\nsh: 1: snapshot: not found\n',
    'the remote command was not found: sh: 1: snapshot: not found',
  ],
  [
    'one without a session to give, and no answer',
    0,
    'ControlSocket /run/x already exists, disabling multiplexing\n',
    null,
  ],
  [
    'a shared connection that broke',
    255,
    'mux_client_read_packet: read header failed: Broken pipe\r\n',
    'ssh: mux_client_read_packet: read header failed: Broken pipe',
  ],
  [
    'refused',
    255,
    'ssh: connect to host node1 port 22: Connection refused\r\n',
    'ssh: connect to host node1 port 22: Connection refused',
  ],
  ...[
    ['before ssh', '/bin/bash: line 1: exec: no-proxy: not found\nConnection closed by UNKNOWN port 65535\r\n'],
    ['after ssh', 'Connection closed by UNKNOWN port 65535\r\nsh: 1: exec: no-proxy: not found\n'],
  ].map(([when, said]): [string, number, string, string] => [
    `a ProxyCommand that is not there, said ${when}`,
    255,
    said ?? '',
    'ssh: the ProxyCommand no-proxy was not found',
  ]),
  [
    'an address to ask from that this machine does not have',
    255,
    'bind 192.0.2.77: Cannot assign requested address\nssh: connect to host node1 port 22: failure\r\n',
    'ssh: connect to host node1 port 22: bind 192.0.2.77: Cannot assign requested address',
  ],
  [
    'an interface to ask by that it does not have',
    255,
    'ssh: connect to host node1 port 22: failure\r\n',
    'ssh: connect to host node1 port 22: failure',
  ],
  [
    'a mistake in a file of settings',
    255,
    '/etc/ssh/x: line 7: Bad configuration option: prot\r\n/etc/ssh/x: terminating, 1 bad configuration options\r\n',
    'ssh: /etc/ssh/x: line 7: Bad configuration option: prot',
  ],
  ...[
    [
      'an unknown key of the jump host',
      'No ED25519 host key is known for [192.0.2.9]:2222 and you have requested strict checking.\r\nHost key verification failed.\r\n',
      'ssh: Host key verification failed: No ED25519 host key is known for [192.0.2.9]:2222',
    ],
    [
      'a jump host that lets nobody in',
      'ops@jump: Permission denied (publickey).\r\n',
      'ssh: ops@jump: Permission denied (publickey)',
    ],
    [
      'a jump host that may not forward',
      'channel 0: open failed: administratively prohibited: open failed\r\nstdio forwarding failed\r\n',
      'ssh: channel 0: open failed: administratively prohibited: open failed',
    ],
    [
      'a jump host that does not answer',
      'ssh: connect to host jump port 22: Connection refused\r\n',
      'ssh: connect to host jump port 22: Connection refused',
    ],
  ].map(([name, said, trouble]): [string, number, string, string] => [
    name ?? '',
    255,
    `${said}kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n`,
    trouble ?? '',
  ]),
  [
    'no such name',
    255,
    'ssh: Could not resolve hostname node1: Name or service not known\r\n',
    'ssh: Could not resolve hostname node1: Name or service not known',
  ],
  [
    'no key fits',
    255,
    'root@192.0.2.1: Permission denied (publickey,password).\r\n',
    'ssh: Permission denied (publickey,password)',
  ],
  [
    'a key that others may read',
    255,
    modes,
    'ssh: Permission denied (publickey); Load key "/etc/key": bad permissions',
  ],
  [
    'a key that is not there',
    255,
    'Warning: Identity file /x not accessible: No such file or directory.\nroot@n: Permission denied (publickey).\r\n',
    'ssh: Permission denied (publickey); Warning: Identity file /x not accessible: No such file or directory',
  ],
  [
    'an unknown host key',
    255,
    unknown,
    'ssh: Host key verification failed: No ED25519 host key is known for [192.0.2.1]:2222',
  ],
  [
    'a revoked host key',
    255,
    'The ED25519 host key for [192.0.2.1]:2222 is marked as revoked.\nED25519 host key for [192.0.2.1]:2222 was revoked and you have requested strict checking.\r\nHost key verification failed.\r\n',
    'ssh: Host key verification failed: the key of [192.0.2.1]:2222 is revoked',
  ],
  [
    'a host key in the file of revoked ones',
    255,
    'Host key ED25519 SHA256:abc revoked by file /etc/ssh/revoked\r\nHost key verification failed.\r\n',
    'ssh: Host key verification failed: the key is revoked by /etc/ssh/revoked',
  ],
  [
    'a file of revoked keys that is not there',
    255,
    'Error checking host key ED25519 SHA256:abc in revoked keys file ~/revoked: No such file or directory\r\nHost key verification failed.\r\n',
    'ssh: Host key verification failed: Error checking host key ED25519 SHA256:abc in revoked keys file ~/revoked: No such file or directory',
  ],
  ['a changed host key', 255, changed, 'ssh: Host key verification failed: the key of [192.0.2.1]:2222 has changed'],
  [
    'a server that says nothing',
    255,
    'Connection timed out during banner exchange\r\n',
    'ssh: Connection timed out during banner exchange',
  ],
  [
    'a connection that broke',
    255,
    'Connection to node1 closed by remote host.\r\n',
    'ssh: Connection to node1 closed by remote host',
  ],
  [
    '255 without a message',
    255,
    '',
    'ssh ended with 255 without a message: the connection broke, or the remote command was killed',
  ],
  [
    'a sudo that wants a password',
    1,
    'sudo: a password is required\n',
    'sudo on the node wants a password (the command needs NOPASSWD in sudoers)',
  ],
  [
    'a sudo that wants a terminal',
    1,
    'sudo: a terminal is required to read the password; either use the -S option\nsudo: a password is required\n',
    'sudo on the node wants a password (the command needs NOPASSWD in sudoers)',
  ],
  [
    'a sudo that wants a terminal whatever it allows',
    1,
    'sudo: sorry, you must have a tty to run sudo\n',
    'sudo on the node wants a terminal (requiretty in sudoers)',
  ],
  [
    'a command that is not there',
    127,
    'bash: cluster_node_snapshot: command not found\n',
    'the remote command was not found: bash: cluster_node_snapshot: command not found',
  ],
  [
    'a command that may not be run',
    126,
    'sh: 1: /x: Permission denied\n',
    'the remote command cannot be run: sh: 1: /x: Permission denied',
  ],
  ['another exit code', 3, 'one\ntwo\n', 'the remote command ended with 3: two'],
  ['another exit code without a word', 3, '', 'the remote command ended with 3'],
])('%s', (_, code, stderr, trouble) => {
  expect(sshTrouble({ code, signal: null, stderr })).toBe(trouble);
});

test('an ssh that was killed', () => {
  expect(sshTrouble({ code: null, signal: 'SIGSEGV', stderr: '' })).toBe('ssh was killed by SIGSEGV');
});
