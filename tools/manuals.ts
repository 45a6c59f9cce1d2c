import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sections } from '../src/findings/table.ts';
import { shippedCommands } from './command.ts';
import { renderBash, renderZsh } from './completion.ts';
import { type Edition, renderManPage } from './man_page.ts';

/** The man pages and completions of all commands, by their paths below dist/. */
export function manuals(): ReadonlyMap<string, string> {
  const commands = shippedCommands();
  const codes = Object.keys(sections);
  const edition = editionOf(readFileSync('package.json', 'utf8'), readFileSync('CHANGELOG.md', 'utf8'));
  return new Map(
    commands.flatMap((command) => {
      const { name } = command;
      const others = commands.map((one) => one.name).filter((one) => one !== name);
      return [
        [`man/${name}.1`, renderManPage(command, edition, others)],
        [`completion/bash/${name}`, renderBash(command, codes)],
        [`completion/zsh/_${name}`, renderZsh(command, codes)],
      ] as const;
    }),
  );
}

/** Writes them into a folder, which is there. */
export function writeManuals(folder: string): void {
  for (const [file, text] of manuals()) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
}

/** The day of a release is that of its section in the changelog: a page is the same whenever it is built. */
function editionOf(manifest: string, changelog: string): Edition {
  const { version }: { readonly version: string } = JSON.parse(manifest);
  const date = changelog
    .split('\n')
    .find((line) => line.startsWith(`## ${version} - `))
    ?.slice(-10);
  if (date === undefined) throw new Error(`CHANGELOG.md has no section for ${version}`);
  return { version, date };
}
