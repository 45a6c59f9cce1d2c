import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, plainEnvironment } from './pairs.ts';

/** Measures the CPU time of a Node program's own process, all its threads, in milliseconds. Throws when it does not end in OK. */
export type CpuMeter = (command: Command) => number;

/** `file` gives paths in a folder of the caller's, for the hook that the measured process is started with. */
export function cpuMeter(file: (name: string) => string): CpuMeter {
  const [hook, result] = [file('cpu.cjs'), file('cpu')];
  writeFileSync(
    hook,
    `process.on('exit', () => {
      const { user, system } = process.cpuUsage();
      require('fs').writeFileSync(${JSON.stringify(result)}, String((user + system) / 1000));
    });`,
  );
  return ({ program, args }) => {
    const env = { ...plainEnvironment(), NODE_OPTIONS: `--require=${hook}` };
    const { status } = spawnSync(program, args, { stdio: 'ignore', env });
    if (status !== 0) throw new Error(`${args[0]} ended with ${status}`);
    return Number(readFileSync(result, 'utf8'));
  };
}

/**
 * The CPU time of a program and of all processes that it has started and waited for, in milliseconds. Throws when it ends
 * without a verdict (3 or more).
 */
export function cpuWithChildren({ program, args, env }: Command): number {
  const words = ['--norc', '-c', '"$@" >/dev/null 2>&1; [ $? -lt 3 ] || exit 1; times', 'bash', program, ...args];
  const { status, stdout } = spawnSync('bash', words, { encoding: 'utf8', env: { ...plainEnvironment(), ...env } });
  if (status !== 0) throw new Error(`${program} ${args[0]} came to no verdict`);
  // The first line is the shell's own; `0m0.123s 0m0.045s`, user and system.
  const [, children = ''] = stdout.trim().split('\n');
  const seconds = children.split(' ').map((text) => {
    const [, minutes = 'NaN', rest = 'NaN'] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
    return Number(minutes) * 60 + Number(rest);
  });
  return seconds.reduce((sum, one) => sum + one, 0) * 1000;
}
