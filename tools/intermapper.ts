import { longName, type Option, type Plugin, standardOptions } from '../src/plugin/index.ts';
import { optionForm, optionMeaning } from './option_text.ts';

/** The package of the probes: InterMapper knows each as `PACKAGE.NAME`, and its file should be called so. */
const packageName = 'local.rackwatch';

/** The name of a plugin's probe file. */
export function intermapperFile({ name }: Plugin): string {
  return `${packageName}.${name}.txt`;
}

/**
 * A command-line probe of InterMapper for a plugin, in the form of its own "Nagios Plugin" probe: the address of the device
 * goes to the `-H` option, everything else is one parameter, whose preset is the plugin's first example.
 */
export function renderIntermapperProbe(plugin: Plugin): string {
  const { name, summary, examples, options } = plugin;
  const address = Object.entries<Option>(options).find(([, { short }]) => short === 'H');
  const device = address === undefined ? '' : ` --${longName(address[0])} ${macro('ADDRESS')}`;
  const preset = withoutAddress(examples[0]?.args ?? '', address);
  const shown = Object.entries<Option>({ ...options, timeout: standardOptions.timeout }).filter(
    ([key, { secret }]) => key !== address?.[0] && secret === undefined,
  );
  const secrets = Object.values<Option>(options).some(({ secret }) => secret !== undefined);
  const lines = [
    '<!--',
    `${name} for InterMapper (${packageName}.${name}). Generated from the plugin's option declarations by "npm run generate".`,
    '-->',
    '',
    '<header>',
    ...Object.entries({
      type: 'cmd-line',
      package: packageName,
      probe_name: name,
      human_name: name,
      version: '1.0',
      address_type: 'IP',
      display_name: `Miscellaneous/Rackwatch/${name}`,
      flags: 'NAGIOS3',
    }).map(([key, value]) => `\t${key} = "${value}"`),
    '</header>',
    '',
    '<description>',
    `\\GB\\${name}\\p\\`,
    '',
    `${plain(summary)}. ${address === undefined ? 'The address of the device is not used' : `The address of the device is that of --${longName(address[0])}`}; everything else goes into Options, as on a command line.`,
    '',
    'The plugin must be in the Tools folder of the InterMapper Settings folder, or a link to it.',
    ...(secrets ? ['', 'Passwords do not belong in Options, where everybody sees them: use --credentials.'] : []),
    '',
    ...shown.map(([key, option]) => `\\B\\${optionForm(key, option)}\\p\\ ${plain(optionMeaning(option))}`),
    '</description>',
    '',
    '<parameters>',
    `\tOptions = "${preset}"`,
    '</parameters>',
    '',
    '<command-line>',
    '\t-- Empty: the Tools folder.',
    '\tpath = ""',
    `\tcmd = "${name}${device} --label-style plain ${macro('Options')}"`,
    '</command-line>',
    '',
    '<command-exit>',
    "\t-- As InterMapper's own probe for Nagios plugins has them.",
    `\tdown:${macro('EXIT_CODE')}=3`,
    `\tcritical:${macro('EXIT_CODE')}=2`,
    `\talarm:${macro('EXIT_CODE')}=1`,
    `\tokay:${macro('EXIT_CODE')}=0`,
    '</command-exit>',
    '',
    '<command-display>',
    `\\B5\\${name}\\P0\\`,
    macro('nagios_output'),
    '</command-display>',
  ];
  return `${lines.join('\n')}\n`;
}

/** What InterMapper replaces by a value. */
function macro(name: string): string {
  return `\${${name}}`;
}

/** The arguments of an example, less the option that the device's address is for. */
function withoutAddress(args: string, address: readonly [string, Option] | undefined): string {
  if (address === undefined) return args;
  const names = [`--${longName(address[0])}`, `-${address[1].short}`];
  const words = args.split(' ');
  return words.filter((word, i) => !names.includes(word) && !names.includes(words[i - 1] ?? '')).join(' ');
}

/** ASCII, without what the markup of descriptions would take for its own. */
function plain(text: string): string {
  return text.replaceAll('’', "'").replaceAll('\\', '/').replace(/[<>]/g, '').replaceAll('$', '');
}
