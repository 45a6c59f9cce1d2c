import { spawn } from 'node:child_process';
import path from 'node:path';
import type { WarmUp } from './plugins.ts';
import { withSnapshots } from './saved_snapshots.ts';
import { withPgpool } from './simulated_pgpool.ts';
import { withProbe } from './simulated_probe.ts';

/** Runs the plugin whose launcher it is given, and writes the cache of each script that was compiled, at the end. */
const maker = `
const vm = require('node:vm');
const { writeFileSync } = require('node:fs');
const [launcher, ...args] = process.argv.slice(1);
const scripts = [];
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    scripts.push([options.filename, this]);
  }
};
process.on('exit', () => {
  for (const [file, script] of scripts) writeFileSync(file.replace(/cjs$/, 'cache'), script.createCachedData());
});
process.argv = [process.execPath, launcher, ...args];
require(launcher);
`;

/**
 * Has an installed plugin run, and writes V8's code cache beside each of its bundles. Without one it runs all the same: what
 * goes wrong is said on standard error alone.
 */
export async function makeCaches(
  launcher: string,
  { args, recording, nodes = [], situations = [] }: WarmUp,
): Promise<void> {
  try {
    const runOn = (port: number) => runOnce(launcher, [...args, '--port', String(port)]);
    if (recording === undefined)
      await withSnapshots(situations, async (others) => {
        // Each run adds its functions to those of the ones before.
        for (const asked of [nodes, ...others]) await runOnce(launcher, [...args, ...asked]);
      });
    else await (recording.endsWith('.snmp') ? withProbe(recording, runOn) : withPgpool(recording, runOn));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`no code cache for ${path.basename(launcher)}: ${reason}`);
  }
}

function runOnce(launcher: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['-e', maker, launcher, ...args], { stdio: 'ignore', timeout: 120_000 });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Whatever the verdict: this host is not a node, as a rule.
    child.once('close', () => resolve());
  });
}
