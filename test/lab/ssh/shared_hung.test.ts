import { type ChildProcess, execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { runPlugin } from '../../run_plugin.ts';
import { clusterRule, filterTable, snapshotText, vip } from '../../snapshot_text.ts';
import { timed } from '../../timed.ts';
import { buildDoctor, type Doctor } from '../doctor/asking.ts';
import { type Lab, openLab, whyNoSsh } from './lab.ts';
import { endMasters, masters } from './masters.ts';

const required = process.env['RACKWATCH_LAB'] === 'required';
// Where the lab is required, a machine without FUSE fails.
const why = whyNoSsh() ?? (existsSync('/dev/fuse') || required ? null : 'no FUSE');
if (why !== null && required) throw new Error(`the ssh lab cannot run: ${why}`);

type Place = { readonly config?: string; readonly env: Readonly<Record<string, string>> };

describe.skipIf(why !== null)(
  `--ssh-shared and a file system that does not answer${why ? ` (skipped: ${why})` : ''}`,
  () => {
    let lab: Lab;
    let plugin: string;
    let doctor: Doctor;
    let runtime: string;
    let hung: string;
    let server: number;
    beforeAll(async () => {
      lab = await openLab();
      plugin = lab.file('check_cluster_buckets');
      bundle('plugins/check_cluster_buckets.ts', plugin);
      doctor = buildDoctor(lab.file('.'));
      writeFileSync(lab.file('saved.txt'), snapshotText({ held: '1', rules: filterTable(clusterRule({ local: 1 })) }));
    });
    afterAll(() => lab.close());
    beforeEach(() => {
      runtime = mkdtempSync('/tmp/rws-');
      hung = `${runtime}/hung`;
      for (const name of ['hung', 'conf.d', 'home']) mkdirSync(`${runtime}/${name}`, { mode: 0o700 });
      // Its server never reads what it is asked.
      server = openSync('/dev/fuse', 'r+');
      const options = 'fd=3,rootmode=040000,user_id=0,group_id=0';
      execFileSync('mount', ['-i', '-t', 'fuse', '-o', options, 'hung', hung], {
        stdio: ['ignore', 'inherit', 'inherit', server],
      });
    });
    afterEach(async () => {
      closeSync(server);
      execFileSync('umount', [hung]);
      await endMasters(`${runtime}/rackwatch`);
      rmSync(runtime, { recursive: true });
    });

    const write = (name: string, text: string) => {
      writeFileSync(`${runtime}/${name}`, text);
      return `${runtime}/${name}`;
    };
    const link = (name: string, target: string) => {
      symlinkSync(target, `${runtime}/${name}`);
      return `${runtime}/${name}`;
    };
    /** Even one that hangs ends. */
    const endLate = (child: ChildProcess) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      child.once('exit', () => clearTimeout(timer));
    };
    const check = async (
      config: string | undefined,
      env: Readonly<Record<string, string>>,
      ...over: readonly string[]
    ) => {
      const own = config === undefined ? [] : ['--ssh-config', config];
      const asked = ['--vip', vip, '-N', 'saved', ...own, '--ssh-shared', '30', '-t', '5', ...over];
      return runPlugin(plugin, asked, { env: { PATH: '/usr/bin:/bin', ...env }, meanwhile: endLate });
    };

    const included = (text: string) => ({ config: write('including', text), env: { XDG_RUNTIME_DIR: runtime } });
    const places: readonly (readonly [string, () => Place])[] = [
      ['the configuration', () => ({ config: `${hung}/config`, env: { HOME: runtime } })],
      ['a link to the configuration', () => ({ config: link('config', `${hung}/config`), env: { HOME: runtime } })],
      ['a file that the configuration includes', () => included(`Include ${hung}/more\n`)],
      [
        'a link among the files that it includes',
        () => {
          write('conf.d/a.conf', '');
          link('conf.d/b.conf', `${hung}/b.conf`);
          return included(`Include ${runtime}/conf.d/*.conf\n`);
        },
      ],
      [
        'a folder among those that it includes files of',
        () => {
          link('conf.d/a', hung);
          return included(`Include ${runtime}/conf.d/*/*.conf\n`);
        },
      ],
      [
        'a link that an included file includes',
        () => included(`Include ${write('first', `Include ${link('second', `${hung}/second`)}\n`)}\n`),
      ],
      [
        'a link in a folder that is included after an escaped blank',
        () => {
          mkdirSync(`${runtime}/a b`);
          link('a b/c', `${hung}/c`);
          return included(`Include ${runtime}/a\\ b/[c]\n`);
        },
      ],
      ['the home', () => ({ config: lab.file('ssh_config'), env: { HOME: hung } })],
      [
        'the cache in the home',
        () => {
          link('home/.cache', hung);
          return { config: lab.file('ssh_config'), env: { HOME: `${runtime}/home` } };
        },
      ],
      [
        'the folder in the cache',
        () => {
          mkdirSync(`${runtime}/cache`, { mode: 0o700 });
          link('cache/rackwatch', hung);
          return { config: lab.file('ssh_config'), env: { XDG_CACHE_HOME: `${runtime}/cache` } };
        },
      ],
      ['the folder of the session', () => ({ config: lab.file('ssh_config'), env: { XDG_RUNTIME_DIR: hung } })],
      [
        'a folder that is next, as the first one will not do',
        () => ({ config: lab.file('ssh_config'), env: { XDG_RUNTIME_DIR: '/nowhere', XDG_CACHE_HOME: hung } }),
      ],
    ];

    test.each(places)('%s on one holds nobody up', timed, async (_, place) => {
      const { config, env } = place();
      const { stdout, milliseconds } = await check(config, env);
      expect(milliseconds).toBeLessThan(5000);
      expect(stdout).toMatch(/not shared .*: no answer within 1\.2 s from the file system of the home, /);
    });

    test("a link in the system's own folder holds nobody up", timed, async () => {
      // Debian's ssh_config includes all of them.
      expect(readFileSync('/etc/ssh/ssh_config', 'utf8')).toMatch(/^Include \/etc\/ssh\/ssh_config\.d\/\*\.conf$/m);
      const planted = `/etc/ssh/ssh_config.d/rackwatch-${process.pid}.conf`;
      symlinkSync(`${hung}/x`, planted);
      try {
        const { stdout, milliseconds } = await check(undefined, { XDG_RUNTIME_DIR: runtime });
        expect(milliseconds).toBeLessThan(5000);
        expect(stdout).toMatch(/not shared .*: no answer within 1\.2 s/);
      } finally {
        rmSync(planted);
      }
    });

    test('one that is not needed changes nothing', timed, async () => {
      link('home/.cache', hung);
      link('conf.d/other', `${hung}/x`);
      const config = write('with', `Include ${runtime}/conf.d/*.conf\n${readFileSync(lab.file('ssh_config'), 'utf8')}`);
      const { stdout } = await check(config, { HOME: `${runtime}/home`, XDG_RUNTIME_DIR: runtime }, '-v');
      expect(stdout).not.toContain('not shared');
      expect(masters(`${runtime}/rackwatch`)).toHaveLength(1);
    });

    test.each(['XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'HOME', 'the cache in HOME'])(
      'the doctor is not held up by one either: %s',
      timed,
      async (name) => {
        const env: Record<string, string> = { PATH: '/usr/bin:/bin', HOME: homedir() };
        if (name.includes(' ')) {
          link('home/.cache', hung);
          env['HOME'] = `${runtime}/home`;
        } else env[name] = hung;
        const asked = ['--node', lab.node('allowed'), '--ssh-config', lab.file('ssh_config'), '--ssh-shared', '30'];
        const { stdout, milliseconds } = await doctor(asked, { env, meanwhile: endLate });
        expect(milliseconds).toBeLessThan(10_000);
        expect(stdout).toMatch(/connections.*no answer within 3 s from the file system of XDG_RUNTIME_DIR, /s);
      },
    );
  },
);
