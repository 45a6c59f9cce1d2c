import { createContext, Script } from 'node:vm';
import { failure, type Result, success } from '../plugin/index.ts';

/** How long a pattern may take over all names of a probe, in milliseconds. */
const patience = 500;

/** A regular expression of the user's, matched against names on a device. */
export type Pattern = {
  readonly text: string;
  /** Which of the texts, in Unicode's composed form, match. null: it took too long, as `(x+x+)+z` does over thirty x. */
  matches(texts: readonly string[]): readonly boolean[] | null;
};

/**
 * Reads a regular expression. It is run where it can be ended: catastrophic backtracking on a name would block the
 * process for hours, past every time limit and every signal.
 */
export function parsePattern(text: string): Result<Pattern> {
  try {
    // A name and a pattern may have the same letter in two forms: as one character, or followed by a combining accent.
    return success(pattern(new RegExp(text.normalize())));
  } catch {
    return failure(`"${text}" is not a regular expression`);
  }
}

function pattern(expression: RegExp): Pattern {
  const world = createContext({ expression, texts: [] as readonly string[] });
  const script = new Script('texts.map((text) => expression.test(text))');
  let astray = false;
  return {
    text: expression.source,
    matches(texts) {
      if (astray) return null;
      world['texts'] = texts;
      try {
        const found: readonly unknown[] = script.runInContext(world, { timeout: patience });
        return texts.map((_, i) => found[i] === true);
      } catch {
        astray = true;
        return null;
      }
    },
  };
}
