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
