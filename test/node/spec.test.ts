import { expect, test } from 'vitest';
import { type NodeSpec, parseNodeSpec } from '../../src/node/index.ts';
import { duplicateName } from '../../src/node/spec.ts';

const ssh = (host: string, user: string | null = null, port: number | null = null) => ({
  kind: 'ssh' as const,
  host,
  user,
  port,
});

test.each<[string, string, NodeSpec['target']]>([
  ['local', 'local', { kind: 'local' }],
  ['me=local', 'me', { kind: 'local' }],
  ['node1', 'node1', ssh('node1')],
  ['10.20.0.1', '10.20.0.1', ssh('10.20.0.1')],
  ['admin@node2', 'node2', ssh('node2', 'admin')],
  ['n2=admin@node2.example.net', 'n2', ssh('node2.example.net', 'admin')],
  ['who@corp@node2', 'node2', ssh('node2', 'who@corp')],
  ['CORP\\who@node2', 'node2', ssh('node2', 'CORP\\who')],
  ['ssh://node3', 'node3', ssh('node3')],
  ['ssh://admin@node3:2222', 'node3', ssh('node3', 'admin', 2222)],
  ['n3=ssh://node3:22', 'n3', ssh('node3', null, 22)],
  ['[::1]', '::1', ssh('::1')],
  ['v6=admin@[fe80::1%eth0]', 'v6', ssh('fe80::1%eth0', 'admin')],
  ['ssh://admin@[2001:db8::1]:2222', '2001:db8::1', ssh('2001:db8::1', 'admin', 2222)],
  ['nrpe://node4', 'node4', { kind: 'nrpe', host: 'node4', port: null, command: 'cluster_node_snapshot' }],
  ['n4=nrpe://node4:5667/snap', 'n4', { kind: 'nrpe', host: 'node4', port: 5667, command: 'snap' }],
  ['nrpe://[::1]:5666', '::1', { kind: 'nrpe', host: '::1', port: 5666, command: 'cluster_node_snapshot' }],
  ['file:n1.txt', 'n1', { kind: 'file', path: 'n1.txt' }],
  ['n1=file:/var/tmp/a=b.txt', 'n1', { kind: 'file', path: '/var/tmp/a=b.txt' }],
  [
    'file:/var/tmp/node1.example.net.txt',
    'node1.example.net',
    { kind: 'file', path: '/var/tmp/node1.example.net.txt' },
  ],
  ['file:-x.txt', '-x', { kind: 'file', path: '-x.txt' }],
  ['local.example.net', 'local.example.net', ssh('local.example.net')],
  ['file', 'file', ssh('file')],
])('%s is a node called %s', (text, name, target) => {
  expect(parseNodeSpec(text)).toEqual({ ok: true, value: { name, text: text.replace(/^[\w.-]+=/, ''), target } });
});

test.each([
  ['', 'no target: give local, [USER@]HOST, ssh://, nrpe:// or file:PATH'],
  ['n1=', 'no target: give local, [USER@]HOST, ssh://, nrpe:// or file:PATH'],
  ['=node1', '"=node1": "=node1" is not a host name'],
  ['-oProxyCommand=x', '"-oProxyCommand=x" begins with a dash'],
  ['--node1', '"--node1": the host begins with a dash'],
  ['n1=-oProxyCommand=x', '"-oProxyCommand=x": the host begins with a dash'],
  ['ssh://-oProxyCommand=x', '"ssh://-oProxyCommand=x": the host begins with a dash'],
  ['ssh://admin@-oProxyCommand=x', '"ssh://admin@-oProxyCommand=x": the host begins with a dash'],
  ['-l@node1', '"-l@node1": the user begins with a dash'],
  ['ssh://-l@node1', '"ssh://-l@node1": the user begins with a dash'],
  ['[-oProxyCommand=x]', '"[-oProxyCommand=x]": the host begins with a dash'],
  ['nrpe://-x', '"nrpe://-x": the host begins with a dash'],
  ['nrpe://node1/-x', '"nrpe://node1/-x": "-x" is not an NRPE command'],
  ['nrpe://node1/', '"nrpe://node1/": "" is not an NRPE command'],
  ['nrpe://node1/a/b', '"nrpe://node1/a/b": "a/b" is not an NRPE command'],
  ['nrpe://node1/a;b', '"nrpe://node1/a;b": "a;b" is not an NRPE command'],
  ['nrpe://admin@node1', '"nrpe://admin@node1": "admin@node1" is not a host name'],
  ['node 1', '"node 1" contains a blank or a control character'],
  [' node1', '" node1" contains a blank or a control character'],
  ['node1\n', '"node1\n" contains a blank or a control character'],
  ['node1\0', '"node1\0" contains a blank or a control character'],
  ['n1=file:a\0b', '"n1=file:a\0b" contains a blank or a control character'],
  ['ssh://node1\t-x', '"ssh://node1\t-x" contains a blank or a control character'],
  ['ssh://node1:0', '"ssh://node1:0": "0" is not a port (1 to 65535)'],
  ['ssh://node1:65536', '"ssh://node1:65536": "65536" is not a port (1 to 65535)'],
  ['ssh://node1:022', '"ssh://node1:022": "022" is not a port (1 to 65535)'],
  ['ssh://node1:2x', '"ssh://node1:2x": "2x" is not a port (1 to 65535)'],
  ['ssh://node1:', '"ssh://node1:": "" is not a port (1 to 65535)'],
  ['ssh://node1:-1', '"ssh://node1:-1": "-1" is not a port (1 to 65535)'],
  ['ssh://node1:22/x', '"ssh://node1:22/x": "22/x" is not a port (1 to 65535)'],
  ['ssh://node1/', '"ssh://node1/": "node1/" is not a host name'],
  ['node1:22', '"node1:22": a port needs ssh:// before it, as in ssh://node1:22'],
  ['n1=admin@[::1]:22', '"admin@[::1]:22": a port needs ssh:// before it, as in ssh://admin@[::1]:22'],
  ['::1', '"::1": an IPv6 address must be in brackets, [::1]'],
  ['ssh://2001:db8::1', '"ssh://2001:db8::1": an IPv6 address must be in brackets, [2001:db8::1]'],
  ['[node1]', '"[node1]": "node1" is not an IPv6 address'],
  ['[::1', '"[::1": "[::1" is not [ADDRESS] or [ADDRESS]:PORT'],
  ['[::1]x', '"[::1]x": "[::1]x" is not [ADDRESS] or [ADDRESS]:PORT'],
  ['[]', '"[]" names no host'],
  ['[fe80::1%$(id)]', '"[fe80::1%$(id)]": "fe80::1%$(id)" is not an IPv6 address'],
  ['ssh://', '"ssh://" names no host'],
  ['ssh://:22', '"ssh://:22" names no host'],
  ['@node1', '"@node1": "" is not a user name'],
  ['admin@', '"admin@" names no host'],
  ['nrpe://', '"nrpe://" names no host'],
  ['file:', '"file:" names no file'],
  ['file:/', '"file:/" names no file'],
  ['http://node1', '"http://node1": http:// is not a way to reach a node'],
  ['node1;id', '"node1;id": "node1;id" is not a host name'],
  ['$(id)', '"$(id)": "$(id)" is not a host name'],
  ['`id`@node1', '"`id`@node1": "`id`" is not a user name'],
  ['nöde', '"nöde": "nöde" is not a host name'],
  [`${'x'.repeat(256)}`, `"${'x'.repeat(256)}": "${'x'.repeat(256)}" is not a host name`],
])('%j is refused', (text, reason) => {
  expect(parseNodeSpec(text)).toEqual({ ok: false, reason });
});

test('two nodes of one name are found, whatever the way to them', () => {
  const specs = ['node1', 'b=node2', 'admin@node1'].map(specOf);
  expect(duplicateName(specs)).toBe('node1');
  expect(duplicateName(specs.slice(0, 2))).toBeNull();
  expect(duplicateName([])).toBeNull();
});

function specOf(text: string): NodeSpec {
  const spec = parseNodeSpec(text);
  if (!spec.ok) throw new Error(spec.reason);
  return spec.value;
}
