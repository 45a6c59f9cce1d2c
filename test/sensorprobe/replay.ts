import { readFileSync } from 'node:fs';
import { type Report, renderText } from '../../src/plugin/index.ts';
import {
  type Answer,
  judgeProbe,
  type Layout,
  type Reading,
  reportProbes,
  survey,
  type Wanted,
  type Wishes,
} from '../../src/sensorprobe/index.ts';
import { compareOids } from '../../src/snmp/oid.ts';
import { type Cell, parseRecording } from '../fixtures/sensorprobe/recording.ts';

type Value = number | string | Uint8Array;

/** The cells of a recording. */
export function recorded(name: string): readonly Cell[] {
  return parseRecording(readFileSync(`test/fixtures/sensorprobe/${name}.snmp`, 'utf8'));
}

/** What a user wants who wants nothing in particular. */
export const plain: Wishes = {
  sensor: undefined,
  exclude: undefined,
  kinds: [],
  ports: [],
  warning: [],
  critical: [],
  expected: [],
  leastSensors: undefined,
  offline: 'ignore',
  relay: undefined,
  unit: undefined,
  dewPoint: false,
};

/** What a probe with these cells tells, without a network in between. */
export function answerOf(cells: readonly Cell[], host = 'probe1'): Answer {
  const sorted = cells.map((cell) => [cell.oid, cellValue(cell)] as const).sort(([a], [b]) => compareOids(a, b));
  const reader = survey(undefined);
  const known = new Map<string, Value>();
  const read = new Map<string, Map<string, Value>>();
  const following = new Map<string, string | null>();
  const whole = new Set<string>();
  let step = reader.next();
  while (step.done !== true) {
    answer(step.value);
    step = reader.next({ cells: known, columns: read, following, whole, trouble: undefined } satisfies Reading);
  }
  return { host, survey: step.value, trouble: undefined, requests: 0, milliseconds: 0 };

  function answer({ next = [], cells: exact = [], columns = [] }: Wanted): void {
    for (const oid of next) {
      const found = sorted.find(([one]) => compareOids(one, oid) > 0);
      following.set(oid, found?.[0] ?? null);
      if (found !== undefined) known.set(...found);
    }
    const roots = columns.flatMap(({ oids }) => oids);
    for (const [oid, value] of sorted) if (exact.includes(oid)) known.set(oid, value);
    for (const root of roots) {
      const below = sorted.filter(([oid]) => oid.startsWith(`${root}.`));
      read.set(root, new Map(below.map(([oid, value]) => [oid.slice(root.length + 1), value])));
      whole.add(root);
    }
  }
}

/** The report on a recording. */
export function reportOf(name: string, wishes: Partial<Wishes> = {}, layout: Partial<Layout> = {}): Report {
  return reportOn([answerOf(recorded(name))], wishes, layout);
}

/** The report on several answers. */
export function reportOn(
  answers: readonly Answer[],
  wishes: Partial<Wishes> = {},
  layout: Partial<Layout> = {},
): Report {
  const all = { ...plain, ...wishes };
  return reportProbes(
    answers.map((answer) => judgeProbe(answer, all)),
    all,
    { byPort: false, list: false, ...layout },
  );
}

/** The report on a recording as Icinga gets it, without the last newline. */
export function textOf(name: string, wishes: Partial<Wishes> = {}, layout: Partial<Layout> = {}): string {
  return renderText(reportOf(name, wishes, layout)).trimEnd();
}

function cellValue({ type, value }: Cell): Value {
  if (type === 'integer' || type === 'gauge') return Number(value);
  if (type === 'objectid') return value;
  return type === 'string' ? Buffer.from(value) : Buffer.from(value.replaceAll(' ', ''), 'hex');
}
