import { type Output, type RunRequest, readCommandLine } from './command_line.ts';
import { explain } from './explain.ts';
import { renderHelp, renderVersion } from './help.ts';
import type { KitCode } from './kit_code.ts';
import { renderOpenMetrics } from './openmetrics.ts';
import type { Context, Plugin } from './plugin.ts';
import { type Report, renderJson, renderText, stateOf } from './report.ts';
import { type ExitCode, exitCode } from './state.ts';
import { lookOf } from './terminal.ts';
import { writeWhole } from './write.ts';

/** How long an ended run may take to bring its children down, in milliseconds. */
const grace = 300;

/**
 * Runs a plugin on its arguments: the only place that writes and exits. Whatever happens, one answer is written to
 * standard output, nothing to standard error, and the exit code is that of the answer; 3 when it could not be written.
 */
export function runPlugin(plugin: Plugin, argv: readonly string[]): void {
  process.exitCode = exitCode.UNKNOWN;
  // A warning of Node's own would go to standard error, which Icinga puts in front of the output.
  process.removeAllListeners('warning');
  const run = new Run(plugin);
  process.on('uncaughtException', (error) => run.fail('internal-error', internal(error), error));
  process.on('unhandledRejection', (error) => run.fail('internal-error', internal(error), error));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
    process.on(signal, () => run.fail('ended-by-signal', `ended by ${signal}`));
  process.on('exit', () => run.leave());
  run.start(argv);
}

/** One run, from the arguments to the one answer. */
class Run {
  readonly #plugin: Plugin;
  #output: Output = { format: 'text', labelStyle: 'quoted', labels: {}, noColor: false };
  #verbosity = 0;
  #stage = '';
  #answered = false;
  #work: Promise<void> | undefined;
  // Made when first asked for: a plugin without children does not pay for it.
  #abort: AbortController | undefined;

  constructor(plugin: Plugin) {
    this.#plugin = plugin;
  }

  start(argv: readonly string[]): void {
    const request = readCommandLine(this.#plugin, argv, process.env);
    if (request.kind === 'help') this.#end(renderHelp(this.#plugin), exitCode.UNKNOWN);
    else if (request.kind === 'version') this.#end(renderVersion(this.#plugin), exitCode.UNKNOWN);
    else if (request.kind === 'explain') this.#work = this.#explain(request);
    else if (request.kind === 'run') this.#work = this.#judge(request);
    else {
      this.#output = request;
      this.#end(this.#render(unknown('usage-error', `${request.reason} (see --help)`)), exitCode.UNKNOWN);
    }
  }

  /** Ends the run without a verdict: children are told to die, one UNKNOWN is written, then the process goes. */
  fail(code: KitCode, reason: string, error?: unknown): void {
    if (this.#answered) return;
    const stage = this.#stage === '' ? '' : ` while ${this.#stage}`;
    const details = this.#verbosity >= 2 && error instanceof Error ? String(error.stack).split('\n') : [];
    this.#abort?.abort();
    this.#answer(
      this.#render({ ...unknown(code, `${this.#plugin.name}: ${reason}${stage}`), details }),
      exitCode.UNKNOWN,
    );
    const leave = () => process.exit();
    setTimeout(leave, grace);
    this.#work?.then(leave, leave);
  }

  /** There was nothing left to wait for, or something else called process.exit(). */
  leave(): void {
    if (this.#answered) return;
    const stage = this.#stage === '' ? '' : ` while ${this.#stage}`;
    const text = `${this.#plugin.name}: internal error: the run did not end${stage}`;
    this.#answer(this.#render(unknown('internal-error', text)), exitCode.UNKNOWN);
  }

  async #judge(request: RunRequest): Promise<void> {
    const { values, timeoutMs, verbosity } = request;
    this.#output = request;
    this.#verbosity = verbosity;
    const timeLeft = () => Math.max(0, timeoutMs - process.uptime() * 1000);
    // The timer must not keep the process alive by itself: with nothing else to wait for, no verdict can come.
    setTimeout(() => this.fail('no-verdict', `no verdict within ${timeoutMs / 1000} s`), timeLeft()).unref();
    try {
      const report = await this.#plugin.run(values, this.#context(verbosity, timeoutMs, timeLeft));
      if (!this.#answered) this.#end(this.#render(report), exitCode[stateOf(report)]);
    } catch (error) {
      this.fail('internal-error', internal(error), error);
    }
  }

  async #explain({ code, ...output }: Output & { readonly code: string }): Promise<void> {
    this.#output = output;
    try {
      const explained = await explain(code);
      this.#end(
        explained.ok ? explained.value : this.#render(unknown('usage-error', explained.reason)),
        exitCode.UNKNOWN,
      );
    } catch (error) {
      this.fail('internal-error', internal(error), error);
    }
  }

  #context(verbosity: Context['verbosity'], timeoutMs: number, timeLeft: () => number): Context {
    const signal = () => {
      this.#abort ??= new AbortController();
      if (this.#answered) this.#abort.abort();
      return this.#abort.signal;
    };
    const stage = (text: string) => {
      this.#stage = text;
    };
    return {
      verbosity,
      timeoutMs,
      get signal() {
        return signal();
      },
      timeLeft,
      stage,
    };
  }

  #render(report: Report): string {
    const { format, labelStyle, labels, noColor } = this.#output;
    if (format === 'openmetrics') return renderOpenMetrics(report, { plugin: this.#plugin.name, ...labels });
    if (format === 'json') return renderJson(report, labelStyle);
    return renderText(report, lookOf(noColor, process.env), labelStyle);
  }

  #end(text: string, code: ExitCode): void {
    this.#answer(text, code);
    process.exit();
  }

  #answer(text: string, code: ExitCode): void {
    this.#answered = true;
    process.exitCode = writeWhole(text) ? code : exitCode.UNKNOWN;
  }
}

function unknown(code: KitCode, summary: string): Report {
  return { state: 'UNKNOWN', code, summary, findings: [] };
}

function internal(error: unknown): string {
  try {
    return `internal error: ${error instanceof Error ? error.message || error.name : String(error)}`;
  } catch {
    return 'internal error';
  }
}
