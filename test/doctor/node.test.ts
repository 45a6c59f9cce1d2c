import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
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
    'install -d -m 0700 -o nagios -g "$(id -gn nagios)" /var/lib/nagios/.ssh\nssh-keyscan -- node1.example.net >>/var/lib/nagios/.ssh/known_hosts\nchown nagios: /var/lib/nagios/.ssh/known_hosts\nchmod 0644 /var/lib/nagios/.ssh/known_hosts',
  );
  expect(paste({ port: 2222 })).toContain("ssh-keygen -l -F '[node1.example.net]:2222'");
  expect(paste({ hostKeyAlias: 'rack7', port: 2222 })).toContain(
    "ssh-keyscan -p 2222 -- node1.example.net | sed 's/^[^ ]*/rack7/' >>/etc/ssh/ssh_known_hosts\nchmod 0644 /etc/ssh/ssh_known_hosts\nssh-keygen -l -F rack7",
  );
});

test('behind a jump host ssh itself takes the key, and its fingerprint is shown on both sides', () => {
  const proxied = { ...ssh, proxied: true, sshArguments: ['-T', '-F', '/etc/a b', '--', 'rackwatch@node1'] };
  const line = (said: string, way = proxied) => todos(nodeOf(`ssh: Host key verification failed: ${said}`, way))[0];
  const unknown = line('No ED25519 host key is known for node1.example.net');
  expect(unknown?.text).toContain('the key of node1 is not known here');
  expect(unknown?.paste).toEqual([
    '[ -d /var/lib/nagios/.ssh ] || install -d -m 0700 -o nagios -g "$(id -gn nagios)" /var/lib/nagios/.ssh',
    "runuser -u nagios -- ssh -n -T -F '/etc/a b' -o StrictHostKeyChecking=accept-new -- rackwatch@node1 true || true",
    'ssh-keygen -l -F node1.example.net -f /var/lib/nagios/.ssh/known_hosts',
    'for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done',
  ]);
  expect(unknown?.steps.map(({ where }) => where)).toEqual(['this machine', 'node1']);
  const jump = line('No ED25519 host key is known for [gate.example.net]:2222');
  expect(jump?.text).toContain('the key of gate.example.net is not known here');
  expect(jump?.paste.slice(0, 3)).toEqual([
    'ssh-keyscan -p 2222 -- gate.example.net >>/etc/ssh/ssh_known_hosts',
    'chmod 0644 /etc/ssh/ssh_known_hosts',
    "ssh-keygen -l -F '[gate.example.net]:2222' -f /etc/ssh/ssh_known_hosts",
  ]);
  expect(jump?.steps.map(({ where }) => where)).toEqual(['this machine', 'gate.example.net']);
  const changed = line('the key of gate.example.net has changed');
  expect(changed?.text).toContain('the key of gate.example.net is not the one that is known here');
  expect(changed?.paste[1]).toBe(
    '[ ! -e /var/lib/nagios/.ssh/known_hosts ] || runuser -u nagios -- ssh-keygen -R gate.example.net -f /var/lib/nagios/.ssh/known_hosts',
  );
});

test('keys in a file that the account may not read are not asked for again', () => {
  const unreadable = ['/etc/ssh/ssh_known_hosts'];
  const [line] = todos(nodeOf('ssh: Host key verification failed', { ...ssh, unreadable }));
  expect(line?.text).toBe('/etc/ssh/ssh_known_hosts may not be read by nagios, so no key in it is known');
  expect(line?.paste).toEqual(['chmod 0644 /etc/ssh/ssh_known_hosts']);
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
  const line = "'rackwatch ALL=(root) NOPASSWD: /usr/sbin/nft -j list ruleset'";
  expect(needing('/usr/sbin/nft -j list ruleset')?.paste).toContain(
    `grep -qxF -e ${line} /etc/sudoers.d/rackwatch.new || printf '%s\\n' ${line} >>/etc/sudoers.d/rackwatch.new`,
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

test('where sudo wants a terminal, that is asked for and no line twice; else sudo is heard, and what may overrule the lines', () => {
  const host = ['> name n1', '> kernel 6.1', '> uid 1000', '> user rackwatch', '> script 0.1.0'];
  const saying = (said: string) => {
    const nft = [
      '! Operation not permitted (you must be root)',
      `! sudo: ${said}`,
      '= exit 1',
      '= needs /usr/sbin/nft -j list ruleset',
    ];
    return todos(nodeOf({ sections: { host, nft } }))[0];
  };
  const terminal = 'sorry, you must have a tty to run sudo';
  const wanted = /^sudo wants a terminal on node1 \(requiretty\)/;
  const line = "'Defaults:rackwatch !requiretty'";
  expect(saying(terminal)?.text).toMatch(wanted);
  expect(saying(terminal)?.paste.join('\n')).toContain(`printf '%s\\n' ${line} >>`);
  expect(saying(terminal)?.paste.join('\n')).not.toContain('NOPASSWD');
  const refused = saying('a password is required');
  expect(refused?.text).toMatch(
    /its line is missing \(sudo: a password is required\)\. If that has been pasted already, a later line wins, or/,
  );
  expect(refused?.paste.at(-1)).toBe('sudo -l -U rackwatch');
  expect(refused?.paste.at(-2)).toContain('includedir');
  const byScript = 'sudo on the node wants a terminal (requiretty in sudoers)';
  expect(todos(nodeOf(byScript))[0]?.paste.join('\n')).toContain(line);
  expect(todos(nodeOf(byScript, nrpe))[0]?.paste.join('\n')).toContain(
    `printf '%s\\n' Defaults:"$(sed -n 's/^nrpe_user=//p' /etc/nagios/nrpe.cfg)"' !requiretty' >>`,
  );
});

test('what is there already is not written again, and a shell reads each line as it is meant', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-paste-'));
  try {
    const file = path.join(folder, 'rackwatch');
    const paste =
      todos(nodeOf('sudo on the node wants a password', nrpe))[0]?.paste.filter(
        (one) => !/includedir|sudo -l|visudo/.test(one),
      ) ?? [];
    const commands = paste.map((one) =>
      one.replaceAll('/etc/sudoers.d/rackwatch', file).replaceAll(/"\$\(sed [^)]*\)"/g, '"$(echo nag)"'),
    );
    for (let times = 0; times < 3; times++) {
      execFileSync('sh', ['-ec', commands.join('\n')]);
      renameSync(`${file}.new`, file);
    }
    expect(readFileSync(file, 'utf8')).toBe(
      'nag ALL=(root) NOPASSWD: /usr/lib/nagios/plugins/cluster_node_snapshot ""\n',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a user of the node that sudoers would read as something else stays a name', () => {
  const host = ['> name n1', '> kernel 6.1', '> uid 1000', "> user a'b,ALL", '> script 0.1.0'];
  const line = todos(nodeOf({ sections: { host, nft: refused('/usr/sbin/nft -j list ruleset') } }))[0];
  const command = line?.paste.find((one) => one.includes('printf')) ?? '';
  const written = execFileSync('sh', ['-c', command.replace(/^.* \|\| (.*) >>.*$/, '$1')], { encoding: 'utf8' });
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

describe('a script that --remote-command runs', () => {
  const at = '/opt/rw/snap';
  const by = (remoteCommand: string, reason: string, over: Partial<typeof ssh> = {}) =>
    todos(nodeOf(reason, { ...ssh, remoteCommand, ...over }))[0];
  const copy = `'install -D -m 0755 /dev/stdin ${at}' </usr/lib/nagios/plugins/cluster_node_snapshot`;

  test.each([
    [at, `the remote command was not found: sh: 1: ${at}: not found`],
    [`sudo -n ${at}`, `the remote command ended with 1: sudo: ${at}: command not found`],
    [`/usr/bin/sudo -n ${at} --vip 192.0.2.1`, `the remote command ended with 1: sudo: ${at}: command not found`],
  ])('is copied to where %s looks for it', (command, reason) => {
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
