// The part of brute_force_chains.ts that reads nft's JSON: a small part of the language, and doubt for the rest.

import { Doubt, inBlock } from './brute_force.ts';
import { bucketOf, type Flight, type Verdict } from './brute_force_chains.ts';

type Json = Readonly<Record<string, unknown>>;

export type NftTable = { readonly chains: Map<string, NftChain>; readonly sets: Map<string, readonly unknown[]> };

export type NftChain = {
  readonly hook: number;
  readonly type: string;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  readonly table: NftTable;
  readonly rules: unknown[][];
};

/** The base chains of tables that IPv4 packets pass, less those that iptables wrote. */
export function readNftTables(lines: readonly string[], foreign: ReadonlySet<string>): readonly NftChain[] {
  const tables = new Map<string, NftTable>();
  const bases: NftChain[] = [];
  // nft lists chains first; whoever moves a line does no harm by it.
  const sorted = [...lines].sort((a, b) => Number(b.includes('{"chain"')) - Number(a.includes('{"chain"')));
  for (const line of sorted) {
    const [[kind, body] = ['', null]] = Object.entries(objectOf(parsed(line)));
    const fields = objectOf(body);
    const { family, name, table = name } = fields;
    if (!['ip', 'inet', 'netdev'].includes(`${family}`) || (family === 'ip' && foreign.has(`${table}`))) continue;
    const home = tables.get(`${family} ${table}`) ?? { chains: new Map(), sets: new Map() };
    tables.set(`${family} ${table}`, home);
    if (kind === 'chain') {
      const { hook, type, prio, policy } = fields;
      const place = ['prerouting', 'input'].indexOf(`${hook}`);
      if (hook === 'ingress') throw new Doubt('an ingress chain');
      const chain = {
        hook: place,
        type: `${type}`,
        priority: Number(prio ?? 0),
        policy: policy === 'drop' ? policy : 'accept',
        table: home,
        rules: home.chains.get(`${name}`)?.rules ?? [],
      } as const;
      home.chains.set(`${name}`, chain);
      if (place >= 0) bases.push(chain);
    } else if (kind === 'rule') {
      const chain = home.chains.get(`${fields['chain']}`);
      if (chain === undefined || !Array.isArray(fields['expr'])) throw new Doubt('a rule without a chain');
      chain.rules.push(fields['expr']);
    } else if (kind === 'set' || kind === 'map') home.sets.set(`${name}`, listOf(fields['elem']));
  }
  return bases;
}

export function passNft({ rules }: NftChain, table: NftTable, flight: Flight, depth: number): Verdict {
  if (depth > 30) throw new Doubt('a loop');
  for (const rule of rules) {
    const verdict = passRule(rule, table, flight, depth);
    if (verdict !== 'on') return verdict;
  }
  return 'on';
}

function passRule(rule: readonly unknown[], table: NftTable, flight: Flight, depth: number): Verdict {
  for (const statement of rule) {
    const [[kind, body] = ['', null]] = Object.entries(objectOf(statement));
    const fields = objectOf(body);
    if (kind === 'match') {
      if (!holds(fields, table, flight)) return 'on';
    } else if (kind === 'mangle') change(fields, flight);
    else if (kind === 'vmap') {
      const value = read(fields['key'], flight);
      const found = listOf(elements(fields['data'], table)).find(
        (pair) => value !== null && isIn(listOf(pair)[0], value),
      );
      if (found === undefined) return 'on';
      const verdict = end(listOf(found)[1], table, flight, depth);
      if (verdict !== 'on') return verdict;
    } else if (kind !== 'counter' && kind !== 'log') {
      const verdict = end(statement, table, flight, depth);
      if (verdict !== 'on') return verdict;
    }
  }
  return 'on';
}

function end(statement: unknown, table: NftTable, flight: Flight, depth: number): Verdict {
  const [[kind, body] = ['', null]] = Object.entries(objectOf(statement));
  if (kind === 'accept' || kind === 'drop' || kind === 'return') return kind;
  if (kind === 'continue') return 'on';
  if (kind !== 'jump' && kind !== 'goto') throw new Doubt(`statement ${kind}`);
  const chain = table.chains.get(`${objectOf(body)['target']}`);
  if (chain === undefined) throw new Doubt('a jump to nowhere');
  const verdict = passNft(chain, table, flight, depth + 1);
  if (verdict === 'accept' || verdict === 'drop') return verdict;
  return kind === 'goto' ? 'return' : 'on';
}

function change({ key, value }: Json, flight: Flight): void {
  const what = objectOf(objectOf(key)['meta'])['key'];
  if (what === 'pkttype' && value === 'host') flight.host = true;
  else if (what === 'mark') {
    const mark = typeof value === 'number' ? value : read(value, flight);
    if (typeof mark !== 'number') throw new Doubt('a mark');
    flight.mark = mark;
  } else throw new Doubt('a change');
}

/** What an expression is of the packet; null where the packet has no such thing, and the rule ends. */
function read(expr: unknown, flight: Flight): number | string | null {
  const [[kind, body] = ['', null]] = Object.entries(objectOf(expr));
  const fields = objectOf(body);
  const { protocol, field, key } = fields;
  if (kind === 'payload') {
    if (protocol === 'ip' && field === 'saddr') return flight.source;
    if (protocol === 'ip' && field === 'daddr') return flight.vip;
    if (protocol === 'ip' && field === 'protocol') return flight.protocol;
    if ((field === 'dport' || field === 'sport') && (protocol === 'tcp' || protocol === 'udp' || protocol === 'th'))
      return protocol === 'th' || protocol === flight.protocol ? flight[field] : null;
    if (protocol === 'icmp' || protocol === 'ip6') return null;
  }
  if (kind === 'meta') {
    if (key === 'iif' || key === 'iifname') return flight.ifname;
    if (key === 'l4proto') return flight.protocol;
    if (key === 'mark') return flight.mark;
    if (key === 'pkttype') return flight.host ? 'host' : 'multicast';
  }
  if (kind === 'ct' && key === 'state')
    return !flight.tracked ? 'invalid' : flight.later && !flight.stray ? 'established' : 'new';
  if (kind === 'jhash') {
    const { mod, seed, offset = 0 } = fields;
    const inner = objectOf(objectOf(fields['expr'])['payload']);
    if (inner['protocol'] !== 'ip' || inner['field'] !== 'saddr') throw new Doubt('another hash');
    if (typeof mod !== 'number' || typeof seed !== 'number' || typeof offset !== 'number' || mod < 1)
      throw new Doubt('no seed');
    flight.met = true;
    return bucketOf(flight.source, seed, mod) + offset;
  }
  throw new Doubt(`expression ${JSON.stringify(expr)}`);
}

function holds({ op, left, right }: Json, table: NftTable, flight: Flight): boolean {
  const value = read(left, flight);
  if (value === null) return false;
  if (op === '<' || op === '>') {
    if (typeof value !== 'number' || typeof right !== 'number') throw new Doubt('a comparison');
    return op === '<' ? value < right : value > right;
  }
  const inside = listOf(elements(right, table)).some((one) => isIn(one, value));
  if (op === '==' || op === 'in') return inside;
  if (op === '!=') return !inside;
  throw new Doubt(`operator ${op}`);
}

function elements(right: unknown, table: NftTable): unknown {
  if (typeof right === 'string' && right.startsWith('@')) {
    const set = table.sets.get(right.slice(1));
    if (set === undefined) throw new Doubt('an unknown set');
    return set;
  }
  const set = objectOf(right)['set'];
  return Array.isArray(set) ? set : Array.isArray(right) ? right : [right];
}

function isIn(element: unknown, value: number | string): boolean {
  const fields = objectOf(element);
  const [low, high] = listOf(fields['range']);
  if (typeof low === 'number' && typeof high === 'number' && typeof value === 'number')
    return low <= value && value <= high;
  const prefix = objectOf(fields['prefix']);
  const block = 'addr' in prefix ? `${prefix['addr']}/${prefix['len']}` : element;
  if (typeof block === 'string' && /^\d+\.\d+\.\d+\.\d+(?:\/\d+)?$/.test(block)) {
    const address =
      typeof value === 'number' ? value : value.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    return inBlock(block, address) === true;
  }
  if (typeof element === 'object' && element !== null) throw new Doubt('an element');
  return element === value;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Doubt('no JSON');
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
