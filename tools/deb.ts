import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { debianPlaces, renderChangelog, renderControl, renderCopyright } from './debian.ts';
import { folderFrom } from './release_folder.ts';
import { packageTime } from './release_history.ts';
import { isConfiguration, type Package, packages } from './shipped_files.ts';
import { type Placed, placed, writeTree } from './staging.ts';

// Makes the Debian packages from what is built. Needs dpkg-deb. The same tree gives the same bytes. Usage: npm run deb --
// [DIR], release/ unless said.

function makeDeb(one: Package, version: string, target: string): void {
  const root = mkdtempSync(path.join(tmpdir(), 'rackwatch-deb-'));
  try {
    chmodSync(root, 0o755);
    const documents = {
      'changelog.gz': gzipSync(renderChangelog(one.name, version), { level: 9 }),
      copyright: copyrightOf(one),
    };
    const files = [
      ...placed(one, debianPlaces),
      ...Object.entries(documents).map(
        ([name, bytes]): Placed => ({ file: `usr/share/doc/${one.name}/${name}`, mode: 0o644, bytes, kind: 'doc' }),
      ),
    ];
    writeTree(root, [...files, ...controlFiles(one, version, files)]);
    const file = path.join(target, `${one.name}_${version}_all.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', root, file], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // More threads cut the archive into other blocks.
      env: { ...process.env, SOURCE_DATE_EPOCH: String(packageTime()), DPKG_DEB_THREADS_MAX: '1' },
    });
    console.log(file);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function controlFiles(one: Package, version: string, files: readonly Placed[]): readonly Omit<Placed, 'kind'>[] {
  const kilobytes = files.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 1024), 0);
  // Of configuration dpkg keeps the sums itself.
  const fixed = files.filter((file) => !isConfiguration(file));
  const sums = fixed.map(({ file, bytes }) => `${createHash('md5').update(bytes).digest('hex')}  ${file}\n`).sort();
  const conffiles = files.filter((file) => isConfiguration(file)).map(({ file }) => `/${file}\n`);
  const texts = {
    control: renderControl(one, version, kilobytes),
    md5sums: sums.join(''),
    ...(conffiles.length === 0 ? {} : { conffiles: conffiles.join('') }),
  };
  return Object.entries(texts).map(([name, text]) => ({
    file: `DEBIAN/${name}`,
    mode: 0o644,
    bytes: Buffer.from(text),
  }));
}

function copyrightOf({ node }: Package): Buffer {
  const others = node ? readFileSync('dist/THIRD-PARTY-LICENSES', 'utf8') : '';
  return Buffer.from(renderCopyright(readFileSync('LICENSE', 'utf8'), others));
}

folderFrom('deb', process.argv.slice(2), (target) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  mkdirSync(target, { recursive: true });
  for (const one of packages()) makeDeb(one, version, target);
});
