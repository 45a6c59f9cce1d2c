import { userInfo } from 'node:os';
import path from 'node:path';
import { bundleCommand } from '../../../tools/bundle.ts';
import { carried } from '../../../tools/carried.ts';
import { type Outcome, runPlugin, type Surroundings } from '../../run_plugin.ts';

/** Asks the doctor, as the account that the checks run as. */
export type Doctor = (args: readonly string[], over?: Surroundings) => Promise<Outcome>;

/** Builds the command `rackwatch` into a folder as it is shipped, and gives the way to ask its doctor. */
export function buildDoctor(folder: string): Doctor {
  const command = path.join(folder, 'rackwatch');
  bundleCommand(command, carried('0.0.0'));
  return (args, over) => {
    const usual = { '--account': userInfo().username, '--timeout': '60' };
    const more = Object.entries(usual).filter(([option]) => !args.includes(option));
    return runPlugin(command, ['doctor', ...more.flat(), ...args], over);
  };
}

/** A line of a report: its state, its topic, what it says, and the commands below it with the place before each block. */
export type Said = {
  readonly state: string;
  readonly topic: string;
  readonly text: string;
  readonly paste: readonly string[];
};

/** The lines about one node or probe, by the name that its paragraph begins with. */
export function linesOf(report: string, name: string): readonly Said[] {
  const paragraph = report.split('\n\n').find((one) => one.startsWith(`${name} (`) || one.split('\n')[0] === name);
  if (paragraph === undefined) throw new Error(`nothing is said of ${name}:\n${report}`);
  const said: { state: string; topic: string; text: string; paste: string[] }[] = [];
  for (const line of paragraph.split('\n').slice(1)) {
    const [, state = '', topic = '', text = ''] = /^ {2}(ok|TODO|note) +([^:]+): (.*)$/.exec(line) ?? [];
    if (state !== '') said.push({ state, topic, text, paste: [] });
    else said.at(-1)?.paste.push(line.trim());
  }
  return said;
}

/** What is left to do there: `topic: text`. */
export function todosOf(report: string, name: string): readonly string[] {
  return linesOf(report, name)
    .filter(({ state }) => state === 'TODO')
    .map(({ topic, text }) => `${topic}: ${text}`);
}
