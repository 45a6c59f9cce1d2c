import { type Destinations, type Named, namedBy } from '../model/destination.ts';
import { fieldsOf, listOf, type NftRule, type NftTable, textOf } from './ruleset.ts';
import { elementsOf, mapOf } from './value.ts';

/**
 * What a rule of nft says of the destination. Of a map of verdicts those keys count whose verdict `counts`: `"jump"` to a
 * chain that leads on.
 */
export function nativeDestinations(
  { expr }: NftRule,
  table: NftTable,
  counts: (verdict: unknown) => boolean,
): Destinations {
  const said = expr.flatMap((statement) => matchOf(statement, table) ?? vmapOf(statement, table, counts) ?? []);
  const only = said.filter(({ not }) => !not).flatMap(({ named }) => named);
  return {
    only: said.some(({ not }) => !not) ? only : null,
    except: said.filter(({ not }) => not).flatMap(({ named }) => named),
  };
}

type Said = { readonly not: boolean; readonly named: readonly Named[] };

function matchOf(statement: unknown, table: NftTable): Said | null {
  const match = fieldsOf(fieldsOf(statement)?.['match']);
  const place = placeOf(match?.['left']);
  const op = match?.['op'];
  if (place === null || (op !== '==' && op !== '!=' && op !== 'in')) return null;
  const right = match?.['right'];
  const fromSet = fieldsOf(right)?.['set'] !== undefined || typeof right === 'string';
  const named = allNamed(elementsOf(right, table), place, fromSet);
  return named === null ? null : { not: op === '!=', named };
}

function vmapOf(statement: unknown, table: NftTable, counts: (verdict: unknown) => boolean): Said | null {
  const vmap = fieldsOf(fieldsOf(statement)?.['vmap']);
  const place = placeOf(vmap?.['key']);
  if (place === null) return null;
  const pairs = mapOf(vmap?.['data'], table)?.filter(([, verdict]) => counts(verdict));
  const named = allNamed(pairs?.map(([key]) => key) ?? null, place, true);
  return named === null ? null : { not: false, named };
}

/**
 * What a map of verdicts lets go on where it ends the way of all others: `ip daddr vmap { 192.0.2.1 : continue, * : return }`;
 * null where the rule is no such guard.
 */
export function letOnBy({ expr }: NftRule, table: NftTable): readonly Named[] | null {
  const vmap = fieldsOf(fieldsOf(expr.at(-1))?.['vmap']);
  const place = placeOf(vmap?.['key']);
  const pairs = place === null ? null : mapOf(vmap?.['data'], table);
  const others = fieldsOf(pairs?.find(([key]) => key === '*')?.[1]);
  if (place === null || pairs === null || others === null || 'continue' in others || 'jump' in others) return null;
  const on = pairs.filter(([, verdict]) => ['continue', 'jump'].some((word) => word in (fieldsOf(verdict) ?? {})));
  return allNamed(
    on.map(([key]) => key),
    place,
    true,
  );
}

/** Where among the parts of a key the destination stands; -1 where it is the whole key, null where it is no part of it. */
function placeOf(key: unknown): number | null {
  if (isDestination(key)) return -1;
  const at = listOf(fieldsOf(key)?.['concat']).findIndex(isDestination);
  return at < 0 ? null : at;
}

/** The packet's own, or that of the connection's first packet, before NAT. */
function isDestination(key: unknown): boolean {
  const payload = fieldsOf(fieldsOf(key)?.['payload']);
  if (payload !== null) return /^ip6?$/.test(textOf(payload['protocol'])) && payload['field'] === 'daddr';
  const ct = fieldsOf(fieldsOf(key)?.['ct']);
  return /^(?:ip6? )?daddr$/.test(textOf(ct?.['key'])) && ct?.['dir'] === 'original';
}

/** Null where one of them is not understood, or is any (`*`). */
function allNamed(elements: readonly unknown[] | null, place: number, fromSet: boolean): readonly Named[] | null {
  if (elements === null) return null;
  const named = elements.flatMap((element) => {
    const own = place < 0 ? element : listOf(fieldsOf(element)?.['concat'])[place];
    return namedBy(textIn(own), fromSet) ?? [];
  });
  return named.length === elements.length ? named : null;
}

/** `192.0.2.1`, `192.0.2.0/28`, `192.0.2.1-192.0.2.3`; empty for anything else. */
function textIn(value: unknown): string {
  const prefix = fieldsOf(fieldsOf(value)?.['prefix']);
  if (prefix !== null) return `${textOf(prefix['addr'])}/${textOf(prefix['len'])}`;
  const range = listOf(fieldsOf(value)?.['range']);
  return range.length === 2 ? range.map(textOf).join('-') : textOf(value);
}
