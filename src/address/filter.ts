import { type Ip, type IpBlock, parseBlock } from './ip.ts';
import { parseMac } from './mac.ts';
import type { Lines } from './policy.ts';

/** What a traffic control filter does with a packet that it matches, one action after the other. */
export type TrafficAction =
  | { readonly kind: 'drop' | 'pass' | 'pipe' | 'continue' }
  | {
      readonly kind: 'redirect' | 'mirror';
      readonly side: 'egress' | 'ingress';
      readonly ifname: string;
    }
  /** Drops what comes too fast. */
  | { readonly kind: 'police'; readonly text: string }
  /** Changes the packet: `skbedit mark 5`, `vlan pop`. */
  | { readonly kind: 'edit'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

/** A traffic control filter: which packets it matches, and what it does with them. */
export type TrafficFilter = {
  /** `flower`, `u32`, `matchall`, `bpf` ... */
  readonly kind: string;
  /** `all`, `ip`, `ipv6`, `arp`, `802.1Q` ... */
  readonly protocol: string;
  /** The lowest one is asked first. */
  readonly preference: number;
  readonly source: IpBlock | null;
  readonly destination: IpBlock | null;
  readonly destinationMac: string | null;
  /** The address that an ARP packet asks for. */
  readonly arpTarget: IpBlock | null;
  /** What else it asks of a packet, as printed: `ip_proto tcp`, `dst_port 80`. */
  readonly others: readonly string[];
  readonly actions: readonly TrafficAction[];
  /** All lines of it as one. */
  readonly text: string;
};

/**
 * Reads `tc filter show dev IF ingress` (`egress`, or none of both). Each filter is a line that begins with `filter`,
 * followed by indented ones:
 *
 *     filter protocol ip pref 20 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 terminal flowid not_in_hw
 *       match 0a4d0064/ffffffff at 16
 *     	action order 1: gact action drop
 *     	 random type none pass val 0
 *
 * Source: iproute2 6.1, tc/f_flower.c, tc/f_u32.c, tc/m_gact.c, tc/m_mirred.c. In order of preference.
 */
export function parseFilters(lines: readonly string[]): Lines<TrafficFilter> {
  const blocks: string[][] = [];
  const unread: string[] = [];
  for (const line of lines) {
    const last = blocks.at(-1);
    if (line.startsWith('filter ')) blocks.push([line]);
    else if (line.trim() === '') continue;
    else if (last === undefined) unread.push(line);
    else last.push(line);
  }
  const read: TrafficFilter[] = [];
  for (const block of blocks) {
    const filter = parseFilter(block);
    if (filter === null) unread.push(textOf(block));
    else if (filter !== 'list') read.push(filter);
  }
  return { read: read.sort((a, b) => a.preference - b.preference), unread };
}

type Draft = {
  source: IpBlock | null;
  destination: IpBlock | null;
  destinationMac: string | null;
  arpTarget: IpBlock | null;
  others: string[];
  words: Words[];
};
/** Four bytes that u32 compares: where, what, and which bits of it. */
type Words = { readonly at: number; readonly value: bigint; readonly mask: bigint };

const HEAD = /^filter (?:parent \S+ )?protocol (\S+) pref (\d+) (\S+)(.*)$/;

/** `list`: the head of a list of filters, which fits nothing itself. */
function parseFilter(block: readonly string[]): TrafficFilter | 'list' | null {
  const [head = '', ...body] = block;
  const [, protocol, preference, kind, rest = ''] = HEAD.exec(head) ?? [];
  if (protocol === undefined || kind === undefined) return null;
  const isEntry = kind === 'u32' ? /\bfh \S+::\S+/.test(rest) : /\bhandle \S+/.test(rest) || body.length > 0;
  if (!isEntry) return 'list';
  const draft: Draft = {
    source: null,
    destination: null,
    destinationMac: null,
    arpTarget: null,
    others: [],
    words: [],
  };
  const actions: string[][] = [];
  for (const line of body.map((one) => one.trim())) {
    const [, action] = /^action order \d+: (.*)$/.exec(line) ?? [];
    if (action !== undefined) actions.push([action]);
    else if (/^police /.test(line)) actions.push([line]);
    else if (actions.length > 0) actions.at(-1)?.push(line);
    else takeKey(draft, line);
  }
  takeWords(draft, protocol);
  // What these decide is not in their text, or not in a form that is read here.
  if (!['flower', 'u32', 'matchall'].includes(kind))
    draft.others.push(`${kind}${rest.replace(/ (?:chain|pref) \d+/g, '')}`.trim());
  if (/\bchain [1-9]/.test(rest)) draft.others.push(/\bchain \d+/.exec(rest)?.[0] ?? '');
  const { words: _, ...match } = draft;
  return {
    kind,
    protocol,
    preference: Number(preference),
    ...match,
    actions: actions.map(parseAction),
    text: textOf(block),
  };
}

function textOf(block: readonly string[]): string {
  return block
    .map((line) => line.trim())
    .join(' ')
    .replaceAll(/ {2,}/g, ' ');
}

/** Says where it is done, not to what. `eth_type` repeats the protocol. */
const silent = /^(?:(?:not_)?in_hw(?: .*)?|skip_hw|eth_type (?:ipv4|ipv6|arp))$/;

function takeKey(draft: Draft, line: string): void {
  if (silent.test(line)) return;
  const [key = '', value = '', ...more] = line.split(/\s+/);
  const block = more.length === 0 ? parseBlock(value) : null;
  const mac = more.length === 0 ? parseMac(value) : null;
  const word = parseWord(line);
  if (key === 'dst_ip' && block !== null) draft.destination = block;
  else if (key === 'src_ip' && block !== null) draft.source = block;
  else if (key === 'arp_tip' && block !== null) draft.arpTarget = block;
  else if (key === 'dst_mac' && mac !== null) draft.destinationMac = mac;
  else if (word !== null) draft.words.push(word);
  else draft.others.push(line);
}

/** `match 0a4d0064/ffffffff at 16`: the bytes from there on, of the network header. */
function parseWord(line: string): Words | null {
  const [, value, mask, at] = /^match ([0-9a-f]{8})\/([0-9a-f]{8}) at (\d+)$/.exec(line) ?? [];
  return value === undefined ? null : { at: Number(at), value: BigInt(`0x${value}`), mask: BigInt(`0x${mask}`) };
}

/** Where the addresses are in a header. Source: RFC 791, RFC 8200. */
const places = {
  ip: { source: 12, destination: 16, words: 1 },
  ipv6: { source: 8, destination: 24, words: 4 },
} as const;

/** Turns the four bytes that u32 compares into addresses, if they are where an address is. */
function takeWords(draft: Draft, protocol: string): void {
  let rest = draft.words;
  if (protocol === 'ip' || protocol === 'ipv6') {
    for (const side of ['source', 'destination'] as const) {
      const { [side]: at, words: count } = places[protocol];
      const own = rest.filter((word) => word.at >= at && word.at < at + 4 * count);
      const block = blockOf(own, at, protocol === 'ip' ? 4 : 6, count);
      if (block === null) continue;
      draft[side] = block;
      rest = rest.filter((word) => !own.includes(word));
    }
  }
  const hex = (value: bigint) => value.toString(16).padStart(8, '0');
  draft.others.push(...rest.map(({ at, value, mask }) => `match ${hex(value)}/${hex(mask)} at ${at}`));
}

function blockOf(words: readonly Words[], at: number, family: 4 | 6, count: number): IpBlock | null {
  if (words.length === 0 || new Set(words.map((word) => word.at)).size !== words.length) return null;
  let [value, mask] = [0n, 0n];
  for (let i = 0; i < count; i++) {
    const word = words.find((one) => one.at === at + 4 * i);
    value = (value << 32n) | (word?.value ?? 0n);
    mask = (mask << 32n) | (word?.mask ?? 0n);
  }
  const bits = family === 4 ? 32n : 128n;
  const free = (1n << bits) - 1n - mask;
  // A mask with holes in it is not a block.
  if ((free & (free + 1n)) !== 0n) return null;
  return { family, low: value & mask, high: (value & mask) | free };
}

/** What says nothing about what an action does. */
const remark =
  /^(?:index \d+ ref|random type none|ref \d+ bind|(?:not_)?in_hw|skip_hw|used_hw_stats|hw_stats|no_percpu|installed |Action statistics|Sent |backlog |cookie )/;

function parseAction([first = '', ...more]: readonly string[]): TrafficAction {
  const text = [first, ...more.filter((line) => !remark.test(line))].join(' ').replaceAll(/ {2,}/g, ' ').trim();
  const [, control] = /^gact action (\w+)$/.exec(text) ?? [];
  if (control === 'drop' || control === 'pass' || control === 'pipe' || control === 'continue')
    return { kind: control };
  const [, side, what, ifname] = /^mirred \((Egress|Ingress) (Redirect|Mirror) to device (\S+)\) \w+$/.exec(text) ?? [];
  if (ifname !== undefined)
    return {
      kind: what === 'Redirect' ? 'redirect' : 'mirror',
      side: side === 'Egress' ? 'egress' : 'ingress',
      ifname,
    };
  if (/^police /.test(text)) return { kind: 'police', text };
  // They change the packet and pass it on to the next action.
  if (/^(?:skbedit|vlan|pedit|csum|tunnel_key|skbmod) .*\bpipe$/.test(text)) return { kind: 'edit', text };
  return { kind: 'unknown', text };
}

/** A packet that filters are asked about. */
export type Frame = {
  readonly protocol: 'ip' | 'ipv6' | 'arp';
  /** The VIP, and where it is in the packet: the destination of requests, the source of answers. */
  readonly vip: Ip;
  readonly side: 'destination' | 'source';
  /** The MAC that the frame is for; null where it is not known. */
  readonly mac: string | null;
};

/** Whether a filter fits such frames: all of them, some, or none. */
export function fits(filter: TrafficFilter, { protocol, vip, side, mac }: Frame): 'all' | 'some' | 'none' {
  if (filter.protocol !== 'all' && filter.protocol !== protocol) return 'none';
  if (filter.destinationMac !== null && mac !== null && filter.destinationMac !== mac) return 'none';
  const named = protocol === 'arp' ? filter.arpTarget : filter[side];
  if (named !== null && (named.family !== vip.family || vip.value < named.low || vip.value > named.high)) return 'none';
  const other = protocol === 'arp' ? null : filter[side === 'source' ? 'destination' : 'source'];
  const more = other !== null || filter.others.length > 0 || (filter.destinationMac !== null && mac === null);
  return more ? 'some' : 'all';
}

/**
 * What happens to a packet that matches a filter: `next` asks the next filter, `unread` means that the text does not
 * show it. A packet that is mirrored or edited goes on to the next action, and passes after the last one.
 */
export function fate({ actions, kind, text }: TrafficFilter): 'drop' | 'pass' | 'next' | 'redirect' | 'unread' {
  // A program may end a packet's way by itself.
  if (kind === 'bpf' && actions.length === 0) return / direct-action /.test(text) ? 'unread' : 'pass';
  for (const action of actions) {
    if (action.kind === 'drop' || action.kind === 'pass' || action.kind === 'redirect') return action.kind;
    if (action.kind === 'continue') return 'next';
    if (action.kind === 'unknown' || action.kind === 'police') return 'unread';
  }
  return 'pass';
}
