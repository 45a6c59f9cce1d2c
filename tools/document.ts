import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { handlerOptions, isFlag, longName, type Option, type Options, standardOptions } from '../src/plugin/index.ts';
import { handlers, plugins } from './plugins.ts';

const block = /^<!-- (options|output): (.*) -->\n[\s\S]*?^<!-- end of \1 -->$/gm;

/**
 * Fills the marked blocks of a document:
 * `<!-- options: PLUGIN -->` with the table of a plugin's options,
 * `<!-- output: COMMAND | in FOLDER -->` with the command and what it prints, run in that folder of the project,
 * `<!-- output: COMMAND | on RECORDING -->` the same against a simulated probe, which the command calls probe1, or a
 * simulated Pgpool, which it calls pgpool1.
 * The folder by its whole path is shown as /srv/snapshots. What stands in them now is replaced; everything else is kept. Throws for a block that cannot be filled.
 */
export function fillDocument(text: string, file: string): string {
  return text.replaceAll(block, (_, kind: string, what: string) => {
    const filling = kind === 'options' ? optionTable(what, file) : commandOutput(what, file);
    return `<!-- ${kind}: ${what} -->\n\n${filling}\n\n<!-- end of ${kind} -->`;
  });
}

function optionTable(name: string, file: string): string {
  const plugin = plugins.find((one) => one.name === name);
  const handler = handlers.find((one) => one.name === name);
  const all: Options | undefined =
    (plugin && { ...plugin.options, ...standardOptions }) ?? (handler && { ...handler.options, ...handlerOptions });
  if (all === undefined) throw new Error(`${file}: there is no plugin ${name}`);
  const rows = Object.entries(all).map(([key, option]) => optionRow(key, option));
  return ['| option | meaning | default |', '|---|---|---|', ...rows].join('\n');
}

function optionRow(key: string, option: Option): string {
  const { short, value = 'N', help, required, repeat, secret, default: preset } = option;
  const form = `--${longName(key)}${isFlag(option) ? '' : ` ${value}`}`;
  const notes = [
    ...(repeat ? ['repeatable'] : []),
    ...(secret === undefined ? [] : [`also from \`${secret.env}\` in the environment`]),
  ];
  const meaning = notes.length === 0 ? help : `${help} (${notes.join('; ')})`;
  const shown = typeof preset === 'object' ? preset.join(' ') : String(preset ?? '');
  const standing = required ? 'required' : shown === '' ? '' : `\`${shown}\``;
  const forms = short === undefined ? `\`${form}\`` : `\`-${short}\`, \`${form}\``;
  return `| ${[forms, meaning, standing].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What runs a plugin on a recording: its file and the arguments follow. */
const simulated: Readonly<Record<string, string>> = {
  check_sensorprobe: 'tools/check_probe.ts',
  check_pgpool: 'tools/check_pgpool.ts',
};

function commandOutput(what: string, file: string): string {
  const [asked = '', recording] = what.split(' | on ');
  const [line = '', folder = '.'] = asked.split(' | in ');
  const [program = '', ...args] = line.split(' ');
  const runner =
    recording === undefined ? [path.resolve('dist', program)] : ['tools/run.mjs', simulated[program] ?? '', recording];
  const { stdout, stderr, error } = spawnSync(process.execPath, [...runner, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error !== undefined || stderr !== '' || stdout === '')
    throw new Error(`${file}: ${line} (in ${folder}) does not run: ${error?.message ?? stderr}`);
  // The folder is another one on every machine.
  const said = stdout.trimEnd().replaceAll(path.resolve(folder), '/srv/snapshots');
  return `\`\`\`\n$ ${line}\n${said}\n\`\`\``;
}
