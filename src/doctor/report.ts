import { sanitise } from '../plugin/index.ts';
import type { Examination } from './examination.ts';
import { type Line, type Step, works } from './line.ts';

const marks = { ok: 'ok', todo: 'TODO', note: 'note' } as const;
const indent = ' '.repeat(8);

/** Whether everything works. */
export function isWell({ subjects }: Examination): boolean {
  return subjects.every(({ lines }) => works(lines));
}

/** The report as text. Commands stand on lines of their own, indented further than anything else, ready to be pasted. */
export function renderText(examination: Examination): string {
  const { subjects, objects } = examination;
  const shown = new Set<string>();
  const parts = subjects.map(({ title, lines }) =>
    [
      sanitise(title),
      ...lines.flatMap((line) => [lineText(line), ...line.steps.flatMap((step) => stepText(step, shown))]),
    ].join('\n'),
  );
  return [...parts, ...objectText(objects), closing(examination)].join('\n\n');
}

function lineText({ state, topic, text }: Line): string {
  return `  ${marks[state].padEnd(4)}  ${topic}: ${sanitise(text)}`;
}

/** The same step is told once: the key of this machine's account is missing for every node. */
function stepText(step: Step, shown: Set<string>): readonly string[] {
  const key = JSON.stringify(step);
  if (shown.has(key)) return [`${indent}(by the step above)`];
  shown.add(key);
  return [
    `${indent}on ${step.where}, as ${step.account}:`,
    ...step.commands.map((command) => `${indent}  ${plain(command)}`),
  ];
}

/** A command has to stay what it is; what would move the cursor is in none that this machine or a node could run. */
function plain(command: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to take them out
  return command.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
}

function objectText(objects: readonly string[]): readonly string[] {
  if (objects.length === 0) return [];
  return ['For Icinga 2, beside rackwatch-services.conf (rackwatch install-config writes that):', ...objects];
}

function closing(examination: Examination): string {
  const left = examination.subjects.flatMap(({ lines }) => lines).filter(({ state }) => state === 'todo').length;
  if (left === 0) return 'All of this works.';
  return `${left === 1 ? '1 thing is' : `${left} things are`} left to do. Then run this again.`;
}

/** The report as data: the same lines, steps and objects. */
export function renderJson(examination: Examination): string {
  const { subjects, objects } = examination;
  return JSON.stringify({ works: isWell(examination), subjects, objects }, null, 2);
}
