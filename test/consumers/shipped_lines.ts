import { readFileSync } from 'node:fs';
import { type Request, readCommandLine } from '../../src/plugin/command_line.ts';
import { plugins } from '../../tools/plugins.ts';

/** The examples of a shipped file, as somebody has them who took the # away: what `pattern` finds. */
export function shippedLines(file: string, pattern: RegExp): readonly RegExpMatchArray[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)];
}

/** What a plugin makes of a command line in which blanks alone separate. */
export function understood(command: string): Request {
  const [file = '', ...args] = command.split(' ');
  const plugin = plugins.find(({ name }) => file === `/usr/lib/nagios/plugins/${name}`);
  if (plugin === undefined) throw new Error(`${file} is no plugin`);
  return readCommandLine(plugin, args, {});
}
