import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timed } from '../../timed.ts';
import { type Lab, openLab, whyNoSsh } from '../ssh/lab.ts';
import { type Sshd, startSshd } from '../ssh/sshd.ts';
import { buildDoctor, type Doctor, linesOf, todosOf } from './asking.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

describe.skipIf(why !== null)(`rackwatch doctor changes nothing${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  let doctor: Doctor;
  let sshd: Sshd;
  beforeAll(async () => {
    lab = await openLab();
    doctor = buildDoctor(lab.file('.'));
    // Another sshd with a second host key, which ssh would learn by UpdateHostKeys.
    const folder = lab.file('rotating');
    mkdirSync(folder);
    cpSync(lab.file('keys'), path.join(folder, 'keys'), { recursive: true });
    for (const name of ['host', 'host.pub']) copyFileSync(lab.file(name), path.join(folder, name));
    const next = path.join(folder, 'next');
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', next]);
    sshd = await startSshd(folder, undefined, [`HostKey ${next}`]);
  });
  afterAll(async () => {
    await sshd?.stop();
    await lab?.close();
  });

  /** A line of known_hosts for that sshd's first key. */
  const known = (name: string) =>
    `${name} ${readFileSync(lab.file('host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')}\n`;

  /** Asks the node `it` by a configuration that lets ssh learn keys and keep connections, and gives what it left. */
  async function ask(knownHosts: string, more: readonly string[] = [], jump: readonly string[] = []) {
    const file = lab.file('hosts');
    writeFileSync(file, knownHosts);
    const general = [
      ...['HostName 127.0.0.1', `Port ${sshd.port}`, 'User root'],
      ...[`UserKnownHostsFile ${file}`, 'GlobalKnownHostsFile /dev/null', 'StrictHostKeyChecking accept-new'],
      ...['UpdateHostKeys yes', 'ControlMaster auto', `ControlPath ${lab.file('left-%C')}`, 'ControlPersist 30'],
      ...['PermitLocalCommand yes', `LocalCommand touch ${lab.file('left-by-command')}`],
      ...['IdentityAgent none', 'IdentitiesOnly yes'],
    ];
    const id = `IdentityFile ${lab.file('id')}`;
    const blocks = ['Host it', id, ...more, 'Host jump', ...(jump.length === 0 ? [id] : jump), 'Host *', ...general];
    writeFileSync(lab.file('learning'), `${blocks.join('\n')}\n`);
    const { stdout } = await doctor(['--ssh-config', lab.file('learning'), '--node', 'it']);
    expect(readFileSync(file, 'utf8')).toBe(knownHosts);
    expect(readdirSync(lab.file('.')).filter((name) => name.startsWith('left-'))).toEqual([]);
    return {
      todos: todosOf(stdout, 'it'),
      lines: linesOf(stdout, 'it'),
      paste: linesOf(stdout, 'it').flatMap((line) => line.paste),
    };
  }

  test('a known node is asked: no other key of it is learned, and no connection stays open', async () => {
    expect((await ask(known(`[127.0.0.1]:${sshd.port}`))).todos).toEqual([]);
  });

  test('the key of an unknown node is not taken, whatever ssh is told to do with such keys', async () => {
    expect((await ask('')).todos).toEqual([expect.stringMatching(/^host key: the key of it is not known here/)]);
  });

  test('for another port than 22 the plain name counts as well, as for ssh itself', async () => {
    const { todos, lines } = await ask(known('127.0.0.1'));
    expect(todos).toEqual([]);
    expect(lines.find(({ topic }) => topic === 'host key')).toMatchObject({ state: 'ok', text: 'known here' });
  });

  test.each(['no', 'accept-new'])('where the plain name has the key of another sshd, %s learns none', async (takes) => {
    const other = readFileSync(lab.file('stranger.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    const { todos } = await ask(`127.0.0.1 ${other}\n`, [`StrictHostKeyChecking ${takes}`]);
    expect(todos).toEqual([expect.stringMatching(/^host key: the key of it is not known here/)]);
  });

  test('a known node is not written down under its address either', async () => {
    // The address is not of loopback's network, for which ssh does so with no name.
    const [hosts, names, config] = [lab.file('hosts'), lab.file('names'), lab.file('addressed')];
    const settings = ['Host far.lab', 'User root', `IdentityFile ${lab.file('id')}`, 'CheckHostIP yes'];
    const files = [`UserKnownHostsFile ${hosts}`, 'GlobalKnownHostsFile /dev/null', 'IdentityAgent none'];
    writeFileSync(config, `${[...settings, ...files].join('\n')}\n`);
    writeFileSync(names, '192.0.2.7 far.lab\n');
    const daemon = readFileSync(lab.file('rotating/sshd_config'), 'utf8').replace(
      /^Port.*\nListenAddress.*$/m,
      'Port 22',
    );
    writeFileSync(lab.file('far_sshd'), daemon);
    const self = known('far.lab');
    const network = [
      'ip link set lo up && ip address add 192.0.2.7/32 dev lo',
      `mount --bind '${names}' /etc/hosts`,
      `/usr/sbin/sshd -f '${lab.file('far_sshd')}' -E /dev/null`,
      'exec "$@"',
    ];
    const space = ['--net', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const wrapper = ['unshare', ...space, 'sh', '-c', network.join(' && '), 'sh'];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const asked = async (known: string) => {
      writeFileSync(hosts, known);
      const { stdout } = await doctor(['--ssh-config', config, '--node', 'it=far.lab'], { wrapper, env });
      expect(readFileSync(hosts, 'utf8')).toBe(known);
      return todosOf(stdout, 'it');
    };
    expect(await asked(self)).toEqual([]);
    const other = readFileSync(lab.file('stranger.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    // As in a check: one address with two keys is refused.
    writeFileSync(config, `StrictHostKeyChecking yes\n${readFileSync(config, 'utf8')}`);
    expect(await asked(`${self}192.0.2.7 ${other}\n`)).toEqual([expect.stringMatching(/^host key: /)]);
  });

  test('a key that is accepted without being the known one, or known at all, is not called known', async () => {
    const other = readFileSync(lab.file('stranger.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    const changed = `[127.0.0.1]:${sshd.port} ${other}\n`;
    const options = ['-F none', `-i ${lab.file('id')}`, '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'];
    const proxy = `ProxyCommand ssh ${options.join(' ')} -o LogLevel=ERROR -p ${sshd.port} -W %h:%p root@127.0.0.1`;
    const unkept = 'UserKnownHostsFile /dev/null';
    const key = async (hosts: string, ...more: readonly string[]) => {
      const { todos, lines } = await ask(hosts, [...more, 'StrictHostKeyChecking no']);
      const said = lines.filter(({ topic }) => topic === 'host key').map(({ state, text }) => `${state} ${text}`);
      return [...todos, ...said];
    };
    const accepted = (what: string) => [expect.stringMatching(`^note ${what}, and accepted all the same`)];
    expect(await key(changed)).toEqual(accepted('not the one that is known here'));
    const local = ['NoHostAuthenticationForLocalhost yes', 'StrictHostKeyChecking yes'];
    expect(await key(changed, ...local)).toEqual(accepted('not the one that is known here'));
    expect(await key(changed, proxy)).toEqual(accepted('not the one that is known here'));
    expect(await key('', unkept)).toEqual(accepted('not known here'));
    expect(await key('', unkept, proxy)).toEqual(accepted('not known here'));
    const denied = [expect.stringMatching(/^login: /), ...accepted('not known here')];
    expect(await key('', unkept, 'User rwlab-none')).toEqual(denied);
    expect(await key(known(`[127.0.0.1]:${sshd.port}`), proxy)).toEqual(['ok known here']);
  });

  const behind = ['HostKeyAlias it-itself', 'ProxyJump jump'];

  test('nor is the key of a jump host, whose name is said, and none of it stays open', async () => {
    // By its alias the node is known, and its jump host by no name.
    const unknown = await ask(known('it-itself'), behind);
    expect(unknown.todos).toEqual([expect.stringMatching(/^host key: the key of 127\.0\.0\.1 is not known here/)]);
    expect(unknown.paste).toContain(`{ echo; ssh-keyscan -p ${sshd.port} -- 127.0.0.1; } >>${lab.file('hosts')}`);
    expect(unknown.paste).toContain('on 127.0.0.1, as root:');
    const itself = await ask(known(`[127.0.0.1]:${sshd.port}`), behind);
    expect(itself.todos).toEqual([expect.stringMatching(/^host key: the key of it is not known here/)]);
    expect(itself.paste.join('\n')).toMatch(
      /StrictHostKeyChecking=accept-new -- it true \|\| true\nssh-keygen -l -F it-itself -f /,
    );
    expect((await ask(both(), behind)).todos).toEqual([]);
  });

  const both = () => known('it-itself') + known(`[127.0.0.1]:${sshd.port}`);

  test('a jump host that lets nobody in, or forwards nothing, is told from the node, and one whose key nobody keeps is let be', async () => {
    const denied = await ask(both(), behind, [`IdentityFile ${lab.file('stranger')}`]);
    expect(denied.todos).toEqual([expect.stringMatching(/^login: 127\.0\.0\.1 does not let root in/)]);
    // The key that the jump host is shown, which is not that of --ssh-identity.
    const [kind = '', shown = ''] = readFileSync(lab.file('stranger.pub'), 'utf8').split(' ');
    expect(denied.paste.join('\n')).toContain(`restrict,port-forwarding ${kind} ${shown}`);
    const unkept = [...careless, `IdentityFile ${lab.file('id')}`];
    expect((await ask(known('it-itself'), behind, unkept)).todos).toEqual([]);
    const closed = await startSshd(lab.file('rotating'), undefined, ['AllowTcpForwarding no']);
    try {
      const hosts = both() + known(`[127.0.0.1]:${closed.port}`);
      const { todos } = await ask(hosts, behind, [`IdentityFile ${lab.file('id')}`, `Port ${closed.port}`]);
      expect(todos).toEqual([expect.stringMatching(/^jump host: .*administratively prohibited/)]);
    } finally {
      await closed.stop();
    }
  });

  test('a jump host whose connection ssh itself would keep open, and cannot, is said, as no check gets by it', async () => {
    const jump = [`IdentityFile ${lab.file('id')}`, 'ControlMaster auto', `ControlPath ${lab.file('no-such')}/%C`];
    const { todos, paste } = await ask(both(), behind, jump);
    expect(todos).toEqual([expect.stringMatching(/^ControlMaster: .* to the jump host 127\.0\.0\.1 open at /)]);
    expect(paste.at(-1)).toMatch(/^install -d -m 0700 .*\/no-such$/);
  });

  /** A host of the configuration, known by its own name or not. */
  const host = (name: string, ...more: readonly string[]) => [`Host ${name}`, `HostKeyAlias ${name}`, ...more];
  const careless = ['UserKnownHostsFile /dev/null', 'StrictHostKeyChecking no'];

  test('of several jump hosts each is asked by what is set for it, and no key of any is learned', async () => {
    const id = `IdentityFile ${lab.file('id')}`;
    const two = ['HostKeyAlias it', 'ProxyJump first,second', ...host('first', id, ...careless), ...host('second', id)];
    const unknown = await ask(known('it'), two);
    expect(unknown.todos).toEqual([expect.stringMatching(/^host key: the key of second is not known here/)]);
    expect((await ask(known('it') + known('second'), two)).todos).toEqual([]);
  });

  test('a jump host behind another one is reached by that, whose key is not learned either', async () => {
    const id = `IdentityFile ${lab.file('id')}`;
    const inner = (...more: readonly string[]) => ['HostKeyAlias it', 'ProxyJump jump', ...host('inner', id, ...more)];
    const jump = ['HostKeyAlias jump', 'ProxyJump inner', id];
    const unknown = await ask(known('it') + known('jump'), inner(), jump);
    expect(unknown.todos).toEqual([expect.stringMatching(/^host key: the key of inner is not known here/)]);
    expect((await ask(known('it') + known('jump') + known('inner'), inner(), jump)).todos).toEqual([]);
    expect((await ask(known('it') + known('jump'), inner(...careless), jump)).todos).toEqual([]);
    const round = await ask(known('it') + known('jump'), inner('ProxyJump jump'), jump);
    expect(round.todos).toEqual(['answer: its jump hosts (ProxyJump) lead to each other']);
  });

  test('settings of jump hosts that take ssh for ever hold the run up no longer than its limit', timed, async () => {
    const hops = ['a', 'b', 'c', 'd'].map((name, i, all) => `Host ${name}\n  ProxyJump ${all[i + 1] ?? 'none'}`);
    const slow = 'Match host a,b,c,d exec "sleep 2.5"\n  Port 1\n';
    writeFileSync(lab.file('hops'), `${slow}Host it\n  ProxyJump a\n${hops.join('\n')}\n`);
    const { stdout, milliseconds } = await doctor(['--ssh-config', lab.file('hops'), '--timeout', '6', '--node', 'it']);
    expect(milliseconds).toBeLessThan(7000);
    expect(todosOf(stdout, 'it')[0]).toMatch(
      /^answer: ssh cannot read its settings for the jump host \w: ssh -G gave no/,
    );
  });

  test('behind a jump host as well, ssh reads its own files from where they are, and no other is written', async () => {
    const hosts = lab.file('hosts');
    const general = ['HostName 127.0.0.1', `Port ${sshd.port}`, 'User root', `IdentityFile ${lab.file('id')}`];
    const files = [`UserKnownHostsFile ${hosts}`, 'GlobalKnownHostsFile /dev/null', 'IdentityAgent none'];
    const folder = lab.file('etc_ssh');
    mkdirSync(path.join(folder, 'ssh_config.d'), { recursive: true });
    writeFileSync(path.join(folder, 'ssh_config'), 'Include ssh_config.d/*.conf\n');
    const blocks = ['Host it', ...behind, 'Host it jump', ...general, ...files];
    writeFileSync(path.join(folder, 'ssh_config.d/lab.conf'), `${blocks.join('\n')}\n`);
    writeFileSync(hosts, both());
    const mounted = `mount --bind '${folder}' /etc/ssh && exec "$@"`;
    const wrapper = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mounted, 'sh'];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TMPDIR: '/no/such/folder' };
    const { stdout } = await doctor(['--node', 'it'], { wrapper, env });
    expect(todosOf(stdout, 'it')).toEqual([]);
  });
});
