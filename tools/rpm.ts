import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { renderCopyright } from './debian.ts';
import { redHat, renderSpec, rpmPlaces } from './red_hat.ts';
import { folderFrom } from './release_folder.ts';
import { packageTime } from './release_history.ts';
import { type Package, packages } from './shipped_files.ts';
import { type Placed, placed, writeTree } from './staging.ts';

// Makes the RPM packages from what is built, of the same files as the Debian packages. Needs rpmbuild. The same tree gives the
// same bytes. Usage: npm run rpm -- [DIR], release/ unless said.

function makeRpm(one: Package, version: string, target: string): void {
  const work = mkdtempSync(path.join(tmpdir(), 'rackwatch-rpm-'));
  try {
    const licence = renderCopyright(
      readFileSync('LICENSE', 'utf8'),
      one.node ? readFileSync('dist/THIRD-PARTY-LICENSES', 'utf8') : '',
    );
    const licenceFile = { file: `usr/share/licenses/${one.name}/LICENSE`, mode: 0o644, bytes: Buffer.from(licence) };
    const files: readonly Placed[] = [...placed(redHat(one), rpmPlaces), { ...licenceFile, kind: 'doc' }];
    writeTree(path.join(work, 'tree'), files);
    const spec = path.join(work, `${one.name}.spec`);
    writeFileSync(spec, renderSpec(one, version, one.node ? licencesInside() : 'MIT', files));
    const defines = {
      _topdir: work,
      _rpmdir: path.join(work, 'rpms'),
      staged: path.join(work, 'tree'),
      // What differs from machine to machine and from day to day.
      _buildhost: 'localhost',
      use_source_date_epoch_as_buildtime: '1',
      clamp_mtime_to_source_date_epoch: '1',
      source_date_epoch_from_changelog: '0',
      // Read by every rpm of today and of ten years ago.
      _binary_payload: 'w9.gzdio',
      // Nothing is compiled, stripped or compressed again.
      __os_install_post: '%{nil}',
    };
    const args = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
    execFileSync('rpmbuild', ['-bb', '--quiet', '--target', 'noarch', ...args, spec], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(packageTime()) },
    });
    for (const file of readdirSync(path.join(work, 'rpms/noarch'))) {
      copyFileSync(path.join(work, 'rpms/noarch', file), path.join(target, file));
      console.log(path.join(target, file));
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The licences of all that is in the bundles, as the spec file has them. */
function licencesInside(): string {
  const { components }: Bill = JSON.parse(readFileSync('dist/rackwatch-plugins.cdx.json', 'utf8'));
  const ids = components.flatMap(({ licenses }) => licenses.map(({ license }) => license.id));
  return [...new Set(['MIT', ...ids])].sort().reverse().join(' AND ');
}

type Bill = {
  readonly components: readonly { readonly licenses: readonly { readonly license: { readonly id: string } }[] }[];
};

folderFrom('rpm', process.argv.slice(2), (target) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  mkdirSync(target, { recursive: true });
  for (const one of packages()) makeRpm(one, version, target);
});
