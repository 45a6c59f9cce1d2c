// An independent judge of a CLUSTERIP cluster. It shares no code with src: it sends single packets through what the
// snapshots say, one after the other, as the kernel would (facts measured on 6.1 kernels), and counts who answers.
// Slow and simple; what it does not understand it does not call healthy.

/** What a packet of a client is. `later`: it belongs to a connection that both sides know. */
export type Packet = {
  readonly source: number;
  readonly protocol: 'tcp' | 'udp';
  readonly sport: number;
  readonly dport: number;
  readonly later: boolean;
};

/** One node as its snapshot has it. */
type Node = {
  readonly held: readonly number[];
  readonly ifname: string;
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, Chain>>;
  readonly cluster: Cluster | null;
  readonly clusterRules: readonly (readonly string[])[];
};

type Chain = { policy: string; readonly rules: (readonly string[])[] };
type Cluster = { readonly mode: string; readonly total: number; readonly seed: number; readonly mac: string };

/** What becomes of a packet on a node: the cluster's rule claims it or drops it; or something else came before. */
type Fate = 'claimed' | 'not ours' | 'accepted' | 'perhaps accepted' | 'denied' | 'past' | 'unknown';

/** Thrown with what is not healthy or not understood. */
export class Doubt extends Error {}

/** Null when every client that the cluster shares is answered by exactly one node; else why that is not so. */
export function whyNotHealthy(snapshots: readonly string[], vip: string): string | null {
  try {
    const nodes = snapshots
      .map((text) => readNode(text.slice(text.indexOf('rackwatch-snapshot 1')), vip))
      .filter((node) => node !== null);
    const clusters = nodes.map(({ cluster }) => cluster).filter((one) => one !== null);
    if (clusters.length === 0) return 'no node has a cluster rule';
    if (new Set(clusters.map(({ mac }) => mac)).size > 1) return 'two cluster MACs';
    return (
      packetsFor(snapshots, vip)
        .map((packet) => trouble(nodes, packet, vip))
        .find((one) => one !== null) ?? null
    );
  } catch (error) {
    if (error instanceof Doubt) return error.message;
    throw error;
  }
}

function trouble(nodes: readonly Node[], packet: Packet, vip: string): string | null {
  const fates = nodes.map((node) => bothFates(node, packet, vip));
  // Outside what the rules share, every node answers: no matter of coverage.
  if (!nodes.some((node) => sharedBy(node, packet, vip))) return null;
  // A firewall that denies on every node is a policy.
  if (fates.every((fate) => fate === 'denied')) return null;
  const strange = fates.find(
    (fate) => fate === 'past' || fate === 'accepted' || fate === 'unknown' || fate === 'denied',
  );
  const claims = fates.filter((fate) => fate === 'claimed').length;
  if (strange === undefined && claims === 1) return null;
  const { source, protocol, sport, dport } = packet;
  return `${dotted(source)} ${protocol} ${sport}>${dport}: ${fates.join(', ')}`;
}

function hasClusterRule(chains: ReadonlyMap<string, Chain>, vip: string): boolean {
  return [...chains.values()].some(({ rules }) => rules.some((words) => isClusterRule(words, vip)));
}

/** Whether a node's cluster rule by itself matches a packet. */
function sharedBy(node: Node, packet: Packet, vip: string): boolean {
  return node.clusterRules.some((words) => matchOf(words, packet, node, vip) !== 'no');
}

/** The first packet of a connection and a later one must fare alike. */
function bothFates(node: Node, packet: Packet, vip: string): Fate {
  const first = fateOf(node, { ...packet, later: false }, vip);
  const later = fateOf(node, { ...packet, later: true }, vip);
  if (first === later) return first;
  // UDP that is claimed once may pass on; whoever did not claim it never saw it as known.
  if (packet.protocol === 'udp' && later === 'accepted') return first;
  return first === 'not ours' ? first : 'unknown';
}

const way = ['raw PREROUTING', 'mangle PREROUTING', 'nat PREROUTING', 'mangle INPUT', 'filter INPUT'];

function fateOf(node: Node, packet: Packet, vip: string): Fate {
  let accepted = false;
  for (const place of way) {
    const [table = '', name = ''] = place.split(' ');
    // Only the first packet of a connection passes nat.
    if (table === 'nat' && packet.later) continue;
    const chains = node.tables.get(table);
    if (chains === undefined) continue;
    const fate = passChain(node, chains, name, packet, vip, 0);
    if (fate === 'claimed' || fate === 'not ours') return table === 'raw' || table === 'nat' ? 'unknown' : fate;
    if (fate === 'denied' || fate === 'unknown') return fate;
    // To accept ends one table only: elsewhere it is all one.
    if (fate === 'perhaps accepted' && hasClusterRule(chains, vip)) return 'unknown';
    if (fate === 'accepted' && place === 'filter INPUT') accepted = true;
    if (fate === 'past' && chains.get(name)?.policy === 'DROP') return 'denied';
  }
  return accepted ? 'accepted' : 'past';
}

const lookers = [
  'LOG',
  'ULOG',
  'NFLOG',
  'TRACE',
  'AUDIT',
  'MARK',
  'CONNMARK',
  'TCPMSS',
  'CHECKSUM',
  'DSCP',
  'TOS',
  'TTL',
];

function passChain(
  node: Node,
  chains: ReadonlyMap<string, Chain>,
  name: string,
  packet: Packet,
  vip: string,
  depth: number,
): Fate {
  if (depth > 30) return 'unknown';
  for (const words of chains.get(name)?.rules ?? []) {
    const matches = matchOf(words, packet, node, vip);
    if (matches === 'no') continue;
    const jump = words.findIndex((word) => word === '-j' || word === '-g');
    const target = jump < 0 ? '' : (words[jump + 1] ?? '');
    if (target === '' || lookers.includes(target)) continue;
    const fate = fateAt(node, chains, words, target, packet, vip, depth);
    if (fate === 'past' && words[jump] !== '-g') continue;
    if (matches === 'maybe') return fate === 'accepted' ? 'perhaps accepted' : 'unknown';
    if (fate === 'return' || (fate === 'past' && words[jump] === '-g')) return 'past';
    return fate;
  }
  return 'past';
}

function fateAt(
  node: Node,
  chains: ReadonlyMap<string, Chain>,
  words: readonly string[],
  target: string,
  packet: Packet,
  vip: string,
  depth: number,
): Fate | 'return' {
  if (target === 'RETURN') return 'return';
  if (target === 'ACCEPT') return 'accepted';
  if (target === 'DROP' || target === 'REJECT') return 'denied';
  if (target === 'CLUSTERIP') {
    // The kernel takes such a rule for one address only: what names another, however spelled, is not for the VIP.
    if (!isClusterRule(words, vip)) return words.includes('-d') ? 'past' : 'unknown';
    if (node.cluster === null) return 'unknown';
    return owns(node.cluster, node.held, packet) ? 'claimed' : 'not ours';
  }
  return chains.has(target) ? passChain(node, chains, target, packet, vip, depth + 1) : 'unknown';
}

function matchOf(words: readonly string[], packet: Packet, node: Node, vip: string): 'yes' | 'no' | 'maybe' {
  let result: 'yes' | 'maybe' = 'yes';
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '-j' || word === '-g') break;
    if (!/^--?[a-z]/.test(word)) continue;
    const negated = words[i - 1] === '!';
    const said = optionOf(word, words[i + 1] ?? '', words[i + 2] ?? '', packet, node, vip);
    if (word === '--comment') i += 1;
    if (said === null) result = 'maybe';
    else if (said === negated) return 'no';
  }
  return result;
}

const modules = ['tcp', 'udp', 'icmp', 'comment', 'conntrack', 'state', 'multiport', 'addrtype', 'pkttype'];

/** Whether an option holds for the packet; null when it cannot be told. */
export function optionOf(
  option: string,
  value: string,
  second: string,
  packet: Packet,
  node: Node,
  vip: string,
): boolean | null {
  const ports = (port: number) => value.split(',').map((part) => inPorts(part, port));
  switch (option) {
    case '-m':
      return modules.includes(value) ? true : null;
    case '--comment':
      return true;
    case '-s':
      return inBlock(value, packet.source);
    case '-d':
      return inBlock(value, numberOf(vip) ?? 0);
    case '-i':
      return value.endsWith('+') ? node.ifname.startsWith(value.slice(0, -1)) : value === node.ifname;
    case '-p':
      return protocolOf(value, packet.protocol);
    case '--dport':
    case '--dports':
      return ports(packet.dport).includes(null) ? null : ports(packet.dport).includes(true);
    case '--sport':
    case '--sports':
      return ports(packet.sport).includes(null) ? null : ports(packet.sport).includes(true);
    case '--ctstate':
    case '--state':
      return value.split(',').includes(packet.later ? 'ESTABLISHED' : 'NEW');
    case '--dst-type':
      return value.split(',').includes('LOCAL');
    case '--tcp-flags':
      return `${value} ${second}` === 'FIN,SYN,RST,ACK SYN' ? !packet.later : null;
    default:
      return null;
  }
}

function protocolOf(value: string, protocol: string): boolean | null {
  if (value === 'all' || value === '0') return true;
  const known: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp' };
  const name = known[value] ?? value;
  if (/^\d+$/.test(name) || ['tcp', 'udp', 'icmp', 'igmp', 'esp', 'ah', 'sctp', 'gre', 'vrrp'].includes(name))
    return name === protocol;
  return null;
}

export function inPorts(part: string, port: number): boolean | null {
  const match = /^(\d+)(?::(\d+))?$/.exec(part);
  if (match === null) return null;
  const low = Number(match[1]);
  return low <= port && port <= Number(match[2] ?? low);
}

export function inBlock(text: string, address: number): boolean | null {
  const [base = '', length = '32'] = text.split('/');
  const number = numberOf(base);
  if (number === null || !/^\d+$/.test(length) || Number(length) > 32) return null;
  const size = 2 ** (32 - Number(length));
  return Math.floor(number / size) === Math.floor(address / size);
}

function numberOf(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Whether a node's buckets hold a packet: the formula that predicted 22,016 recorded packets. */
function owns({ mode, total, seed }: Cluster, held: readonly number[], { source, sport, dport }: Packet): boolean {
  if (total === 0) return true;
  const swapped = (port: number) => ((port & 255) << 8) | (port >> 8);
  const words = [source, swapped(sport), swapped(dport)].slice(0, mode.split('-').length);
  const hash = lookup3(words, seed);
  return held.includes(Number((BigInt(hash) * BigInt(total)) >> 32n) + 1);
}

/** Bob Jenkins' lookup3 over up to three words, written with big numbers. */
export function lookup3(words: readonly number[], seed: number): number {
  const mask = 0xffffffffn;
  const rotated = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  const start = (0xdeadbeefn + BigInt(words.length * 4) + BigInt(seed)) & mask;
  const value = [0, 1, 2].map((i) => (start + BigInt(words[i] ?? 0)) & mask);
  const steps: readonly (readonly [number, number, bigint])[] = [
    ...[[2, 1, 14n] as const, [0, 2, 11n] as const, [1, 0, 25n] as const, [2, 1, 16n] as const],
    ...[[0, 2, 4n] as const, [1, 0, 14n] as const, [2, 1, 24n] as const],
  ];
  for (const [to, from, bits] of steps) {
    const other = value[from] ?? 0n;
    value[to] = (((value[to] ?? 0n) ^ other) - rotated(other, bits)) & mask;
  }
  return Number(value[2]);
}

/** Reads what decides; null for a node that stands by. Throws a doubt for what is broken or cannot be understood. */
function readNode(text: string, vip: string): Node | null {
  // The kernel keeps the proc file and the rule together: without one there is no other, whether it could be read or not.
  const listed = text.includes(`\n== clusterip ${vip}`);
  const tables = readTables(listed ? sectionOf(text, 'iptables-legacy') : []);
  const all = [...tables.values()].flatMap((chains) => [...chains.values()].flatMap((chain) => chain.rules));
  const clusterRules = all.filter((words) => isClusterRule(words, vip));
  const places = sectionOf(text, 'addr')
    .map((line) => /^\d+: +(\S+) +inet (\d[\d.]*)(?:\/\d+)? /.exec(line))
    .filter((match) => match?.[2] === vip)
    .map((match) => match?.[1] ?? '');
  if (!listed) {
    if (!/^= (?:none|absent)$/m.test(text)) throw new Doubt('no proc files');
    if (places.length > 0) throw new Doubt('the VIP, but no rule');
    return null;
  }
  const cluster = readCluster(clusterRules);
  const held = readHeld(sectionOf(text, `clusterip ${vip}`));
  // Without buckets it need not have the address; with them it must.
  const ifname =
    places.length === 0 && held.length === 0 && cluster.total > 0 ? ruleInterface(clusterRules) : places[0];
  if (ifname === undefined) throw new Doubt('it holds buckets without the VIP');
  if (places.length > 0) checkLink(text, ifname);
  if (!listens(text, ifname, cluster.mac) && held.length > 0)
    throw new Doubt(`${ifname} does not listen to ${cluster.mac}`);
  return { held, ifname, tables, cluster, clusterRules };
}

function ruleInterface(rules: readonly (readonly string[])[]): string {
  const words = rules[0] ?? [];
  return words[words.indexOf('-i') + 1] ?? '';
}

export function checkLink(text: string, ifname: string): void {
  const line = sectionOf(text, 'link').find((one) =>
    new RegExp(`^\\d+: ${ifname.replace(/[^\w-]/g, '.')}(?:@[^: ]+)?: `).test(one),
  );
  const flags = /<([^>]*)>/.exec(line ?? '')?.[1]?.split(',') ?? [];
  if (!flags.includes('UP') || flags.includes('NO-CARRIER')) throw new Doubt(`${ifname} is down`);
}

function listens(text: string, ifname: string, mac: string): boolean {
  const digits = mac.toLowerCase().replaceAll(':', '');
  return sectionOf(text, 'maddr').some((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[1] === ifname && fields[4]?.toLowerCase() === digits;
  });
}

function readHeld(lines: readonly string[]): readonly number[] {
  const line = lines.join('\n');
  if (line === '') return [];
  if (!/^\d+(,\d+)*$/.test(line)) throw new Doubt(`a proc file that says "${line}"`);
  return line.split(',').map(Number);
}

function isClusterRule(words: readonly string[], vip: string): boolean {
  const to = words.indexOf('-d');
  return (
    words[words.indexOf('-j') + 1] === 'CLUSTERIP' && words.includes('-j') && to >= 0 && words[to + 1] === `${vip}/32`
  );
}

function readCluster(rules: readonly (readonly string[])[]): Cluster {
  const read = rules.map((words) => {
    const after = (option: string) => words[words.indexOf(option) + 1] ?? '';
    return {
      mode: words.includes('--hashmode') ? after('--hashmode') : '',
      total: after('--total-nodes'),
      seed: words.includes('--hash-init') ? after('--hash-init') : '',
      mac: after('--clustermac').toLowerCase(),
    };
  });
  const [first] = read;
  if (first === undefined) throw new Doubt('a proc file, but no rule');
  if (read.some((one) => JSON.stringify(one) !== JSON.stringify(first))) throw new Doubt('two rules that differ');
  const modes = ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'];
  if (!modes.includes(first.mode)) throw new Doubt(`hash mode ${first.mode}`);
  if (!/^\d{1,6}$/.test(first.total)) throw new Doubt(`total ${first.total}`);
  if (!/^\d{1,10}$/.test(first.seed) || Number(first.seed) > 0xffffffff) throw new Doubt(`seed ${first.seed}`);
  if (!/^[0-9A-Fa-f][13579bdfBDF](:[0-9A-Fa-f]{2}){5}$/.test(first.mac)) throw new Doubt(`MAC ${first.mac}`);
  return { mode: first.mode, total: Number(first.total), seed: Number(first.seed), mac: first.mac };
}

/** The output lines of a section that was read without an error. */
export function sectionOf(text: string, name: string): readonly string[] {
  const lines = text.split('\n');
  const start = lines.findIndex(
    (line) => line.startsWith(`== ${name}`) && [':', undefined, '\r'].includes(line[3 + name.length]),
  );
  if (start < 0) throw new Doubt(`no section ${name}`);
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('== '));
  const body = lines
    .slice(start + 1, length < 0 ? undefined : start + 1 + length)
    .map((line) => line.replace(/\r$/, ''));
  if (!body.includes('= exit 0') || body.some((line) => line.startsWith('= needs')))
    throw new Doubt(`${name} was not read`);
  return body.filter((line) => line.startsWith('>')).map((line) => line.slice(2));
}

export function readTables(lines: readonly string[]): ReadonlyMap<string, ReadonlyMap<string, Chain>> {
  const tables = new Map<string, Map<string, Chain>>();
  let chains = new Map<string, Chain>();
  for (const line of lines) {
    const words = line.trim().match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
    const [first = '', second = ''] = words;
    if (first.startsWith('*')) {
      chains = tables.get(first.slice(1)) ?? new Map();
      tables.set(first.slice(1), chains);
    } else if (first.startsWith(':')) {
      const known = chains.get(first.slice(1)) ?? { policy: '-', rules: [] };
      known.policy = second;
      chains.set(first.slice(1), known);
    } else if (first === '-A') {
      const known = chains.get(second) ?? { policy: '-', rules: [] };
      known.rules.push(words.slice(2));
      chains.set(second, known);
    }
  }
  return tables;
}

/** No client has an address of this host, of a link or of a group. */
function isClient(source: number): boolean {
  const first = source >>> 24;
  return first > 0 && first !== 127 && first < 224 && source >>> 16 !== 0xa9fe;
}

/** Packets to try: some clients anywhere, and the ends of every range and every port that the rules name. */
export function packetsFor(snapshots: readonly string[], vip: string): readonly Packet[] {
  const text = snapshots.join('\n');
  const blocks = [...text.matchAll(/-s (\d+\.\d+\.\d+\.\d+)\/(\d+)/g)].filter(([, , length]) => Number(length) < 28);
  const prefixes = [...text.matchAll(/"addr": "(\d+\.\d+\.\d+\.\d+)", "len": (\d+)/g)];
  const inside = [...blocks, ...prefixes].map(([, base]) => (numberOf(base ?? '') ?? 0) + 7);
  const anywhere = Array.from({ length: 16 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) % 0xdfffffff);
  const named = [...text.matchAll(/(?:--dports? |"dport"\}\}, "right": (?:\{"set": \[)?)([\d,: ]+)/g)].flatMap(
    ([, list]) => (list ?? '').split(/[,:]/).map(Number),
  );
  // What a node is administered by is nobody's service.
  const own = [22, 67, 68, 161, 2224, 3121, 4949, 5353, 5404, 5405, 5406, 5665, 5666, 6556, 9100, 10050];
  const ports = [...new Set([80, 8080, 4500, ...named])].filter((port) => port > 0 && !own.includes(port)).slice(0, 8);
  const sources = [...new Set([...inside, ...anywhere])].filter(
    (source) => source !== numberOf(vip) && isClient(source),
  );
  return sources.flatMap((source, i) =>
    ports.flatMap((dport) =>
      (['tcp', 'udp'] as const).map((protocol) => ({
        source,
        protocol,
        sport: 1024 + ((i * 7919) % 60000),
        dport,
        later: false,
      })),
    ),
  );
}
