import type { Answer } from './ask.ts';

/** The lines of `-v` about how each node was reached, and those of `-vvv`, the snapshots as they came. */
export function answerDetails(answers: readonly Answer[], verbosity: number): readonly string[] {
  return [
    ...(verbosity >= 1 ? answers.map(reachedBy) : []),
    ...(verbosity >= 3
      ? answers.flatMap((one) => (one.reached ? [`snapshot of ${one.name}:`, ...one.text.split('\n')] : []))
      : []),
  ];
}

function reachedBy(answer: Answer): string {
  const over = answer.connection === undefined ? '' : ` (${answer.connection})`;
  const how = `${answer.name} (${answer.spec.text}): ${answer.reached ? 'answered' : answer.reason} after ${answer.milliseconds} ms${over}`;
  const left = answer.reached
    ? answer.snapshot.sections.flatMap(({ name, leftOut }) => leftOut.map((what) => `${name} ${what}`))
    : [];
  return left.length === 0 ? how : `${how}; left out: ${left.join('; ')}`;
}
