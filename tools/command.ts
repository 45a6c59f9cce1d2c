import { readFileSync } from 'node:fs';
import { subcommands } from '../src/admin/index.ts';
import {
  type Example,
  type Handler,
  handlerOptions,
  isFlag,
  longName,
  type Option,
  type Options,
  standardOptions,
} from '../src/plugin/index.ts';
import { handlers, plugins } from './plugins.ts';

/** What completes a value: words of its own, or something of the machine it is typed on. */
export type Completes = 'words' | 'list' | 'node' | 'host' | 'file' | 'folder' | 'code';

/** An option as pages and completions show it. */
export type CommandOption = {
  readonly short: string | undefined;
  /** Without dashes. */
  readonly long: string;
  /** What stands for its value; undefined for a flag. */
  readonly value: string | undefined;
  /** What it is for, in the words of the help. */
  readonly help: string;
  /** What else there is to know: its default and the like. */
  readonly notes: readonly string[];
  readonly repeat: boolean;
  readonly required: boolean;
  readonly completes: Completes;
  /** Words that the value can be; one that ends in a sign goes on. */
  readonly words: readonly string[];
};

/** A command that is shipped, with all that its man page and its completions say. */
export type Command = {
  readonly name: string;
  /** What stands before the options on its command line; undefined where nothing does. */
  readonly operand?: string;
  /** One sentence without a dot. */
  readonly summary: string;
  readonly description: string;
  readonly options: readonly CommandOption[];
  /** Options that it has because it is a plugin. */
  readonly standard: readonly CommandOption[];
  /** Environment variables that it reads secrets from, by their option. */
  readonly environment: readonly { readonly name: string; readonly option: string }[];
  readonly examples: readonly Example[];
  /** What its exit codes mean, where they are not those of a plugin. */
  readonly exits?: Readonly<Record<number, string>>;
};

/** Every shipped command: the plugins, the handlers, the script that runs on cluster nodes, and `rackwatch`. */
export function shippedCommands(): readonly Command[] {
  const script = readFileSync('plugins/cluster_node_snapshot', 'utf8');
  return [...plugins.map(pluginCommand), ...handlers.map(handlerCommand), snapshotCommand(script), rackwatchCommand()];
}

function pluginCommand({ name, summary, description = '', options, examples }: (typeof plugins)[number]): Command {
  return {
    ...{ name, summary, description, examples },
    options: optionsOf(options),
    standard: optionsOf(standardOptions),
    environment: environmentOf(options),
  };
}

function handlerCommand({ name, summary, description = '', options, examples, exits }: Handler): Command {
  const all = optionsOf({ ...options, ...handlerOptions });
  return { ...{ name, summary, description, examples, exits }, options: all, standard: [], environment: [] };
}

function environmentOf(options: Options): Command['environment'] {
  return Object.entries(options).flatMap(([key, { secret }]) =>
    secret === undefined ? [] : [{ name: secret.env, option: longName(key) }],
  );
}

function optionsOf(options: Options): readonly CommandOption[] {
  return Object.entries(options).map(([key, option]) => {
    const words = typeof option.type === 'object' ? option.type : (option.words ?? []);
    const value = isFlag(option) ? undefined : (option.value ?? 'N');
    return {
      ...{ short: option.short, long: longName(key), value, words, completes: completes(key, option) },
      ...{ help: option.help, notes: notesOf(option), repeat: option.repeat === true || key === 'verbose' },
      required: option.required === true,
    };
  });
}

/** Goes by what stands for the value in the help, so that the two cannot differ. */
function completes(key: string, { value = '' }: Option): Completes {
  if (value === 'SPEC') return 'node';
  if (value === 'HOST') return 'host';
  if (value === 'FILE' || value === 'PATH') return 'file';
  if (value === 'DIR') return 'folder';
  if (key === 'explain') return 'code';
  return value.includes(',') ? 'list' : 'words';
}

function notesOf({ repeat, required, secret, default: preset }: Option): readonly string[] {
  const shown = typeof preset === 'object' ? preset.join(' ') : String(preset ?? '');
  return [
    ...(required ? ['required'] : []),
    ...(repeat ? ['repeatable'] : []),
    ...(secret === undefined ? [] : [`also from ${secret.env} in the environment, which no process list shows`]),
    ...(shown === '' ? [] : [`default: ${shown}`]),
  ];
}

/** The script has its options in one place too, its `usage`: the page is read from there. */
function snapshotCommand(script: string): Command {
  const [, usage = ''] = /^usage\(\) \{\n {2}cat <<END\n([\s\S]*?)^END$/m.exec(script) ?? [];
  const [line = '', description = '', list = ''] = usage.trim().split('\n\n');
  const options = list.split('\n').map((text) => {
    const [, long = '', value, help = ''] = /^ {2}--([a-z-]+)(?: ([A-Z]+))? {2,}(.*)$/.exec(text) ?? [];
    if (!line.includes(`[--${long}${value === undefined ? '' : ` ${value}`}]`))
      throw new Error(`cluster_node_snapshot: the usage does not name the option of "${text}"`);
    return option(
      long,
      value,
      `${help.charAt(0).toUpperCase()}${help.slice(1)}`,
      line.includes(`[--${long} ${value}]...`),
    );
  });
  const [summary = '', ...rest] = description.replaceAll('\n', ' ').split(/, (?=for )/);
  return {
    name: 'cluster_node_snapshot',
    summary,
    description: `${summary}, ${rest.join(', ')} It always ends with exit code 0: what could not be read is noted in the snapshot.`,
    options: [
      ...options,
      { ...option('help', undefined, 'print this help and exit', false), short: 'h' },
      { ...option('version', undefined, 'print the version and exit', false), short: 'V' },
    ],
    ...{ standard: [], environment: [] },
    examples: [
      { text: 'what is there to know about one cluster address', args: '--vip 192.168.56.20' },
      { text: 'from which address this host reaches another', args: '--addresses-only --route 198.51.100.1' },
    ],
  };
}

/** Each subcommand has its usage, as `rackwatch SUBCOMMAND --help` prints it; the options are read from there. */
function rackwatchCommand(): Command {
  const said = [...subcommands].map(([name, { summary }]) => `${name} ${summary}`).join('; ');
  const options = [...subcommands].flatMap(([name, { usage, options: declared }]): readonly CommandOption[] =>
    declared === undefined
      ? [...usage.matchAll(/^ {2}--([a-z-]+) ([A-Z]+) +(.*)$/gm)].map(([, long = '', value, help = '']) => ({
          ...option(long, value, `Of ${name}: ${help}`, false),
          completes: 'folder' as const,
        }))
      : optionsOf(declared).map((one) => ({ ...one, help: `Of ${name}: ${one.help}` })),
  );
  return {
    name: 'rackwatch',
    operand: 'SUBCOMMAND',
    summary: 'Sets up what belongs to the plugins',
    description: `The subcommands: ${said}. rackwatch SUBCOMMAND --help says more.`,
    options: [
      ...options.filter(({ long }, i) => options.findIndex((one) => one.long === long) === i),
      { ...option('help', undefined, 'print this help and exit', false), short: 'h' },
      option('version', undefined, 'print the version and exit', false),
    ],
    standard: [],
    environment: [...subcommands].flatMap(([, { options: declared = {} }]) => environmentOf(declared)),
    examples: [
      { text: 'make the plugins known to Icinga 2', args: 'install-config' },
      { text: 'nodes of a recorded cluster, to try a check on', args: 'recorded bucket-lost --dir /tmp/nodes' },
      { text: 'what works on the way to two nodes, and what to do', args: 'doctor --node node1 --node node2' },
    ],
  };
}

function option(long: string, value: string | undefined, help: string, repeat: boolean): CommandOption {
  const completing = value === 'TARGET' ? 'host' : 'words';
  return {
    ...{ short: undefined, long, value, help, notes: [], repeat },
    required: false,
    completes: completing,
    words: [],
  };
}
