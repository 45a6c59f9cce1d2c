import { parseBlock, parseIp } from '../../address/index.ts';
import { type Interval, point, protocolNumbers } from '../model/traffic.ts';
import { type Fields, fieldsOf, listOf, type NftTable, textOf } from './ruleset.ts';

/** The elements of `@name` or `{ ... }`, or the one value itself; null for a set whose elements are not known. */
export function elementsOf(right: unknown, table: NftTable): readonly unknown[] | null {
  if (typeof right === 'string' && right.startsWith('@'))
    return table.sets.get(right.slice(1))?.map(plainElement) ?? null;
  const set = fieldsOf(right)?.['set'];
  return Array.isArray(set) ? set.map(plainElement) : [right];
}

/** An element less its counter, comment or time limit. */
export function plainElement(element: unknown): unknown {
  const elem = fieldsOf(fieldsOf(element)?.['elem']);
  return elem === null ? element : elem['val'];
}

/** `syn`, `["fin", "syn"]`, `{"|": ["syn", "ecn"]}`, 0; null for anything else. */
export function flagNames(value: unknown): readonly string[] | null {
  if (value === 0) return [];
  if (typeof value === 'string') return [value.toUpperCase()];
  const parts = (Array.isArray(value) ? value : listOf(fieldsOf(value)?.['|'])).map(flagNames);
  return parts.length === 0 || parts.includes(null) ? null : parts.flatMap((names) => names ?? []);
}

/** A number or a range of them. */
export function numbers(value: unknown): { readonly low: number; readonly high: number } | null {
  if (typeof value === 'number') return { low: value, high: value };
  const [low, high] = listOf(fieldsOf(value)?.['range']);
  if (typeof low === 'number' && typeof high === 'number') return { low, high };
  const prefix = fieldsOf(fieldsOf(value)?.['prefix']);
  const [addr, len] = [prefix?.['addr'], prefix?.['len']];
  if (typeof addr !== 'number' || typeof len !== 'number' || len > 32) return null;
  return { low: addr, high: addr + 2 ** (32 - len) - 1 };
}

export function addresses(value: unknown): Interval | null {
  if (typeof value === 'string') return parseBlock(value);
  const prefix = fieldsOf(fieldsOf(value)?.['prefix']);
  if (prefix !== null) return parseBlock(`${textOf(prefix['addr'])}/${textOf(prefix['len'])}`);
  const [low, high] = listOf(fieldsOf(value)?.['range']).map((one) => parseIp(textOf(one)));
  return low && high ? { low: low.value, high: high.value } : null;
}

export function ports(value: unknown): Interval | null {
  const span = numbers(value);
  return span === null ? null : { low: BigInt(span.low), high: BigInt(span.high) };
}

export function protocols(value: unknown): Interval | null {
  const span = numbers(value);
  if (span !== null) return { low: BigInt(span.low), high: BigInt(span.high) };
  const number = typeof value === 'string' ? protocolNumbers.get(value.toLowerCase()) : undefined;
  return number === undefined ? null : point(number);
}

/** The pairs of `{ KEY : VALUE, ... }` or of a named map; null where its elements are not known. */
export function mapOf(data: unknown, table: NftTable): readonly (readonly [unknown, unknown])[] | null {
  const elements = elementsOf(data, table);
  if (elements === null || (elements.length === 1 && elements[0] === data)) return null;
  return elements.flatMap((pair) => {
    const [key, value] = listOf(pair);
    return key === undefined ? [] : [[plainElement(key), plainElement(value)] as const];
  });
}

/** The maps from which a statement takes a value: `meta mark set ip saddr map { ... }`, `counter name tcp dport map { ... }`. */
export function mapsIn(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.flatMap(mapsIn);
  return Object.entries(fieldsOf(value) ?? {}).flatMap(([name, inner]) => {
    const map = name === 'map' ? fieldsOf(inner) : null;
    return map !== null && 'key' in map && 'data' in map ? [map] : mapsIn(inner);
  });
}
