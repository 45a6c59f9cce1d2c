import { expect, test } from 'vitest';
import { nrpeTrouble } from '../../src/node/nrpe_trouble.ts';

// The outputs are those of check_nrpe and NRPE 4.1.0.
const asked = { command: 'cluster_node_snapshot', ssl: true, ca: false, certificate: false };
const ended = { code: 3, signal: null, stdout: '', stderr: '' };
const why = 'what the parser says';

test.each<[string, Partial<typeof asked>, { stdout?: string; stderr?: string; signal?: string }, string]>([
  [
    'killed by SIGPIPE, as about one in 40 is by a daemon that closes at once',
    {},
    { signal: 'SIGPIPE' },
    'the node closed the connection: this host is not in its allowed_hosts, or its NRPE does not use SSL (--nrpe-no-ssl)',
  ],
  ['killed otherwise', {}, { signal: 'SIGKILL' }, 'check_nrpe was killed by SIGKILL'],
  [
    'closed after the handshake',
    {},
    { stdout: 'CHECK_NRPE: Receive header underflow - only 0 bytes received (4 expected).\n' },
    'the node closed the connection after the SSL handshake: it wants a certificate (--nrpe-cert, --nrpe-key)',
  ],
  [
    'closed after the handshake with a certificate',
    { certificate: true },
    { stdout: 'CHECK_NRPE: Error sending query to host.\n' },
    'the node closed the connection after the SSL handshake: it does not accept the one of --nrpe-cert',
  ],
  [
    'closed without SSL, seen as an end',
    { ssl: false },
    { stdout: 'CHECK_NRPE: Receive header underflow - only 0 bytes received (4 expected).\n' },
    'the node closed the connection: this host is not in its allowed_hosts, or its NRPE wants SSL (give no --nrpe-no-ssl)',
  ],
  [
    'no route',
    {},
    {
      stderr:
        'connect to address 192.0.2.1 port 5666: No route to host\nconnect to host node1 port 5666: No route to host',
    },
    'check_nrpe: port 5666: No route to host',
  ],
  [
    'its own time-out',
    {},
    { stdout: 'CHECK_NRPE STATE UNKNOWN: Socket timeout after 10 seconds.\n' },
    'check_nrpe: Socket timeout after 10 seconds',
  ],
  [
    'arguments that nobody sent',
    {},
    { stdout: 'NRPE: Command arguments are disabled\n' },
    'NRPE: Command arguments are disabled',
  ],
  ['nothing at all', {}, {}, why],
  ['a word on stderr alone', {}, { stderr: 'check_nrpe: out of memory\n' }, 'check_nrpe: out of memory'],
  [
    'sudo without permission, before which sudo warned',
    {},
    { stdout: 'sudo: unable to resolve host n1: Name or service not known\nsudo: a password is required\n' },
    'sudo on the node wants a password (the NRPE user needs NOPASSWD for the command in sudoers)',
  ],
  [
    'sudo that wants a terminal',
    {},
    { stdout: 'sudo: sorry, you must have a tty to run sudo\n' },
    'sudo on the node wants a terminal (requiretty in sudoers)',
  ],
  [
    'sudo that finds nothing',
    {},
    { stdout: 'sudo: /opt/cluster_node_snapshot: command not found\n' },
    'sudo on the node refused: /opt/cluster_node_snapshot: command not found',
  ],
  ['another text', {}, { stdout: 'hello\n' }, why],
])('%s', (_, how, ending, reason) => {
  expect(nrpeTrouble({ ...ended, ...ending }, { ...asked, ...how }, why)).toBe(reason);
});
