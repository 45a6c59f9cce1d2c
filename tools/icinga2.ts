import type { Plugin } from '../src/plugin/index.ts';
import { type Argument, type CheckCommand, checkCommandOf, verbosityText } from './check_command.ts';

/**
 * The CheckCommands of plugins for Icinga 2, in the style of its own template library: the command is the plugin's name
 * without `check_`, its variables are `<command>_<option>`. A `-H` option takes the host's address unless it is set, a
 * secret goes through the environment, so that it stands in no process list, and `<command>_verbose` is 1, 2 or 3.
 */
export function renderCheckCommands(plugins: readonly Plugin[]): string {
  return [head, ...plugins.map((plugin) => renderCommand(checkCommandOf(plugin)))].join('\n\n').concat('\n');
}

const head = `// CheckCommands of the Rackwatch plugins. Generated from the plugins' option declarations by "npm run generate".
// Include this file, and set the variables on a host or a service. PluginContribDir is where the plugins are installed.`;

function renderCommand(command: CheckCommand): string {
  const { name, plugin, address, secrets } = command;
  const lines = [
    `object CheckCommand "${name}" {`,
    ...(address === undefined ? [] : ['\timport "ipv4-or-ipv6"', '']),
    `\tcommand = [ PluginContribDir + "/${plugin.name}" ]`,
    '',
    '\targuments = {',
    ...command.arguments.flatMap(argument),
    ...verbosity(command),
    '\t}',
    ...(secrets.length === 0 ? [] : ['']),
    ...secretLines(command),
    ...(address === undefined && secrets.length === 0 ? [] : ['']),
    ...(address === undefined ? [] : [`\tvars.${address} = "$check_address$"`]),
    ...emptySecrets(command),
    '}',
  ];
  return lines.join('\n');
}

/** The lines of a CheckCommand that put its secrets into the environment. */
export function secretLines({ secrets }: CheckCommand): readonly string[] {
  return secrets.map(({ env, variable }) => `\tenv.${env} = "$${variable}$"`);
}

/** Without one, Icinga would log at every check that the macro is not defined. Empty is not given. */
export function emptySecrets({ secrets }: CheckCommand): readonly string[] {
  return secrets.map(({ variable }) => `\tvars.${variable} = ""`);
}

function argument({ option, variable, declaration, isFlag, description }: Argument): readonly string[] {
  return [
    `\t\t"${option}" = {`,
    `\t\t\t${isFlag ? 'set_if' : 'value'} = "$${variable}$"`,
    `\t\t\tdescription = "${description.replaceAll(/[\\"]/g, '\\$&')}"`,
    ...(declaration.repeat ? ['\t\t\trepeat_key = true'] : []),
    ...(declaration.required ? ['\t\t\trequired = true'] : []),
    '\t\t}',
  ];
}

function verbosity({ verbosity }: CheckCommand): readonly string[] {
  return ['-v', '-vv', '-vvv'].flatMap((flag, i) => [
    `\t\t"${flag}" = {`,
    `\t\t\tset_if = {{ ${isVerbosity(verbosity, i + 1)} }}`,
    ...(i === 0 ? [`\t\t\tdescription = "${verbosityText}"`] : []),
    '\t\t}',
  ]);
}

/** The body of a function that says whether a variable is a number. */
export function isVerbosity(variable: string, number: number): string {
  return `macro("$${variable}$") == ${number}`;
}
