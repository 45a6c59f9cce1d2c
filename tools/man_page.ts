import type { Command, CommandOption } from './command.ts';

/** The edition that a page belongs to. */
export type Edition = { readonly version: string /** `YYYY-MM-DD` */; readonly date: string };

/** The man page of a command, in the macros of man(7), which groff and mandoc both read. */
export function renderManPage(command: Command, { version, date }: Edition, others: readonly string[]): string {
  const { name, operand, summary, description, options, standard, environment, examples, exits } = command;
  const isPlugin = standard.length > 0;
  return [
    `.\\" Generated from the declarations of the options by "npm run build".`,
    `.TH ${name.toUpperCase()} 1 ${date} "Rackwatch plugins ${version}" "Rackwatch plugins"`,
    '.SH NAME',
    line(`${name} - ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`),
    '.SH SYNOPSIS',
    `.B ${plain(name)}`,
    ...(operand === undefined ? [] : [`.I ${plain(operand)}`]),
    ...options.filter(({ required }) => required).map(form),
    '.RI [ OPTIONS ]',
    '.SH DESCRIPTION',
    line(description),
    '.SH OPTIONS',
    ...options.flatMap(entry),
    ...(isPlugin ? ['.SS Options of every plugin', ...standard.flatMap(entry)] : []),
    ...(isPlugin ? exitStatus(pluginExits) : exits === undefined ? [] : exitStatus(exits)),
    ...(environment.length === 0 ? [] : ['.SH ENVIRONMENT']),
    ...environment.flatMap((one) => ['.TP', `.B ${one.name}`, `The value of \\fB\\-\\-${dashed(one.option)}\\fR.`]),
    ...(examples.length === 0 ? [] : ['.SH EXAMPLES']),
    ...examples.flatMap(({ text, args }) => [
      ...['.TP', line(`${text.charAt(0).toUpperCase()}${text.slice(1)}:`)],
      // An option stays with its value; nothing is filled.
      ...['.nf', `.B ${plain(`${name} ${args}`).replaceAll(/ (?=\\-)/g, ' \\e\n.B \\ \\ ')}`, '.fi'],
    ]),
    '.SH SEE ALSO',
    others.map((other) => `.BR \\%${plain(other)} (1)`).join(' ,\n'),
    ...(isPlugin
      ? ['.PP', line('What each finding means and what to do about it: --explain CODE, and docs/findings.md.')]
      : []),
  ]
    .join('\n')
    .concat('\n');
}

const pluginExits = {
  0: 'OK',
  1: 'WARNING',
  2: 'CRITICAL',
  3: 'UNKNOWN; also help, version, --explain and usage errors',
};

function exitStatus(exits: Readonly<Record<number, string>>): readonly string[] {
  const entries = Object.entries(exits).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, line(meaning)]);
  return ['.SH EXIT STATUS', ...entries];
}

function entry(option: CommandOption): readonly string[] {
  const { short, value, long, help, notes } = option;
  const said = notes.length === 0 ? help : `${help} (${notes.join('; ')})`;
  const names = [...(short === undefined ? [] : [`\\fB\\-${short}\\fR`]), `\\fB\\-\\-${dashed(long)}\\fR`].join(', ');
  return ['.TP', `${names}${value === undefined ? '' : ` \\fI${plain(value)}\\fR`}`, line(said)];
}

function form({ long, value = '' }: CommandOption): string {
  return `.BI \\-\\-${dashed(long)} " ${plain(value)}"`;
}

function dashed(text: string): string {
  return text.replaceAll('-', '\\-');
}

/** Text as lines of its own, none longer than it should be; none begins a request. */
function line(text: string): string {
  const lines: string[] = [];
  for (const word of plain(text).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 80) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((one) => one.replace(/^(?=[.'])/, '\\&')).join('\n');
}

/** Text in which no character means something else to roff. What is not ASCII goes by its number. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll(
      /[^\0-~]/gu,
      (sign) => `\\[u${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
