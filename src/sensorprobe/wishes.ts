import { failure, parseRange, type Range, type Result, success } from '../plugin/index.ts';
import { isKind, type Kind, kinds, measuredKinds } from './kind.ts';
import type { Sensor } from './sensor.ts';

/** What the user wants of the sensors of a probe. */
export type Wishes = {
  readonly sensor: RegExp | undefined;
  readonly exclude: RegExp | undefined;
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
export type KindRange = { readonly kind: Measured | undefined; readonly range: Range };

/** Reads `RANGE` or `KIND=RANGE`; the reason of a refusal quotes the text. */
export function parseKindRange(text: string): Result<KindRange> {
  const equals = text.indexOf('=');
  const word = equals < 0 ? undefined : text.slice(0, equals).trim();
  const range = parseRange(text.slice(equals + 1));
  if (word !== undefined && !isMeasured(word)) {
    const why = isKind(word) ? `a ${word} has no value to hold against a range` : `"${word}" is no kind`;
    return failure(`"${text}": ${why}; there are ${[...measuredKinds, 'dewpoint', 'dewspread'].join(', ')}`);
  }
  return range.ok ? success({ kind: word, range: range.value }) : range;
}

function isMeasured(word: string): word is Measured {
  return word === 'dewpoint' || word === 'dewspread' || measuredKinds.some((kind) => kind === word);
}

/** The kind that stands twice in a list of ranges, as it is written; undefined when none does. */
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
    : failure(`"${wrong}" is no kind; there are ${kinds.join(', ')}`);
}

/** Reads a regular expression. */
export function parsePattern(text: string): Result<RegExp> {
  try {
    return success(new RegExp(text));
  } catch {
    return failure(`"${text}" is no regular expression`);
  }
}

/** Whether the user's selection takes a sensor. One whose name was left out by the probe cannot be deselected by name. */
export function isSelected(sensor: Sensor, { sensor: pattern, exclude, kinds: wanted, ports }: Wishes): boolean {
  const nameless = sensor.missing.includes('name');
  if (wanted.length > 0 && !wanted.includes(sensor.kind)) return false;
  if (ports.length > 0 && !ports.includes(sensor.port)) return false;
  if (nameless) return true;
  return (pattern?.test(sensor.title) ?? true) && !(exclude?.test(sensor.title) ?? false);
}

/** The range for a kind: its own, or that for whatever has a value. What is computed has only its own. */
export function rangeFor(ranges: readonly KindRange[], kind: Measured): Range | undefined {
  const own = ranges.find((one) => one.kind === kind);
  const computed = kind === 'dewpoint' || kind === 'dewspread';
  const general = computed || !isMeasured(kind) ? undefined : ranges.find((one) => one.kind === undefined);
  return (own ?? general)?.range;
}
