import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { folderFrom } from './release_folder.ts';

// Makes the package for npm install -g from what is built. Its package.json names no dependencies: they are in the bundles,
// and npm would fetch them a second time. Usage: npm run pack -- [DIR], release/ unless said.

function pack(target: string): void {
  const staging = mkdtempSync(path.join(tmpdir(), 'rackwatch-pack-'));
  try {
    const {
      scripts,
      imports,
      dependencies,
      devDependencies,
      devEngines,
      private: _,
      ...about
    } = JSON.parse(readFileSync('package.json', 'utf8'));
    writeFileSync(path.join(staging, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
    for (const one of [...about.files, 'LICENSE', 'README.md'])
      cpSync(one, path.join(staging, one), { recursive: true });
    mkdirSync(target, { recursive: true });
    const { status, stdout, stderr } = spawnSync('npm', ['pack', '--silent', '--pack-destination', target], {
      cwd: staging,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr.trim());
    console.log(path.join(target, stdout.trim()));
  } finally {
    rmSync(staging, { recursive: true });
  }
}

folderFrom('pack', process.argv.slice(2), pack);
