import { type Section, type Snapshot, section } from '../snapshot/index.ts';
import { parseBlock, parseIp, sameIp } from './ip.ts';
import { parseMac } from './mac.ts';

/** A rule by which a node tells another MAC for the VIP than its own, as it answers ARP. */
export type ArpRule = {
  readonly mac: string;
  /** The rule as the tool gave it. */
  readonly text: string;
};

/** What a node's snapshot says of such rules, and why it may not say all. */
export type ArpReading = {
  readonly rules: readonly ArpRule[];
  readonly unread: readonly {
    readonly what: string;
    readonly reason: string;
    /** The command that sudo would have to allow; null when sudo is not the matter. */
    readonly needs: string | null;
  }[];
};

/** Takes the ARP rules for a VIP out of a snapshot: of arptables, and of nftables' family `arp`. */
export function readArpRules(snapshot: Snapshot, vip: string): ArpReading {
  const parts = [section(snapshot, 'arptables'), section(snapshot, 'nft')] as const;
  const [saved, native] = parts;
  return {
    rules: [
      ...linesOf(saved).flatMap((line) => savedRule(line, vip) ?? []),
      ...linesOf(native).flatMap((line) => nativeRule(line, vip) ?? []),
    ],
    unread: [
      ...(saved === undefined ? [{ what: 'the arptables rules', reason: 'not in the snapshot', needs: null }] : []),
      ...parts.flatMap((part) => unreadOf(part) ?? []),
    ],
  };
}

function linesOf(part: Section | undefined): readonly string[] {
  return part?.status === 'read' ? part.lines : [];
}

function unreadOf(part: Section | undefined): ArpReading['unread'][number] | null {
  if (part === undefined || part.status === 'read' || part.status === 'missing') return null;
  const reason = part.errors.at(-1) ?? `exit ${part.exit}`;
  return { what: `the ${part.name} rules`, reason, needs: part.needs };
}

/** `-A OUTPUT -j mangle -s 192.0.2.100 --mangle-mac-s 01:23:45:67:89:ab`: the words come in any order. */
function savedRule(line: string, vip: string): ArpRule | null {
  const words = line.trim().split(/\s+/);
  const after = (word: string) => (words.includes(word) ? (words[words.indexOf(word) + 1] ?? '') : '');
  const mac = parseMac(after('--mangle-mac-s'));
  if (after('-A') !== 'OUTPUT' || mac === null || words[words.indexOf('-s') - 1] === '!') return null;
  const [block, ip] = [parseBlock(after('-s')), parseIp(vip)];
  if (block === null || ip === null || block.family !== ip.family) return null;
  return ip.value >= block.low && ip.value <= block.high ? { mac, text: line.trim() } : null;
}

/** A rule of `nft -j` in a table of family arp: `arp saddr ip 192.0.2.100 arp saddr ether set 01:23:45:67:89:ab`. */
function nativeRule(line: string, vip: string): ArpRule | null {
  const rule = part(readJson(line), 'rule');
  const expressions = part(rule, 'expr');
  if (part(rule, 'family') !== 'arp' || !Array.isArray(expressions)) return null;
  const matches = expressions.map((one) => part(one, 'match'));
  const named = matches
    .filter((match) => part(match, 'op') === '==' && isArpField(part(match, 'left'), 'saddr ip'))
    .flatMap((match) => membersOf(part(match, 'right')));
  if (!named.some((one) => typeof one === 'string' && sameIp(one, vip))) return null;
  const told = expressions.map((one) => part(one, 'mangle')).find((one) => isArpField(part(one, 'key'), 'saddr ether'));
  const value = part(told, 'value');
  const mac = typeof value === 'string' ? parseMac(value) : null;
  return mac === null ? null : { mac, text: line.trim() };
}

function isArpField(expression: unknown, field: string): boolean {
  const payload = part(expression, 'payload');
  return part(payload, 'protocol') === 'arp' && part(payload, 'field') === field;
}

/** The right side of a match: one address, or a set of them. */
function membersOf(right: unknown): readonly unknown[] {
  const set = part(right, 'set');
  return Array.isArray(set) ? set : [right];
}

function part(of: unknown, key: string): unknown {
  return typeof of === 'object' && of !== null ? Object.entries(of).find(([name]) => name === key)?.[1] : undefined;
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
