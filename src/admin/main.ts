import { realpathSync } from 'node:fs';
import { run } from './run.ts';
import type { Carried } from './subcommand.ts';

/** Put in by the bundler (`tools/bundle.ts`). */
declare const CARRIED: Carried;

const self = realpathSync(process.argv[1] ?? '');
run(
  process.argv.slice(2),
  { carried: CARRIED, self },
  { out: (line) => console.log(line), error: (line) => console.error(line) },
).then((code) => {
  process.exitCode = code;
});
