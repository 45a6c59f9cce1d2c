import { type ChildProcess, execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { clusterRule, filterTable, snapshotText } from '../../snapshot_text.ts';
import { timed } from '../../timed.ts';
import { addAccount, allow, removeAccount } from '../ssh/account.ts';
import { type Lab, openLab, whyNoSsh } from '../ssh/lab.ts';
import { listen, startSshd } from '../ssh/sshd.ts';
import { buildDoctor, type Doctor, linesOf, todosOf } from './asking.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

describe.skipIf(why !== null)(`rackwatch doctor by a real ssh${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  let doctor: Doctor;
  let mark: Mark;
  beforeAll(async () => {
    lab = await openLab();
    doctor = buildDoctor(lab.file('.'));
  });
  afterAll(() => lab.close());
  beforeEach(() => {
    mark = newMark();
  });
  afterEach(() => {
    const left = marked(mark);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    expect(left).toEqual([]);
  });

  /** Asks with the lab's configuration for ssh; `byId` with the key that opens every account. */
  const ask = (...args: readonly string[]) => doctor(['--ssh-config', lab.file('ssh_config'), ...args], { mark });
  const byId = (...args: readonly string[]) => ask('--ssh-identity', lab.file('id'), ...args);
  const node = (spec: string) => ['--node', spec];

  test('a node that lets the account read everything works', async () => {
    const { stdout, stderr } = await byId(...node(lab.node('allowed')));
    expect(stderr).toBe('');
    expect(todosOf(stdout, 'allowed')).toEqual([]);
    const topics = linesOf(stdout, 'allowed').map(({ topic }) => topic);
    expect(topics.slice(0, 7)).toEqual(['name', 'port', 'host key', 'login', 'node', 'script', 'tools']);
    expect(linesOf(stdout, 'allowed').filter(({ topic }) => topic === 'sudoers')).toContainEqual({
      state: 'ok',
      topic: 'sudoers',
      text: '/usr/sbin/nft -j list ruleset',
      paste: [],
    });
  });

  test('the VIP is told to the nodes as the plugins tell it: what is not of its family is not looked at', async () => {
    const tools = async (...args: readonly string[]) => {
      const { stdout } = await byId(...args, ...node(lab.node('allowed')));
      return linesOf(stdout, 'allowed').find(({ topic }) => topic === 'tools')?.text;
    };
    expect(await tools()).toContain('ip6tables');
    expect(await tools('--vip', '192.168.56.20/24')).not.toContain('ip6tables');
  });

  test('a node that is slower than a check waits gets a host that waits longer', async () => {
    writeFileSync(lab.file('slow.txt'), snapshotText({ rules: filterTable(clusterRule()) }));
    const command = ['--remote-command', `sleep 5; cat ${lab.file('slow.txt')}`];
    const { stdout } = await byId(...command, ...node(lab.node('allowed')));
    const line = linesOf(stdout, 'allowed').find(({ topic }) => topic === 'time');
    expect(line).toMatchObject({ state: 'note', text: expect.stringMatching(/more than (?:half of )?the 8\.5 s/) });
    const timeout = /the check needs --timeout (\d+)/.exec(line?.text ?? '')?.[1];
    expect(stdout).toContain(`  vars.cluster_buckets_timeout = "${timeout}"\n`);
  });

  test('a host key that is not known is said with the file to put it into', async () => {
    copyFileSync(lab.file('ssh_config'), lab.file('new_config'));
    const empty = lab.file('empty_hosts');
    const config = readFileSync(lab.file('ssh_config'), 'utf8').replaceAll(lab.file('known_hosts'), empty);
    writeFileSync(lab.file('new_config'), config);
    const args = ['--ssh-config', lab.file('new_config'), ...node('by-alias')];
    const { stdout, code } = await doctor(args, { mark });
    expect(code).toBe(1);
    expect(todosOf(stdout, 'by-alias')).toEqual([expect.stringMatching(/^host key: the key of by-alias is not known/)]);
    const [line] = linesOf(stdout, 'by-alias').filter(({ state }) => state === 'TODO');
    expect(line?.paste).toContain(`{ echo; ssh-keyscan -p ${lab.port} -- 127.0.0.1; } >>${empty}`);
    expect(line?.paste).toContain('on by-alias, as root:');
  });

  test('keys in a file that the account may not read: that is said, and they are not asked for again', async () => {
    const account = 'rwlabreader';
    addAccount(account);
    try {
      const [known, config, id] = [lab.file('closed_hosts'), lab.file('closed_config'), lab.file('reader_id')];
      writeFileSync(known, readFileSync(lab.file('known_hosts')), { mode: 0o600 });
      writeFileSync(config, readFileSync(lab.file('ssh_config'), 'utf8').replaceAll(lab.file('known_hosts'), known));
      copyFileSync(lab.file('id'), id);
      execFileSync('chown', [account, id]);
      const wrapper = ['setpriv', `--reuid=${account}`, `--regid=${account}`, '--clear-groups'];
      const args = ['--account', account, '--ssh-config', config, '--ssh-identity', id, ...node(lab.node('allowed'))];
      const closed = await doctor(args, { mark, wrapper });
      expect(todosOf(closed.stdout, 'allowed')).toEqual([
        `host key: ${known} may not be read by ${account}, so no key in it is known`,
      ]);
      const [line] = linesOf(closed.stdout, 'allowed').filter(({ state }) => state === 'TODO');
      expect(line?.paste).toContain(`chmod 0644 ${known}`);
      chmodSync(known, 0o644);
      expect(todosOf((await doctor(args, { mark, wrapper })).stdout, 'allowed')).toEqual([]);
    } finally {
      removeAccount(account);
    }
  });

  test('one that has changed is not simply replaced', async () => {
    const { stdout } = await ask(...node('changed-key'));
    const [line] = linesOf(stdout, 'changed-key').filter(({ state }) => state === 'TODO');
    expect(line).toMatchObject({
      topic: 'host key',
      text: expect.stringMatching(/the host was reinstalled, or something else answers\. Find out which/),
    });
    const known = lab.file('changed_hosts');
    expect(line?.paste).toContain(`ssh-keygen -R '[127.0.0.1]:${lab.port}' -f ${known}`);
  });

  test('where ssh keeps no host keys at all, no file is proposed', async () => {
    const { stdout } = await ask(...node('unknown-key'));
    expect(todosOf(stdout, 'unknown-key')).toEqual([expect.stringMatching(/name no file to keep it in/)]);
  });

  test('a key that the node does not know, and an account that is locked or missing: who is let in, and how', async () => {
    const missing = `nobody=ssh://rwlab-none@127.0.0.1:${lab.port}`;
    const { stdout } = await byId(...[lab.node('locked'), missing].flatMap(node));
    const stranger = await ask(...node('stranger'));
    expect(todosOf(stdout, 'locked')).toEqual([expect.stringMatching(/^login: locked does not let rwlab\w+l in/)]);
    expect(todosOf(stdout, 'nobody')).toEqual([expect.stringMatching(/^login: nobody does not let rwlab-none in/)]);
    expect(todosOf(stranger.stdout, 'stranger')).toEqual([expect.stringMatching(/^login: .*give another account/)]);
    const key = readFileSync(lab.file('stranger.pub'), 'utf8').trim();
    const paste = linesOf(stranger.stdout, 'stranger').flatMap((line) => line.paste);
    expect(paste).toContain(`key='restrict ${key}'`);
  });

  test.each([
    ['ForceCommand echo hello', /^answer: no snapshot in the answer: "hello": .*, the others show what is forced$/],
    ['ChrootDirectory /no/such', /^login: ssh: .*\. The commands show why$/],
  ])('an sshd that does something else (%s)', async (line, said) => {
    const folder = mkdtempSync(lab.file('other-'));
    chmodSync(folder, 0o755);
    copyFileSync(lab.file('host'), `${folder}/host`);
    chmodSync(`${folder}/host`, 0o600);
    cpSync(lab.file('keys'), `${folder}/keys`, { recursive: true });
    const { port, stop } = await startSshd(folder, undefined, [line]);
    try {
      const known = readFileSync(lab.file('known_hosts'), 'utf8').replace(`:${lab.port}`, `:${port}`);
      writeFileSync(`${folder}/known`, known);
      const config = readFileSync(lab.file('ssh_config'), 'utf8').replaceAll(
        lab.file('known_hosts'),
        `${folder}/known`,
      );
      writeFileSync(`${folder}/config`, config);
      const spec = lab.node('allowed').replace(`:${lab.port}`, `:${port}`);
      const args = ['--ssh-config', `${folder}/config`, '--ssh-identity', lab.file('id'), ...node(spec)];
      expect(todosOf((await doctor(args, { mark })).stdout, 'allowed')).toEqual([expect.stringMatching(said)]);
    } finally {
      await stop();
    }
  });

  test('of more keys than sshd takes, the first is the one to be let in', async () => {
    const keys = [1, 2, 3, 4, 5, 6, 7].map((number) => lab.file(`many${number}`));
    for (const key of keys) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const config = lab.file('many_config');
    const files = keys.map((key) => `IdentityFile ${key}\n`).join('');
    writeFileSync(config, files + readFileSync(lab.file('ssh_config'), 'utf8'));
    const { stdout } = await doctor(['--ssh-config', config, ...node(lab.node('denied'))], { mark });
    expect(todosOf(stdout, 'denied')).toEqual([expect.stringMatching(/^login: .*Too many authentication failures/)]);
    const key = readFileSync(`${keys[0]}.pub`, 'utf8').trim();
    expect(linesOf(stdout, 'denied').flatMap(({ paste }) => paste)).toContain(`key='restrict ${key}'`);
    const account = lab.node('denied').replace(/^.*\/(\w+)@.*$/, '$1');
    const before = readFileSync(lab.file(`keys/${account}`), 'utf8');
    writeFileSync(lab.file(`keys/${account}`), `${before}restrict ${key}\n`);
    const after = await doctor(['--ssh-config', config, ...node(lab.node('denied'))], { mark });
    writeFileSync(lab.file(`keys/${account}`), before);
    expect(todosOf(after.stdout, 'denied')).toEqual([expect.stringMatching(/^sudoers: /)]);
  });

  test('a key that is not there, that others can read, or that has a passphrase', async () => {
    const readable = lab.file('readable');
    copyFileSync(lab.file('id'), readable);
    chmodSync(readable, 0o644);
    const one = async (file: string) => {
      const { stdout } = await ask('--ssh-identity', lab.file(file), ...node(lab.node('allowed')));
      const [line] = linesOf(stdout, 'allowed').filter(({ topic, state }) => topic === 'key' && state === 'TODO');
      return line;
    };
    const none = await one('none');
    expect(none?.text).toBe('root has no key to log in with');
    expect(none?.paste.at(-1)).toMatch(/ssh-keygen -q -t ed25519 -N '' -C rackwatch -f \S+\/none$/);
    const open = await one('readable');
    expect(open?.text).toMatch(/can be read by others than root, so ssh does not use it$/);
    expect(open?.paste).toContain(`chmod 0600 ${readable}`);
    writeFileSync(lab.file('garbage'), 'no key\n', { mode: 0o600 });
    const garbage = await one('garbage');
    expect(garbage?.text).toMatch(/has a passphrase, or is no key/);
    expect(garbage?.paste.at(-1)).toMatch(/ doctor .* --node \S+ --ssh-identity \S+\/garbage-rackwatch$/);
    expect(garbage?.paste.at(-1)?.match(/--ssh-identity/g)).toHaveLength(1);
  });

  test('sudoers: none of the lines, and all but one', async () => {
    const account = 'rwlabdoctor';
    addAccount(account);
    try {
      copyFileSync(lab.file('id.pub'), lab.file(`keys/${account}`));
      allow(account, 'reads', lab.script);
      const rules = `/etc/sudoers.d/${account}`;
      writeFileSync(rules, readFileSync(rules, 'utf8').replace(/^.*iptables-legacy-save.*\n/m, ''));
      const partly = `partly=ssh://${account}@127.0.0.1:${lab.port}`;
      const { stdout } = await byId(...[lab.node('denied'), partly].flatMap(node));
      expect(todosOf(stdout, 'denied')).toEqual([
        expect.stringMatching(
          /may not run \d+ commands as root: their lines are missing \(sudo: a password is required\)\. If /,
        ),
      ]);
      const said = linesOf(stdout, 'partly');
      expect(said).toContainEqual(expect.objectContaining({ state: 'ok', text: '/usr/sbin/nft -j list ruleset' }));
      const missing = said.filter(({ state }) => state === 'TODO');
      expect(missing.map(({ text }) => text)).toEqual([
        expect.stringContaining(
          `${account} may not run /usr/sbin/iptables-legacy-save "" as root: its line is missing`,
        ),
      ]);
      expect(missing[0]?.paste.join('\n')).toContain(
        `printf '%s\\n' '${account} ALL=(root) NOPASSWD: /usr/sbin/iptables-legacy-save ""' >/etc/sudoers.d/rackwatch.add`,
      );
      // A line that asks for a password behind them, and one that asks for a terminal.
      const lines = readFileSync(rules, 'utf8');
      const again = async (line: string) => {
        writeFileSync(rules, `${lines}${line}\n`);
        return (await byId(...node(partly))).stdout;
      };
      expect(todosOf(await again(`${account} ALL=(ALL) ALL`), 'partly')).toEqual([
        expect.stringMatching(
          /their lines are missing \(sudo: a password is required\)\. If you have pasted that before, a later line overrides it/,
        ),
      ]);
      expect(todosOf(await again(`Defaults:${account} requiretty`), 'partly')).toEqual([
        expect.stringMatching(/^sudoers: sudo wants a terminal on partly \(requiretty\)/),
      ]);
      expect(todosOf(await again(`Defaults:${account} requiretty\nDefaults:${account} !requiretty`), 'partly')).toEqual(
        [expect.stringContaining('iptables-legacy-save')],
      );
    } finally {
      removeAccount(account);
    }
  });

  test('an installed script that may run as root works; where sudo wants a password, its one line is said', async () => {
    const command = ['--remote-command', `sudo -n ${lab.script}`];
    const { stdout } = await byId(...command, ...[lab.node('installed'), lab.node('denied')].flatMap(node));
    expect(todosOf(stdout, 'installed')).toEqual([]);
    const [line] = linesOf(stdout, 'denied').filter(({ state }) => state === 'TODO');
    expect(line?.paste.join('\n')).toContain(`NOPASSWD: ${lab.script} ""'`);
    // sudo calls a file that it may not run not found.
    const unrunnable = lab.file('unrunnable');
    copyFileSync(lab.script, unrunnable);
    chmodSync(unrunnable, 0o644);
    const closed = await byId('--remote-command', `sudo -n ${unrunnable}`, ...node(lab.node('root')));
    expect(todosOf(closed.stdout, 'root')).toEqual([
      expect.stringMatching(/^script: .*: command not found: install it/),
    ]);
    expect(
      linesOf(closed.stdout, 'root')
        .flatMap(({ paste }) => paste)
        .join('\n'),
    ).toContain(`install -D -m 0755 /dev/stdin ${unrunnable}`);
    const absent = await byId('--remote-command', '/no/such/script', ...node(lab.node('allowed')));
    expect(todosOf(absent.stdout, 'allowed')).toEqual([
      expect.stringMatching(/^script: the remote command was not found/),
    ]);
  });

  test('a name that does not resolve, a port that is closed, settings that ssh cannot read', async () => {
    const nodes = ['no-such-name.invalid', 'ssh://127.0.0.1:1'];
    const { stdout } = await byId(...nodes.flatMap(node));
    expect(todosOf(stdout, 'no-such-name.invalid')).toEqual([expect.stringMatching(/^name: .* cannot be resolved/)]);
    expect(todosOf(stdout, '127.0.0.1')).toEqual([expect.stringMatching(/^port: 1 at 127\.0\.0\.1 is closed/)]);
    writeFileSync(lab.file('bad_config'), 'NoSuchKeyword yes\n');
    const bad = await doctor(['--ssh-config', lab.file('bad_config'), ...node('by-alias')], { mark });
    expect(todosOf(bad.stdout, 'by-alias')).toEqual([expect.stringMatching(/^settings: .*bad_config.*nosuchkeyword/i)]);
  });

  test('a port that is closed although sshd runs: where it listens', async () => {
    const wrapper = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const { stdout } = await doctor(node('127.0.0.1'), { wrapper, env, mark });
    const [line] = linesOf(stdout, '127.0.0.1').filter(({ topic }) => topic === 'port');
    expect(line?.text).toContain('the last command shows where it listens');
    const shown = execFileSync('sh', ['-c', line?.paste.at(-1) ?? ''], { encoding: 'utf8' });
    expect(shown).toContain(` 127.0.0.1:${lab.port} `);
  });

  test('a port whose packets are dropped on the way', async () => {
    const network = [
      'ip link set lo up',
      'nft add table ip t',
      "nft add chain ip t input '{ type filter hook input priority 0; }'",
      'nft add rule ip t input tcp dport 2222 drop',
      'exec "$@"',
    ];
    const wrapper = ['unshare', '--net', 'sh', '-c', network.join(' && '), 'sh'];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const { stdout } = await doctor(node('ssh://127.0.0.1:2222'), { wrapper, env, mark });
    expect(todosOf(stdout, '127.0.0.1')).toContainEqual(
      'port: 2222 at 127.0.0.1 does not answer: the host is down, or a firewall between drops the packets',
    );
  });

  test('a node that hangs holds up nobody, and the limit holds', timed, async () => {
    const silent = await listen(() => {});
    try {
      const nodes = ['hanging', 'by-alias', `silent=ssh://127.0.0.1:${silent.port}`, 'behind-proxy'].flatMap(node);
      const { stdout, milliseconds } = await ask('--timeout', '12', ...nodes);
      expect(milliseconds).toBeLessThan(12_000);
      expect(todosOf(stdout, 'by-alias')).toEqual([]);
      expect(todosOf(stdout, 'hanging')).toEqual([
        expect.stringMatching(/^answer: no answer within .* hangs on hanging/),
      ]);
      expect(todosOf(stdout, 'silent')).toContainEqual(expect.stringMatching(/^answer: ssh: Connection timed out/));
      expect(linesOf(stdout, 'behind-proxy')[0]).toMatchObject({ state: 'note', topic: 'way' });
    } finally {
      await silent.close();
    }
  });

  test('a key or known hosts that whoever reads them waits for hold up nobody', timed, async () => {
    const [fifo, hosts] = [lab.file('fifo'), lab.file('fifo_hosts')];
    execFileSync('mkfifo', [fifo, hosts, lab.file('silent.pub')]);
    copyFileSync(lab.file('id'), lab.file('silent'));
    const config = readFileSync(lab.file('ssh_config'), 'utf8');
    const block = [
      'Host waiting',
      `IdentityFile ${fifo}`,
      'Host waiting also',
      'HostName 127.0.0.1',
      `Port ${lab.port}`,
    ];
    const also = ['Host also', `IdentityFile ${lab.file('silent')}`, `GlobalKnownHostsFile ${hosts}`, 'Host *'];
    writeFileSync(lab.file('fifo_config'), `${[...block, ...also].join('\n')}\n${config}`);
    const args = [
      '--ssh-config',
      lab.file('fifo_config'),
      '--timeout',
      '12',
      ...['waiting', 'also', 'by-alias'].flatMap(node),
    ];
    const { stdout, milliseconds } = await doctor(args, { mark });
    expect(milliseconds).toBeLessThan(12_000);
    expect(todosOf(stdout, 'by-alias')).toEqual([]);
    expect(todosOf(stdout, 'waiting')).toEqual([
      expect.stringMatching(/^answer: no answer within/),
      expect.stringMatching(/^key: .*\/fifo cannot be read, and ssh waits for it: /),
    ]);
    expect(todosOf(stdout, 'also')).toEqual([expect.stringMatching(/^answer: no answer within/)]);
  });

  test('ended by a signal it says so, and leaves nothing running', async () => {
    const args = ['--ssh-config', lab.file('ssh_config'), ...node('hanging')];
    const meanwhile = (child: ChildProcess) => void setTimeout(() => child.kill('SIGTERM'), 2000);
    const { code, stdout, stderr, milliseconds } = await doctor(args, { mark, meanwhile });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('rackwatch doctor: ended before everything was looked at\n');
    expect(milliseconds).toBeLessThan(20_000);
  });

  test('a report that cannot be written whole is no success', async () => {
    const wrapper = ['sh', '-c', 'exec "$@" >/dev/full', 'sh'];
    const { code, stderr } = await doctor(['--node', 'file:test/fixtures/clusterip/healthy/n1.txt'], { mark, wrapper });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'rackwatch: standard output takes no more, so this is not all of it\n',
    });
  });

  test('this machine by an account that may read nothing as root: its lines, for here', async () => {
    const account = 'rwlablocal';
    addAccount(account);
    try {
      const wrapper = ['setpriv', `--reuid=${account}`, `--regid=${account}`, '--clear-groups'];
      const { stdout, code } = await doctor(['--account', account, ...node('local')], { mark, wrapper });
      expect(code).toBe(1);
      const [line] = linesOf(stdout, 'local').filter(({ state }) => state === 'TODO');
      expect(line).toMatchObject({ topic: 'sudoers', text: expect.stringMatching(/^rwlablocal may not run /) });
      expect(line?.paste[0]).toBe('on this machine, as root:');
    } finally {
      removeAccount(account);
    }
  });

  test('a folder for shared connections that the check would refuse is said, and none is made', async () => {
    const base = mkdtempSync('/tmp/rwd-');
    try {
      const env = { PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: base };
      const args = ['--ssh-config', lab.file('ssh_config'), '--ssh-shared', '300', ...node('saved')];
      const ask = () => doctor(args, { mark, env }).then(({ stdout }) => linesOf(stdout, 'this machine').at(-1));
      expect(await ask()).toMatchObject({
        state: 'ok',
        topic: 'connections',
        text: `can stay open, in ${base}/rackwatch`,
      });
      expect(readdirSync(base)).toEqual([]);
      mkdirSync(`${base}/rackwatch`);
      chmodSync(`${base}/rackwatch`, 0o755);
      const open = await ask();
      expect(open).toMatchObject({
        state: 'TODO',
        text: expect.stringMatching(/has mode 0755, and only 0700 .* WARNING for that$/),
      });
      expect(open?.paste).toContain(`chmod 0700 ${base}/rackwatch`);
    } finally {
      rmSync(base, { recursive: true });
    }
  });

  test('as another account it says only how to be called, without a secret', async () => {
    const args = ['--account', 'nagios', '--community', 'sesame', '--probe', '192.0.2.1', ...node('by-alias')];
    const { stdout, code } = await doctor(args, { mark });
    expect(code).toBe(1);
    expect(stdout).not.toContain('by-alias (');
    const [line] = linesOf(stdout, 'this machine');
    expect(line?.text).toBe(
      "this runs as root, but the checks as nagios: only that account's keys and rights tell the truth. The command asks for what is secret",
    );
    expect(line?.paste.at(-1)).toBe(
      `printf 'SNMP_COMMUNITY: '; stty -echo; IFS= read -r SNMP_COMMUNITY; stty echo; echo; export SNMP_COMMUNITY; runuser -u nagios -- ${lab.file('rackwatch')} doctor --timeout 60 --account nagios --probe 192.0.2.1 --node by-alias`,
    );
    expect(stdout).not.toContain('sesame');
    const nobody = await doctor(['--account', 'rwlab-none', ...node('by-alias')], { mark });
    expect(todosOf(nobody.stdout, 'this machine')).toEqual([
      'account: this machine has no account rwlab-none: name the one that runs the checks with --account',
    ]);
  });
});
