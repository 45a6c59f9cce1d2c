import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { clusterRule, filterTable, snapshotText, vip } from '../../snapshot_text.ts';
import { timed } from '../../timed.ts';
import { type Lab, openLab, whyNoSsh } from './lab.ts';
import { listen } from './sshd.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

const nobody = 65534;

describe.skipIf(why !== null)(
  `check_cluster_buckets over a real ssh${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let lab: Lab;
    let plugin: string;
    let mark: Mark;
    beforeAll(async () => {
      lab = await openLab();
      plugin = lab.file('check_cluster_buckets');
      bundle('plugins/check_cluster_buckets.ts', plugin);
      const saved = (name: string, held: number) =>
        writeFileSync(
          lab.file(`${name}.txt`),
          snapshotText({ name, held: String(held), rules: filterTable(clusterRule({ local: held })) }),
        );
      saved('saved', 1);
      saved('node2', 2);
      copyFileSync(lab.file('id'), lab.file('id-of-nobody'));
      chownSync(lab.file('id-of-nobody'), nobody, nobody);
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

    /** Runs the plugin behind `wrapper ...` and gives its outcome; `meanwhile` gets the running process. */
    async function run(args: readonly string[], over: Surroundings = {}, meanwhile?: (child: ChildProcess) => void) {
      const { wrapper = [], env = { PATH: '/usr/bin:/bin' } } = over;
      const [program = '', ...rest] = [...wrapper, process.execPath, plugin, '--vip', vip, ...args];
      const start = performance.now();
      const child = spawn(program, rest, {
        env: { ...env, [mark.name]: mark.value },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      meanwhile?.(child);
      const code = await new Promise<number | null>((resolve) => {
        child.once('close', resolve);
      });
      return { code, stdout, stderr, milliseconds: performance.now() - start };
    }
    const bySsh = () => ['--ssh-config', lab.file('ssh_config')];
    const healthy = () => ['-N', 'node1=saved', '-N', `node2=file:${lab.file('node2.txt')}`, ...bySsh()];

    test('two nodes that share the buckets are OK', async () => {
      const { code, stdout, stderr } = await run(healthy());
      expect(stdout).toMatch(/^\[OK\] 192\.168\.56\.20: [^\n]+\n(?:\\_ \[OK\] [^\n]+\n)+$/);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    });

    test('real nodes without the VIP are CRITICAL, each with what it said', async () => {
      const { code, stdout, stderr } = await run([
        ...['-N', lab.node('root'), '-N', lab.node('allowed'), '--ssh-identity', lab.file('id'), ...bySsh()],
      ]);
      expect(stdout).toMatch(/^\[CRITICAL\] /);
      expect(stdout).toContain('root stands by');
      expect(stdout).toContain('allowed stands by');
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    });

    test('a hanging node leaves a verdict within -t, with the facts of the others', timed, async () => {
      const silent = await listen(() => {});
      const { code, stdout, stderr, milliseconds } = await run([
        ...[
          '-t',
          '4',
          '-N',
          'node1=saved',
          '-N',
          'node2=hanging',
          '-N',
          `node3=ssh://127.0.0.1:${silent.port}`,
          ...bySsh(),
        ],
      ]);
      await silent.close();
      expect(milliseconds).toBeLessThan(4000);
      expect(stdout.split('\n')[0]).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: [^|]+ \| .*held_node1=1/);
      expect(stdout).toContain('node1 holds bucket 1');
      expect(stdout).toContain('node2 is unreachable: no answer within 2.7 s (waiting for the answer)');
      expect(stdout).toContain('node3 is unreachable: ssh: Connection timed out during banner exchange');
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    });

    test('ended by SIGTERM while a node hangs, it answers UNKNOWN and leaves nothing', timed, async () => {
      const { code, stdout, stderr, milliseconds } = await run(
        ['-N', 'hanging', '-N', 'behind-proxy', ...bySsh()],
        {},
        (child) => {
          // Once the proxy runs.
          const timer = setInterval(() => {
            if (!marked(mark).some(({ command }) => command === 'sleep 600')) return;
            clearInterval(timer);
            child.kill('SIGTERM');
          }, 50);
        },
      );
      expect(stdout).toBe('[UNKNOWN] check_cluster_buckets: ended by SIGTERM while asking hanging, behind-proxy\n');
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
      expect(milliseconds).toBeLessThan(5000);
    });

    test.each<[string, Surroundings]>([
      ['in an empty environment', { wrapper: ['env', '-i', 'PATH=/usr/bin:/bin'] }],
      ['without even a PATH', { env: {} }],
      ['in a German locale', { env: { PATH: '/usr/bin:/bin', LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de' } }],
      ['in /', { wrapper: ['env', '-C', '/'] }],
      [
        'in a directory that is gone',
        { wrapper: ['sh', '-c', 'd=$(mktemp -d); cd "$d"; rmdir "$d"; exec "$@"', 'sh'] },
      ],
      ['with standard input closed', { wrapper: ['sh', '-c', 'exec "$@" <&-', 'sh'] }],
      ['with a HOME that is not there', { env: { PATH: '/usr/bin:/bin', HOME: '/nowhere' } }],
      ['with SIGPIPE ignored and a low priority', { wrapper: ['sh', '-c', 'trap "" PIPE; exec nice -n 5 "$@"', 'sh'] }],
    ])('it works %s', async (_, surroundings) => {
      const { code, stdout, stderr } = await run([...healthy(), '-N', 'local'], { ...surroundings });
      expect(stdout).toContain('node1 holds bucket 1');
      expect(stdout).toContain('local stands by');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    });

    const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

    test('it works as nobody', async () => {
      const node = `node1=${lab.node('allowed').replace('allowed=', '')}`;
      const { stdout, stderr } = await run(['-N', node, ...bySsh(), '--ssh-identity', lab.file('id-of-nobody')], {
        wrapper: asNobody,
      });
      expect(stdout).toContain('node1 stands by');
      expect(stderr).toBe('');
    });

    test('a key that nobody may not read is named', async () => {
      const { code, stdout, stderr } = await run(['-N', 'node1=by-alias', ...bySsh()], { wrapper: asNobody });
      expect(stdout).toContain(
        `node1 is unreachable: ssh: Permission denied (publickey); Load key "${lab.file('id')}": Permission denied`,
      );
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    });

    test('a saved snapshot that nobody may not read is said', async () => {
      chmodSync(lab.file('node2.txt'), 0o600);
      const { stdout, stderr } = await run(healthy(), { wrapper: asNobody });
      chmodSync(lab.file('node2.txt'), 0o644);
      expect(stdout).toContain(`node2 is unreachable: ${lab.file('node2.txt')}: permission denied`);
      expect(stderr).toBe('');
    });

    test('a user id without an account asks files and this host, and is told why ssh does not go', async () => {
      const { stdout, stderr } = await run([...healthy(), '-N', 'local'], {
        wrapper: ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'],
      });
      expect(stdout).toContain('node1 is unreachable: ssh: No user exists for uid 54321');
      expect(stdout).toContain('node2 holds bucket 2');
      expect(stdout).toMatch(/local(?: stands by|: cannot read)/);
      expect(stderr).toBe('');
    });

    test('without ssh on the machine, that is said', async () => {
      const { stdout, stderr } = await run(healthy(), { env: { PATH: lab.file('keys') } });
      expect(stdout).toContain('node1 is unreachable: ssh is not installed');
      expect(stderr).toBe('');
    });

    test.each([
      ['8.4', 'sessiontype|stdinnull|forkafterauthentication'],
      ['7.4', 'remotecommand|sessiontype|stdinnull|forkafterauthentication'],
    ])(
      'with an ssh of release %s, which does not know all settings, it asks without them',
      async (release, unknown) => {
        const folder = lab.file(release);
        mkdirSync(folder);
        // What such a release says, and when (OpenSSH readconf.c).
        writeFileSync(
          path.join(folder, 'ssh'),
          `#!/bin/sh
for word; do
  keyword=$(printf %s "\${word%%=*}" | tr A-Z a-z)
  case $keyword in
    ${unknown}) echo "command-line: line 0: Bad configuration option: $keyword" >&2; exit 255 ;;
  esac
done
echo asked >>${folder}/log
exec /usr/bin/ssh "$@"
`,
          { mode: 0o755 },
        );
        const { stdout, stderr, code } = await run(['-N', 'node3=by-alias', ...healthy()], {
          env: { PATH: `${folder}:/usr/bin:/bin` },
        });
        expect(stdout).toContain('node3 stands by');
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe('asked\n'.repeat(2));
      },
    );

    test('a run on files alone loads nothing to run processes with', async () => {
      writeFileSync(
        lab.file('loaded.cjs'),
        `process.on('exit', () => process.stderr.write(String(process.moduleLoadList.includes('NativeModule child_process'))))`,
      );
      const loads = async (args: readonly string[]) =>
        (await run(args, { env: { PATH: '/usr/bin:/bin', NODE_OPTIONS: `--require=${lab.file('loaded.cjs')}` } }))
          .stderr;
      expect(await loads(['-N', `node2=file:${lab.file('node2.txt')}`])).toBe('false');
      expect(await loads(['-N', 'local'])).toBe('true');
    });
  },
);

/** Where the plugin is run: a command before it, and its whole environment. */
type Surroundings = { readonly wrapper?: readonly string[]; readonly env?: Readonly<Record<string, string>> };
