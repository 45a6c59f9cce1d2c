import { normaliseArgv } from './argv.ts';
import { type Described, renderCommandHelp, version } from './help.ts';
import { isFlag, longName, type Options, standardOptions, type Values } from './option.ts';
import { failure, type Result, success } from './result.ts';
import { readValue } from './values.ts';
import { writeWhole } from './write.ts';

/** The options that every handler has. */
export const handlerOptions = { help: standardOptions.help, version: standardOptions.version } as const;

/**
 * A program that a daemon calls when something happens. Its options are declared as a plugin's are; it gives no verdict
 * on anything, so its exit codes are its own.
 */
export type Handler<O extends Options = Options> = Described & {
  readonly options: O;
  /** What each exit code means. */
  readonly exits: Readonly<Record<number, string>>;
  /** Does it, and gives the exit code. */
  run(values: Values<O>): Promise<number>;
  /**
   * Says that a run came to nothing (a wrong call, an internal error), where somebody will see it. Gives the exit code.
   * `args` are the arguments as `--long=value`, as far as they could be read.
   */
  refuse(reason: string, kind: 'usage' | 'internal', args: readonly string[]): Promise<number>;
};

/** Defines a handler; the types of its values come from its declarations. */
export function defineHandler<const O extends Options>(handler: Handler<O>): Handler<O> {
  return handler;
}

/** What a handler's arguments ask for. */
export type HandlerRequest = 'help' | 'version' | Readonly<Record<string, unknown>>;

/** Reads the arguments of a handler by its declarations. Help wins over everything, then version. */
export function readHandlerArguments(options: Options, argv: readonly string[]): Result<HandlerRequest> {
  const all: Options = { ...options, ...handlerOptions };
  const { args, error } = normaliseArgv(argv, all);
  const given = (key: string) =>
    args.flatMap((arg) => (arg.startsWith(`--${longName(key)}=`) ? [arg.slice(longName(key).length + 3)] : []));
  for (const key of ['help', 'version'] as const) if (given(key).length > 0) return success(key);
  if (error !== undefined) return failure(error);
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const texts = given(key);
    const value = isFlag(option) ? success(texts.length > 0) : readValue(key, option, texts, process.env);
    if (!value.ok) return value;
    values[key] = value.value;
  }
  return success(values);
}

/** The answer to a handler's `--help`. */
export function renderHandlerHelp(handler: Handler): string {
  const exits = Object.entries(handler.exits).map(([code, meaning]) => `${code} ${meaning}`);
  const lists = { 'Options:': { ...handler.options, ...handlerOptions } };
  return renderCommandHelp(handler, lists, `Exit codes: ${exits.join('; ')}`);
}

/** Runs a handler on its arguments, and exits with its code: the only place of a handler that does. */
export function runHandler(handler: Handler, argv: readonly string[]): void {
  process.removeAllListeners('warning');
  const refuse = (reason: string, kind: 'usage' | 'internal') => {
    const leave = (code: number) => process.exit(code);
    const { args } = normaliseArgv(argv, { ...handler.options, ...handlerOptions });
    handler.refuse(reason, kind, args).then(leave, () => leave(1));
  };
  const internal = (error: unknown) =>
    refuse(`internal error: ${error instanceof Error ? error.message || error.name : String(error)}`, 'internal');
  process.on('uncaughtException', internal);
  process.on('unhandledRejection', internal);
  const request = readHandlerArguments(handler.options, argv);
  if (!request.ok) refuse(`${request.reason} (see --help)`, 'usage');
  else if (request.value === 'help') process.exit(writeWhole(renderHandlerHelp(handler)) ? 0 : 1);
  else if (request.value === 'version')
    process.exit(writeWhole(`${handler.name} ${version} (Rackwatch plugins)\n`) ? 0 : 1);
  else handler.run(request.value).then((code) => process.exit(code), internal);
}
