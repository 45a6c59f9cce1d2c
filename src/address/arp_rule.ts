import { type Section, type Snapshot, section } from '../snapshot/index.ts';
import { parseBlock, parseIp, sameIp } from './ip.ts';
import { parseMac } from './mac.ts';
import { field, type NftRule, readNftRules } from './nft.ts';

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
    /** True where the snapshot was taken without this part. */
    readonly absent: boolean;
  }[];
};

/** Takes the ARP rules for a VIP out of a snapshot: of arptables, and of nftables' family `arp`. */
export function readArpRules(snapshot: Snapshot, vip: string): ArpReading {
  const [saved, native] = [section(snapshot, 'arptables'), section(snapshot, 'nft')];
  const { rules, damaged } = readNftRules(native);
  return {
    rules: [
      ...linesOf(saved).flatMap((line) => savedRule(line, vip) ?? []),
      ...rules.flatMap((rule) => nativeRule(rule, vip) ?? []),
    ],
    unread: [
      ...unreadOf(saved, 'the arptables rules'),
      ...unreadOf(native, 'the nft rules'),
      ...(damaged === null
        ? []
        : [{ what: 'the nft rules', reason: `damaged answer: ${damaged}`, needs: null, absent: false }]),
    ],
  };
}

function linesOf(part: Section | undefined): readonly string[] {
  return part?.status === 'read' ? part.lines : [];
}

/** What a kernel says that lacks a part of netfilter: there are no such rules then. */
const noSuchKernelPart = /Protocol not supported|Operation not supported|Table does not exist|do you need to insmod/;

/** Why rules that need not be there were not read: nothing to say where the tool is not installed or the kernel has none. */
export function unreadOf(part: Section | undefined, what: string): ArpReading['unread'] {
  if (part === undefined) return [{ what, reason: 'not in the snapshot', needs: null, absent: true }];
  if (part.status === 'read' || part.status === 'missing') return [];
  if (part.status === 'failed' && part.errors.some((line) => noSuchKernelPart.test(line))) return [];
  return [{ what, reason: part.errors.at(-1) ?? `exit ${part.exit}`, needs: part.needs, absent: false }];
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
function nativeRule({ family, statements, text }: NftRule, vip: string): ArpRule | null {
  if (family !== 'arp') return null;
  const matches = statements.map((one) => field(one, 'match'));
  const named = matches
    .filter((match) => field(match, 'op') === '==' && isArpField(field(match, 'left'), 'saddr ip'))
    .flatMap((match) => membersOf(field(match, 'right')));
  if (!named.some((one) => typeof one === 'string' && sameIp(one, vip))) return null;
  const told = statements
    .map((one) => field(one, 'mangle'))
    .find((one) => isArpField(field(one, 'key'), 'saddr ether'));
  const value = field(told, 'value');
  const mac = typeof value === 'string' ? parseMac(value) : null;
  return mac === null ? null : { mac, text };
}

function isArpField(expression: unknown, name: string): boolean {
  const payload = field(expression, 'payload');
  return field(payload, 'protocol') === 'arp' && field(payload, 'field') === name;
}

/** The right side of a match: one address, or a set of them. */
function membersOf(right: unknown): readonly unknown[] {
  const set = field(right, 'set');
  return Array.isArray(set) ? set : [right];
}
