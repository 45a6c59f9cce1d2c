import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A package whose code stands in the bundles. */
export type ThirdParty = {
  readonly name: string;
  readonly version: string;
  /** As the package names it, in SPDX's words: `MIT`. */
  readonly licence: string;
  /** Its licence, word for word. */
  readonly text: string;
};

/**
 * The packages of npm among the files that went into bundles, each once, by name. A file that belongs to none of them is
 * ours. Throws for a package that names no licence or whose licence text is nowhere to be found.
 */
export function thirdParties(inputs: readonly string[]): readonly ThirdParty[] {
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []);
  const found = new Map([...new Set(folders)].map(read).map((one) => [`${one.name}@${one.version}`, one]));
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function read(folder: string): ThirdParty {
  const { name, version, license }: Readonly<Record<string, unknown>> = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  if (typeof license !== 'string') throw new Error(`${name}: its package.json names no licence`);
  const text = licenceText(folder);
  if (text === null) throw new Error(`${name}: no licence text, neither as a file nor in its README`);
  return { name: String(name), version: String(version), licence: license, text };
}

/**
 * The licence text in a package's folder: its file, or else the section of its README that has the text itself and not
 * just its name; null where neither is there.
 */
export function licenceText(folder: string): string | null {
  const files = readdirSync(folder);
  const file = files.find((one) => /^(?:licen[cs]e|copying)(?:\.(?:md|txt))?$/i.test(one));
  if (file !== undefined) return readFileSync(path.join(folder, file), 'utf8').trim();
  const readme = path.join(folder, 'README.md');
  if (!existsSync(readme)) return null;
  const [, section = ''] = /^#+ licen[cs]e *\n([\s\S]*?)(?=^#|(?![\s\S]))/im.exec(readFileSync(readme, 'utf8')) ?? [];
  return /copyright/i.test(section) && /permission|redistribution/i.test(section) ? section.trim() : null;
}

/** THIRD-PARTY-LICENSES: every package with its version, its licence and the text of that. */
export function renderLicences(parties: readonly ThirdParty[]): string {
  const parts = parties.map(({ name, version, licence, text }) => {
    const lines = text.replaceAll('\r\n', '\n').split('\n');
    return [`${name} ${version} (${licence})`, '', ...lines.map((line) => line.trimEnd())].join('\n');
  });
  return `${[head, ...parts].join(`\n\n${'-'.repeat(79)}\n\n`)}\n`;
}

const head = `The Rackwatch plugins, whose own licence is in LICENSE, contain code of the packages
below, all of them from npm. Made by the build from the bundler's list of what went in.`;
