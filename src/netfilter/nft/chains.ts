import { parseIp, parseMac } from '../../address/index.ts';
import { type Condition, type Doubt, doubtOfMatch, exactly, remembered, vague } from '../model/condition.ts';
import { type Carried, type Packets, typical } from '../model/packet.ts';
import {
  type BaseChain,
  type Case,
  type Chain,
  type ChainRule,
  type ClusterUse,
  fused,
  type Part,
  policyRule,
  type Verdict,
  withoutIdleEnd,
} from '../model/program.ts';
import type { Extension } from '../model/rule.ts';
import type { TrafficSpace } from '../model/traffic.ts';
import { choosesNode } from './hash.ts';
import { needed, readMangle } from './mark.ts';
import { compare, type Operand, readOperand, type Scope } from './operand.ts';
import { type Fields, fieldsOf, type NftChain, type NftRule, type NftTable, textOf } from './ruleset.ts';
import { nftExpression, nftText } from './text.ts';
import { mapOf } from './value.ts';

const hooks = ['ingress', 'prerouting', 'input'] as const;

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

/** Writes nft tables as chains that packets can be sent through; also the chains that none of them passes. */
export function nftChains(
  tables: readonly NftTable[],
  packets: Packets,
): { readonly bases: readonly BaseChain[]; readonly chains: readonly Chain[] } {
  const bases: BaseChain[] = [];
  const chains: Chain[] = [];
  const own = packets.space.family === 4 ? 'ip' : 'ip6';
  for (const table of tables) {
    const passes = [own, 'inet', 'netdev'].includes(table.family);
    if (!passes && !(table.family === 'bridge' || table.family === 'arp')) continue;
    const read = new Map<string, Chain>();
    for (const chain of table.chains.values()) {
      const place = `${table.family} ${table.name} ${chain.name}`;
      const rules = chain.rules.map((rule) =>
        readNftRule(rule, { packets, table, spot: `${packets.origin} ${place} ${rule.handle}`, place }),
      );
      read.set(chain.name, { place, rules });
    }
    // Rules of a bridge decide over frames before any of this; only those that hash are of interest.
    chains.push(...read.values());
    if (!passes) continue;
    for (const chain of table.chains.values()) {
      const entry = read.get(chain.name);
      if (entry !== undefined && chain.hook !== null) bases.push(baseOf(chain, entry, read));
    }
  }
  return { bases, chains };
}

/** True where any rule remembers marks with the connection, so that later packets do not begin with none. */
export function setsNftConnmarks(tables: readonly NftTable[]): boolean {
  const rules = tables.flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
  return rules.some(({ expr }) =>
    expr.some((one) => fieldsOf(fieldsOf(fieldsOf(fieldsOf(one)?.['mangle'])?.['key'])?.['ct'])?.['key'] === 'mark'),
  );
}

function baseOf(chain: NftChain, entry: Chain, table: ReadonlyMap<string, Chain>): BaseChain {
  const policy = chain.policy === 'drop' ? policyRule('nft', 'nftables', 'policy drop') : null;
  const rules = policy === null ? withoutIdleEnd(entry.rules) : entry.rules;
  return {
    hook: hooks.find((hook) => hook === chain.hook) ?? 'other',
    priority: chain.priority,
    devices: chain.hook === 'ingress' ? chain.devices : [],
    nat: chain.type === 'nat',
    chain: { ...entry, rules },
    policy,
    table,
  };
}

type RuleScope = Scope & { readonly place: string };

function readNftRule(rule: NftRule, scope: RuleScope): ChainRule {
  const { expr, comment } = rule;
  const statements = expr.map((one) => fieldsOf(one) ?? {});
  const parts = statements.flatMap((one) => readStatement(one, scope, refuses(statements)));
  const useful = parts.some(({ kind }) => kind !== 'when' && kind !== 'cluster');
  const balances = parts.some(({ kind }) => kind === 'cluster') && onlyRedirects(expr, scope.table);
  const { space } = scope.packets;
  return {
    tool: 'nft',
    backend: 'nftables',
    text: nftText(expr, comment),
    // A rule that only counts or logs shares nothing.
    parts: !useful ? [] : balances ? balancing(parts, space) : hashesLast(parts, space),
    names: statements.some((one) => namesVip(one, scope)),
    lists: statements.some(asksList),
    ifname: boundTo(statements),
    managed: /^IPaddr2_/.test(scope.table.name) || /pacemaker|IPaddr2|^cip-/i.test(comment),
    mac: macOf(statements),
    extension: extensionOf(statements, scope.place),
  };
}

/** `ip saddr @banned`: sources of a set by name. */
function asksList(statement: Fields): boolean {
  const match = fieldsOf(statement['match']);
  const field = fieldsOf(fieldsOf(match?.['left'])?.['payload'])?.['field'];
  return field === 'saddr' && textOf(match?.['right']).startsWith('@');
}

/** `... jhash ip saddr mod 2 seed 0x5 1 ... accept`: a hash with a seed, compared with one number, that lets through. */
function extensionOf(statements: readonly Fields[], place: string): Extension | null {
  const at = statements.findIndex((one) => fieldsOf(fieldsOf(fieldsOf(one['match'])?.['left'])?.['jhash']) !== null);
  const match = fieldsOf(statements[at]?.['match']);
  const hash = fieldsOf(fieldsOf(match?.['left'])?.['jhash']);
  const single = match?.['op'] === '==' && typeof match['right'] === 'number' && typeof hash?.['seed'] === 'number';
  const behind = statements.slice(at + 1);
  if (!single || !behind.some((one) => 'accept' in one)) return null;
  const before = [nftText(statements.slice(0, at), ''), nftExpression(match['left'])].filter(Boolean).join(' ');
  return { before: `nft 'insert rule ${place} ${before}`, after: `${nftText(behind, '')}'` };
}

/** A hash that chooses among other hosts is a balancer's (kube-proxy has one a service), whatever it chooses. */
function balancing(parts: readonly Part[], space: TrafficSpace): readonly Part[] {
  const conditions = parts.filter(({ kind }) => kind === 'when');
  return [...fused(conditions, space), { kind: 'end', verdict: { kind: 'redirect' } }];
}

/** True where whatever a rule decides, in the chains that it jumps to as well, is another address or port. */
function onlyRedirects(expr: readonly unknown[], table: NftTable): boolean {
  const ends = endsOf(expr, table, 0);
  return ends.has('redirect') && ends.size === 1;
}

/** True where packets that get a verdict are lost, in the chain that it sends them to as well. */
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

/** Conditions may stand in any order; a hash is looked at by those packets alone that meet the others. */
function hashesLast(parts: readonly Part[], space: TrafficSpace): readonly Part[] {
  const ends = parts.findIndex(({ kind }) => kind !== 'when' && kind !== 'cluster' && kind !== 'puzzle');
  const conditions = ends < 0 ? parts : parts.slice(0, ends);
  const others = conditions.filter((part) => part.kind !== 'when');
  return [...fused(conditions, space), ...others, ...(ends < 0 ? [] : parts.slice(ends))];
}

function refuses(statements: readonly Fields[]): boolean {
  return statements.some((one) => 'drop' in one || 'reject' in one);
}

function readStatement(statement: Fields, scope: Scope, refused: boolean): readonly Part[] {
  const { space } = scope.packets;
  const [[kind, body] = ['', null]] = Object.entries(statement);
  const fields = fieldsOf(body) ?? {};
  if (kind === 'match') return readMatch(fields, scope, refused);
  if (kind === 'vmap') return readVerdictMap(fields, scope);
  if (kind === 'mangle') return readMangle(fields, scope);
  if (kind === 'notrack') return [{ kind: 'untrack' }];
  if (kind === 'xt' && fields['type'] === 'match')
    return fields['name'] === 'cluster'
      ? [{ kind: 'puzzle', what: 'nft does not show what iptables-nft wrote; iptables-save would' }]
      : [{ kind: 'when', plain: true, read: () => vague(space.all, doubtOfMatch(textOf(fields['name']))) }];
  // To add to a set lets go on, save where each element has a rate or a count of its own.
  if (kind === 'set' || kind === 'map' || kind === 'meter') {
    const limits = [fields['stmt']]
      .flat()
      .some((one) => Object.keys(fieldsOf(one) ?? {}).some((word) => deciding.has(word)));
    return limits ? [{ kind: 'when', plain: true, read: () => vague(space.all, 'rate') }] : [];
  }
  const doubt = deciding.get(kind);
  if (doubt !== undefined) return [{ kind: 'when', plain: true, read: () => vague(space.all, doubt) }];
  if (passing.has(kind)) return [];
  if (kind === 'dnat' || kind === 'redirect') return readRedirect(fields, scope);
  return [{ kind: 'end', verdict: verdictOf(statement) }];
}

/** `dnat to KEY map { ... }`: what the map does not have goes on. */
function readRedirect({ family, addr, port }: Fields, scope: Scope): readonly Part[] {
  const other = scope.packets.space.family === 4 ? 'ip6' : 'ip';
  if (family === other) return [];
  const end: Part = { kind: 'end', verdict: { kind: 'redirect' } };
  const map = fieldsOf(fieldsOf(addr)?.['map']) ?? fieldsOf(fieldsOf(port)?.['map']);
  if (map === null || choosesNode(map['key'])) return [end];
  const key = readOperand(map['key'], scope);
  const pairs = mapOf(map['data'], scope.table);
  if (!key.ok || pairs === null || pairs.some(([value]) => value === '*')) return [end];
  const set = { set: pairs.map(([value]) => value) };
  return [fixedCondition(key.value, (carried) => compare(key.value, '==', set, carried, scope)), end];
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

/** `KEY vmap { VALUE : VERDICT, ... }`: the values of one verdict together, in their order; `*` stands for all others. */
function readVerdictMap({ key, data }: Fields, scope: Scope): readonly Part[] {
  const { space } = scope.packets;
  const side = readOperand(key, scope);
  if (!side.ok) return [{ kind: 'puzzle', what: side.reason }];
  const operand = side.value;
  const pairs = mapOf(data, scope.table);
  if (pairs === null)
    return operand.hash === null
      ? [{ kind: 'end', verdict: { kind: 'unknown' } }]
      : [{ kind: 'puzzle', what: 'the elements of its map are not known' }];
  const groups = new Map<string, { verdict: Verdict; values: unknown[]; others: boolean }>();
  for (const [value, end] of pairs) {
    if ('continue' in (fieldsOf(end) ?? {})) continue;
    const text = JSON.stringify(end);
    const group = groups.get(text) ?? { verdict: verdictOf(end), values: [], others: false };
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
  const lets = ({ verdict }: Case) => !refusesAll(verdict, scope.table);
  const claims = space.union(cases.filter(lets).map((one) => one.read(typical(null)).traffic.whateverPacket));
  const use: ClusterUse = { ...operand.hash.use, claims: rest.some(lets) ? null : claims };
  return [
    needed(operand),
    { kind: 'cluster', use, read: () => exactly(space.all), change: (carried) => carried },
    choose,
  ];
}

function namesVip(statement: Fields, { packets, table }: Scope): boolean {
  const text = JSON.stringify(statement);
  if (!text.includes('"daddr"') || fieldsOf(statement['match'])?.['op'] === '!=') return false;
  const vip = parseIp(packets.vip);
  const sets = [...text.matchAll(/"@([^"]+)"/g)].flatMap(([, name]) => table.sets.get(name ?? '') ?? []);
  const words = `${text}${JSON.stringify(sets)}`.split('"');
  return words.some((word) => vip !== null && word.length > 1 && parseIp(word)?.value === vip.value);
}

function boundTo(statements: readonly Fields[]): string | null {
  for (const statement of statements) {
    const match = fieldsOf(statement['match']);
    const key = textOf(fieldsOf(fieldsOf(match?.['left'])?.['meta'])?.['key']);
    const right = match?.['right'];
    if (
      (key === 'iif' || key === 'iifname') &&
      match?.['op'] === '==' &&
      typeof right === 'string' &&
      !/[@*]/.test(right)
    )
      return right;
  }
  return null;
}

/** The cluster MAC where a rule asks for frames to it. */
function macOf(statements: readonly Fields[]): string | null {
  for (const statement of statements) {
    const match = fieldsOf(statement['match']);
    const left = fieldsOf(fieldsOf(match?.['left'])?.['payload']);
    if (left?.['protocol'] === 'ether' && left['field'] === 'daddr') return parseMac(textOf(match?.['right']));
  }
  return null;
}
