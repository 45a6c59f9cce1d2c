import { formatIp, type Ip, parseIp, parseMac } from '../../address/index.ts';
import { oncePer } from '../../snapshot/index.ts';
import { singlesOf } from '../model/destination.ts';
import { type Direction, isElsewhere, isOutward, type Packets } from '../model/packet.ts';
import {
  type BaseChain,
  type Chain,
  type ChainRule,
  fused,
  type Part,
  policyRule,
  ruleElsewhere,
  withoutIdleEnd,
} from '../model/program.ts';
import type { Extension } from '../model/rule.ts';
import type { TrafficSpace } from '../model/traffic.ts';
import { nativeDestinations } from './destination.ts';
import type { Scope } from './operand.ts';
import { type Fields, fieldsOf, listOf, type NftChain, type NftRule, type NftTable, textOf } from './ruleset.ts';
import { onlyRedirects, readStatement } from './statement.ts';
import { nftExpression, nftText } from './text.ts';
import { addresses } from './value.ts';

const hooks = {
  requests: ['ingress', 'prerouting', 'input', 'bridge prerouting', 'bridge input'],
  answers: ['output', 'postrouting', 'egress', 'bridge output', 'bridge postrouting'],
  departures: ['output', 'postrouting'],
} as const;

/** Writes nft tables as chains that packets can be sent through; also the chains that none of them passes. */
export function nftChains(
  tables: readonly NftTable[],
  packets: Packets,
): { readonly bases: readonly BaseChain[]; readonly chains: readonly Chain[] } {
  const bases: BaseChain[] = [];
  const chains: Chain[] = [];
  const own = packets.space.family === 4 ? 'ip' : 'ip6';
  for (const table of tables) {
    // For outgoing packets, tables that do nothing to them do not matter.
    if (
      isOutward(packets) &&
      ![...table.chains.values()].some((chain) => isPassed(hookOf(table.family, chain, packets.direction)))
    )
      continue;
    const passes = [own, 'inet', 'netdev', 'bridge'].includes(table.family);
    if (!passes && table.family !== 'arp') continue;
    const read = new Map<string, Chain>();
    for (const chain of table.chains.values()) {
      const place = placeOf(table, chain, packets.direction);
      const rules = chain.rules.map((rule) =>
        readNftRule(rule, { packets, table, spot: `${packets.origin} ${place} ${rule.handle}`, place }),
      );
      const asleep = table.dormant ? { asleep: `${table.family} ${table.name}` } : {};
      read.set(chain.name, { place, rules, ...asleep });
    }
    chains.push(...read.values());
    if (!passes || table.dormant) continue;
    for (const chain of table.chains.values()) {
      const entry = read.get(chain.name);
      if (entry !== undefined && chain.hook !== null)
        bases.push(
          baseOf(hookOf(table.family, chain, packets.direction), `${table.family} ${table.name}`, chain, entry, read),
        );
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

/** The names of a chain, and for answers the hook: nobody looks for them in a chain of the user's own name. */
function placeOf({ family, name }: NftTable, chain: NftChain, direction: Direction): string {
  const place = `${family} ${name} ${chain.name}`;
  return isOutward({ direction }) && chain.hook !== null ? `${place}, hook ${chain.hook}` : place;
}

function hookOf(family: string, { hook }: NftChain, direction: Direction): BaseChain['hook'] {
  const name = family === 'bridge' ? `bridge ${hook}` : `${hook}`;
  return hooks[direction].find((one) => one === name) ?? 'other';
}

function isPassed(hook: BaseChain['hook']): boolean {
  return hook !== 'other';
}

function baseOf(
  hook: BaseChain['hook'],
  owner: string,
  chain: NftChain,
  entry: Chain,
  table: ReadonlyMap<string, Chain>,
): BaseChain {
  const policy = chain.policy === 'drop' ? policyRule('nft', 'nftables', 'policy drop') : null;
  const rules = policy === null ? withoutIdleEnd(entry.rules) : entry.rules;
  return {
    hook,
    priority: chain.priority,
    owner,
    devices: hook === 'ingress' || hook === 'egress' ? chain.devices : [],
    nat: chain.type === 'nat',
    reroutes: chain.type === 'route',
    chain: { ...entry, rules },
    policy,
    table,
  };
}

/** The one address that a rule wants as destination before it does anything; null where there is none. */
const destinationOf = oncePer(({ expr }: NftRule): Ip | null => {
  for (const one of expr) {
    const match = fieldsOf(fieldsOf(one)?.['match']);
    if (match === null) return null;
    const { protocol, field } = fieldsOf(fieldsOf(match['left'])?.['payload']) ?? {};
    const plain = match['op'] === '==' && field === 'daddr' && (protocol === 'ip' || protocol === 'ip6');
    if (plain) return parseIp(textOf(match['right']));
  }
  return null;
});

function accepts(statement: unknown): boolean {
  return 'accept' in (fieldsOf(statement) ?? {});
}

const ruleText = oncePer(({ expr, comment }: NftRule) => nftText(expr, comment));

type RuleScope = Scope & { readonly place: string };

function readNftRule(rule: NftRule, scope: RuleScope): ChainRule {
  const { expr, comment } = rule;
  if (isElsewhere(destinationOf(rule), scope.packets))
    return ruleElsewhere('nft', 'nftables', ruleText(rule), expr.some(accepts), scope.packets.space);
  const statements = expr.map((one) => fieldsOf(one) ?? {});
  const parts = statements.flatMap((one) => readStatement(one, scope, refuses(statements)));
  const useful = parts.some(({ kind }) => kind !== 'when' && kind !== 'cluster');
  const balances = parts.some(({ kind }) => kind === 'cluster') && onlyRedirects(expr, scope.table);
  const { space } = scope.packets;
  return {
    tool: 'nft',
    backend: 'nftables',
    text: ruleText(rule),
    // A rule that only counts or logs shares nothing.
    parts: !useful ? [] : balances ? balancing(parts, space) : hashesLast(parts, space),
    names: statements.some((one) => namesVip(one, scope)) || isSingle(rule, scope),
    lists: statements.some(asksList),
    ifname: boundTo(statements),
    managed: /^IPaddr2_/.test(scope.table.name) || /pacemaker|IPaddr2|^cip-/i.test(comment),
    mac: macOf(statements),
    extension: extensionOf(statements, scope.place),
    ...rewritingOf(statements),
    established: statements.some(asksEstablished),
  };
}

/** `masquerade`, `snat to 192.0.2.100`, `snat ip to 192.0.2.100-192.0.2.103`: what packets that leave get for a source. */
function rewritingOf(statements: readonly Fields[]): Pick<ChainRule, 'rewrites'> {
  if (statements.some((one) => 'masquerade' in one)) return { rewrites: { kind: 'masquerade' } };
  const snat = statements.find((one) => 'snat' in one);
  if (snat === undefined) return {};
  const span = addresses(fieldsOf(snat['snat'])?.['addr']);
  return { rewrites: span === null ? { kind: 'unknown' } : { kind: 'address', ...span } };
}

/** `ip saddr @banned`: sources of a set by name. */
function asksList(statement: Fields): boolean {
  const match = fieldsOf(statement['match']);
  const field = fieldsOf(fieldsOf(match?.['left'])?.['payload'])?.['field'];
  return field === 'saddr' && textOf(match?.['right']).startsWith('@');
}

/** `ct state established,related`, `ct state vmap { established : accept }`. */
function asksEstablished(statement: Fields): boolean {
  const [match, vmap] = [fieldsOf(statement['match']), fieldsOf(statement['vmap'])];
  const asked = fieldsOf(fieldsOf(match?.['left'] ?? vmap?.['key'])?.['ct'])?.['key'];
  return asked === 'state' && names(match?.['right'] ?? vmap?.['data']).includes('established');
}

/** The names in a value, a list or a set. */
function names(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return (Array.isArray(value) ? value : listOf(fieldsOf(value)?.['set'])).flatMap(names);
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
  return { tool: 'nft', before: `insert rule ${place} ${before}`, after: nftText(behind, '') };
}

/**
 * A hash that chooses among other hosts belongs to a load balancer (kube-proxy has one per service), whatever it
 * chooses.
 */
function balancing(parts: readonly Part[], space: TrafficSpace): readonly Part[] {
  const conditions = parts.filter(({ kind }) => kind === 'when');
  return [...fused(conditions, space), { kind: 'end', verdict: { kind: 'redirect' } }];
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

function namesVip(statement: Fields, { packets, table }: Scope): boolean {
  const vip = parseIp(packets.vip);
  return vip !== null && namedBy(statement, table).has(vip.value);
}

/** Whether the VIP is one of the neighbours of whom nft has made one range or network. */
function isSingle(rule: NftRule, { packets, table }: Scope): boolean {
  const vip = parseIp(packets.vip);
  return vip !== null && singlesIn(rule, table).has(formatIp(vip));
}

const singlesIn = oncePer(
  (rule: NftRule, table: NftTable): ReadonlySet<string> =>
    new Set(singlesOf(nativeDestinations(rule, table, () => true).only ?? [])),
);

/** The destinations that a statement names, by itself or by a set. */
const namedBy = oncePer((statement: Fields, table: NftTable): ReadonlySet<bigint> => {
  const text = JSON.stringify(statement);
  if (!text.includes('"daddr"') || fieldsOf(statement['match'])?.['op'] === '!=') return new Set();
  const sets = [...text.matchAll(/"@([^"]+)"/g)].flatMap(([, name]) => table.sets.get(name ?? '') ?? []);
  const words = `${text}${JSON.stringify(sets)}`.split('"');
  return new Set(words.flatMap((word) => (word.length > 1 ? (parseIp(word)?.value ?? []) : [])));
});

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
