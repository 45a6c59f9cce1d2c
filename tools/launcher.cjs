#!/usr/bin/env node
// Starts the plugin of this name from the folder `rackwatch` beside it, with V8's code caches from the installation.
// A cache of another Node version, or none, costs some milliseconds and changes nothing.
'use strict';
const { readFileSync, writeSync } = require('node:fs');
const { Script } = require('node:vm');

// Where this file really is, whatever links lead to it.
const name = __filename.slice(__dirname.length + 1);
const folder = `${__dirname}/rackwatch`;
const late = new Map();

try {
  run(`${folder}/${name}`, { exports: {} });
} catch (error) {
  // Only what happens before the plugin itself has taken over comes here.
  process.exitCode = 3;
  writeSync(1, `[UNKNOWN] ${name} cannot start: ${String(error.message).split('\n')[0]}; install it anew\n`);
}

/** Runs a bundle, which is one function, with its code cache, and gives what it exports. */
function run(base, made) {
  const filename = `${base}.cjs`;
  const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData: cacheOf(base) });
  script.runInThisContext()(requireLate, made, made.exports);
  return made.exports;
}

/** What a run may not need is a bundle of its own (`late/NAME`), loaded when it is asked for. */
function requireLate(wanted) {
  if (!wanted.startsWith('late/')) return require(wanted);
  if (!late.has(wanted)) late.set(wanted, run(`${folder}/${wanted}`, { exports: {} }));
  return late.get(wanted);
}

function cacheOf(base) {
  try {
    return readFileSync(`${base}.cache`);
  } catch {
    return undefined;
  }
}
