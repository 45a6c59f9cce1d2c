import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isProgram, type Kind, type Package } from './shipped_files.ts';

/** Where a distribution has each kind of file; the folder of `doc` gets the package's name below it. */
export type Places = Readonly<Record<Kind, string>>;

/** A file of a package as it lies on a machine: its path from the root, and its mode. */
export type Placed = { readonly file: string; readonly mode: number; readonly bytes: Buffer; readonly kind: Kind };

/** The files of a package in their places. */
export function placed({ name, files }: Package, places: Places): readonly Placed[] {
  return files.map((one) => ({
    file: path.posix.join(places[one.kind], one.kind === 'doc' ? name : '', one.name),
    mode: isProgram(one) ? 0o755 : 0o644,
    bytes: one.bytes,
    kind: one.kind,
  }));
}

/** Writes files below a folder; the folders that this makes have mode 755, whatever the umask is. */
export function writeTree(root: string, files: readonly Omit<Placed, 'kind'>[]): void {
  for (const { file, mode, bytes } of files) {
    const target = path.join(root, file);
    makeFolders(path.dirname(target));
    writeFileSync(target, bytes);
    chmodSync(target, mode);
  }
}

function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(path.dirname(folder));
  mkdirSync(folder);
  chmodSync(folder, 0o755);
}
