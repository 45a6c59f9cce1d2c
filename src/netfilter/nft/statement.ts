import { parseIp } from '../../address/index.ts';
import { type Condition, type Doubt, doubtOfMatch, exactly, remembered, vague } from '../model/condition.ts';
import { type Carried, type Destination, typical } from '../model/packet.ts';
import type { Case, ClusterUse, Part, Verdict } from '../model/program.ts';
import { compare } from './compare.ts';
import { choosesNode } from './hash.ts';
import { needed, readMangle } from './mark.ts';
import { type Operand, readOperand, type Scope } from './operand.ts';
import { type Fields, fieldsOf, type NftTable, textOf } from './ruleset.ts';
import { mapOf, mapsIn } from './value.ts';

/** Statements that look at a packet or change what no cluster rule looks at, and let it go on. */
const passing = new Set(
  'counter log continue dup flow last secmark snat masquerade reset ct_helper ct_timeout ct_expectation'
    .split(' ')
    .map((word) => word.replace('_', ' ')),
);

/** Statements that decide by what no ruleset shows: rates, counts, quotas. */
const deciding: ReadonlyMap<string, Doubt> = new Map([
  ['limit', 'rate'],
  ['quota', 'rate'],
  ['ct count', 'rate'],
  ['connlimit', 'rate'],
  ['osf', 'other'],
]);

/** Reads one statement of a rule; `refused` where the rule drops or rejects what meets its conditions. */
export function readStatement(statement: Fields, scope: Scope, refused: boolean): readonly Part[] {
  const [[kind, body] = ['', null]] = Object.entries(statement);
  const fields = fieldsOf(body) ?? {};
  if (kind === 'match') return readMatch(fields, scope, refused);
  if (kind === 'vmap') return readVerdictMap(fields, scope, refused);
  return [...mapsIn(body).flatMap((map) => lookedUp(map, scope)), ...readOther(kind, fields, statement, scope)];
}

/**
 * `meta mark set KEY map { ... }`: what the map has no value for leaves the rule (measured). A map by a hash is read where
 * its values are used.
 */
function lookedUp({ key, data }: Fields, scope: Scope): readonly Part[] {
  if (choosesNode(key)) return [];
  const side = readOperand(key, scope);
  if (!side.ok) return [{ kind: 'puzzle', what: side.reason }];
  const operand = side.value;
  const pairs = mapOf(data, scope.table);
  if (pairs === null) return [{ kind: 'when', plain: true, read: () => vague(operand.needs) }];
  if (pairs.some(([value]) => value === '*')) return [needed(operand)];
  const set = { set: pairs.map(([value]) => value) };
  return [fixedCondition(operand, (carried) => compare(operand, '==', set, carried, scope))];
}

function readOther(kind: string, fields: Fields, statement: Fields, scope: Scope): readonly Part[] {
  const { space } = scope.packets;
  if (kind === 'mangle') return readMangle(fields, scope);
  if (kind === 'notrack') return [{ kind: 'untrack' }];
  if (kind === 'xt' && fields['type'] === 'match')
    return fields['name'] === 'cluster'
      ? [{ kind: 'puzzle', what: 'nft does not show what iptables-nft wrote; iptables-save would' }]
      : [{ kind: 'when', plain: true, read: () => vague(space.all, doubtOfMatch(textOf(fields['name']))) }];
  // Adding to a set lets the packet go on, unless each element has a rate or count of its own.
  if (kind === 'set' || kind === 'map' || kind === 'meter') {
    const limits = [fields['stmt']]
      .flat()
      .some((one) => Object.keys(fieldsOf(one) ?? {}).some((word) => deciding.has(word)));
    return limits ? [{ kind: 'when', plain: true, read: () => vague(space.all, 'rate') }] : [];
  }
  const doubt = deciding.get(kind);
  if (doubt !== undefined) return [{ kind: 'when', plain: true, read: () => vague(space.all, doubt) }];
  if (kind === 'snat' || kind === 'masquerade') return readSourceNat(fields, scope);
  if (passing.has(kind)) return [];
  if (kind === 'dnat' || kind === 'redirect') return readRedirect(kind, fields, scope);
  return [{ kind: 'end', verdict: verdictOf(statement) }];
}

/** For what the host opens itself, another source ends the walk; requests and answers keep theirs. */
function readSourceNat({ family }: Fields, { packets }: Scope): readonly Part[] {
  const other = packets.space.family === 4 ? 'ip6' : 'ip';
  if (packets.direction !== 'departures' || family === other) return [];
  return [{ kind: 'end', verdict: { kind: 'redirect' } }];
}

function readRedirect(kind: 'dnat' | 'redirect', { family, addr, port }: Fields, scope: Scope): readonly Part[] {
  const other = scope.packets.space.family === 4 ? 'ip6' : 'ip';
  if (family === other) return [];
  const to = destinationOf(kind, addr, port, scope);
  return [{ kind: 'end', verdict: { kind: 'redirect', ...(to === null ? {} : { to }) } }];
}

/** `dnat to VIP:8080`, `redirect to :8080`; null for another host, several ports, or what only a map knows. */
function destinationOf(
  kind: 'dnat' | 'redirect',
  addr: unknown,
  port: unknown,
  { packets }: Scope,
): Destination | null {
  const vip = parseIp(packets.vip)?.value;
  if (vip === undefined || (addr !== undefined && parseIp(textOf(addr))?.value !== vip)) return null;
  if (port !== undefined && typeof port !== 'number') return null;
  return { address: kind === 'dnat' ? vip : null, port: port === undefined ? null : BigInt(port) };
}

function verdictOf(statement: unknown): Verdict {
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(statement) ?? {});
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
      return { kind };
    case 'reject':
      return { kind: fieldsOf(body)?.['type'] === 'tcp reset' ? 'reset' : kind };
    case 'dnat':
    case 'redirect':
    case 'tproxy':
    case 'fwd':
      return { kind: 'redirect' };
    case 'queue':
    case 'synproxy':
      return { kind: 'queue' };
    case 'jump':
    case 'goto':
      return { kind, chain: textOf(fieldsOf(body)?.['target']) };
    default:
      return { kind: 'unknown' };
  }
}

/** The verdict of an element of a map. */
function verdictIn(end: unknown): Case['verdict'] {
  return 'continue' in (fieldsOf(end) ?? {}) ? { kind: 'continue' } : verdictOf(end);
}

function readMatch({ op, left, right }: Fields, scope: Scope, refused: boolean): readonly Part[] {
  const side = readOperand(left, scope);
  if (!side.ok) return [{ kind: 'puzzle', what: side.reason }];
  const operand = side.value;
  if (choosesNode(right)) return [{ kind: 'puzzle', what: 'a hash on the right side of a comparison' }];
  const read = (carried: Carried) => compare(operand, textOf(op), right, carried, scope);
  if (operand.hash === null) return [fixedCondition(operand, read)];
  const { traffic, doubt } = read(typical(null));
  if (doubt !== null) return [{ kind: 'puzzle', what: 'what it compares the hash with is not known' }];
  const held = traffic.whateverPacket;
  const use: ClusterUse = { ...operand.hash.use, claims: refused ? held.others : held };
  return [needed(operand), { kind: 'cluster', use, read: remembered(read), change: (carried) => carried }];
}

function fixedCondition({ plain }: Operand, read: Condition): Part {
  return { kind: 'when', plain, read: plain ? remembered(read) : read };
}

/**
 * `KEY vmap { VALUE : VERDICT, ... }`: the values of one verdict together, in their order; `*` stands for all others. What
 * has the verdict `continue` goes on in the rule, what has none leaves it (measured).
 */
function readVerdictMap({ key, data }: Fields, scope: Scope, refused: boolean): readonly Part[] {
  const { space } = scope.packets;
  const side = readOperand(key, scope);
  if (!side.ok) return [{ kind: 'puzzle', what: side.reason }];
  const operand = side.value;
  const pairs = mapOf(data, scope.table);
  if (pairs === null)
    return operand.hash === null
      ? [{ kind: 'end', verdict: { kind: 'unknown' } }]
      : [{ kind: 'puzzle', what: 'the elements of its map are not known' }];
  const groups = new Map<string, { verdict: Case['verdict']; values: unknown[]; others: boolean }>();
  for (const [value, end] of pairs) {
    const text = JSON.stringify(end);
    const group = groups.get(text) ?? { verdict: verdictIn(end), values: [], others: false };
    if (value === '*') group.others = true;
    else group.values.push(value);
    groups.set(text, group);
  }
  const cases = [...groups.values()].map(({ verdict, values }): Case => {
    const read = (carried: Carried) => compare(operand, '==', { set: values }, carried, scope);
    const settled = operand.plain || operand.hash !== null;
    return { read: settled ? remembered(read) : read, plain: operand.plain, verdict };
  });
  const rest = [...groups.values()]
    .filter(({ others }) => others)
    .map(({ verdict }): Case => ({ read: () => exactly(operand.needs), plain: operand.plain, verdict }));
  const choose: Part = { kind: 'choose', cases: [...cases, ...rest] };
  if (operand.hash === null) return [choose];
  const lets = ({ verdict }: Case) => (verdict.kind === 'continue' ? !refused : !refusesAll(verdict, scope.table));
  const claims = space.union(cases.filter(lets).map((one) => one.read(typical(null)).traffic.whateverPacket));
  const use: ClusterUse = { ...operand.hash.use, claims: rest.some(lets) ? null : claims };
  return [
    needed(operand),
    { kind: 'cluster', use, read: () => exactly(space.all), change: (carried) => carried },
    choose,
  ];
}

/** True where whatever a rule decides, in the chains that it jumps to as well, is another address or port. */
export function onlyRedirects(expr: readonly unknown[], table: NftTable): boolean {
  const ends = endsOf(expr, table, 0);
  return ends.has('redirect') && ends.size === 1;
}

/** True where packets that get a verdict are lost, also in the chain that it sends them to. */
function refusesAll(verdict: Verdict, table: NftTable): boolean {
  const refusing = (kind: Verdict['kind']) => kind === 'drop' || kind === 'reject' || kind === 'reset';
  if (verdict.kind !== 'jump' && verdict.kind !== 'goto') return refusing(verdict.kind);
  const first = table.chains
    .get(verdict.chain)
    ?.rules.find(({ expr }) => expr.every((one) => !('match' in (fieldsOf(one) ?? {}))));
  const ends = first === undefined ? new Set<Verdict['kind']>() : endsOf(first.expr, table, 0);
  return ends.size > 0 && [...ends].every(refusing);
}

function endsOf(expr: readonly unknown[], table: NftTable, depth: number): ReadonlySet<Verdict['kind']> {
  const statements = expr.map((one) => fieldsOf(one) ?? {});
  const verdicts = statements.flatMap((one) => {
    const map = fieldsOf(one['vmap']);
    if (map !== null)
      return (mapOf(map['data'], table) ?? [[null, { unknown: null }] as const]).map(([, end]) => verdictOf(end));
    const [kind = ''] = Object.keys(one);
    const decides = !['match', 'mangle', 'set', 'map', 'meter', 'xt', 'notrack'].includes(kind);
    return decides && !passing.has(kind) && !deciding.has(kind) ? [verdictOf(one)] : [];
  });
  const ends = verdicts.flatMap((verdict) => {
    if (verdict.kind !== 'jump' && verdict.kind !== 'goto') return [verdict.kind];
    const rules = depth > 16 ? undefined : table.chains.get(verdict.chain)?.rules;
    return rules === undefined
      ? (['unknown'] as const)
      : rules.flatMap((rule) => [...endsOf(rule.expr, table, depth + 1)]);
  });
  return new Set(ends);
}
