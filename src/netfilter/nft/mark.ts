import { exactly } from '../model/condition.ts';
import { type Carried, changeMark, hashMark, isOutward, type Mark } from '../model/packet.ts';
import type { Part } from '../model/program.ts';
import type { Traffic } from '../model/traffic.ts';
import { choosesNode, readNftHash } from './hash.ts';
import type { Scope } from './operand.ts';
import { type Fields, fieldsOf, listOf, textOf } from './ruleset.ts';
import { mapOf, numbers } from './value.ts';

/** What the kernel checks before it looks at a hash. */
export function needed({ needs }: { readonly needs: Traffic }): Part {
  return { kind: 'when', plain: true, read: () => exactly(needs) };
}

export function readMangle(fields: Fields, scope: Scope): readonly Part[] {
  // nft 0.9.0 called them left and right.
  const { key = fields['left'], value = fields['right'] } = fields;
  const meta = textOf(fieldsOf(fieldsOf(key)?.['meta'])?.['key']);
  const ct = textOf(fieldsOf(fieldsOf(key)?.['ct'])?.['key']);
  if (meta === 'pkttype') {
    const pkttype =
      value === 'host' || value === 'unicast' || value === 0 ? 'host' : value === 'multicast' ? value : 'other';
    return [{ kind: 'set', change: (carried) => ({ ...carried, pkttype }) }];
  }
  if (meta === 'mark') return readMarkValue(value, scope, (carried, mark) => ({ ...carried, mark }));
  if (ct === 'zone') return [{ kind: 'zone' }];
  if (ct === 'mark') return readMarkValue(value, scope, (carried, connmark) => ({ ...carried, connmark }));
  const field = textOf(fieldsOf(fieldsOf(key)?.['payload'])?.['field']);
  if (field === 'daddr' || field === 'saddr' || field === 'dport' || field === 'sport')
    return [{ kind: 'end', verdict: { kind: 'redirect' } }];
  return choosesNode(value) && !isOutward(scope.packets)
    ? [{ kind: 'puzzle', what: 'a hash in a value that no cluster rule is known to look at' }]
    : [];
}

/** `meta mark set ...`: a number, a hash, a map of either, arithmetic with a mark, or a mark itself. */
function readMarkValue(value: unknown, scope: Scope, put: (carried: Carried, mark: Mark) => Carried): readonly Part[] {
  const map = fieldsOf(fieldsOf(value)?.['map']);
  if (isOutward(scope.packets) && choosesNode(value)) return [{ kind: 'set', change: (carried) => put(carried, null) }];
  const hash = readNftHash(map === null ? value : map['key'], scope.packets.space, scope.spot);
  if (!hash.ok) return [{ kind: 'puzzle', what: hash.reason }];
  if (hash.value === null) {
    if (choosesNode(value)) return [{ kind: 'puzzle', what: 'a hash inside of other arithmetic' }];
    return [{ kind: 'set', change: (carried) => put(carried, markOf(value, carried)) }];
  }
  const { use, needs } = hash.value;
  const { id, total, offset } = use;
  const entries = map === null ? null : mapOf(map['data'], scope.table);
  if (map !== null && entries === null) return [{ kind: 'puzzle', what: 'the elements of its map are not known' }];
  const found = Array.from({ length: total }, (_, residue) =>
    entries === null ? residue + offset : lookUp(entries, residue + offset),
  );
  if (found.some((one) => one !== undefined && typeof one !== 'number'))
    return [{ kind: 'puzzle', what: 'a map to something that is not a number' }];
  const values = found.map((one) => (typeof one === 'number' ? one : 0));
  // A value without an entry in the map ends the rule for that packet.
  const { space } = scope.packets;
  const reached = needs.and(space.residues(id, total, (residue) => found[residue] !== undefined));
  return [
    needed({ needs }),
    {
      kind: 'cluster',
      use: { ...use, claims: null },
      change: (carried) => carried,
      read: () => exactly(reached),
    },
    { kind: 'set', change: (carried) => put(carried, hashMark(id, values)) },
  ];
}

function lookUp(entries: readonly (readonly [unknown, unknown])[], value: number): unknown {
  const found = entries.find(([key]) => {
    const span = numbers(key);
    return span !== null && span.low <= value && value <= span.high;
  });
  return found?.[1] ?? entries.find(([key]) => key === '*')?.[1];
}

function markOf(value: unknown, carried: Carried): Mark {
  if (typeof value === 'number') return value;
  const fields = fieldsOf(value) ?? {};
  if (fieldsOf(fields['meta'])?.['key'] === 'mark') return carried.mark;
  if (fieldsOf(fields['ct'])?.['key'] === 'mark') return carried.connmark;
  for (const op of ['&', '|', '^'] as const) {
    const [left, right] = listOf(fields[op]);
    if (typeof right !== 'number') continue;
    const change = { '&': (a: number) => a & right, '|': (a: number) => a | right, '^': (a: number) => a ^ right }[op];
    return changeMark(markOf(left, carried), change);
  }
  return null;
}
