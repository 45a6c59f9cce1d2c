import { isMulticastMac, parseIp, parseMac, sameIp } from '../address/index.ts';
import { oncePerSnapshot, type Section, type Snapshot, section } from '../snapshot/index.ts';
import { type ArpReading, type UnreadPart, unreadPart } from './arp/read.ts';
import { followArp } from './arp/walk.ts';
import { splitWords } from './iptables/save.ts';
import { fieldsOf, type NftRule, parseNft, textOf } from './nft/ruleset.ts';
import { nftText } from './nft/text.ts';

/** A MAC that a node's own rules name for the VIP. */
export type NamedMac = {
  readonly mac: string;
  /** A cluster rule accepts frames for it, an ARP rule announces it; CLUSTERIP does both. */
  readonly by: 'cluster rule' | 'ARP rule';
  /** The rule as the tool gave it. */
  readonly text: string;
};

/** Which MACs a node's rules name for a VIP, and why that may not be all. */
export type MacReading = {
  readonly names: readonly NamedMac[];
  /**
   * The MAC that CLUSTERIP writes into the node's ARP without any other rule (ipt_CLUSTERIP.c, arp_mangle); otherwise
   * null.
   */
  readonly answersArp: string | null;
  readonly unread: readonly UnreadPart[];
};

/**
 * Extracts from a snapshot the MACs named for a VIP: by single cluster rules, and by what happens to the node's
 * ARP reply on the interface that has the VIP (null: any).
 */
export function readNamedMacs(snapshot: Snapshot, vip: string, arp: ArpReading, ifname: string | null): MacReading {
  const four = parseIp(vip)?.family === 4;
  const legacy = section(snapshot, 'iptables-legacy');
  const clusterip = four ? linesOf(legacy).flatMap((line) => clusteripMac(line, vip) ?? []) : [];
  const hashing = nativeMacs(snapshot)
    .filter(({ addresses }) => addresses.every((address) => sameIp(address, vip)))
    .map(({ named }) => named);
  return {
    // IPv6 knows no ARP.
    names: [...clusterip, ...hashing, ...(four ? toldMacs(arp, vip, ifname) : [])],
    answersArp: clusterip[0]?.mac ?? null,
    unread: [
      ...(four ? arp.unread : arp.unread.filter(({ what }) => what === 'the nft rules')),
      ...(four ? unreadPart(legacy, 'the legacy iptables rules') : []),
    ],
  };
}

/** A MAC that a rule names, and the addresses that it wants as destination. */
type NativeMac = { readonly addresses: readonly string[]; readonly named: NamedMac };

/** What the rules of nft's own tables name, for whichever VIP. */
const nativeMacs = oncePerSnapshot((snapshot) =>
  parseNft(linesOf(section(snapshot, 'nft'))).tables.flatMap(({ chains }) =>
    [...chains.values()].flatMap(({ rules }) => rules.flatMap((rule) => nativeMac(rule) ?? [])),
  ),
);

/** The MACs that rules may write into the node's ARP reply for the VIP. */
export function toldMacs({ program }: ArpReading, vip: string, ifname: string | null): readonly NamedMac[] {
  const reply = { hook: 'output', operation: 'reply', sender: vip, target: null, ifname } as const;
  return followArp(program, reply, { by: 'card', mac: null }).flatMap(({ told, rule }): readonly NamedMac[] =>
    told?.by === 'rule' && told.mac !== null ? [{ mac: told.mac, by: 'ARP rule', text: rule ?? '' }] : [],
  );
}

function linesOf(part: Section | undefined): readonly string[] {
  return part?.status === 'read' ? part.lines : [];
}

/** `-A INPUT -d 192.0.2.100/32 -i eth1 -j CLUSTERIP --new ... --clustermac 01:23:45:67:89:AB ...`. */
function clusteripMac(line: string, vip: string): NamedMac | null {
  const words = splitWords(line.trim());
  const after = (word: string) => (words.includes(word) ? (words[words.indexOf(word) + 1] ?? '') : '');
  const forVip = words[words.indexOf('-d') - 1] !== '!' && sameIp(after('-d').replace(/\/32$/, ''), vip);
  const mac = after('-j') === 'CLUSTERIP' && forVip ? parseMac(after('--clustermac')) : null;
  return mac === null ? null : { mac, by: 'cluster rule', text: line.trim() };
}

/** A rule of nft that hashes, for frames of one multicast MAC: `ether daddr 01:23:45:67:89:ab ip daddr VIP jhash ...`. */
function nativeMac({ expr, comment }: NftRule): NativeMac | null {
  const matches = expr.map((one) => fieldsOf(fieldsOf(one)?.['match'])).filter((match) => match !== null);
  if (!matches.some(({ left }) => hashes.some((hash) => fieldsOf(left)?.[hash] !== undefined))) return null;
  const right = (protocols: readonly string[]) =>
    matches
      .filter(({ left, op }) => {
        const payload = fieldsOf(fieldsOf(left)?.['payload']);
        return op === '==' && payload?.['field'] === 'daddr' && protocols.includes(textOf(payload['protocol']));
      })
      .map((match) => match['right'])
      .filter((value) => typeof value === 'string');
  const mac = parseMac(right(['ether'])[0] ?? '');
  if (mac === null || !isMulticastMac(mac)) return null;
  const addresses = right(['ip', 'ip6']).filter((address) => parseIp(address) !== null);
  return { addresses, named: { mac, by: 'cluster rule', text: nftText(expr, comment) } };
}

const hashes = ['jhash', 'symhash', 'numgen'];
