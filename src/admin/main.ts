import { realpathSync } from 'node:fs';
import { writeWhole } from '../plugin/index.ts';
import { run } from './run.ts';
import type { Carried } from './subcommand.ts';

/** Put in by the bundler (`tools/bundle.ts`). */
declare const CARRIED: Carried;

const self = realpathSync(process.argv[1] ?? '');
let written = true;
const streams = {
  out: (line: string) => {
    written = writeWhole(`${line}\n`) && written;
  },
  error: (line: string) => console.error(line),
};
run(process.argv.slice(2), { carried: CARRIED, self }, streams).then((code) => {
  if (!written) streams.error('rackwatch: standard output takes no more, so this is not all of it');
  process.exitCode = written ? code : Math.max(code, 1);
});
