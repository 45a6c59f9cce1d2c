import { debianPlaces } from './debian.ts';
import { isConfiguration, type Package } from './shipped_files.ts';
import type { Placed, Places } from './staging.ts';

/** Where RHEL, Fedora and their kin have everything, on 64 bits. */
export const rpmPlaces: Places = {
  ...debianPlaces,
  plugin: 'usr/lib64/nagios/plugins',
  nagios: 'etc/nagios/conf.d',
  zsh: 'usr/share/zsh/site-functions',
};

/** What each package has to do with others. */
const relations: Readonly<Record<string, readonly string[]>> = {
  'rackwatch-plugins': [
    // Red Hat's nodejs has an epoch, which any version without one is below.
    'Requires: (nodejs >= 1:18.19 or (nodejs >= 18.19 with nodejs < 1:0))',
    'Recommends: openssh-clients',
    'Suggests: icinga2, nagios-plugins-nrpe, rackwatch-node',
  ],
  'rackwatch-node': ['Requires: /bin/sh', 'Suggests: nrpe, openssh-server, sudo'],
};

/** A package whose examples name the plugins' folder of Red Hat's systems. */
export function redHat(one: Package): Package {
  const files = one.files.map((file) => {
    if (file.kind !== 'doc' || !/(?:^|\/)(?:nrpe|sudoers|ssh)\//.test(file.name)) return file;
    const text = file.bytes.toString('utf8').replaceAll(`/${debianPlaces.plugin}`, `/${rpmPlaces.plugin}`);
    return { ...file, bytes: Buffer.from(text) };
  });
  return { ...one, files };
}

/** The spec file of a package: its files are taken as they were staged, from the folder that the macro `staged` names. */
export function renderSpec(
  { name, summary, description }: Package,
  version: string,
  licence: string,
  files: readonly Placed[],
): string {
  const own = ['usr/share/doc', 'usr/share/licenses'].map((folder) => `/${folder}/${name}`);
  const folders = new Set(
    files.flatMap(({ file }) =>
      own.filter((one) => `/${file}`.startsWith(`${one}/`)).flatMap((one) => below(one, file)),
    ),
  );
  return [
    `Name: ${name}`,
    // A hyphen stands before the release, and nowhere else.
    `Version: ${version.replaceAll('-', '~')}`,
    'Release: 1',
    `Summary: ${summary}`,
    `License: ${licence}`,
    'BuildArch: noarch',
    // The dependencies are those below: the first lines of the programs name no package.
    'AutoReqProv: no',
    ...(relations[name] ?? []),
    '',
    '%description',
    description.join('\n\n'),
    '',
    '%install',
    'mkdir -p %{buildroot}',
    'cp -a %{staged}/. %{buildroot}/',
    '',
    '%files',
    ...[...folders].sort().map((folder) => `%dir %attr(0755, root, root) ${folder}`),
    ...files.map((one) => {
      const mode = one.mode.toString(8).padStart(4, '0');
      return `${isConfiguration(one) ? '%config(noreplace) ' : ''}%attr(${mode}, root, root) "/${one.file}"`;
    }),
    '',
  ].join('\n');
}

/** A folder and all folders between it and a file below it. */
function below(folder: string, file: string): readonly string[] {
  const parts = `/${file}`
    .slice(folder.length + 1)
    .split('/')
    .slice(0, -1);
  return [folder, ...parts.map((_, i) => `${folder}/${parts.slice(0, i + 1).join('/')}`)];
}
