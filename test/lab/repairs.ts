import { expect } from 'vitest';

/** Where a finding begins to say what to do. */
const begins = /Fix(?: in that case)?: |\. On \S+: |; to release it, |; then on /;

/** What Debian's `illegal_macro_output_chars` takes out of a notification. */
const spoiled = /[`~$&|'"<>]/;

/** That a mail keeps every word of every repair. */
export function expectWholeRepairs(findings: readonly { readonly text: string }[]): void {
  const repairs = findings.flatMap(({ text }) => text.split(begins).slice(1));
  expect(repairs.filter((repair) => spoiled.test(repair))).toEqual([]);
}
