import { releases } from './release_history.ts';
import type { Package } from './shipped_files.ts';
import type { Places } from './staging.ts';

/** Where Debian and Ubuntu have everything. Source: the Filesystem Hierarchy Standard; monitoring-plugins-common, icinga2-common. */
export const debianPlaces: Places = {
  plugin: 'usr/lib/nagios/plugins',
  command: 'usr/bin',
  icinga: 'etc/icinga2/conf.d',
  nagios: 'etc/nagios-plugins/config',
  man: 'usr/share/man/man1',
  bash: 'usr/share/bash-completion/completions',
  zsh: 'usr/share/zsh/vendor-completions',
  doc: 'usr/share/doc',
};

const maintainer = 'The Rackwatch plugins authors <rackwatch-plugins@example.org>';

/** What each package has to do with others. */
const relations: Readonly<Record<string, readonly string[]>> = {
  'rackwatch-plugins': [
    'Depends: nodejs (>= 18.19)',
    'Recommends: openssh-client',
    'Suggests: icinga2, iputils-arping, nagios-nrpe-plugin, rackwatch-node',
    'Enhances: icinga2, nagios4',
  ],
  'rackwatch-node': ['Suggests: nagios-nrpe-server, openssh-server, sudo'],
};

/** The control file of a package whose files take so many kilobytes. */
export function renderControl({ name, summary, description }: Package, version: string, kilobytes: number): string {
  const paragraphs = description.map((paragraph) => fill(paragraph, 78).map((line) => ` ${line}`));
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${kilobytes}`,
    ...(relations[name] ?? []),
    'Section: net',
    'Priority: optional',
    `Description: ${summary}`,
    ...paragraphs.flatMap((lines, i) => (i === 0 ? lines : [' .', ...lines])),
    '',
  ].join('\n');
}

/** The changelog in Debian's form: the releases of CHANGELOG.md up to a version. */
export function renderChangelog(name: string, version: string): string {
  const all = releases();
  const known = all.slice(
    Math.max(
      0,
      all.findIndex((one) => one.version === version),
    ),
  );
  return known
    .map((release) => {
      const changes = release.changes.map((change) => `  * ${fill(change, 74).join('\n    ')}`);
      const date = release.date.toUTCString().replace('GMT', '+0000');
      return `${name} (${release.version}) unstable; urgency=medium\n\n${changes.join('\n')}\n\n -- ${maintainer}  ${date}\n`;
    })
    .join('\n');
}

/** The file `copyright`, which is the one document that small systems keep: with the licences of what is inside. */
export function renderCopyright(licence: string, others: string): string {
  const rest = others === '' ? '' : `\n${'-'.repeat(79)}\n\n${others}`;
  return `The Rackwatch plugins. Their licence:\n\n${licence.trim()}\n${rest}`;
}

/** A text in lines of at most so many characters. */
function fill(text: string, width: number): readonly string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
