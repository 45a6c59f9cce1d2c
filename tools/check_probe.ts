import { checkProbe } from './simulated_probe.ts';

// Prints what check_sensorprobe says of a recording: its file, then the plugin's arguments with `-H probe1`.
const [recording = '', ...args] = process.argv.slice(2);
checkProbe(recording, args).then(({ stdout, stderr, code }) => {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exit(code ?? 3);
});
