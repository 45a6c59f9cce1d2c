import { doctor } from './doctor/index.ts';
import { installConfig } from './install_config.ts';
import { recorded } from './recorded.ts';
import { type Call, type Subcommand, UsageError } from './subcommand.ts';

/** All subcommands, in the order in which `rackwatch --help` names them. */
export const subcommands: ReadonlyMap<string, Subcommand> = new Map([
  ['install-config', installConfig],
  ['recorded', recorded],
  ['doctor', doctor],
]);

/** Where the lines go. */
export type Streams = { out(line: string): void; error(line: string): void };

/** What `rackwatch` has besides its arguments. */
export type Surroundings = Omit<Call, 'args' | 'say'>;

/**
 * Runs `rackwatch` and gives its exit code: that of the subcommand, 1 when something cannot be done, 2 for a wrong call. What
 * is wrong is printed on standard error.
 */
export async function run(args: readonly string[], around: Surroundings, { out, error }: Streams): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === '--version') {
    out(`rackwatch ${around.carried.version}`);
    return 0;
  }
  if (name === '--help' || name === '-h') {
    out(overview());
    return 0;
  }
  const subcommand = subcommands.get(name);
  if (subcommand === undefined) {
    error(name === '' ? overview() : `rackwatch: there is no subcommand ${name}; rackwatch --help lists them`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    out(subcommand.usage);
    return 0;
  }
  try {
    return await subcommand.run({ ...around, args: rest, say: out });
  } catch (failure) {
    const usage = failure instanceof UsageError;
    error(`rackwatch ${name}: ${failure instanceof Error ? failure.message : String(failure)}`);
    if (usage) error(`Try rackwatch ${name} --help.`);
    return usage ? 2 : 1;
  }
}

function overview(): string {
  const names = [...subcommands.keys()];
  const width = Math.max(...names.map((name) => name.length));
  return [
    'Usage: rackwatch SUBCOMMAND [OPTIONS]',
    '',
    ...[...subcommands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'rackwatch SUBCOMMAND --help says more; rackwatch --version prints the version.',
  ].join('\n');
}
