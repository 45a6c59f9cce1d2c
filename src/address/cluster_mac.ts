import { type Section, type Snapshot, section } from '../snapshot/index.ts';
import { type ArpReading, readArpRules, unreadOf } from './arp_rule.ts';
import { parseIp, sameIp } from './ip.ts';
import { isMulticastMac, parseMac } from './mac.ts';
import { field, type NftRule, readNftRules } from './nft.ts';

/** A MAC that a node's own rules name for the VIP. */
export type NamedMac = {
  readonly mac: string;
  /** A cluster rule takes frames for it in, an ARP rule tells it to others; CLUSTERIP does both. */
  readonly by: 'cluster rule' | 'ARP rule';
  /** The rule as the tool gave it. */
  readonly text: string;
};

/** Which MACs a node's rules name for a VIP, and why that may not be all. */
export type MacReading = {
  readonly names: readonly NamedMac[];
  /** True where CLUSTERIP answers ARP for the VIP with its MAC, without another rule (ipt_CLUSTERIP.c, arp_mangle). */
  readonly answersArp: boolean;
  readonly unread: ArpReading['unread'];
};

/** Takes the MACs that are named for a VIP out of a snapshot. It looks at single rules, and follows no packets. */
export function readNamedMacs(snapshot: Snapshot, vip: string): MacReading {
  const four = parseIp(vip)?.family === 4;
  const [legacy, native] = [section(snapshot, 'iptables-legacy'), section(snapshot, 'nft')];
  const clusterip = four ? linesOf(legacy).flatMap((line) => clusteripMac(line, vip) ?? []) : [];
  const hashing = readNftRules(native).rules.flatMap((rule) => nativeMac(rule, vip) ?? []);
  // IPv6 knows no ARP.
  const arp = four ? readArpRules(snapshot, vip) : { rules: [], unread: unreadOf(native, 'the nft rules') };
  return {
    names: [...clusterip, ...hashing, ...arp.rules.map(({ mac, text }) => ({ mac, by: 'ARP rule' as const, text }))],
    answersArp: clusterip.length > 0,
    unread: [...arp.unread, ...(four ? unreadOf(legacy, 'the legacy iptables rules') : [])],
  };
}

function linesOf(part: Section | undefined): readonly string[] {
  return part?.status === 'read' ? part.lines : [];
}

/** `-A INPUT -d 192.0.2.100/32 -i eth1 -j CLUSTERIP --new ... --clustermac 01:23:45:67:89:AB ...`. */
function clusteripMac(line: string, vip: string): NamedMac | null {
  // A comment in quotes may say anything.
  const words: readonly string[] = line.trim().match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  const after = (word: string) => (words.includes(word) ? (words[words.indexOf(word) + 1] ?? '') : '');
  const forVip = words[words.indexOf('-d') - 1] !== '!' && sameIp(after('-d').replace(/\/32$/, ''), vip);
  const mac = after('-j') === 'CLUSTERIP' && forVip ? parseMac(after('--clustermac')) : null;
  return mac === null ? null : { mac, by: 'cluster rule', text: line.trim() };
}

/** A rule of `nft -j` that hashes, for frames of one multicast MAC: `ether daddr 01:23:45:67:89:ab ip daddr VIP jhash ...`. */
function nativeMac({ statements, text }: NftRule, vip: string): NamedMac | null {
  const matches = statements.map((one) => field(one, 'match'));
  const left = matches.map((match) => field(match, 'left'));
  if (!left.some((one) => hashes.some((hash) => field(one, hash) !== undefined))) return null;
  const right = (protocols: readonly string[]) =>
    matches
      .filter((match) => {
        const payload = field(field(match, 'left'), 'payload');
        const equal = field(match, 'op') === '==' && field(payload, 'field') === 'daddr';
        return equal && protocols.some((name) => field(payload, 'protocol') === name);
      })
      .map((match) => field(match, 'right'))
      .filter((value) => typeof value === 'string');
  if (right(['ip', 'ip6']).some((address) => parseIp(address) !== null && !sameIp(address, vip))) return null;
  const mac = parseMac(right(['ether'])[0] ?? '');
  return mac === null || !isMulticastMac(mac) ? null : { mac, by: 'cluster rule', text };
}

const hashes = ['jhash', 'symhash', 'numgen'];
