import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { leanExeca, leanNetSnmp } from './lean/index.ts';

/**
 * Packages that many a run does not need, and the room that judges buckets, which is needed when the nodes have been
 * asked: each is text until something asks for it, and then is compiled.
 */
const latePackages = ['execa', 'net-snmp', '#cluster'];

/** A plugin as JavaScript, and the late packages that it can ask for, by name. */
type Pieces = { readonly main: string; readonly late: ReadonlyMap<string, string> };

/**
 * Bundles a plugin (its TypeScript file) into one executable file that needs nothing but Node 18.19 or newer. Paths are
 * relative to the project's directory, which is the current one. Throws when the bundle cannot be made.
 */
export function bundle(plugin: string, outfile: string): void {
  const { main, late } = pieces(plugin);
  writeFileSync(outfile, `#!/usr/bin/env node\n"use strict";\n${late.size === 0 ? '' : lateLoader(late)}${main}`);
  chmodSync(outfile, 0o755);
}

/**
 * Bundles a plugin for the launcher of an installation: the plugin into a file of its own, late packages into a folder
 * `late` beside it, each as a function of `require`, `module` and `exports`. Gives every file that was written.
 */
export function bundleApart(plugin: string, outfile: string): readonly string[] {
  const { main, late } = pieces(plugin);
  const files = [
    [outfile, main] as const,
    ...[...late].map(
      ([name, text]) => [path.join(path.dirname(outfile), 'late', `${name.replace('#', '')}.cjs`), text] as const,
    ),
  ];
  for (const [file, text] of files) {
    mkdirSync(path.dirname(file), { recursive: true });
    // As the launcher compiles it: put around the text there, it would be another copy of it in memory.
    writeFileSync(file, `(function (require, module, exports) {${text}\n})`);
  }
  return files.map(([file]) => file);
}

function pieces(plugin: string): Pieces {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { outputFiles, metafile } = buildSync({
    ...settings,
    stdin: {
      contents: `
        import plugin from './${plugin}';
        import { runPlugin } from './src/plugin/run.ts';
        runPlugin(plugin, process.argv.slice(2));`,
      resolveDir: '.',
      loader: 'ts',
    },
    external: latePackages,
    define: {
      SNAPSHOT_SCRIPT: JSON.stringify(readFileSync('plugins/cluster_node_snapshot', 'utf8')),
      PLUGIN_VERSION: JSON.stringify(version),
    },
    metafile: true,
  });
  const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
  const late = latePackages.filter((name) => asked.includes(name)).map((name): [string, string] => [name, whole(name)]);
  return { main: plain(outputFiles[0]?.text ?? ''), late: new Map(late) };
}

/**
 * The same program in ASCII: one other letter, and V8 keeps and reads all of it with two bytes for each. They stand in
 * strings and regular expressions alone, which know them by number too.
 */
function plain(program: string): string {
  return program.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function whole(name: string): string {
  // Of modules that are none of CommonJS, all become one scope, which is faster to load.
  const contents = name === 'net-snmp' ? `module.exports = require('${name}');` : `export * from '${name}';`;
  const alias = name === 'net-snmp' ? leanNetSnmp() : name === 'execa' ? leanExeca() : {};
  const { outputFiles } = buildSync({ ...settings, alias, stdin: { contents, resolveDir: '.', loader: 'js' } });
  return plain(outputFiles[0]?.text ?? '');
}

const settings = {
  bundle: true,
  write: false,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node18.19',
  // A late package is asked for by require, which can be told where it is; `import()` cannot.
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Gives `require` the late packages: a text that is not compiled yet costs next to nothing. */
function lateLoader(late: ReadonlyMap<string, string>): string {
  return `const late=${JSON.stringify(Object.fromEntries(late))},loaded={},own=require;
require=name=>{
if(!(name in late))return own(name);
if(!loaded[name]){const made=loaded[name]={exports:{}};
new(own("node:vm").Script)("(function(require,module,exports){"+late[name]+"\\n})",{filename:name}).runInThisContext()(own,made,made.exports)}
return loaded[name].exports};
`;
}
