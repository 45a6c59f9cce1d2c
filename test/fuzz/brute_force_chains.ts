// An independent judge of xt_cluster and nftables clusters, as brute_force.ts is of CLUSTERIP, and like it without any code
// of src: single packets, one after the other, through the chains in the kernel's order. What it does not understand, and
// what a packet comes to, it does not call healthy.

import {
  checkLink,
  Doubt,
  dotted,
  lookup3,
  optionOf,
  type Packet,
  packetsFor,
  readTables,
  sectionOf,
} from './brute_force.ts';
import { type NftChain, passNft, readNftTables } from './brute_force_nft.ts';

/** A packet on its way through one node. */
export type Flight = Packet & {
  readonly ifname: string;
  readonly vip: string;
  mark: number;
  /** The frame was made this host's; TCP ignores it else. */
  host: boolean;
  tracked: boolean;
  /** A cluster rule has looked at it. */
  met: boolean;
  /** Another node has the connection; this one takes its segments for new. */
  readonly stray: boolean;
  /** A rule that cannot be decided may have accepted it in this base chain. */
  perhaps: boolean;
};

export type Verdict = 'accept' | 'drop' | 'return' | 'on';

type Base = {
  readonly hook: number;
  readonly priority: number;
  readonly pass: (flight: Flight) => Verdict;
  readonly nat: boolean;
};

type Node = { readonly ifname: string; readonly bases: readonly Base[]; readonly groups: readonly string[] };

/** Null when every client that the cluster shares is answered by exactly one node; else why that is not so. */
export function whyChainsNotHealthy(snapshots: readonly string[], vip: string): string | null {
  try {
    const nodes = snapshots
      .map((text) => readNode(text.slice(text.indexOf('rackwatch-snapshot 1')), vip))
      .filter((node) => node !== null);
    if (nodes.length === 0) return 'no node has the VIP';
    const [first, ...others] = nodes.map(({ groups }) => groups);
    if (!first?.some((group) => others.every((groups) => groups.includes(group)))) return 'no common cluster MAC';
    return whoIsNotServed(nodes, packetsFor(snapshots, vip), vip);
  } catch (error) {
    if (error instanceof Doubt) return error.message;
    throw error;
  }
}

function whoIsNotServed(nodes: readonly Node[], packets: readonly Packet[], vip: string): string | null {
  const served = new Map<string, { any: boolean; lost: string | null }>();
  let shared = false;
  for (const packet of packets) {
    const flights = nodes.map((node) => fly(node, packet, vip));
    if (!flights.some(({ met }) => met)) continue;
    shared = true;
    const count = flights.filter(({ answered }) => answered).length;
    const text = `${dotted(packet.source)} ${packet.protocol} ${packet.sport}>${packet.dport}: ${count} answers`;
    // Whoever lets in what it does not serve to the end, lets it hang.
    if (count > 1 || (count === 0 && flights.some(({ begun }) => begun))) return text;
    const door = `${packet.protocol} ${packet.dport}`;
    const known = served.get(door) ?? { any: false, lost: null };
    served.set(door, { any: known.any || count > 0, lost: known.lost ?? (count === 0 ? text : null) });
  }
  if (!shared) return 'no packet comes to a cluster rule';
  const doors = [...served.values()];
  // A port that answers nobody is closed by the nodes' firewalls; not all of them can be.
  if (!doors.some(({ any }) => any)) return 'nobody is answered at all';
  return doors.find(({ any, lost }) => any && lost !== null)?.lost ?? null;
}

type Flown = { readonly met: boolean; readonly begun: boolean; readonly answered: boolean };

/** Sends the first packet of a client, and for TCP a later one. */
function fly(node: Node, packet: Packet, vip: string): Flown {
  const first = sendOne(node, { ...packet, later: false }, vip);
  if (packet.protocol === 'udp') return { met: first.met, begun: first.through, answered: first.through };
  const later = sendOne(node, { ...packet, later: true }, vip, !first.through);
  const answered = first.through && first.host && later.through && later.host;
  return { met: first.met || later.met, begun: first.through, answered };
}

function sendOne(node: Node, packet: Packet, vip: string, stray = false): Flight & { readonly through: boolean } {
  const flight: Flight = {
    ...packet,
    stray,
    perhaps: false,
    ifname: node.ifname,
    vip,
    mark: 0,
    host: false,
    tracked: false,
    met: false,
  };
  for (const base of node.bases) {
    if (base.hook === 1 || base.priority > -200) flight.tracked = true;
    if (base.nat && packet.later) continue;
    if (base.pass(flight) === 'drop') return { ...flight, through: false };
  }
  return { ...flight, through: true };
}

const way: readonly (readonly [table: string, chain: string, hook: number, priority: number])[] = [
  ['raw', 'PREROUTING', 0, -300],
  ['mangle', 'PREROUTING', 0, -150],
  ['nat', 'PREROUTING', 0, -100],
  ['mangle', 'INPUT', 1, -150],
  ['filter', 'INPUT', 1, 0],
];

type Chains = ReturnType<typeof readTables> extends ReadonlyMap<string, infer One> ? One : never;

function readNode(text: string, vip: string): Node | null {
  const places = sectionOf(text, 'addr')
    .map((line) => /^\d+: +(\S+) +inet (\d[\d.]*)(?:\/\d+)? /.exec(line))
    .filter((match) => match?.[2] === vip);
  const ifname = places[0]?.[1];
  if (places.length > 1) throw new Doubt('the VIP twice');
  const iptables = ['iptables-legacy', 'iptables'].flatMap((name) => [...readTables(sectionOf(text, name))]);
  if (new Set(iptables.map(([name]) => name)).size < iptables.length) throw new Doubt('two tables of one name');
  const tables = new Map(iptables);
  if (ifname === undefined) return null;
  checkLink(text, ifname);
  const bases: Base[] = way.flatMap(([table, name, hook, priority]) => {
    const chains = tables.get(table);
    if (chains === undefined) return [];
    return [{ hook, priority, nat: table === 'nat', pass: (flight) => passBase(chains, name, flight) }];
  });
  for (const chain of readNftTables(sectionOf(text, 'nft'), new Set(tables.keys()))) bases.push(nftBase(chain));
  bases.sort((a, b) => a.hook - b.hook || a.priority - b.priority);
  const groups = sectionOf(text, 'maddr').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const mac = fields[4]?.toLowerCase() ?? '';
    return fields[1] === ifname && /^[0-9a-f][13579bdf][0-9a-f]{10}$/.test(mac) && !/^(?:01005e|3333)/.test(mac)
      ? [mac]
      : [];
  });
  return { ifname, bases, groups };
}

function nftBase(chain: NftChain): Base {
  const pass = (flight: Flight): Verdict => {
    const verdict = passNft(chain, chain.table, flight, 0);
    return verdict === 'on' || verdict === 'return' ? chain.policy : verdict;
  };
  return { hook: chain.hook, priority: chain.priority, nat: chain.type === 'nat', pass };
}

function passBase(chains: Chains, name: string, flight: Flight): Verdict {
  const { mark, host } = flight;
  flight.perhaps = false;
  const end = passChain(chains, name, flight, 0);
  const policy = chains.get(name)?.policy === 'DROP' ? 'drop' : 'accept';
  const verdict = end === 'accept' || end === 'drop' ? end : policy;
  const same = verdict === 'accept' && flight.mark === mark && flight.host === host;
  if (flight.perhaps && !same) throw new Doubt('a rule that may accept it');
  return verdict;
}

function passChain(chains: Chains, name: string, flight: Flight, depth: number): Verdict {
  if (depth > 30) throw new Doubt('a loop');
  for (const words of chains.get(name)?.rules ?? []) {
    const at = words.findIndex((word) => word === '-j' || word === '-g');
    const target = words[at + 1] ?? '';
    if (at < 0 || target === 'LOG' || target === 'NFLOG' || !matches(words.slice(0, at), flight, target)) continue;
    if (target === 'ACCEPT') return 'accept';
    if (target === 'DROP') return 'drop';
    if (target === 'RETURN') return 'return';
    if (target === 'MARK') {
      const [value = Number.NaN, mask = 0xffffffff] = (words[at + 3] ?? '').split('/').map(Number);
      if (words[at + 2] !== '--set-xmark' || Number.isNaN(value) || Number.isNaN(mask))
        throw new Doubt(words.join(' '));
      flight.mark = ((flight.mark & ~mask) ^ value) >>> 0;
      continue;
    }
    if (!chains.has(target)) throw new Doubt(`target ${target}`);
    const verdict = passChain(chains, target, flight, depth + 1);
    if (verdict === 'accept' || verdict === 'drop') return verdict;
    if (words[at] === '-g') return 'return';
  }
  return 'on';
}

function matches(words: readonly string[], flight: Flight, target: string): boolean {
  const node = { held: [], ifname: flight.ifname, tables: new Map(), cluster: null, clusterRules: [] };
  let open: string | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = words[i + 1] ?? '';
    if (!/^--?[a-z]/.test(word)) continue;
    if (word === '--comment') i += 1;
    if (word.startsWith('--cluster-') || (word === '-m' && value === 'mark')) continue;
    const negated = words[i - 1] === '!';
    let said: boolean | null;
    if (word === '-m' && value === 'cluster') said = open === null ? clusterMatches(words, flight) : null;
    else if (word === '--icmp-type') said = false;
    else if (word === '--mark') said = markMatches(value, flight);
    else if (/state$/.test(word))
      said = value
        .split(',')
        .includes(!flight.tracked ? 'INVALID' : flight.later && !flight.stray ? 'ESTABLISHED' : 'NEW');
    else said = optionOf(word, value, words[i + 2] ?? '', flight, node, flight.vip);
    if (said === negated) return false;
    if (said === null) open = word;
  }
  if (open !== null && target === 'ACCEPT') {
    flight.perhaps = true;
    return false;
  }
  if (open !== null) throw new Doubt(`cannot tell: ${words.join(' ')}`);
  return true;
}

function markMatches(text: string, { mark }: Flight): boolean | null {
  const [value = Number.NaN, mask = 0xffffffff] = text.split('/').map(Number);
  return Number.isNaN(value) || Number.isNaN(mask) ? null : (mark & mask) >>> 0 === value >>> 0;
}

/** The match makes the frame this host's, whatever it says. */
function clusterMatches(words: readonly string[], flight: Flight): boolean | null {
  flight.met = true;
  flight.host = true;
  const number = (option: string) => {
    const text = words[words.indexOf(option) + 1];
    return words.includes(option) && /^(?:0x[0-9a-f]+|\d+)$/i.test(text ?? '') ? Number(text) : null;
  };
  const [mask, total, seed] = ['--cluster-local-nodemask', '--cluster-total-nodes', '--cluster-hash-seed'].map(number);
  if (mask == null || total == null || seed == null || total < 1 || total > 32 || seed > 0xffffffff) return null;
  if (!flight.tracked) return false;
  const bit = bucketOf(flight.source, seed, total);
  const inside = ((BigInt(mask) >> BigInt(bit)) & 1n) === 1n;
  return words[words.indexOf('--cluster-local-nodemask') - 1] === '!' ? !inside : inside;
}

/** Bucket from 0: the address as the CPU reads it from the wire. */
export function bucketOf(source: number, seed: number, total: number): number {
  const swapped = [0, 8, 16, 24].reduce((sum, shift) => sum * 256 + ((source >>> shift) & 255), 0);
  return Number((BigInt(lookup3([swapped], seed)) * BigInt(total)) >> 32n);
}
