import { ipv4Setting, parseBlock, parseIp } from '../address/index.ts';
import { type ArpEnd, type ArpPacket, followArp, type Told } from '../netfilter/index.ts';
import { linkOf, type ReachedNode } from './facts.ts';

/** A node that has the VIP, and the interface by which its peers reach it; null where that is not known. */
export type Answerer = { readonly node: ReachedNode; readonly ifname: string | null };

/** The ARP packets about the VIP between a node and some of its peers: every possible outcome of each. */
export type Exchange = {
  /** Its answer to a peer that asks for the VIP; none where a rule drops the request. */
  readonly reply: readonly ArpEnd[];
  /** Its requests to its own peers from the VIP; null where it sends them from another address. */
  readonly request: readonly ArpEnd[] | null;
  /** Their answers to that. */
  readonly heard: readonly ArpEnd[];
};

/** The same with a gateway. */
export type GatewayExchange = Exchange & {
  readonly peer: string;
  /** True where it is that of a default route: for clients of whom no other route knows. */
  readonly byDefault: boolean;
};

/** What happens to the ARP packets about the VIP on one node. */
export type Announcement = Answerer & {
  /** With peers that no rule names one by one, as nearly all are. */
  readonly usual: Exchange;
  /** With each gateway by which the node sends, named or not: its clients are behind them. */
  readonly gateways: readonly GatewayExchange[];
  /** With every peer there may be. */
  readonly every: Exchange;
  /** Set where the kernel does not answer for an address that is on another interface. */
  readonly ignored: string | null;
  /** True where its rules announce the same MAC for its other addresses as well. */
  readonly forAll: boolean;
  /** The MAC of its own card; null where it is not known. */
  readonly own: string | null;
};

/** Of which peers packets are followed; by default of any. */
type Peers = { readonly peer?: string | null } & Pick<ArpPacket, 'unnamed'>;

/** Follows the ARP packets about a VIP through the rules of a node. */
export function announce({ node, ifname }: Answerer, vip: string): Announcement {
  const { program } = node.arp;
  const own = (ifname === null ? null : linkOf(node, ifname)?.mac) ?? null;
  const told = toldFirst(node, own);
  const asks = asksFromVip(node, vip, ifname);
  const send = (operation: ArpPacket['operation'], sender: string, mac: Told, { peer = null, ...whose }: Peers) =>
    followArp(program, { hook: 'output', operation, sender, target: peer, ifname, ...whose }, mac);
  const exchange = (peers: Peers): Exchange => {
    const { peer = null, ...whose } = peers;
    const receive = (operation: ArpPacket['operation']) =>
      followArp(program, { hook: 'input', operation, sender: peer, target: vip, ifname, ...whose }, told);
    const asked = receive('request');
    const unanswered = asked.filter((end) => end.told === null);
    return {
      reply: asked.length === unanswered.length ? unanswered : [...send('reply', vip, told, peers), ...unanswered],
      request: asks ? send('request', vip, told, peers) : null,
      heard: receive('reply'),
    };
  };
  const other = otherAddress(node, vip, ifname);
  const [elsewhere] = other === null ? [] : send('reply', other, { by: 'card', mac: own }, {});
  return {
    node,
    ifname,
    usual: exchange({ unnamed: true }),
    gateways: Array.from(gatewaysOf(node, ifname), ([peer, byDefault]) => ({ peer, byDefault, ...exchange({ peer }) })),
    every: exchange({}),
    ignored: ignoredBy(node, ifname),
    forAll: elsewhere?.told?.by === 'rule',
    own,
  };
}

/** The gateways of a node's routes by an interface, and whether a default route has them; none where its routes are not known. */
function gatewaysOf({ routing }: ReachedNode, ifname: string | null): ReadonlyMap<string, boolean> {
  const gateways = new Map<string, boolean>();
  for (const { hops, prefix } of typeof routing === 'string' ? [] : routing.routes) {
    for (const { via, dev } of hops) {
      if (via === null || parseIp(via)?.family !== 4 || (dev !== null && dev !== ifname)) continue;
      gateways.set(via, prefix === 0 || gateways.get(via) === true);
    }
  }
  return gateways;
}

/** CLUSTERIP writes its MAC before any chain sees the packet (ipt_CLUSTERIP.c hooks at priority -1). */
function toldFirst({ macs: { answersArp } }: ReachedNode, own: string | null): Told {
  return answersArp === null ? { by: 'card', mac: own } : { by: 'rule', mac: answersArp };
}

/** Another IPv4 address of the node on the same interface. */
function otherAddress({ host }: ReachedNode, vip: string, ifname: string | null): string | null {
  const own = (host.addresses ?? []).filter((one) => one.ifname === ifname && parseIp(one.address)?.family === 4);
  return own.find(({ address }) => address !== vip)?.address ?? null;
}

/** `arp_ignore` (Linux: ip-sysctl.rst): 1 and 2 answer only for addresses of the interface that is asked, 8 for none. */
function ignoredBy({ settings, placements }: ReachedNode, ifname: string | null): string | null {
  if (settings === null || ifname === null) return null;
  const value = ipv4Setting(settings, ifname, 'arp_ignore') ?? 0;
  const here = placements.some(({ address }) => address.ifname === ifname);
  return value === 8 || ((value === 1 || value === 2) && !here) ? `arp_ignore is ${value} on ${ifname}` : null;
}

/**
 * `arp_announce` (Linux: arp_solicit in arp.c): 0 takes the address that the packet to be sent has, which for an answer is
 * the VIP; 1 does so where the VIP is of the interface; 2 takes the first address of the interface in the network.
 */
function asksFromVip({ settings, placements, host }: ReachedNode, vip: string, ifname: string | null): boolean {
  const value = settings === null || ifname === null ? 0 : (ipv4Setting(settings, ifname, 'arp_announce') ?? 0);
  const here = placements.find(({ address }) => address.ifname === ifname)?.address;
  if (value === 0) return true;
  if (here === undefined) return false;
  if (value === 1) return true;
  if (here.flags.includes('secondary')) return false;
  const before = (host.addresses ?? []).filter((one) => one.ifname === ifname && !one.flags.includes('secondary'));
  const [first] = before.filter(({ address, prefix }) => {
    const [block, ip] = [parseBlock(`${address}/${prefix}`), parseIp(vip)];
    return (
      block !== null && ip !== null && block.family === ip.family && block.low <= ip.value && ip.value <= block.high
    );
  });
  return first === undefined || first.address === here.address;
}
