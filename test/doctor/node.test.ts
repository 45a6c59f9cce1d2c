import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { examine, type NodeFacts } from '../../src/doctor/index.ts';
import { here, key, nodeOf, nrpe, ssh } from './situation.ts';

/** What is left to do at a node, and what to paste for it. */
function todos(node: NodeFacts, over: Partial<typeof here> = {}) {
  const facts = { here: { ...here, ...over }, nodes: [node], probes: [], vip: null };
  const { subjects } = examine({ ...facts, clusterOptions: {}, probeOptions: {} });
  return (subjects.find(({ title }) => title.startsWith('node1 ('))?.lines ?? [])
    .filter(({ state }) => state === 'todo')
    .map(({ topic, text, steps }) => ({ topic, text, paste: steps.flatMap(({ commands }) => commands), steps }));
}

const denied = 'ssh: Permission denied (publickey)';

test('every reason that the page of reasons has for ssh and NRPE leaves something to do', () => {
  const page = readFileSync('docs/nodes.md', 'utf8');
  const reasons = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, reason = '']) => reason.replaceAll('...', 'x'));
  expect(reasons.length).toBeGreaterThan(25);
  for (const reason of reasons)
    for (const way of [ssh, nrpe])
      expect(
        todos(nodeOf(reason, way))
          .map(({ text }) => text)
          .join(),
        reason,
      ).not.toBe('');
});

test('a host key goes where ssh looks for it, under the name that it looks for', () => {
  const unknown = 'ssh: Host key verification failed';
  const paste = (over: Partial<typeof ssh>) => todos(nodeOf(unknown, { ...ssh, ...over }))[0]?.paste.join('\n');
  expect(paste({})).toContain('ssh-keyscan -- node1.example.net >>/etc/ssh/ssh_known_hosts');
  expect(paste({ globalKnownHosts: ['/dev/null'] })).toContain(
    'install -d -m 0700 -o nagios -g "$(id -gn nagios)" /var/lib/nagios/.ssh\nssh-keyscan -- node1.example.net >>/var/lib/nagios/.ssh/known_hosts',
  );
  expect(paste({ port: 2222 })).toContain("ssh-keygen -l -F '[node1.example.net]:2222'");
  expect(paste({ hostKeyAlias: 'rack7', port: 2222 })).toContain(
    "ssh-keyscan -p 2222 -- node1.example.net | sed 's/^[^ ]*/rack7/' >>/etc/ssh/ssh_known_hosts\nssh-keygen -l -F rack7",
  );
  expect(paste({ proxied: true, sshArguments: ['-T', '-F', '/etc/a b', '--', 'rackwatch@node1'] })).toBe(
    "runuser -u nagios -- ssh -n -T -F '/etc/a b' -o StrictHostKeyChecking=accept-new -- rackwatch@node1 true",
  );
});

test("one that has changed is taken out of every file that has it, the account's own as that account", () => {
  const knownIn = [...ssh.globalKnownHosts, ...ssh.userKnownHosts];
  const changed = 'ssh: Host key verification failed: the key of node1 has changed';
  expect(todos(nodeOf(changed, { ...ssh, knownIn }))[0]?.paste.slice(0, 2)).toEqual([
    'ssh-keygen -R node1.example.net -f /etc/ssh/ssh_known_hosts',
    'runuser -u nagios -- ssh-keygen -R node1.example.net -f /var/lib/nagios/.ssh/known_hosts',
  ]);
});

test('an account is made and let in with the public half of the key; root is never made', () => {
  const [line] = todos(nodeOf(denied));
  expect(line?.steps[0]).toMatchObject({ where: 'node1', account: 'root' });
  expect(line?.paste).toContain(`key='restrict ${key}'`);
  expect(line?.paste.join('\n')).toContain('useradd');
  expect(todos(nodeOf(denied, { ...ssh, user: 'root' }))[0]?.paste.join('\n')).not.toMatch(/useradd|usermod/);
  const odd = todos(nodeOf(denied, { ...ssh, user: 'DOM\\joe' }))[0]?.paste.join('\n');
  expect(odd).toContain("getent passwd 'DOM\\joe'");
});

test('without a key the key comes first, in the file that ssh takes: its best kind, or the one that is named', () => {
  const missing = (...files: readonly string[]) =>
    todos(nodeOf(denied, { ...ssh, keys: files.map((file) => ({ file, state: 'missing', publicKey: null })) }))
      .filter(({ topic }) => topic === 'key')
      .flatMap(({ paste }) => paste)
      .at(-1);
  const home = '/var/lib/nagios/.ssh';
  expect(missing(`${home}/id_rsa`, `${home}/id_ecdsa`, `${home}/id_ed25519`)).toContain(`-f ${home}/id_ed25519`);
  expect(missing('/etc/icinga2/key of nodes', `${home}/id_rsa`)).toContain("-f '/etc/icinga2/key of nodes'");
  expect(missing()).toContain(`-f ${home}/id_ed25519`);
});

/** A section that only root may read, as an ordinary account sees it. */
const refused = (needs: string) => ['! denied', '= exit 1', `= needs ${needs}`];

test('what a node wants in sudoers is pasted only where it is a read that the script makes', () => {
  const host = ['> name n1', '> kernel 6.1', '> uid 1000', '> user rackwatch', '> script 0.1.0'];
  const needing = (needs: string) => todos(nodeOf({ sections: { host, nft: refused(needs) } }))[0];
  expect(needing('/usr/sbin/nft -j list ruleset')?.paste).toContain(
    "printf '%s\\n' 'rackwatch ALL=(root) NOPASSWD: /usr/sbin/nft -j list ruleset' >>/etc/sudoers.d/rackwatch.new",
  );
  for (const needs of [
    'ALL',
    '/bin/sh',
    '/usr/sbin/nft -j list ruleset, ALL',
    "/usr/sbin/nft -j list ruleset'; reboot; '",
    '/home/../bin/nft flush ruleset',
    '/usr/bin/cat /etc/shadow',
    '/home/rackwatch/nft -j list ruleset',
    '/usr/bin/../../tmp/nft -j list ruleset',
  ]) {
    const line = needing(needs);
    expect(line?.text).toBe(`the node asks for a command that no release runs: ${needs}`);
    expect(line?.paste).toEqual([]);
  }
});

test('a user of the node that sudoers would read as something else stays a name', () => {
  const host = ['> name n1', '> kernel 6.1', '> uid 1000', "> user a'b,ALL", '> script 0.1.0'];
  const line = todos(nodeOf({ sections: { host, nft: refused('/usr/sbin/nft -j list ruleset') } }))[0];
  const command = line?.paste.find((one) => one.startsWith('printf')) ?? '';
  const written = execFileSync('sh', ['-c', command.replace(/ >>.*$/, '')], { encoding: 'utf8' });
  expect(written).toBe("a\\'b\\,ALL ALL=(root) NOPASSWD: /usr/sbin/nft -j list ruleset\n");
});

test('a script of another release is a remark, one that lacks half of the snapshot has to be replaced', () => {
  const host = (script: string, parts: number) => [
    ...['> name n1', '> kernel 6.1', '> uid 0', '> user root', `> script ${script}`, `> parts ${parts}`],
  ];
  const { subjects } = examine({
    ...{ here, probes: [], vip: null, clusterOptions: {}, probeOptions: {} },
    nodes: [nodeOf({ sections: { host: host('0.0.9', 1) } }, nrpe)],
  });
  const line = subjects[1]?.lines.find(({ topic }) => topic === 'script');
  expect(line).toMatchObject({ state: 'todo', text: expect.stringContaining('is of release 0.0.9, here is 0.1.0') });
  expect(line?.steps[0]?.commands).toEqual([
    "ssh root@node1 'install -D -m 0755 /dev/stdin /usr/lib/nagios/plugins/cluster_node_snapshot' </usr/lib/nagios/plugins/cluster_node_snapshot",
  ]);
});

test('an NRPE that carries too little', () => {
  const old = { ...nrpe, version: { ok: true, value: 'NRPE v3.2.1' } } as const;
  expect(todos(nodeOf('no snapshot', old))[0]).toMatchObject({
    topic: 'version',
    text: expect.stringContaining('NRPE 4'),
  });
  const close = { ...nrpe, longestAnswer: 1000 };
  expect(todos(nodeOf({}, close)).map(({ topic }) => topic)).toEqual(['length']);
});

test('as another account, or as root where nobody is known to run checks, nothing else is said', () => {
  const facts = { nodes: [nodeOf({})], probes: [], vip: null, clusterOptions: {}, probeOptions: {} };
  const root = examine({ ...facts, here: { ...here, user: 'root' } });
  expect(root.subjects).toHaveLength(1);
  expect(root.subjects[0]?.lines[0]?.steps[0]?.commands).toEqual([
    'runuser -u nagios -- /usr/bin/rackwatch doctor --node node1',
  ]);
  expect(examine({ ...facts, here: { ...here, user: 'root', account: null } }).subjects).toHaveLength(1);
  expect(examine({ ...facts, here: { ...here, user: 'joe', account: null } }).subjects.length).toBeGreaterThan(1);
});

test('what anybody may read and cannot be read is not passed over', () => {
  const failed = ['! cannot open netlink', '= exit 2'];
  expect(
    todos(nodeOf({ sections: { addr: failed, link: failed } })).map(({ topic, text }) => `${topic}: ${text}`),
  ).toEqual(['facts: addr fails: cannot open netlink', 'facts: link fails: cannot open netlink']);
  expect(todos(nodeOf({ sections: { addr: ['= missing ip'] } })).map(({ topic }) => topic)).toEqual(['tools']);
});
