/** Milliseconds since the start of the process. `performance.now()` says the same, and loads a module for 2 ms first. */
export function now(): number {
  return process.uptime() * 1000;
}
