import type { Command, Finding as Reported, State } from '../plugin/index.ts';
import type { Code } from './table.ts';

/** A line of a report whose code has a section; the compiler refuses any other. */
export type Finding = Reported & { readonly code: Code };

/** Something found: one line of the report, and in brief for the first line. */
export type Fault = Finding & {
  /** The same in a few words; the first line takes the worst fault's. */
  readonly brief: string;
};

/** A fault whose line says what its brief says, and then what to do about it. */
export function fault(state: State, code: Code, brief: string, text = brief): Fault {
  return { state, code, brief, text };
}

/** The same with the commands that mend it. */
export function withCommands(found: Fault, commands: readonly Command[]): Fault {
  return commands.length === 0 ? found : { ...found, commands };
}
