/** Something to paste: shell commands, one a line, and where. */
export type Step = {
  /** The machine: `this machine`, or a node by its name in the report. */
  readonly where: string;
  /** The account whose shell they are for. */
  readonly account: string;
  readonly commands: readonly string[];
};

/**
 * One line of the doctor about one thing: that it works (`ok`), what has to be done (`todo`), or what is good to know and
 * keeps nothing from working (`note`).
 */
export type Line = {
  /** What it is about, in a word or two: `host key`. */
  readonly topic: string;
  readonly state: 'ok' | 'todo' | 'note';
  /** A sentence or its fragment, without a dot at its end. */
  readonly text: string;
  /** What to paste, in order; empty where no command helps. */
  readonly steps: readonly Step[];
};

/** What is said of one node or probe. */
export type Subject = {
  /** What it is called: `node1 (ssh://admin@node1)`. */
  readonly title: string;
  readonly lines: readonly Line[];
};

/** Where commands for the machine that asks are pasted. */
export const thisMachine = 'this machine';

/** A line about what works. */
export function ok(topic: string, text: string): Line {
  return { topic, state: 'ok', text, steps: [] };
}

/** A line about what need not be as it is. */
export function note(topic: string, text: string): Line {
  return { topic, state: 'note', text, steps: [] };
}

/** A line about what has to be done, with what to paste where a command does it. */
export function todo(topic: string, text: string, ...steps: readonly Step[]): Line {
  return { topic, state: 'todo', text, steps };
}

/** Commands for root's shell on a machine. */
export function asRoot(where: string, ...commands: readonly string[]): Step {
  return { where, account: 'root', commands };
}

/** Whether nothing is left to do. */
export function works(lines: readonly Line[]): boolean {
  return lines.every(({ state }) => state !== 'todo');
}
