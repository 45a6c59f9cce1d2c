import { closest } from './argv.ts';
import { wrap } from './help.ts';
import { failure, type Result, success } from './result.ts';

/** The explanation of one kind of finding, in sentences. */
export type Section = {
  /** What it means. */
  readonly means: string;
  /** What to do about it now. */
  readonly now: string;
  /** How to keep it so across a reboot. */
  readonly keep: string;
};

/** The answer to `--explain CODE`, with its newline; the reason for a refusal names the code that was probably meant. */
export async function explain(code: string): Promise<Result<string>> {
  // A bundle of its own: no other run needs the sentences.
  const { sections } = await import('#findings');
  const known: ReadonlyMap<string, Section> = new Map(Object.entries(sections));
  const section = known.get(code);
  if (section === undefined) {
    const near = closest(code, [...known.keys()]);
    return failure(
      `--explain: "${code}" is not the code of a finding${near === undefined ? '' : `, did you mean ${near}?`} (docs/findings.md lists all)`,
    );
  }
  const { means, now, keep } = section;
  const parts = [
    [code, ...wrap(means, 2)],
    ['What to do now:', ...wrap(now, 2)],
    ['To keep it across a reboot:', ...wrap(keep, 2)],
  ];
  return success(`${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`);
}
