import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { addAccount, removeAccount } from '../ssh/account.ts';
import { type Lab, openLab, whyNoSsh } from '../ssh/lab.ts';
import { buildDoctor, type Doctor, linesOf, todosOf } from './asking.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

describe.skipIf(why !== null)(
  `rackwatch doctor and the settings of ssh${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
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

    const node = (spec: string) => ['--node', spec];

    test('a key that is named by tokens of ssh, by a variable, or not at all', async () => {
      const config = lab.file('tokens');
      const one = async (identityFile: string) => {
        const text = readFileSync(lab.file('ssh_config'), 'utf8').replace(
          /^Host \*$/m,
          `Host *\n  IdentityFile ${identityFile}`,
        );
        writeFileSync(config, text);
        const { stdout } = await doctor(['--ssh-config', config, ...node(lab.node('allowed'))], { mark });
        return linesOf(stdout, 'allowed').filter(({ topic }) => topic === 'key' || topic === 'login');
      };
      const account = lab.node('allowed').replace(/^.*\/(\w+)@.*$/, '$1');
      const file = lab.file(`key-127.0.0.1-${account}`);
      const [login, key] = await one(lab.file('key-%h-%r'));
      expect(login?.state).toBe('TODO');
      expect(key?.paste.at(-1)).toMatch(new RegExp(` -f ${file}$`));
      // What is pasted makes it, and then that is the key which is to be let in.
      execFileSync('bash', ['-e'], { input: (key?.paste ?? []).filter((line) => !line.startsWith('on ')).join('\n') });
      const [refused, made] = await one(lab.file('key-%h-%r'));
      const line = `key='restrict ${readFileSync(`${file}.pub`, 'utf8').trim()}'`;
      expect(refused?.paste).toContain(line);
      expect(made?.text).toBe(`${file} can be used`);
      // What is set for ssh here need not be for a daemon.
      const variable = '$'.concat('{PATH}');
      for (const unknown of ['none', `/${variable}/key`, lab.file('key-%C')]) {
        const [, none] = await one(unknown);
        expect(none?.paste.at(-1), unknown).toMatch(/ --ssh-identity \S+\/\.ssh\/id_ed25519$/);
        expect(none?.paste.join('\n')).not.toContain(variable);
      }
    });
    test.each([
      ['PubkeyAuthentication no', 'PubkeyAuthentication no'],
      ['PreferredAuthentications password', 'PreferredAuthentications password'],
      ['PubkeyAcceptedAlgorithms rsa-sha2-512', 'PubkeyAcceptedAlgorithms'],
    ])('an ssh that shows nobody a key (%s): where that is set, and nothing to do on the node', async (line, said) => {
      const config = lab.file('keyless');
      writeFileSync(config, `${line}\n${readFileSync(lab.file('ssh_config'), 'utf8')}`);
      const args = ['--ssh-config', config, '--ssh-identity', lab.file('id'), ...node(lab.node('allowed'))];
      const { stdout } = await doctor(args, { mark });
      expect(todosOf(stdout, 'allowed')).toEqual([
        expect.stringContaining(`ssh's settings here (${said}) keep it from`),
      ]);
      const commands = linesOf(stdout, 'allowed').flatMap(({ paste }) => paste);
      expect(commands).toHaveLength(2);
      expect(execFileSync('sh', ['-c', commands[1] ?? ''], { encoding: 'utf8' })).toBe(`${config}:1:${line}\n`);
    });
    test('a jump host whose ssh says nothing by its settings is heard all the same', async () => {
      const config = lab.file('quiet_config');
      const gate = ['Host gate', '  HostName 127.0.0.1', `  Port ${lab.port}`, '  User root', '  LogLevel QUIET'];
      const block = [...gate, `  IdentityFile ${lab.file('stranger')}`, 'Host 127.0.0.1 !gate', '  ProxyJump gate'];
      writeFileSync(config, `${block.join('\n')}\n${readFileSync(lab.file('ssh_config'), 'utf8')}`);
      const { stdout } = await doctor(['--ssh-config', config, ...node(lab.node('allowed'))], { mark });
      expect(todosOf(stdout, 'allowed')).toContainEqual(
        expect.stringMatching(/^login: 127\.0\.0\.1 does not let root in \(Permission denied/),
      );
    });
    test('a key that only the agent of the caller has lets no check in', async () => {
      const config = lab.file('agent_config');
      const text = readFileSync(lab.file('ssh_config'), 'utf8').replace('IdentityAgent none', '');
      const missing = lab.file('missing');
      const socket = lab.file('agent');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      const env = { PATH: '/usr/bin:/bin', SSH_AUTH_SOCK: socket };
      const one = async (...lines: readonly string[]) => {
        writeFileSync(config, `${lines.join('\n')}\n${text.replace('IdentitiesOnly yes', `IdentityFile ${missing}`)}`);
        return (await doctor(['--ssh-config', config, ...node(lab.node('allowed'))], { mark, env })).stdout;
      };
      try {
        await vi.waitFor(() => execFileSync('ssh-add', ['-q', lab.file('id')], { env, stdio: 'pipe' }));
        const stdout = await one();
        expect(todosOf(stdout, 'allowed')).toEqual([
          expect.stringMatching(/^login: allowed does not let/),
          expect.stringMatching(/^key: root has no key/),
        ]);
        expect(linesOf(stdout, 'this machine')).toContainEqual(
          expect.objectContaining({ state: 'note', topic: 'agent' }),
        );
        // One that the settings name is there for checks, too.
        expect(todosOf(await one(`IdentityAgent ${socket}`), 'allowed')).toEqual([]);
      } finally {
        agent.kill();
      }
    });
    test('what a jump host has run here is not run, and said, as a check waits for it', async () => {
      const config = lab.file('local');
      const touched = lab.file('touched');
      const one = async (permit: string) => {
        const gate = ['Host gate', '  HostName 127.0.0.1', `  Port ${lab.port}`, '  User root'];
        const local = [`  PermitLocalCommand ${permit}`, `  LocalCommand touch ${touched}`, 'Host 127.0.0.1 !gate'];
        const block = [...gate, `  IdentityFile ${lab.file('id')}`, ...local, '  ProxyJump gate'];
        writeFileSync(config, `${block.join('\n')}\n${readFileSync(lab.file('ssh_config'), 'utf8')}`);
        const args = ['--ssh-config', config, '--ssh-identity', lab.file('id'), ...node(lab.node('allowed'))];
        const { stdout } = await doctor(args, { mark });
        expect(todosOf(stdout, 'allowed')).toEqual([]);
        expect(existsSync(touched)).toBe(false);
        return linesOf(stdout, 'allowed').find(({ topic }) => topic === 'LocalCommand');
      };
      expect(await one('no')).toBeUndefined();
      expect(await one('yes')).toMatchObject({
        state: 'note',
        text: expect.stringContaining('at the jump host 127.0.0.1'),
      });
    });
    test.each(['700', '755'])('a ~/.ssh that root has made, with mode %s, becomes one of the account', async (mode) => {
      const account = 'rwlabfolder';
      addAccount(account);
      const home = mkdtempSync('/tmp/rws-');
      try {
        chmodSync(home, 0o755);
        execFileSync('/usr/sbin/usermod', ['--home', home, account]);
        mkdirSync(`${home}/.ssh`, { mode: Number.parseInt(mode, 8) });
        const wrapper = ['setpriv', `--reuid=${account}`, `--regid=${account}`, '--clear-groups'];
        const ask = async () => {
          const args = ['--account', account, ...node(`it=ssh://rwlab-none@127.0.0.1:${lab.port}`)];
          const { stdout } = await doctor(args, { mark, wrapper });
          return linesOf(stdout, 'it').filter(({ state }) => state === 'TODO');
        };
        const rounds: string[] = [];
        for (let todo = await ask(); rounds.length < 4 && todo[0]?.topic !== 'login'; todo = await ask()) {
          rounds.push(todo.map(({ topic }) => topic).join());
          const here = todo.flatMap(({ paste }) => paste.slice(1, paste.indexOf('on it, as root:') >>> 0));
          execFileSync('bash', ['-e'], {
            input: here.join('\n').replaceAll('/etc/ssh/ssh_known_hosts', `${home}/known`),
            stdio: 'pipe',
          });
          writeFileSync(`${home}/.ssh/config`, `GlobalKnownHostsFile ${home}/known\n`);
        }
        expect(rounds).toEqual([...(mode === '700' ? ['folder'] : []), 'host key,key']);
      } finally {
        removeAccount(account);
        rmSync(home, { recursive: true });
      }
    });
    test('settings of ssh that its account may not read, or that others can write to: how they become its own', async () => {
      const account = 'rwlabsettings';
      addAccount(account);
      const home = mkdtempSync('/tmp/rws-');
      try {
        chmodSync(home, 0o755);
        execFileSync('/usr/sbin/usermod', ['--home', home, account]);
        mkdirSync(`${home}/.ssh`);
        const file = `${home}/.ssh/config`;
        writeFileSync(file, 'Host elsewhere\n', { mode: 0o600 });
        const wrapper = ['setpriv', `--reuid=${account}`, `--regid=${account}`, '--clear-groups'];
        const ask = async () => {
          const { stdout } = await doctor(['--account', account, ...node('it=ssh://127.0.0.1:1')], { mark, wrapper });
          return linesOf(stdout, 'it').filter(({ topic }) => topic === 'settings');
        };
        const paste = (lines: readonly string[]) =>
          execFileSync('bash', ['-e'], { input: lines.filter((line) => !line.startsWith('on ')).join('\n') });
        const [closed] = await ask();
        expect(closed).toMatchObject({
          state: 'TODO',
          text: `${file} may not be read by ${account}, so nothing in it counts for a check`,
        });
        paste(closed?.paste ?? []);
        expect(await ask()).toEqual([]);
        chmodSync(file, 0o666);
        const [open] = await ask();
        expect(open?.text).toBe(`ssh cannot read its settings: Bad owner or permissions on ${file}`);
        paste(open?.paste ?? []);
        expect(await ask()).toEqual([]);
        const included = `${lab.file('included')}`;
        writeFileSync(included, '\n', { mode: 0o600 });
        writeFileSync(file, `Include ${included}\n`);
        const [include] = await ask();
        expect(include?.text).toMatch(/Can't open user config file .*included: Permission denied$/);
        paste(include?.paste ?? []);
        expect(await ask()).toEqual([]);
      } finally {
        removeAccount(account);
        rmSync(home, { recursive: true });
      }
    });
    test('addresses of one family alone, and an address to ask from, are said as settings of ssh', async () => {
      const config = lab.file('source');
      const one = async (line: string, spec = lab.node('allowed')) => {
        writeFileSync(config, `${line}\n${readFileSync(lab.file('ssh_config'), 'utf8')}`);
        const { stdout } = await doctor(['--ssh-config', config, '--ssh-identity', lab.file('id'), ...node(spec)], {
          mark,
        });
        return todosOf(stdout, spec.replace(/=.*/, ''));
      };
      expect(await one('AddressFamily inet6')).toEqual([
        expect.stringMatching(
          /^name: 127\.0\.0\.1 is not an IPv6 address \(ssh's settings take no other: AddressFamily inet6\)/,
        ),
      ]);
      expect(await one('BindAddress 192.0.2.77')).toEqual([
        expect.stringMatching(
          /^settings: .* bind 192\.0\.2\.77: .*: ssh's settings \(BindAddress, BindInterface\) name/,
        ),
      ]);
      expect(await one('BindInterface rw-nosuch')).toEqual([
        expect.stringMatching(/^settings: .* port \d+: failure: ssh's settings \(BindAddress, BindInterface\) name/),
      ]);
      const domains = 'CanonicalizeHostname yes\nCanonicalDomains example.invalid\nCanonicalizeFallbackLocal no';
      expect(await one(domains, 'nowhere')).toEqual([
        expect.stringMatching(/^name: ssh finds nowhere in none of the dom/),
      ]);
    });
    test('a ControlMaster of ssh itself is said, and where it can have no socket, as no check gets in then', async () => {
      const config = lab.file('own_master');
      const one = async (controlPath: string, ...args: readonly string[]) => {
        const own = `Host *\n  ControlMaster auto\n  ControlPath ${controlPath}`;
        writeFileSync(config, readFileSync(lab.file('ssh_config'), 'utf8').replace(/^Host \*$/m, own));
        const asked = [...node(lab.node('allowed')), '--ssh-config', config, '--ssh-identity', lab.file('id')];
        const { stdout } = await doctor([...asked, ...args], { mark });
        return linesOf(stdout, 'allowed').find(({ topic }) => topic === 'ControlMaster');
      };
      expect(await one(lab.file('%C'))).toMatchObject({ state: 'note' });
      const file = lab.file('no such folder/%n');
      const missing = await one(`"${file}"`);
      expect(missing).toMatchObject({ state: 'TODO', text: expect.stringContaining('that folder is not there') });
      execFileSync('bash', ['-e'], { input: missing?.paste.at(-1) });
      expect(await one(`"${file}"`)).toMatchObject({ state: 'note' });
      expect(await one(lab.file('x'.repeat(90)))).toMatchObject({ state: 'TODO' });
      expect(await one('none')).toBeUndefined();
      // The options of the check count before the settings.
      expect(await one('/no/such/folder/%C', '--ssh-shared', '60')).toBeUndefined();
    });
    test('settings that take ssh longer than a moment are waited for, as a check does', async () => {
      const slow = `Match host by-alias exec "sleep 3.5"\n${readFileSync(lab.file('ssh_config'), 'utf8')}`;
      writeFileSync(lab.file('slow_config'), slow);
      const { stdout } = await doctor(['--ssh-config', lab.file('slow_config'), ...node('by-alias')], { mark });
      expect(todosOf(stdout, 'by-alias')).toEqual([]);
    });
  },
);
