import { failure, parseRange, type Range, type Result, success } from '../plugin/index.ts';
import { switchTypes } from './classic.ts';
import { isKind, type Kind, kinds, measuredKinds } from './kind.ts';
import type { Pattern } from './pattern.ts';
import type { Sensor } from './sensor.ts';

/** What the user expects of a probe's sensors. */
export type Wishes = {
  readonly sensor: Pattern | undefined;
  readonly exclude: Pattern | undefined;
  /** Empty: every kind. */
  readonly kinds: readonly Kind[];
  /** Empty: every port. */
  readonly ports: readonly number[];
  readonly warning: readonly KindRange[];
  readonly critical: readonly KindRange[];
  /** Names of sensors that must be there and online. */
  readonly expected: readonly string[];
  readonly leastSensors: number | undefined;
  readonly offline: 'ignore' | 'warning' | 'critical';
  readonly relay: 'on' | 'off' | undefined;
  readonly unit: 'C' | 'F' | undefined;
  readonly dewPoint: boolean;
};

/** What a range can be for: a kind with values, what is computed of two of them, or whatever has a value (undefined). */
export type Measured = Kind | 'dewpoint' | 'dewspread';

/** What a range can be for. */
export const rangedKinds: readonly Measured[] = [...measuredKinds, 'dewpoint', 'dewspread'];
export type KindRange = { readonly kind: Measured | undefined; readonly range: Range };

/** Reads `RANGE` or `KIND=RANGE`; the reason for a refusal quotes the text. */
export function parseKindRange(text: string): Result<KindRange> {
  const equals = text.indexOf('=');
  const word = equals < 0 ? undefined : text.slice(0, equals).trim();
  const range = parseRange(text.slice(equals + 1));
  if (word !== undefined && !isMeasured(word)) {
    const why = isKind(word) ? `a ${word} has no value for a range` : `"${word}" is not a kind`;
    return failure(`"${text}": ${why}; there are ${rangedKinds.join(', ')}`);
  }
  return range.ok ? success({ kind: word, range: range.value }) : range;
}

/** Whether a word is a kind that ranges can be for. */
export function isMeasured(word: string): word is Measured {
  return rangedKinds.some((kind) => kind === word);
}

/** The kind that appears twice in a list of ranges, as it is written; undefined when none does. */
export function twice(ranges: readonly KindRange[]): string | undefined {
  const found = ranges.find(({ kind }, i) => ranges.findIndex((other) => other.kind === kind) !== i);
  return found === undefined ? undefined : (found.kind ?? 'all kinds');
}

/** Reads `KIND,KIND`. */
export function parseKinds(text: string): Result<readonly Kind[]> {
  const words = text.split(',').map((word) => word.trim());
  const wrong = words.find((word) => !isKind(word));
  return wrong === undefined
    ? success(words.filter(isKind))
    : failure(`"${wrong}" is not a kind; there are ${kinds.join(', ')}`);
}

/**
 * The sensors of a probe that a selection takes, and the pattern that took too long, if one did: then it takes them
 * all.
 */
export type Selection = { readonly sensors: readonly Sensor[]; readonly astray: Pattern | undefined };

/** The user's selection. What the probe left out of a sensor, its name or its type, cannot deselect it. */
export function select(all: readonly Sensor[], wishes: Wishes): Selection {
  const { sensor: pattern, exclude } = wishes;
  const placed = all.filter((sensor) => isPlaced(sensor, wishes));
  if (pattern === undefined && exclude === undefined) return { sensors: placed, astray: undefined };
  const titles = placed.map(({ title }) => title.normalize());
  const [taken, left] = [pattern?.matches(titles), exclude?.matches(titles)];
  if (taken === null || left === null) return { sensors: placed, astray: taken === null ? pattern : exclude };
  const sensors = placed.filter(
    ({ untold }, i) => untold.includes('name') || ((taken?.[i] ?? true) && !(left?.[i] ?? false)),
  );
  return { sensors, astray: undefined };
}

/** Whether a sensor is of a kind and at a port that the user wants. */
function isPlaced({ kind, port, untold }: Sensor, { kinds: wanted, ports }: Wishes): boolean {
  if (wanted.length === 0 && ports.length === 0) return true;
  // A rope in the classic table is a water sensor whose row has one more column, in use or not.
  const isKind = wanted.includes(kind) || (kind === 'rope' && wanted.includes('water'));
  // A switch whose type was not given can be any kind of switch, and nothing that is measured.
  const mayBe = untold.includes('type') && wanted.some((one) => switchKinds.has(one));
  return (wanted.length === 0 || isKind || mayBe) && (ports.length === 0 || ports.includes(port));
}

/** What a row of the classic switch table can be. */
const switchKinds: ReadonlySet<Kind> = new Set(Object.values(switchTypes).map(([kind]) => kind));

/** Whether the device's own view of all its sensors is not what the user wants judged. */
export function isSelective({ sensor, exclude, kinds: wanted, ports, warning, critical }: Wishes): boolean {
  const patterns = sensor !== undefined || exclude !== undefined;
  return patterns || [wanted, ports, warning, critical].some((list) => list.length > 0);
}

/** The range for a kind: its own, or that for whatever has a value. What is computed has only its own. */
export function rangeFor(ranges: readonly KindRange[], kind: Measured): Range | undefined {
  const own = ranges.find((one) => one.kind === kind);
  const computed = kind === 'dewpoint' || kind === 'dewspread';
  const general = computed || !isMeasured(kind) ? undefined : ranges.find((one) => one.kind === undefined);
  return (own ?? general)?.range;
}
