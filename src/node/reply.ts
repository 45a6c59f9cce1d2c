import { isShortage, tooFewFiles } from './descriptors.ts';

/** What asking a node gave: its text, and how to say what went wrong if that text is not a snapshot. */
export type Reply = {
  readonly text: string;
  /** The whole reason, a sentence fragment without a dot, from what the parser has to say about the text. */
  explain(why: string): string;
  /** How a shared connection fared, as a fragment; nothing where there was none. */
  readonly connection?: string;
  /** Why the connection could not be shared although that was asked for, as a fragment. */
  readonly unshared?: string;
};

/** No text at all, and the one reason for it. */
export function noReply(reason: string): Reply {
  return { text: '', explain: () => reason };
}

/** A text, and beside the parser's words what else went wrong; an empty text is explained by that alone. */
export function reply(text: string, trouble: string | null): Reply {
  return {
    text,
    explain: (why) => (trouble === null ? why : text.trim() === '' ? trouble : `${why}; ${trouble}`),
  };
}

/** Trouble with one node is that node's reason; the answers of the others stand. */
export function unforeseen(error: unknown): Reply {
  if (isShortage(error)) return noReply(`cannot be asked: ${tooFewFiles}`);
  return noReply(`cannot be asked: ${error instanceof Error ? error.message : String(error)}`);
}

/** A limit as it appears in a reason: `8.5 s`. */
export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

/** The lines of an error output without blanks around them and without empty ones. */
export function linesOf(text: string): readonly string[] {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Where `requiretty` is set: no check has a terminal, whatever sudoers allows. */
export const wantsTerminal = 'sudo on the node wants a terminal (requiretty in sudoers)';
