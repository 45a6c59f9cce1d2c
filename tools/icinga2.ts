import { isFlag, longName, type Option, type Plugin, standardOptions } from '../src/plugin/index.ts';

/**
 * The CheckCommands of plugins for Icinga 2, in the style of its own template library: the command is the plugin's name
 * without `check_`, its variables are `<command>_<option>`. A `-H` option takes the host's address unless it is set, a
 * secret goes through the environment, so that it stands in no process list, and `<command>_verbose` is 1, 2 or 3.
 */
export function renderCheckCommands(plugins: readonly Plugin[]): string {
  return [head, ...plugins.map(renderCommand)].join('\n\n').concat('\n');
}

const head = `// CheckCommands of the Rackwatch plugins. Generated from the plugins' option declarations by "npm run generate".
// Include this file, and set the variables on a host or a service. PluginContribDir is where the plugins are installed.`;

function renderCommand(plugin: Plugin): string {
  const name = plugin.name.replace(/^check_/, '');
  const options = Object.entries<Option>({ ...plugin.options, timeout: standardOptions.timeout });
  const address = options.find(([, { short }]) => short === 'H')?.[0];
  const secrets = options.filter(([, { secret }]) => secret !== undefined);
  const lines = [
    `object CheckCommand "${name}" {`,
    ...(address === undefined ? [] : ['\timport "ipv4-or-ipv6"', '']),
    `\tcommand = [ PluginContribDir + "/${plugin.name}" ]`,
    '',
    '\targuments = {',
    ...options.filter(([, { secret }]) => secret === undefined).flatMap(([key, option]) => argument(name, key, option)),
    ...verbosity(name),
    '\t}',
    ...(secrets.length === 0 ? [] : ['']),
    ...secrets.map(([key, { secret }]) => `\tenv.${secret?.env} = "$${variable(name, key)}$"`),
    ...(address === undefined && secrets.length === 0 ? [] : ['']),
    ...(address === undefined ? [] : [`\tvars.${variable(name, address)} = "$check_address$"`]),
    // Without one, Icinga would log at every check that the macro is not defined. Empty is not given.
    ...secrets.map(([key]) => `\tvars.${variable(name, key)} = ""`),
    '}',
  ];
  return lines.join('\n');
}

function variable(command: string, key: string): string {
  return `${command}_${longName(key).replaceAll('-', '_')}`;
}

function argument(command: string, key: string, option: Option): readonly string[] {
  const macro = `"$${variable(command, key)}$"`;
  return [
    `\t\t"--${longName(key)}" = {`,
    isFlag(option) ? `\t\t\tset_if = ${macro}` : `\t\t\tvalue = ${macro}`,
    `\t\t\tdescription = "${described(option).replaceAll(/[\\"]/g, '\\$&')}"`,
    ...(option.repeat ? ['\t\t\trepeat_key = true'] : []),
    ...(option.required ? ['\t\t\trequired = true'] : []),
    '\t\t}',
  ];
}

function described({ help, repeat, default: preset }: Option): string {
  const shown = typeof preset === 'object' ? preset.join(' ') : String(preset ?? '');
  const sentence = `${help.charAt(0).toUpperCase()}${help.slice(1)}${repeat ? ' (an array gives several)' : ''}.`;
  return shown === '' ? sentence : `${sentence} Defaults to ${shown}.`;
}

function verbosity(command: string): readonly string[] {
  return ['-v', '-vv', '-vvv'].flatMap((flag, i) => [
    `\t\t"${flag}" = {`,
    `\t\t\tset_if = {{ macro("$${variable(command, 'verbose')}$") == ${i + 1} }}`,
    ...(i === 0 ? ['\t\t\tdescription = "How much is said beyond the verdict: 1, 2 or 3."'] : []),
    '\t\t}',
  ]);
}
