import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArguments } from './arguments.ts';
import { type Subcommand, UsageError } from './subcommand.ts';

export const recorded: Subcommand = {
  summary: 'writes what the nodes of a recorded cluster said, to try things on',
  usage: `Usage: rackwatch recorded CLUSTER [--dir DIR]

Writes what each node of a cluster said that was recorded on a real kernel, for --node file:DIR/n1.txt.

  CLUSTER    healthy: every bucket on exactly one node; bucket-lost: the second node has given up its bucket
  --dir DIR  the folder to write to, created if needed (default: the current one)`,

  run({ args, carried, say }) {
    const { words, options } = parseArguments(args, ['dir'], 1);
    const { dir = '.' } = options;
    const [cluster = ''] = words;
    const files = Object.hasOwn(carried.recorded, cluster) ? carried.recorded[cluster] : undefined;
    if (files === undefined)
      throw new UsageError(`which cluster? There are ${Object.keys(carried.recorded).join(' and ')}`);
    mkdirSync(dir, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(path.join(dir, name), text);
      say(`wrote ${path.join(dir, name)}`);
    }
    return 0;
  },
};
