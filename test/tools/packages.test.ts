import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handlers, plugins } from '../../tools/plugins.ts';
import { packageTime, releases } from '../../tools/release_history.ts';

const { version }: { readonly version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
const names = [...plugins, ...handlers].map(({ name }) => name);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-packages-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function make(tool: string, target: string, mask = '022'): readonly string[] {
  const command = `umask ${mask} && exec "$0" tools/run.mjs tools/${tool}.ts ${target}`;
  const made = execFileSync('sh', ['-c', command, process.execPath], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return made.trim().split('\n');
}

const missing = ['dpkg-deb', 'rpmbuild', 'rpm', 'cpio'].filter((name) => !existsSync(`/usr/bin/${name}`));

describe.skipIf(missing.length > 0)(
  `the packages${missing.length > 0 ? ` (skipped: no ${missing.join(', ')})` : ''}`,
  () => {
    let debs: readonly string[];
    let rpms: readonly string[];
    beforeAll(() => {
      debs = make('deb', path.join(folder, 'first'));
      rpms = make('rpm', path.join(folder, 'first'));
    });

    test('are the same bytes when they are made again, whoever makes them', () => {
      for (const tool of ['deb', 'rpm']) make(tool, path.join(folder, 'second'), '077');
      expect(readdirSync(path.join(folder, 'second')).sort()).toEqual(readdirSync(path.join(folder, 'first')).sort());
      for (const file of [...debs, ...rpms])
        expect(readFileSync(file).equals(readFileSync(file.replace('/first/', '/second/')))).toBe(true);
    }, 300_000);

    test('for Debian have every file in its place, with its mode, as root', () => {
      const [plugin, node] = debs.map((deb) => listed(execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' })));
      const expected = {
        ...Object.fromEntries(names.map((name) => [`./usr/lib/nagios/plugins/${name}`, '-rwxr-xr-x root/root'])),
        './usr/bin/rackwatch': '-rwxr-xr-x root/root',
        './etc/icinga2/conf.d/rackwatch-commands.conf': '-rw-r--r-- root/root',
        './etc/icinga2/conf.d/rackwatch-services.conf': '-rw-r--r-- root/root',
        './etc/icinga2/conf.d/rackwatch-trap-user.conf': '-rw-r--r-- root/root',
        './etc/nagios-plugins/config/rackwatch.cfg': '-rw-r--r-- root/root',
        './usr/share/doc/rackwatch-plugins/THIRD-PARTY-LICENSES': '-rw-r--r-- root/root',
        './usr/share/doc/rackwatch-plugins/copyright': '-rw-r--r-- root/root',
        './usr/share/doc/rackwatch-plugins/docs/findings.md': '-rw-r--r-- root/root',
        './usr/lib/nagios/plugins/': 'drwxr-xr-x root/root',
      };
      expect(plugin).toMatchObject(expected);
      expect(node).toMatchObject({
        './usr/lib/nagios/plugins/cluster_node_snapshot': '-rwxr-xr-x root/root',
        './usr/share/doc/rackwatch-node/examples/nrpe/rackwatch.cfg': '-rw-r--r-- root/root',
        './usr/share/doc/rackwatch-node/examples/sudoers/rackwatch': '-rw-r--r-- root/root',
        './usr/share/doc/rackwatch-node/examples/ssh/authorized_keys.example': '-rw-r--r-- root/root',
      });
      // Neither owns a file of the other.
      const files = [plugin, node].map((one) => Object.keys(one ?? {}).filter((file) => !file.endsWith('/')));
      expect(files[0]?.filter((file) => files[1]?.includes(file))).toEqual([]);
      const field = (deb: string, name: string) =>
        execFileSync('dpkg-deb', ['-f', deb, name], { encoding: 'utf8' }).trim();
      expect(debs.map((deb) => field(deb, 'Depends'))).toEqual(['nodejs (>= 18.19)', '']);
      expect(debs.map((deb) => field(deb, 'Version'))).toEqual([version, version]);
    });

    test('for Debian hold what is built: it runs by the distribution’s Node, with the licences of what is inside', () => {
      const root = path.join(folder, 'unpacked');
      for (const deb of debs) execFileSync('dpkg-deb', ['-x', deb, root]);
      for (const name of names) {
        const text = readFileSync(path.join(root, 'usr/lib/nagios/plugins', name), 'utf8');
        expect(text.split('\n')[0]).toBe('#!/usr/bin/node');
        expect(text.replace(/.*/, '') === readFileSync(`dist/${name}`, 'utf8').replace(/.*/, '')).toBe(true);
      }
      const licences = readFileSync('dist/THIRD-PARTY-LICENSES', 'utf8');
      const doc = path.join(root, 'usr/share/doc/rackwatch-plugins');
      expect(readFileSync(path.join(doc, 'THIRD-PARTY-LICENSES'), 'utf8')).toBe(licences);
      expect(readFileSync(path.join(doc, 'copyright'), 'utf8')).toContain(licences);
    });

    test('for Red Hat have the same files, where its systems look for them', () => {
      const list = (rpm: string) =>
        execFileSync('rpm', ['-qp', '--qf', '[%{FILEMODES:perms} %{FILEUSERNAME} %{FILENAMES}\n]', rpm], {
          encoding: 'utf8',
        });
      const [plugin = '', node = ''] = rpms.map(list);
      for (const name of names) expect(plugin).toContain(`-rwxr-xr-x root /usr/lib64/nagios/plugins/${name}\n`);
      expect(plugin).toContain('-rw-r--r-- root /etc/icinga2/conf.d/rackwatch-commands.conf\n');
      expect(plugin).toContain('-rw-r--r-- root /usr/share/doc/rackwatch-plugins/THIRD-PARTY-LICENSES\n');
      expect(plugin).toContain('-rw-r--r-- root /usr/share/licenses/rackwatch-plugins/LICENSE\n');
      expect(node).toContain('-rwxr-xr-x root /usr/lib64/nagios/plugins/cluster_node_snapshot\n');
      const config = rpms.map((rpm) => execFileSync('rpm', ['-qpc', rpm], { encoding: 'utf8' }).trim().split('\n'));
      expect(config[0]).toContain('/etc/icinga2/conf.d/rackwatch-services.conf');
      const root = path.join(folder, 'red-hat');
      mkdirSync(root);
      const doc = `${root}/usr/share/doc/rackwatch-node/examples`;
      execFileSync('sh', ['-c', 'cd "$0" && rpm2cpio "$1" | cpio -id --quiet', root, rpms[1] ?? '']);
      for (const name of ['nrpe/rackwatch.cfg', 'sudoers/rackwatch', 'ssh/authorized_keys.example']) {
        const text = readFileSync(path.join(doc, name), 'utf8');
        expect(text).toContain('/usr/lib64/nagios/plugins/cluster_node_snapshot');
        expect(text).not.toContain('/usr/lib/nagios');
      }
    });
  },
);

/** What `dpkg-deb -c` lists: modes and owners by path. */
function listed(text: string): Readonly<Record<string, string>> {
  const lines = text.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [mode, owner, , , , file = ''] = line.split(/\s+/);
      return [file, `${mode} ${owner}`];
    }),
  );
}

describe('the time that packages carry', () => {
  test('is the day of the newest release, or what is asked for', () => {
    expect(packageTime({})).toBe((releases()[0]?.date.getTime() ?? 0) / 1000);
    expect(packageTime({ SOURCE_DATE_EPOCH: '86400' })).toBe(86400);
    expect(() => packageTime({ SOURCE_DATE_EPOCH: 'today' })).toThrow('SOURCE_DATE_EPOCH is today');
  });

  test('comes from a changelog in which something is unreleased', () => {
    const text =
      '# C\n\n## Unreleased\n\n- new\n\n## 1.1.0 - 2026-02-03\n\n### Added\n\n- one\n  thing, `code`\n- two\n\n## 1.0.0 - 2026-01-02\n';
    expect(releases(text)).toEqual([
      { version: '1.1.0', date: new Date('2026-02-03T00:00:00Z'), changes: ['one thing, code', 'two'] },
      { version: '1.0.0', date: new Date('2026-01-02T00:00:00Z'), changes: [] },
    ]);
  });
});
