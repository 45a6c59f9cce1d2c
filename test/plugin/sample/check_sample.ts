import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { type Context, definePlugin, type Report } from '../../../src/plugin/index.ts';

/** A plugin that does on demand what plugins do in bad dreams. */
export default definePlugin({
  name: 'check_sample',
  summary: 'Behaves well or badly, for the tests of the runner',
  options: {
    do: { value: 'WHAT', help: 'what to do', default: 'ok' },
    warning: { short: 'w', help: 'a range', type: 'range' },
    tag: { value: 'TEXT', help: 'a tag', repeat: true },
    community: { short: 'C', value: 'TEXT', help: 'a secret', secret: { env: 'SAMPLE_COMMUNITY' } },
    quick: { help: 'be quick', type: 'flag' },
    size: { value: 'N', help: 'a size', type: 'integer', min: 1, default: 1 },
  },
  examples: [{ text: 'be well', args: '--do ok' }],
  run: async ({ do: what, size }, context) => {
    context.stage('asking node1, node2');
    const act = acts[what];
    if (act === undefined) throw new Error(`nothing to do for ${what}`);
    return act(context, size);
  },
});

const fine: Report = {
  summary: 'all is well',
  findings: [{ state: 'OK', code: 'sample', text: 'one' }],
  perfdata: [{ label: 'a', value: 1 }],
};

const acts: Readonly<Record<string, (context: Context, size: number) => Promise<Report>>> = {
  ok: async () => fine,
  warning: async () => ({ summary: 'so so', findings: [{ state: 'WARNING', code: 'sample', text: 'one' }] }),
  critical: async () => ({ ...fine, state: 'CRITICAL' }),
  long: async (_, size) => ({ ...fine, details: Array.from({ length: size }, (_, i) => `${i} ${'x'.repeat(1000)}`) }),
  reject: async () => {
    throw new Error('it | broke\n[OK] <b>');
  },
  rejectText: async () => Promise.reject('just text'),
  rejectNothing: async () => Promise.reject(undefined),
  uncaught: () =>
    new Promise(() => {
      setTimeout(() => {
        throw new TypeError('nobody caught this');
      }, 5);
      setTimeout(() => undefined, 60_000);
    }),
  unhandled: () =>
    new Promise(() => {
      setTimeout(() => Promise.reject(new Error('nobody handled this')), 5);
      setTimeout(() => undefined, 60_000);
    }),
  never: () => new Promise(() => undefined),
  slow: () => new Promise((resolve) => setTimeout(() => resolve(fine), 60_000)),
  circular: async () => {
    const data: { self?: unknown } = {};
    data.self = data;
    return { ...fine, data };
  },
  exit: async () => process.exit(0),
  warn: async () => {
    process.emitWarning('deprecated', 'DeprecationWarning');
    await new Promise((resolve) => setTimeout(resolve, 20));
    return fine;
  },
  late: async () => {
    setTimeout(() => {
      throw new Error('too late to matter');
    });
    return fine;
  },
  home: async () => ({ ...fine, summary: (await import('node:os')).userInfo().username }),
  stdin: async () => ({ ...fine, summary: `read ${readFileSync(0).length} bytes` }),
  child: childThat((child) => child.kill('SIGKILL')),
  stubborn: childThat(() => undefined),
  busy: async () => {
    const end = Date.now() + 1300;
    while (Date.now() < end);
    return fine;
  },
  timeLeft: async (context) => ({
    ...fine,
    summary: `${context.timeLeft() > context.timeoutMs - 2000 && context.timeLeft() <= context.timeoutMs}`,
  }),
};

/** Starts a child, says its pid on file descriptor 3, and never comes to a verdict. */
function childThat(end: (child: ChildProcess) => void) {
  return async ({ signal }: Context): Promise<Report> => {
    const { spawn } = await import('node:child_process');
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    signal.addEventListener('abort', () => end(child));
    writeSync(3, `${child.pid}\n`);
    await new Promise((resolve) => child.once('exit', resolve));
    return fine;
  };
}
