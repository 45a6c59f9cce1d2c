import { longName, type Option, type Plugin, standardOptions } from '../src/plugin/index.ts';
import { optionForm, optionMeaning } from './option_text.ts';

/**
 * The commands of plugins for Nagios and its kin: one a plugin, named like it. The address of the host is passed to its
 * `-H` option, everything else is written by the service as one argument. Above each stand the options it takes.
 */
export function renderNagiosCommands(plugins: readonly Plugin[]): string {
  return [head, ...plugins.map(renderCommand)].join('\n\n').concat('\n');
}

const head = `# Commands of the Rackwatch plugins for Nagios 4, Naemon and others that read its object files. Generated from the
# plugins' option declarations by "npm run generate". A service gives the options as one argument, separated from the
# command by "!":
#
#   check_command  check_cluster_buckets!--node node1 --node admin@node2
#
# $USER1$ (resource.cfg) is where the plugins are installed. In an argument, "!" and ";" end it, a "$" is written "$$", and
# what a shell would read must be in quotes.`;

function renderCommand(plugin: Plugin): string {
  const options = Object.entries<Option>({ ...plugin.options, timeout: standardOptions.timeout });
  const address = options.find(([, { short }]) => short === 'H');
  const others = options.filter((option) => option !== address);
  const forms = others.map(([key, option]) => optionForm(key, option));
  const width = Math.max(...forms.map(({ length }) => length));
  const secrets = options.flatMap(([, { secret }]) => (secret === undefined ? [] : [secret.env]));
  const file = 'credentials' in plugin.options ? 'in the file of --credentials, or ' : '';
  return [
    `# ${plugin.summary}.`,
    ...others.map(([, option], i) => `#   ${(forms[i] ?? '').padEnd(width)}  ${optionMeaning(option)}`),
    ...(secrets.length === 0
      ? []
      : [`# Secrets among these show in the process list. Better ${file}in the environment of the daemon:`]),
    ...(secrets.length === 0 ? [] : [`# ${secrets.join(', ')}.`]),
    'define command {',
    `  command_name  ${plugin.name}`,
    `  command_line  $USER1$/${plugin.name}${address === undefined ? '' : ` --${longName(address[0])} '$HOSTADDRESS$'`} $ARG1$`,
    '}',
  ].join('\n');
}
