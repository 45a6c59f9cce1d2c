import { isFlag, longName, type Options } from './option.ts';

/** Arguments in the one form that leaves a parser nothing to guess: `--long=value` and `--flag=true`. */
export type NormalArgv = {
  readonly args: readonly string[];
  /** The first thing that cannot be an argument here, named; undefined when all could be read. */
  readonly error: string | undefined;
};

/** An option as typed (`--vip`, `-H`), and what followed it in the same word. */
type Typed = { readonly name: string; readonly glued: string | undefined };

/**
 * Rewrites arguments by the declarations, before minimist sees them: glued short options (`-Cpublic`, `-t5`,
 * `-vvH1.2.3.4`), negative values (`-w -5:-1`), `--opt=value`. A word that begins with a dash and a letter, or with two
 * dashes, is never the value of the option before it: such a value is given as `--opt=-x`. Reads on after an error, so
 * that help and the output format are found whatever else is wrong.
 */
export function normaliseArgv(argv: readonly string[], options: Options): NormalArgv {
  const keys = keysByName(options);
  const args: string[] = [];
  const errors: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      errors.push(...argv.slice(i + 1).map(stray));
      break;
    }
    const named = isOption(word) || keys.has(word);
    if (!named) errors.push(stray(word));
    for (const { name, glued } of named ? split(word, options, keys) : []) {
      const key = keys.get(name);
      const option = key === undefined ? undefined : options[key];
      if (key === undefined || option === undefined) {
        errors.push(unknown(name, word, keys));
      } else if (isFlag(option)) {
        if (glued === undefined) args.push(`--${longName(key)}=true`);
        else errors.push(`${name} takes no value, but was given "${glued}"`);
      } else {
        const next = argv[i + 1];
        const follows =
          glued === undefined && next !== undefined && next !== '--' && !isOption(next) && !keys.has(next);
        const value = follows ? next : glued;
        if (follows) i += 1;
        if (value === undefined) errors.push(withoutValue(name, longName(key), next));
        else args.push(`--${longName(key)}=${value}`);
      }
    }
  }
  return { args, error: errors[0] };
}

function keysByName(options: Options): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [key, { short }] of Object.entries(options)) {
    keys.set(`--${longName(key)}`, key);
    if (short !== undefined) keys.set(`-${short}`, key);
  }
  return keys;
}

/** `-5:-1`, `-.5` and `-` are values; `-x`, `-xyz` and `--x` are options, and so is a declared `-4`. */
function isOption(word: string): boolean {
  // Not with the case-insensitive flag, which takes 0.2 ms to set up.
  return /^-(?:[a-zA-Z?]|-.)/s.test(word);
}

function split(word: string, options: Options, keys: ReadonlyMap<string, string>): readonly Typed[] {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    return [
      equals < 0 ? { name: word, glued: undefined } : { name: word.slice(0, equals), glued: word.slice(equals + 1) },
    ];
  }
  const found: Typed[] = [];
  for (let at = 1; at < word.length; at++) {
    const name = `-${word.charAt(at)}`;
    const option = options[keys.get(name) ?? ''];
    if (option !== undefined && isFlag(option)) {
      found.push({ name, glued: undefined });
      continue;
    }
    // `-t=5` means `-t5`: nobody wants a value that begins with the equals sign.
    const rest = word.slice(at + 1).replace(/^=/, '');
    return [...found, { name, glued: at + 1 === word.length ? undefined : rest }];
  }
  return found;
}

function stray(word: string): string {
  return `stray argument "${word}"`;
}

function withoutValue(name: string, long: string, next: string | undefined): string {
  const hint =
    next === undefined ? '' : `; "${next}" looks like an option (a value like that is written --${long}=${next})`;
  return `${name} needs a value${hint}`;
}

function unknown(name: string, word: string, keys: ReadonlyMap<string, string>): string {
  const near = nearest(name, [...keys.keys()]);
  const where = name.startsWith('--') || name === word ? '' : ` in "${word}"`;
  return `unknown option "${name}"${where}${near === undefined ? '' : `, did you mean ${near}?`}`;
}

function nearest(name: string, names: readonly string[]): string | undefined {
  if (!name.startsWith('--')) return names.find((known) => known.toLowerCase() === name.toLowerCase());
  const begun = names.filter((known) => name.length > 3 && known.startsWith(name));
  if (begun.length === 1) return begun[0];
  return closest(name, names);
}

/** The word whose spelling is nearest to another one; undefined where none is near. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const near = known.map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far)[0];
  return near !== undefined && near.far <= Math.max(2, word.length / 4) ? near.one : undefined;
}

/** Levenshtein's distance: the fewest letters to add, drop or change. */
function distance(from: string, to: string): number {
  // What is far too long is far away; it need not be computed.
  if (from.length > to.length + 3) return from.length - to.length;
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
