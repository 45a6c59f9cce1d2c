#!/usr/bin/env node
// Starts the plugin of this name from the folder beside it, with V8's code cache from the installation. A cache of
// another Node version, or none, costs some milliseconds and changes nothing.
const { readFileSync, realpathSync, writeSync } = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');

const own = realpathSync(__filename);
const name = path.basename(own);
const filename = path.join(path.dirname(own), 'rackwatch', `${name}.cjs`);
try {
  const source = readFileSync(filename, 'utf8').replace(/^#!.*/, '');
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename,
    cachedData: cache(),
  });
  script.runInThisContext()(exports, require, module, filename, path.dirname(filename));
} catch (error) {
  // Only what happens before the plugin itself has taken over comes here.
  process.exitCode = 3;
  writeSync(1, `[UNKNOWN] ${name} cannot start: ${String(error.message).split('\n')[0]}; install it anew\n`);
}

function cache() {
  try {
    return readFileSync(filename.replace(/cjs$/, 'cache'));
  } catch {
    return undefined;
  }
}
