import { isFlag, longName, type Option, type Options, standardOptions } from './option.ts';
import type { Plugin } from './plugin.ts';

declare const PLUGIN_VERSION: string;

/** The version of the build; `development` when the source itself runs. */
export const version: string = typeof PLUGIN_VERSION === 'string' ? PLUGIN_VERSION : 'development';

const width = 80;

/** The answer to `--version`, with its newline. */
export function renderVersion({ name }: Plugin): string {
  return `${name} ${version} (Rackwatch plugins)\n`;
}

/** The answer to `--help`: usage, options with their defaults, examples and exit codes, in 80 columns. */
export function renderHelp(plugin: Plugin): string {
  return renderCommandHelp(
    plugin,
    { 'Options:': plugin.options, 'Options of every plugin:': standardOptions },
    'Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (also help, version, --explain, usage errors)',
  );
}

/** What the help of a command says of it, whether it is a plugin or not. */
export type Described = Pick<Plugin, 'name' | 'summary' | 'description' | 'options' | 'examples'>;

/** The help of a command: its options under their headings, and a last line about its exit codes; in 80 columns. */
export function renderCommandHelp(
  { name, summary, description, options, examples }: Described,
  lists: Readonly<Record<string, Options>>,
  exits: string,
): string {
  const paragraphs = [
    `Usage: ${name} ${usage(options)}`.split('\n').flatMap((line) => wrap(line, 0, name.length + 8)),
    [...wrap(`${summary}.`, 0), ...(description === undefined ? [] : ['', ...wrap(description, 0)])],
    ...Object.entries(lists).map(([heading, some]) => [heading, ...optionLines(some)]),
    ...(examples.length === 0
      ? []
      : [['Examples:', ...examples.flatMap(({ text, args }) => exampleLines(text, `${name} ${args}`))]]),
    wrap(exits, 0),
  ];
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** An option as it is written: `-H, --vip ADDRESS`. */
export function optionForm(key: string, option: Option): string {
  const value = isFlag(option) ? '' : ` ${valueName(option)}`;
  return `${option.short === undefined ? '' : `-${option.short}, `}--${longName(key)}${value}`;
}

/** What the help and the docs say about an option: its sentence, whether it repeats or is required, its default. */
export function optionText({ help, required, repeat, secret, default: value }: Option): string {
  const shown = typeof value === 'object' ? value.join(' ') : value === undefined ? '' : String(value);
  const notes = [
    ...(required ? ['required'] : []),
    ...(repeat ? ['repeatable'] : []),
    ...(secret === undefined ? [] : [`also from ${secret.env} in the environment`]),
    ...(shown === '' ? [] : [`default: ${shown}`]),
  ];
  return notes.length === 0 ? help : `${help} (${notes.join('; ')})`;
}

function valueName({ value, type }: Option): string {
  return value ?? (type === 'integer' || type === 'number' ? 'N' : type === 'range' ? 'RANGE' : 'TEXT');
}

function usage(options: Options): string {
  const required = Object.entries(options).filter(([, { required }]) => required);
  return [...required.map(([key, option]) => `--${longName(key)} ${valueName(option)}`), '[OPTIONS]'].join(' ');
}

/** A table of options as the help shows it: each with its form, and what it is for. */
export function optionLines(options: Options): readonly string[] {
  return Object.entries(options).flatMap(([key, option]) => {
    const form = `  ${option.short === undefined ? '    ' : ''}${optionForm(key, option)}`;
    const text = wrap(optionText(option), 26);
    const [first = '', ...rest] = text;
    return form.length <= 24 ? [form.padEnd(26) + first.trimStart(), ...rest] : [form, ...text];
  });
}

function exampleLines(text: string, command: string): readonly string[] {
  // An option stays with its value.
  return [...wrap(`${text}:`, 2), ...wrap(command, 4, 6, / (?=-)/, ' \\')];
}

/** Breaks at blanks, so that no line is over 80 columns; a word that is too long gets a line of its own. */
export function wrap(
  text: string,
  indent: number,
  hanging = indent,
  gap: string | RegExp = ' ',
  mark = '',
): readonly string[] {
  const lines: string[] = [];
  let line = ' '.repeat(indent);
  let empty = true;
  for (const word of text.split(gap)) {
    if (!empty && line.length + 1 + word.length + mark.length > width) {
      lines.push(line + mark);
      line = ' '.repeat(hanging);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
