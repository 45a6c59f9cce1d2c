import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import type { Carried } from '../src/admin/index.ts';
import { late, lateName, stubsOf } from './late.ts';

/** A plugin as JavaScript, what it may ask for later, by the name that it asks with, and the files all this is made of. */
type Pieces = {
  readonly main: string;
  readonly later: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
};

/** What a file of `plugins` is: a check, or a program that a daemon calls. */
export type Role = 'plugin' | 'handler';

/**
 * Bundles a plugin or a handler (its TypeScript file) into one executable file that needs nothing but Node 18.19 or newer. Paths are
 * relative to the project's directory, which is the current one. Gives the files that went in, as the bundler lists them.
 * Throws when the bundle cannot be made.
 */
export function bundle(file: string, outfile: string, role: Role = 'plugin'): readonly string[] {
  return writeProgram(pieces(startOf(file, role)), outfile);
}

/**
 * Bundles the command `rackwatch` as `bundle` does a plugin, with the files that it carries. Gives the files that went in,
 * less these.
 */
export function bundleCommand(outfile: string, carried: Carried): readonly string[] {
  return writeProgram(pieces(`import './src/admin/main.ts';`, { CARRIED: JSON.stringify(carried) }), outfile);
}

function writeProgram({ main, later, inputs }: Pieces, outfile: string): readonly string[] {
  writeFileSync(
    outfile,
    `#!/usr/bin/env node\n${notice}"use strict";\n${later.size === 0 ? '' : lateLoader(later)}${main}`,
  );
  chmodSync(outfile, 0o755);
  return inputs;
}

/** The file may be copied without what lies beside it. */
const notice = '// Contains packages of npm; their licences are in THIRD-PARTY-LICENSES, which comes with this file.\n';

/**
 * Bundles a plugin for the launcher of an installation: the plugin into a file of its own, late packages into a folder
 * `late` beside it, each as a function of `require`, `module` and `exports`. Gives every file that was written,
 * and those that went in.
 */
export function bundleApart(
  file: string,
  outfile: string,
  role: Role = 'plugin',
): { readonly files: readonly string[]; readonly inputs: readonly string[] } {
  const { main, later, inputs } = pieces(startOf(file, role));
  const files = [
    [outfile, main] as const,
    ...[...later].map(([name, text]) => [path.join(path.dirname(outfile), `${name}.cjs`), text] as const),
  ];
  for (const [file, text] of files) {
    mkdirSync(path.dirname(file), { recursive: true });
    // As the launcher compiles it: put around the text there, it would be another copy of it in memory.
    writeFileSync(file, `(function (require, module, exports) {${text}\n})`);
  }
  return { files: files.map(([file]) => file), inputs };
}

/** The program that runs a plugin or a handler. */
function startOf(file: string, role: Role): string {
  const [run, from] = role === 'plugin' ? ['runPlugin', 'run'] : ['runHandler', 'handler'];
  return `
    import program from './${file}';
    import { ${run} } from './src/plugin/${from}.ts';
    ${run}(program, process.argv.slice(2));`;
}

function pieces(contents: string, define: Readonly<Record<string, string>> = {}): Pieces {
  const main = program({ stdin: { contents, resolveDir: '.', loader: 'ts' }, define });
  const later = new Map<string, string>();
  const inputs = new Set(main.inputs);
  const waiting = [...main.asks];
  for (const wanted of waiting) {
    if (later.has(lateName(wanted))) continue;
    const late = program({ entryPoints: [wanted], outdir: '.', alias: stubsOf(wanted) }, wanted);
    later.set(lateName(wanted), late.text);
    waiting.push(...late.asks);
    for (const input of late.inputs) inputs.add(input);
  }
  return { main: main.text, later, inputs: [...inputs] };
}

/** What is bundled: a text or a package, and what stands for modules and names in it. */
type Source = Pick<BuildOptions, 'stdin' | 'entryPoints' | 'outdir' | 'alias' | 'define'>;

/** One bundle, the late packages that it asks for, and the files that it is made of. */
type Program = { readonly text: string; readonly asks: readonly string[]; readonly inputs: readonly string[] };

/** Makes one bundle; `own` is the late package that it is. */
function program(what: Source, own?: string): Program {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const others = Object.keys(late).filter((wanted) => wanted !== own);
  const { outputFiles, metafile } = buildSync({
    ...settings,
    ...what,
    alias: { ...what.alias, ...Object.fromEntries(others.map((wanted) => [wanted, lateName(wanted)])) },
    define: {
      ...what.define,
      SNAPSHOT_SCRIPT: JSON.stringify(readFileSync('plugins/cluster_node_snapshot', 'utf8')),
      PLUGIN_VERSION: JSON.stringify(version),
    },
  });
  const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
  return {
    text: plain(outputFiles[0]?.text ?? ''),
    asks: others.filter((wanted) => asked.includes(lateName(wanted))),
    inputs: Object.keys(metafile.inputs),
  };
}

/**
 * The same program in ASCII: one other letter, and V8 keeps and reads all of it with two bytes for each. They stand in
 * strings and regular expressions alone, which know them by number too.
 */
function plain(program: string): string {
  return program.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const settings = {
  bundle: true,
  write: false,
  metafile: true,
  external: ['late/*'],
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
function lateLoader(later: ReadonlyMap<string, string>): string {
  return `const late=${JSON.stringify(Object.fromEntries(later))},loaded={},own=require;
require=name=>{
if(!(name in late))return own(name);
if(!loaded[name]){const made=loaded[name]={exports:{}};
new(own("node:vm").Script)("(function(require,module,exports){"+late[name]+"\\n})",{filename:name}).runInThisContext()(require,made,made.exports)}
return loaded[name].exports};
`;
}
