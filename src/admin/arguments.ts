import { parseArgs } from 'node:util';
import { UsageError } from './subcommand.ts';

/** A subcommand's command line, without its name. */
export type Arguments<Name extends string> = {
  readonly options: Readonly<Partial<Record<Name, string>>>;
  readonly words: readonly string[];
};

/**
 * Parses a subcommand's arguments: options that take a value each, and a limited number of words. Throws a `UsageError` for
 * anything else.
 */
export function parseArguments<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
  most = 0,
): Arguments<Name> {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [tooMuch] = positionals.slice(most);
    if (tooMuch !== undefined) throw new UsageError(`${tooMuch} is one word too many`);
    const given = names.flatMap((name) => (typeof values[name] === 'string' ? [[name, values[name]] as const] : []));
    for (const [name, value] of given) if (value === '') throw new UsageError(`--${name} is empty`);
    return { options: Object.fromEntries(given) as Partial<Record<Name, string>>, words: positionals };
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message.split('. ')[0]) : error;
  }
}
