import { serveProbe } from './simulated_probe.ts';

// Serves a recording on a port of 127.0.0.1 until it is ended.
const [recording = '', port] = process.argv.slice(2);
serveProbe(recording, Number(port));
