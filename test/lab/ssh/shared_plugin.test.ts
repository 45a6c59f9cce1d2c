import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { clusterRule, filterTable, snapshotText, vip } from '../../snapshot_text.ts';
import { timed } from '../../timed.ts';
import { type Lab, openLab, whyNoSsh } from './lab.ts';
import { endMasters, masters } from './masters.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

const nobody = 65534;
/** An account that nobody has: its number alone is what matters to folders. */
const stranger = 54321;

describe.skipIf(why !== null)(
  `check_cluster_buckets with --ssh-shared${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let lab: Lab;
    let plugin: string;
    let runtime: string;
    let folder: string;
    beforeAll(async () => {
      lab = await openLab();
      plugin = lab.file('check_cluster_buckets');
      bundle('plugins/check_cluster_buckets.ts', plugin);
      writeFileSync(lab.file('saved.txt'), snapshotText({ held: '1', rules: filterTable(clusterRule({ local: 1 })) }));
      const node2 = { name: 'node2', held: '2', rules: filterTable(clusterRule({ local: 2 })) };
      writeFileSync(lab.file('node2.txt'), snapshotText(node2));
      const config = readFileSync(lab.file('ssh_config'), 'utf8');
      writeFileSync(
        lab.file('jump_config'),
        `Host behind-jump\n  HostName 127.0.0.1\n  Port ${lab.port}\n  User root\n  IdentityFile ${lab.file('saved')}\n  ProxyJump by-alias\n${config}`,
      );
    });
    afterAll(() => lab.close());
    beforeEach(() => {
      runtime = mkdtempSync('/tmp/rws-');
      folder = `${runtime}/rackwatch`;
    });
    afterEach(async () => {
      await endMasters(folder);
      rmSync(runtime, { recursive: true });
    });

    const logins = () => readFileSync(lab.file('sshd.log'), 'utf8').split('Accepted publickey').length - 1;
    const command = (over: readonly string[] = [], config = 'ssh_config') => [
      ...[plugin, '--vip', vip, '-N', `node2=file:${lab.file('node2.txt')}`, '--ssh-config', lab.file(config)],
      ...['--ssh-shared', '30', ...over],
    ];
    const healthy = ['-N', 'node1=saved'];
    const env = () => ({ PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: runtime });
    const run = (
      args: readonly string[],
      over: { readonly env?: NodeJS.ProcessEnv; readonly wrapper?: string[] } = {},
    ) => {
      const [program = '', ...rest] = [...(over.wrapper ?? []), process.execPath, ...args];
      const { stdout, stderr, status } = spawnSync(program, rest, {
        ...{ encoding: 'utf8', env: over.env ?? env() },
        // Even one that hangs ends.
        ...{ timeout: 20_000, killSignal: 'SIGKILL' },
      } as const);
      return { stdout, stderr, status };
    };

    test('it is OK by a login and over the open connection, which -v tells', () => {
      for (const expected of [/\nnode1 \(saved\): answered after \d+ ms\n/, /ms \(over an open connection\)\n/]) {
        const { stdout, stderr, status } = run(command([...healthy, '-v']));
        expect(stdout).toMatch(expected);
        expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      }
    });

    test('four at once are OK, and their next checks need no login', async () => {
      const four = async () => {
        const all = [1, 2, 3, 4].map(() => {
          const child = spawn(process.execPath, command(healthy), { env: env(), stdio: 'ignore' });
          return new Promise((resolve) => child.once('exit', resolve));
        });
        return Promise.all(all);
      };
      expect(await four()).toEqual([0, 0, 0, 0]);
      expect(masters(folder)).toHaveLength(1);
      const before = logins();
      expect(await four()).toEqual([0, 0, 0, 0]);
      expect(logins()).toBe(before);
    });

    test.each([
      ['the check is ended by SIGTERM', 'SIGTERM'],
      ['its process group is killed, as Icinga does with a check that is late', 'SIGKILL'],
    ] as const)('the connection of other checks stays when %s', async (_, signal) => {
      run(command(healthy));
      const pids = masters(folder);
      const slow = ['--remote-command', `sleep 20; cat ${lab.file('saved.txt')}`];
      // By the account's own key: the key of the host `saved` runs no other command.
      const asked = ['-N', lab.node('root'), '--ssh-identity', lab.file('id'), ...slow];
      run(command([...asked.slice(0, 4), '--remote-command', `cat ${lab.file('saved.txt')}`]));
      expect(masters(folder)).toHaveLength(2);
      const child = spawn(process.execPath, command(asked), { env: env(), stdio: 'ignore', detached: true });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      process.kill(signal === 'SIGKILL' ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
      await new Promise((resolve) => child.once('exit', resolve));
      expect(masters(folder)).toHaveLength(2);
      expect(masters(folder)).toEqual(expect.arrayContaining([...pids]));
      const before = logins();
      expect(run(command(healthy)).status).toBe(0);
      expect(logins()).toBe(before);
    });

    test('another machine with the same home, settings and network has connections of its own', () => {
      const config = `Match originalhost saved exec "test $(uname -n) = rw-elsewhere"\n  PubkeyAuthentication no\n`;
      writeFileSync(lab.file('two_config'), config + readFileSync(lab.file('ssh_config'), 'utf8'));
      writeFileSync(lab.file('boot_id'), '00000000-0000-4000-8000-000000000000\n');
      const bind = `mount --bind ${lab.file('boot_id')} /proc/sys/kernel/random/boot_id`;
      const names = (name: string, more: string) => [
        'unshare',
        '--uts',
        '--mount',
        'sh',
        '-c',
        `hostname ${name}; ${more}; exec "$@"`,
        'sh',
      ];
      const here = () => run(command([...healthy, '-v'], 'two_config')).stdout;
      expect(here()).toContain('\nnode1 (saved): answered');
      for (const wrapper of [names('rw-elsewhere', ':'), names('rw-elsewhere', bind)]) {
        const { stdout } = run(command([...healthy, '-v'], 'two_config'), { wrapper });
        expect(stdout).toContain('node1 is unreachable: ssh: Permission denied (publickey)');
        // There was none that could break.
        expect(stdout).not.toContain('connection broke');
      }
      const wrapper = names('rw-twin', bind);
      expect(run(command([...healthy, '-v'], 'two_config'), { wrapper }).stdout).not.toContain(
        'over an open connection',
      );
      expect(here()).toContain('(over an open connection)');
      expect(masters(folder)).toHaveLength(2);
    });

    test('a connection through a jump host is shared, too', () => {
      expect(run(command(['-N', 'node1=behind-jump'], 'jump_config')).status).toBe(0);
      const before = logins();
      expect(run(command(['-N', 'node1=behind-jump', '-v'], 'jump_config')).stdout).toContain(
        '(over an open connection)',
      );
      expect(logins()).toBe(before);
    });

    test('the processor time of the poller is less', timed, () => {
      const nodes = Array.from({ length: 8 }, (_, i) => ['-N', `n${i}=by-alias`]).flat();
      const asked = ['-t', '60', '--ssh-config', lab.file('ssh_config'), ...nodes];
      const cpu = (args: readonly string[]) => {
        const all = ['--norc', '-c', '"$@" >/dev/null; times', 'bash', process.execPath, plugin, '--vip', vip, ...args];
        const [, children = ''] = execFileSync('bash', all, { encoding: 'utf8', env: env() }).trim().split('\n');
        return children.split(' ').reduce((sum, text) => sum + Number(/m([\d.]+)s/.exec(text)?.[1]), 0);
      };
      cpu([...asked, '--ssh-shared', '30']);
      expect(cpu([...asked, '--ssh-shared', '30'])).toBeLessThan(cpu(asked) * 0.6);
    });

    describe('a folder that is not private', () => {
      test.each([
        ['is a symbolic link', () => symlinkSync('/root', folder), 'is a symbolic link'],
        ['is a file', () => writeFileSync(folder, ''), 'is not a folder'],
        [
          'belongs to somebody else',
          () => {
            mkdirSync(folder, { mode: 0o700 });
            chownSync(folder, nobody, nobody);
          },
          `belongs to another account (uid ${nobody})`,
        ],
        [
          'is open to the group',
          () => {
            mkdirSync(folder);
            chmodSync(folder, 0o750);
          },
          'has mode 0750, and only 0700 keeps others out',
        ],
      ])('since it %s is not used, which is a WARNING beside the right verdict', (_, plant, reason) => {
        plant();
        const { stdout, stderr, status } = run(command(healthy));
        expect(stdout).toContain(
          `\\_ [WARNING] ssh connections are not shared (--ssh-shared), every check logs in: ${folder} ${reason}\n`,
        );
        expect(stdout).toContain('\\_ [OK] node1 holds bucket 1');
        expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
        expect(masters(folder)).toEqual([]);
      });

      test('cannot be planted in /tmp by another account, nor entered', async () => {
        const account = lab.node('allowed').replace(/.*\/\/|@.*/g, '');
        const uid = Number(execFileSync('id', ['-u', account], { encoding: 'utf8' }));
        const own = `/tmp/rackwatch-${uid}`;
        const as = (id: number) => ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups'];
        const key = lab.file('id-of-account');
        writeFileSync(key, readFileSync(lab.file('id')), { mode: 0o600 });
        chownSync(key, uid, uid);
        const asked = command(['-N', lab.node('denied'), '--ssh-identity', key]);
        const surroundings = { env: { PATH: '/usr/bin:/bin' }, wrapper: as(uid) };
        try {
          execFileSync('setpriv', [...as(stranger).slice(1), 'mkdir', '-m', '0777', own]);
          expect(run(asked, surroundings).stdout).toContain(`${own} belongs to another account (uid ${stranger})`);
          expect(masters(own)).toEqual([]);
          rmSync(own, { recursive: true });
          expect(run(asked, surroundings).stdout).not.toContain('not shared');
          expect(masters(own)).toHaveLength(1);
          const socket = `${own}/${readdirSync(own)[0]}`;
          expect(existsSync(socket)).toBe(true);
          const knock = `require('net').connect(${JSON.stringify(socket)}).on('error', (e) => console.log(e.code)).on('connect', () => { console.log('in'); process.exit(); })`;
          expect(run(['-e', knock], { wrapper: as(stranger) }).stdout).toBe('EACCES\n');
          expect(run(['-e', knock], { wrapper: as(uid) }).stdout).toBe('in\n');
        } finally {
          await endMasters(own);
          rmSync(own, { recursive: true, force: true });
        }
      });
    });

    test('on a file system that has become read-only, another place is used', async () => {
      const home = `${runtime}/home`;
      mkdirSync(home, { mode: 0o700 });
      const surroundings = { env: { ...env(), XDG_RUNTIME_DIR: `${runtime}/run`, HOME: home } };
      mkdirSync(`${runtime}/run`);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0700', 'tmpfs', `${runtime}/run`]);
      try {
        expect(run(command(healthy), surroundings).status).toBe(0);
        await endMasters(`${runtime}/run/rackwatch`);
        execFileSync('mount', ['-o', 'remount,ro', `${runtime}/run`]);
        const before = logins();
        const { stdout, status } = run(command(healthy), surroundings);
        expect(stdout).not.toContain('not shared');
        expect(status).toBe(0);
        expect(run(command([...healthy, '-v']), surroundings).stdout).toContain('(over an open connection)');
        expect(logins() - before).toBe(1);
      } finally {
        await endMasters(`${home}/.cache/rackwatch`);
        execFileSync('umount', [`${runtime}/run`]);
      }
    });

    test('where ssh can make no socket, the node is asked all the same, and that is a WARNING', () => {
      // Room for the root and the folder, and for nothing in it.
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=2,mode=0700', 'tmpfs', runtime]);
      try {
        const { stdout, stderr, status } = run(command(healthy));
        expect(stdout).toMatch(
          /\[WARNING\] ssh connections are not shared .*: ssh cannot make its socket: .*No space left/,
        );
        expect(stdout).toContain('\\_ [OK] node1 holds bucket 1');
        expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
      } finally {
        execFileSync('umount', [runtime]);
      }
    });

    test('the longest path of the folder leaves room for what ssh appends', () => {
      const base = `${runtime}/${'x'.repeat(40 - `${runtime}//rackwatch`.length)}`;
      mkdirSync(base, { mode: 0o700 });
      expect(run(command(healthy), { env: { ...env(), XDG_RUNTIME_DIR: base } }).status).toBe(0);
      expect(`${base}/rackwatch`).toHaveLength(40);
      expect(masters(`${base}/rackwatch`)).toHaveLength(1);
      for (const pid of masters(`${base}/rackwatch`)) process.kill(pid, 'SIGKILL');
    });

    test('a long path is passed over for another place', async () => {
      const long = `${runtime}/${'x'.repeat(60)}`;
      const home = `${runtime}/home`;
      for (const one of [long, home]) mkdirSync(one, { mode: 0o700 });
      expect(run(command(healthy), { env: { ...env(), XDG_RUNTIME_DIR: long, HOME: home } }).status).toBe(0);
      expect(readdirSync(long)).toEqual([]);
      expect(masters(`${home}/.cache/rackwatch`)).toHaveLength(1);
      await endMasters(`${home}/.cache/rackwatch`);
    });
  },
);
