import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { onThePage } from '../../src/doctor/explained.ts';
import { examine, type NodeFacts } from '../../src/doctor/index.ts';
import { here, key, nodeOf, nrpe, ssh, todos } from './situation.ts';

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
  expect(paste({})).toContain('{ echo; ssh-keyscan -- node1.example.net; } >>/etc/ssh/ssh_known_hosts');
  expect(paste({ globalKnownHosts: ['/dev/null'] })).toContain(
    'install -d -m 0700 -o nagios -g "$(id -gn nagios)" /var/lib/nagios/.ssh\n{ echo; ssh-keyscan -- node1.example.net; } >>/var/lib/nagios/.ssh/known_hosts\nchown nagios: /var/lib/nagios/.ssh/known_hosts\nchmod 0644 /var/lib/nagios/.ssh/known_hosts',
  );
  expect(paste({ port: 2222 })).toContain("ssh-keygen -l -F '[node1.example.net]:2222'");
  expect(paste({ hostKeyAlias: 'rack7', port: 2222 })).toContain(
    "{ echo; ssh-keyscan -p 2222 -- node1.example.net | sed 's/^[^ ]*/rack7/'; } >>/etc/ssh/ssh_known_hosts\nchmod 0644 /etc/ssh/ssh_known_hosts\nssh-keygen -l -F rack7",
  );
});

test('an alias keeps every letter of its own in what is pasted', () => {
  const alias = 'rack1/node2&x';
  const [line] = todos(nodeOf('ssh: Host key verification failed', { ...ssh, hostKeyAlias: alias }));
  const rename = /\| (sed .*); \} >>/.exec(line?.paste[0] ?? '')?.[1] ?? 'false';
  const renamed = execFileSync('sh', ['-c', rename], { input: 'node1 ssh-ed25519 KEY\n', encoding: 'utf8' });
  expect(renamed).toBe(`${alias} ssh-ed25519 KEY\n`);
});

test('behind a jump host ssh itself takes the key, and its fingerprint is shown on both sides', () => {
  const proxied = { ...ssh, proxied: true, sshArguments: ['-T', '-F', '/etc/a b', '--', 'rackwatch@node1'] };
  const line = (said: string, way = proxied) => todos(nodeOf(`ssh: Host key verification failed: ${said}`, way))[0];
  const unknown = line('No ED25519 host key is known for node1.example.net');
  expect(unknown?.text).toContain('the key of node1 is not known here');
  expect(unknown?.paste).toEqual([
    'install -d -m 0700 -o nagios -g "$(id -gn nagios)" /var/lib/nagios/.ssh',
    "runuser -u nagios -- ssh -n -T -F '/etc/a b' -o StrictHostKeyChecking=accept-new -- rackwatch@node1 true || true",
    'ssh-keygen -l -F node1.example.net -f /var/lib/nagios/.ssh/known_hosts',
    'for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done',
  ]);
  expect(unknown?.steps.map(({ where }) => where)).toEqual(['this machine', 'node1']);
  const jump = line('No ED25519 host key is known for [gate.example.net]:2222');
  expect(jump?.text).toContain('the key of gate.example.net is not known here');
  expect(jump?.paste.slice(0, 3)).toEqual([
    '{ echo; ssh-keyscan -p 2222 -- gate.example.net; } >>/etc/ssh/ssh_known_hosts',
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

test('where a ProxyCommand ends on a key without saying whose, a known node is not blamed', () => {
  const way = { ...ssh, proxied: true, knownIn: ['/etc/ssh/ssh_known_hosts'] };
  const [line] = todos(nodeOf('ssh: Host key verification failed', way));
  expect(line?.text).toMatch(/^the key of node1 is known here, so it is that of a host before it/);
  expect(line?.paste.join('\n')).not.toContain('ssh-keyscan');
});

test('a revoked key is not offered for taking', () => {
  for (const said of [
    'the key of [node1.example.net]:2222 is revoked',
    'the key is revoked by /etc/ssh/revoked',
    'Error checking host key ED25519 SHA256:x in revoked keys file ~/x: No such file or directory',
  ]) {
    const lines = todos(nodeOf(`ssh: Host key verification failed: ${said}`));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.text).toContain(said);
    expect(lines[0]?.paste.join('\n')).not.toMatch(/ssh-keyscan|accept-new|known_hosts/);
  }
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

test('a folder that the account may not enter is opened in its own home, and nowhere else', () => {
  const shut = (shutFolder: string) => todos(nodeOf(denied, { ...ssh, shutFolder }));
  expect(shut('/var/lib/nagios/.ssh')).toMatchObject([
    { topic: 'folder', paste: ['chown nagios: /var/lib/nagios/.ssh && chmod 0700 /var/lib/nagios/.ssh'] },
  ]);
  expect(shut('/root')).toMatchObject([{ topic: 'folder', paste: [] }]);
});

test('where something else runs than what was asked for, what forces it is shown', () => {
  const [line] = todos(nodeOf('no snapshot in the answer: "hello"'));
  expect(line?.paste).toEqual([
    expect.stringContaining('usermod --shell /bin/sh rackwatch'),
    "sshd -T -C user=rackwatch,host=192.0.2.9,addr=192.0.2.9 | grep -Ei '^(forcecommand|chrootdirectory)'",
    'grep -n command= "$(getent passwd rackwatch | cut -d: -f6)/.ssh/authorized_keys" || true',
  ]);
  for (const said of ['client_loop: send disconnect: Broken pipe', 'Connection to node1 closed by remote host']) {
    const [cut] = todos(nodeOf(`ssh: ${said}`));
    expect(cut).toMatchObject({ topic: 'login', text: expect.stringContaining('The commands show why') });
    expect(cut?.paste.join('\n')).toMatch(/\|chrootdirectory\)'$/m);
  }
});

test('more keys than MaxAuthTries may be those of a jump host', () => {
  const said = 'ssh: Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures';
  expect(todos(nodeOf(said))[0]?.topic).toBe('login');
  expect(todos(nodeOf(said, { ...ssh, proxied: true }))).toMatchObject([{ topic: 'answer', paste: [] }]);
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

test('where ssh shows no key, the node is not blamed: the setting is said, and where it may stand', () => {
  const lines = (over: Partial<typeof ssh>) => todos(nodeOf(denied, { ...ssh, ...over }));
  const own = { keyless: 'PubkeyAuthentication no', configFile: '/home/a b/.ssh/config' };
  expect(lines(own)).toEqual([
    expect.objectContaining({
      topic: 'key',
      text: expect.stringContaining('(PubkeyAuthentication no) keep it from showing node1 a key'),
      paste: [
        "grep -isnHE '^[[:blank:]]*PubkeyAuthentication' '/home/a b/.ssh/config' /etc/ssh/ssh_config /etc/ssh/ssh_config.d/*.conf || true",
      ],
    }),
  ]);
  const given = lines({ ...own, configFile: '/x/config', sshArguments: ['-F', '/x/config', '--', 'node1'] });
  expect(given[0]?.paste).toEqual(["grep -isnHE '^[[:blank:]]*PubkeyAuthentication' /x/config || true"]);
  const kinds = (...keyAlgorithms: readonly string[]) => lines({ keyAlgorithms }).map(({ topic }) => topic);
  expect(kinds('rsa-sha2-512')).toEqual(['key']);
  expect(kinds('ssh-ed25519')).toEqual(['login']);
  expect(kinds('ssh-*')).toEqual(['login']);
  // The first key that is shown is the one to let in.
  const rsa = { file: '/x/id_rsa', state: 'good', publicKey: 'ssh-rsa AAAA rsa' } as const;
  const [login] = lines({ keys: [...ssh.keys, rsa], keyAlgorithms: ['rsa-sha2-512'] });
  expect(login?.paste).toContain("key='restrict ssh-rsa AAAA rsa'");
});

test('why an account is not let in is asked of sshd for that account from this machine, as a Match may decide', () => {
  const settings = (node: NodeFacts) => todos(node)[0]?.paste.find((one) => one.startsWith('sshd -T'));
  expect(settings(nodeOf(denied))).toMatch(/^sshd -T -C user=rackwatch,host=192\.0\.2\.9,addr=192\.0\.2\.9 \| grep /);
  // Behind a jump host it is asked from another address.
  expect(settings(nodeOf(denied, ssh, { ports: [] }))).toMatch(/^sshd -T \| grep .*pubkeyauthentication/);
});

test('an sshd that hangs up before it has named itself is told from something else that listens there', () => {
  const said = 'ssh: kex_exchange_identification: read: Connection reset by peer';
  const [port] = nodeOf('').ports;
  const greeted = (greeting: string, way = ssh) =>
    todos(nodeOf(said, way, { ports: port === undefined ? [] : [{ ...port, greeting }] }))[0];
  for (const greeting of ['', 'SSH-2.0-x', 'Not allowed at this time', 'Exceeded MaxStartups']) {
    const line = greeted(greeting);
    expect(line?.text, greeting).toContain('hosts.deny');
    expect(line?.text).toContain(`${said}: sshd on node1`);
    expect(line?.steps.map(({ where }) => where)).toEqual(['node1']);
  }
  expect(greeted('HTTP/1.1 400 Bad Request')?.text).toMatch(/^what listens at 22 is no sshd: it says "HTTP/);
  expect(todos(nodeOf('ssh: Connection timed out during banner exchange'))[0]?.paste).not.toEqual([]);
  // What a jump host does cannot be seen from here.
  expect(greeted('', { ...ssh, proxied: true })?.paste).toEqual([]);
});

test('where ssh ends without a word, it is asked to say more', () => {
  const way = { ...ssh, sshArguments: ['-T', '-o', 'LogLevel=ERROR', '--', 'rackwatch@node1'] };
  const [line] = todos(nodeOf('ssh ended with 255 without a message: the connection broke', way));
  expect(line?.steps.map(({ where }) => where)).toEqual(['this machine', 'node1']);
  expect(line?.paste[0]).toBe(
    'runuser -u nagios -- ssh -n -o LogLevel=INFO -T -o LogLevel=ERROR -- rackwatch@node1 true || true',
  );
});

test('what is put at the end of a file leaves its last line alone, though that has no end', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-ends-'));
  try {
    const file = path.join(folder, 'known_hosts');
    const bin = 'ssh-keyscan() { echo "node1 ssh-ed25519 NEW"; }';
    const way = { ...ssh, globalKnownHosts: [file] };
    const scan = todos(nodeOf('ssh: Host key verification failed', way))[0]?.paste[0] ?? 'false';
    const grep = todos(nodeOf(denied))[0]?.paste.find((one) => one.startsWith('grep -qxF "$key"')) ?? 'false';
    const keys = path.join(folder, '.ssh/authorized_keys');
    mkdirSync(path.dirname(keys));
    for (const one of [file, keys]) writeFileSync(one, 'node2 ssh-ed25519 OLD');
    execFileSync('bash', ['-e'], {
      input: `${bin}\n${scan}\nhome=${folder}\nkey='node1 ssh-ed25519 NEW'\n${grep}\n${grep}\n`,
    });
    for (const one of [file, keys])
      expect(readFileSync(one, 'utf8').split('\n')).toEqual(['node2 ssh-ed25519 OLD', 'node1 ssh-ed25519 NEW', '']);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
});

test('where no file for a key is known, the one that is made is given to ssh by an option', () => {
  const [line] = todos(nodeOf(denied, { ...ssh, keys: [] })).filter(({ topic }) => topic === 'key');
  expect(line?.text).toMatch(/^ssh's settings \(IdentityFile\) name no file/);
  expect(line?.paste.slice(-2)).toEqual([
    expect.stringContaining('ssh-keygen -q -t ed25519'),
    'runuser -u nagios -- /usr/bin/rackwatch doctor --node node1 --ssh-identity /var/lib/nagios/.ssh/id_ed25519',
  ]);
});

test('a script of another release is a remark, one that lacks half of the snapshot has to be replaced', () => {
  const host = (script: string, parts: number) => [
    ...['> name n1', '> kernel 6.1', '> uid 0', '> user root', `> script ${script}`, `> parts ${parts}`],
  ];
  const { subjects } = examine({
    ...{ here, probes: [], vips: [], clusterOptions: {}, probeOptions: {} },
    nodes: [nodeOf({ sections: { host: host('0.0.9', 1) } }, nrpe)],
  });
  const line = subjects[1]?.lines.find(({ topic }) => topic === 'script');
  expect(line).toMatchObject({ state: 'todo', text: expect.stringContaining('is of release 0.0.9, here is 0.1.0') });
  expect(line?.text).toMatch(/may not log in there by ssh, bring (\S+) there in your own way, as \1 with mode 0755$/);
  expect(line?.steps[0]?.commands).toEqual([
    "ssh root@node1 'install -D -m 0755 /dev/stdin /usr/lib/nagios/plugins/cluster_node_snapshot' </usr/lib/nagios/plugins/cluster_node_snapshot",
  ]);
});

test('a tool that was not found is none of those that are there', () => {
  const ebtables = ['! it is not installed beside ebtables', '= exit 127'];
  const { subjects } = examine({
    ...{ here, probes: [], vips: [], clusterOptions: {}, probeOptions: {} },
    nodes: [nodeOf({ sections: { 'ebtables: ebtables-save': ebtables } })],
  });
  const lines = subjects[1]?.lines ?? [];
  expect(lines.find(({ topic }) => topic === 'tools')?.text).not.toContain('ebtables-save');
  expect(lines.find(({ topic }) => topic === 'rules')?.text).toBe(
    'ebtables-save cannot be read: it is not installed beside ebtables',
  );
});

test('where nothing listens on the usual port, what should is offered; on another one that is for a person to say', () => {
  const closed = { address: '192.0.2.1', state: 'refused', code: 'ECONNREFUSED', greeting: '', source: null } as const;
  const paste = (way: NodeFacts['way'], port: number) =>
    todos({ ...nodeOf('', way), ports: [{ ...closed, port }], answer: null })[0]?.paste.join('\n');
  expect(paste(nrpe, 5666)).toMatch(
    /nagios-nrpe-server.*\nsystemctl enable --now nagios-nrpe-server \|\| systemctl enable --now nrpe\nss -ltnp/,
  );
  expect(paste(ssh, 22)).toMatch(
    /openssh-server.*\nsystemctl enable --now ssh \|\| systemctl enable --now sshd\nss -ltnp/,
  );
  expect(paste(ssh, 2222)).toBe('');
});

test('an address that is tried first and says nothing is said, as a check waits there; any other one is not', () => {
  const [usual] = nodeOf('').ports;
  const at = (address: string, state: 'open' | 'silent' | 'refused') => ({
    port: 22,
    code: '',
    greeting: '',
    source: null,
    ...usual,
    address,
    state,
  });
  const texts = (...ports: NodeFacts['ports']) =>
    todos(nodeOf({ sections: {} }, ssh, { ports }))
      .filter(({ topic }) => topic === 'port')
      .map(({ text }) => text);
  const [open, silent] = [at('192.0.2.1', 'open'), at('2001:db8::1', 'silent')];
  expect(texts(silent, open)).toEqual([
    expect.stringMatching(/^22 at 2001:db8::1 does not answer, and .* give 192\.0\.2\.1 in place of the name$/),
  ]);
  expect(texts(open, silent)).toEqual([]);
  expect(texts(at('2001:db8::1', 'refused'), open)).toEqual([]);
});

test('where ssh keeps connections open by its own settings, and cannot, no check gets in', () => {
  const [folder, file] = ['/home/a b', '/home/a b/cm'];
  const lines = (state: 'good' | 'missing' | 'closed' | 'long') =>
    todos(nodeOf({ sections: {} }, { ...ssh, controls: [{ of: null, file, folder, state }] })).filter(
      ({ topic }) => topic === 'ControlMaster',
    );
  expect(lines('good')).toEqual([]);
  expect(lines('missing')[0]?.paste).toEqual([`install -d -m 0700 -o nagios -g "$(id -gn nagios)" '/home/a b'`]);
  expect(lines('closed')[0]?.text).toContain('where nagios cannot make a file');
  expect(lines('long')[0]?.text).toContain('too long for a socket');
  // A folder is made once for all hosts on the way.
  const both = [null, 'gate'].map((of) => ({ of, file, folder, state: 'missing' }) as const);
  expect(todos(nodeOf({ sections: {} }, { ...ssh, controls: both }))).toHaveLength(1);
  const [gate] = todos(nodeOf({ sections: {} }, { ...ssh, controls: both.slice(1) }));
  expect(gate?.text).toMatch(/^ssh's settings keep connections to the jump host gate open at /);
});

/** A jump host, less its keys. */
const gate = { user: 'ops', hostname: 'gate', port: 22, keyless: null, keyAlgorithms: [], localCommand: false };

test('a jump host that lets nobody in, or forwards nothing, is told from the node', () => {
  const keys = [{ file: '/var/lib/nagios/.ssh/gate', state: 'good', publicKey: 'ssh-ed25519 GATE' }] as const;
  const way = { ...ssh, proxied: true, jumps: [{ ...gate, keys }] };
  const [denied] = todos(nodeOf('ssh: ops@gate: Permission denied (publickey)', way));
  expect(denied?.text).toMatch(/^gate does not let ops in/);
  expect(denied?.steps[0]?.where).toBe('gate');
  // The key of the node is not shown to it.
  expect(denied?.paste).toContain("key='restrict,port-forwarding ssh-ed25519 GATE'");
  const [keyless] = todos(nodeOf('ssh: ops@gate: Permission denied (publickey)', { ...way, jumps: [] }));
  expect(keyless).toMatchObject({ text: expect.stringContaining('IdentityFile'), paste: [] });
  const unkeyed = { ...way, jumps: [{ ...gate, keys: [] }] };
  expect(todos(nodeOf('ssh: ops@gate: Permission denied (publickey)', unkeyed))[0]?.text).toContain('no key here');
  const off = { ...way, jumps: [{ ...gate, keys, keyless: 'PubkeyAuthentication no' }] };
  expect(todos(nodeOf('ssh: ops@gate: Permission denied (publickey)', off))).toEqual([
    expect.objectContaining({ topic: 'key', text: expect.stringContaining('from showing gate a key') }),
  ]);
  const [closed] = todos(nodeOf('ssh: channel 0: open failed: administratively prohibited: open failed', way));
  expect(closed).toMatchObject({ topic: 'jump host', text: expect.stringContaining('forwards nothing') });
  expect(closed?.steps[0]?.where).toBe('the jump host');
});

test('of two jump hosts at one address each gets its own key alone, and a key of another account neither', () => {
  const jump = (user: string, port: number, name: string) => {
    const keys = [{ file: `/keys/${name}`, state: 'good', publicKey: `ssh-ed25519 ${name}` }] as const;
    return { ...gate, user, port, keys };
  };
  const denied = (...jumps: readonly ReturnType<typeof jump>[]) => {
    const [line] = todos(nodeOf('ssh: ops@gate: Permission denied (publickey)', { ...ssh, proxied: true, jumps }));
    const keys = line?.steps.map(({ where, commands }) => [
      where,
      /^key='\S+ \S+ (\w+)'$/m.exec(commands.join('\n'))?.[1],
    ]);
    return { text: line?.text, keys };
  };
  expect(denied(jump('joe', 22, 'JOE'), jump('ops', 2222, 'OPS')).keys).toEqual([['gate', 'OPS']]);
  expect(denied(jump('joe', 22, 'JOE'))).toEqual({ text: expect.stringContaining('(ProxyCommand)'), keys: [] });
  const both = denied(jump('ops', 22, 'GOOD'), jump('ops', 2222, 'BAD'));
  expect(both.text).toContain('on port 22 or 2222: ssh does not say which');
  expect(both.keys).toEqual([
    ['gate port 22', 'GOOD'],
    ['gate port 2222', 'BAD'],
  ]);
});

test('the page of reasons is named where it has the reason, and nowhere else', () => {
  const page = readFileSync('docs/nodes.md', 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, reason = '']) => reason);
  const points = / \(docs\/nodes\.md says what that means\)$/;
  const pointing = rows.filter((row) =>
    [ssh, nrpe].some((way) => todos(nodeOf(row.replaceAll('...', 'x'), way)).some(({ text }) => points.test(text))),
  );
  expect(pointing.length).toBeGreaterThan(7);
  for (const reason of ['ssh: Bad configuration option', 'check_nrpe: something new', 'NRPE: Unknown error'])
    for (const way of [ssh, nrpe])
      expect(
        todos(nodeOf(reason, way))
          .map(({ text }) => text)
          .join(),
      ).not.toMatch(points);
  // Each pattern is that of a row.
  const fits = (pattern: RegExp) => rows.some((row) => pattern.test(row.replaceAll('...', 'x')));
  expect(onThePage.filter((pattern) => !fits(pattern))).toEqual([]);
});

test('as another account, or as root where nobody is known to run checks, nothing else is said', () => {
  const facts = { nodes: [nodeOf({})], probes: [], vips: [], clusterOptions: {}, probeOptions: {} };
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
