import { isFlag, longName, type Option, type Plugin, standardOptions } from '../src/plugin/index.ts';

/** The CheckCommand of a plugin, whoever it is written for. */
export type CheckCommand = {
  /** The plugin's name without `check_`. */
  readonly name: string;
  readonly plugin: Plugin;
  /** The variable that is the host's address unless it is set; undefined where no option takes one. */
  readonly address: string | undefined;
  /** All options that are arguments, in the order of their declarations. */
  readonly arguments: readonly Argument[];
  /** Options that go through the environment, so that they stand in no process list. */
  readonly secrets: readonly Secret[];
  /** The variable that is 1, 2 or 3, for `-v`, `-vv` and `-vvv`. */
  readonly verbosity: string;
};

export type Argument = {
  /** With its dashes. */
  readonly option: string;
  readonly variable: string;
  readonly declaration: Option;
  readonly isFlag: boolean;
  readonly description: string;
};

export type Secret = {
  readonly env: string;
  readonly variable: string;
  readonly declaration: Option;
  readonly description: string;
};

/** What is said of the variable that stands for `-v`. */
export const verbosityText = 'How much is said beyond the verdict: 1, 2 or 3.';

/** The CheckCommand that comes of a plugin's declarations. */
export function checkCommandOf(plugin: Plugin): CheckCommand {
  const name = plugin.name.replace(/^check_/, '');
  const variable = (key: string) => `${name}_${longName(key).replaceAll('-', '_')}`;
  const options = Object.entries<Option>({ ...plugin.options, timeout: standardOptions.timeout });
  const address = options.find(([, { short }]) => short === 'H')?.[0];
  return {
    ...{ name, plugin, address: address === undefined ? undefined : variable(address) },
    arguments: options.flatMap(([key, declaration]) =>
      declaration.secret !== undefined
        ? []
        : [
            {
              ...{ option: `--${longName(key)}`, variable: variable(key), declaration },
              ...{ isFlag: isFlag(declaration), description: described(declaration) },
            },
          ],
    ),
    secrets: options.flatMap(([key, declaration]) =>
      declaration.secret === undefined
        ? []
        : [
            {
              ...{ env: declaration.secret.env, variable: variable(key), declaration },
              description: described(declaration),
            },
          ],
    ),
    verbosity: variable('verbose'),
  };
}

function described({ help, repeat, default: preset }: Option): string {
  const shown = typeof preset === 'object' ? preset.join(' ') : String(preset ?? '');
  const sentence = `${help.charAt(0).toUpperCase()}${help.slice(1)}${repeat ? ' (an array gives several)' : ''}.`;
  return shown === '' ? sentence : `${sentence} Defaults to ${shown}.`;
}
