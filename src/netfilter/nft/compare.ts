import { anyOf, exactly, type Selection, tcpPackets, vague } from '../model/condition.ts';
import type { Carried, Packets } from '../model/packet.ts';
import { type Traffic, tcp } from '../model/traffic.ts';
import type { Operand, Scope } from './operand.ts';
import { elementsOf, flagNames, numbers } from './value.ts';

const operators = new Set(['==', '!=', '<', '>', '<=', '>=', 'in', '!']);

/** Reads `left op right`: the packets that a comparison lets through. */
export function compare(operand: Operand, op: string, right: unknown, carried: Carried, scope: Scope): Selection {
  const { needs } = operand;
  if (!operators.has(op)) return vague(needs, operand.doubt);
  const { space } = scope.packets;
  const values = right === '*' ? [] : (elementsOf(right, scope.table) ?? []);
  // All other values. Of the opposite, kernels make everything or nothing (6.18 makes nothing of it, measured).
  if (values.includes('*')) return op === '==' || op === 'in' ? exactly(needs) : vague(needs, operand.doubt);
  if (operand.flags === true) return compareFlags(op, elementsOf(right, scope.table), scope.packets);
  const { traffic: all, doubt } =
    op === '==' || op === 'in' || op === '!=' || op === '!'
      ? oneOf(operand, right, carried, scope)
      : bound(operand, op, right, carried, space.all);
  const traffic = needs.and(all);
  // `ct status ! dnat`: none of these bits is set.
  if (op !== '!=' && op !== '!') return { traffic, doubt };
  return doubt === null ? exactly(needs.less(traffic)) : vague(needs, doubt);
}

/** The packets that have one of the values of a set, an anonymous one or a named one. */
function oneOf(operand: Operand, right: unknown, carried: Carried, { packets, table }: Scope): Selection {
  const { space } = packets;
  const values = elementsOf(right, table);
  if (values === null) return vague(space.all, operand.lists ? 'list' : operand.doubt);
  if (operand.hash !== null && values.length > 1) return oneResidueOf(operand, values, carried, packets);
  return anyOf(
    values.map((value) => operand.equals(value, carried)),
    space,
  );
}

/** The packets of some residues: many values, which a large map has, as one set. */
function oneResidueOf(
  { hash, equals }: Operand,
  values: readonly unknown[],
  carried: Carried,
  { space }: Packets,
): Selection {
  const spans = values.map(numbers);
  const known = spans.filter((span) => span !== null);
  if (hash === null || known.length < spans.length) return vague(space.all);
  const { id, total, offset } = hash.use;
  const wanted = new Set<number>();
  for (const { low, high } of known)
    for (let value = Math.max(offset, low); value <= Math.min(offset + total - 1, high); value++)
      wanted.add(value - offset);
  // What is not tracked has no residue, whatever the value.
  const any = equals({ range: [offset, offset + total - 1] }, carried);
  return { ...any, traffic: any.traffic.and(space.residues(id, total, (residue) => wanted.has(residue))) };
}

function bound(operand: Operand, op: string, right: unknown, carried: Carried, all: Traffic): Selection {
  const { equals, most, doubt } = operand;
  if (typeof right !== 'number' || most < 0) return vague(all, doubt);
  const low = op === '>' ? right + 1 : op === '>=' ? right : 0;
  const high = op === '<' ? right - 1 : op === '<=' ? right : most;
  return low > high ? exactly(all.space.none) : equals({ range: [low, high] }, carried);
}

/** `tcp flags syn` (any of them is set), `tcp flags == syn` (these alone), `tcp flags ! syn` (none), and sets of such. */
function compareFlags(op: string, values: readonly unknown[] | null, packets: Packets): Selection {
  const wanted = values?.map(flagNames) ?? [null];
  const known = wanted.filter((names) => names !== null);
  if (known.length < wanted.length) return vague(packets.space.only({ protocol: tcp }));
  return tcpPackets((flags) => {
    const any = known.some((names) => names.some((name) => flags.includes(name)));
    const same = known.some((names) => names.length === flags.length && names.every((name) => flags.includes(name)));
    if (op === 'in') return any;
    return op === '==' ? same : op === '!' ? !any : !same;
  }, packets);
}
