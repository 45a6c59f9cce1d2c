import { checkPgpool } from './simulated_pgpool.ts';

// Prints what check_pgpool says of a recording: its file, then the plugin's arguments with `-H pgpool1`.
const [recording = '', ...args] = process.argv.slice(2);
checkPgpool(recording, args).then(({ stdout, stderr, code }) => {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exit(code ?? 3);
});
