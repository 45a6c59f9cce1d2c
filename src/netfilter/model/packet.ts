import { type Ip, parseIp } from '../../address/index.ts';
import type { Traffic, TrafficSpace } from './traffic.ts';

/**
 * Which packets are followed: those that clients send to the VIP, what comes back from it, or those that open a
 * connection of the host's own: then the VIP is its address, and the client is its peer.
 */
export type Direction = 'requests' | 'answers' | 'departures';

/** True for what leaves the host. */
export function isOutward({ direction }: Pick<Packets, 'direction'>): boolean {
  return direction !== 'requests';
}

/**
 * The packets that are asked about. Sets of answers are made of their requests' fields, so that both can be put
 * together: an answer has the client's address as its destination, and its ports the other way round.
 */
export type Packets = {
  readonly vip: string;
  readonly direction: Direction;
  /** The cluster MAC; null where the node does not say it. */
  readonly mac: string | null;
  /** The space that their sets are made in. */
  readonly space: TrafficSpace;
  /** The node whose rules they pass: without a seed, every node draws its own hash. */
  readonly origin: string;
  /** The interfaces that have the VIP, and their VRFs, where these are known. */
  readonly cards?: readonly string[];
  /** True where no rule of the node sends packets on to another address: what names another one as destination is not met. */
  readonly stays?: boolean;
};

/** Whether an address cannot be the destination of what is followed: it is another one than the VIP, and packets stay with theirs. */
export function isElsewhere(destination: Ip | null, { vip, direction, stays }: Packets): boolean {
  if (destination === null || stays !== true || direction !== 'requests') return false;
  const own = parseIp(vip);
  return own !== null && (destination.family !== own.family || destination.value !== own.value);
}

/** The field of the request that has a port of a packet. */
export function portOf(name: 'sport' | 'dport', { direction }: Packets): 'sport' | 'dport' {
  if (direction === 'requests') return name;
  return name === 'sport' ? 'dport' : 'sport';
}

/**
 * A packet or connection mark: one number, a number for each residue of a hash (`meta mark set jhash ...`), or null
 * where it cannot be known.
 */
export type Mark = number | HashMark | null;

/** A mark for each residue of a hash. */
export type HashMark = {
  readonly hash: string;
  readonly values: readonly number[];
  /** Equal for equal marks. */
  readonly key: string;
};

export function hashMark(hash: string, values: readonly number[]): HashMark {
  return { hash, values, key: `${hash}:${values.join()}` };
}

/** The messages of neighbour discovery that come to an address: a peer asks for its MAC, or tells its own. */
export type Discovery = 'solicit' | 'advert';

/**
 * Where NAT has sent a packet on this host: an address, null where the kernel chooses it, and a port, null where it
 * stays.
 */
export type Destination = { readonly address: bigint | null; readonly port: bigint | null };

/** What packets carry through the chains besides their content. */
export type Carried = {
  /**
   * Interface they come in by, or several where it is one of them (the ports of a bridge); null when no interface is
   * known, then rules of every interface but `lo` count.
   */
  readonly ifname: string | readonly string[] | null;
  /** The bridge whose port that is. */
  readonly bridge: string | null;
  readonly mark: Mark;
  readonly connmark: Mark;
  /** Frames for a cluster MAC come as multicast, which TCP drops; a cluster rule must make them `host`. */
  readonly pkttype: 'multicast' | 'host' | 'other';
  /**
   * Connection tracking sees a packet at priority -200 of prerouting or output, unless a rule has exempted it before;
   * `reply`: it knows the answer's request; `lone`: it does not, because that was exempted.
   */
  readonly tracking: 'pending' | 'tracked' | 'stray' | 'untracked' | 'reply' | 'lone';
  /** Set for packets of neighbour discovery, which clients' services have nothing to do with (ICMPv6 types 135 and 136). */
  readonly discovery: Discovery | null;
  /** Set once NAT has sent them to another address or port: later rules see that one. */
  readonly sentTo: Destination | null;
  /** True once a rule has put them into another zone of connection tracking, where their answers are not looked for. */
  readonly zoned: boolean;
  /** True once a cluster rule has looked at their hash. */
  readonly met: boolean;
  /** True once another rule has changed their mark after that. */
  readonly estranged: boolean;
  /** False where a rule that cannot be decided may have taken them already. */
  readonly certain: boolean;
};

/**
 * True where connection tracking knows a packet. `stray` is what it makes of a connection that another node answers: it
 * never sees the handshake, because the cluster rule drops it, and so takes every segment for a new connection.
 */
export function isTracked({ tracking }: Carried): boolean {
  return tracking === 'tracked' || tracking === 'stray' || tracking === 'reply';
}

/** As frames for the cluster MAC arrive. */
export const arriving: Carried = {
  ifname: null,
  bridge: null,
  mark: 0,
  connmark: 0,
  pkttype: 'multicast',
  tracking: 'pending',
  discovery: null,
  sentTo: null,
  zoned: false,
  met: false,
  estranged: false,
  certain: true,
};

/** As answers begin. */
export const leaving: Carried = { ...arriving, pkttype: 'host' };

/** An ordinary packet that connection tracking has seen: used to look at the structure of a ruleset. */
export function typical(ifname: Carried['ifname'], discovery: Discovery | null = null): Carried {
  return { ...arriving, ifname, discovery, tracking: discovery === null ? 'tracked' : 'untracked' };
}

/** Packets that carry the same properties. */
export type Flow = { readonly carried: Carried; readonly traffic: Traffic };

/** A mark after arithmetic that depends on nothing else. */
export function changeMark(mark: Mark, change: (value: number) => number): Mark {
  if (mark === null) return null;
  if (typeof mark === 'number') return change(mark) >>> 0;
  return hashMark(
    mark.hash,
    mark.values.map((value) => change(value) >>> 0),
  );
}

/** Equal where packets can be handled together. */
export function carriedKey(carried: Carried): string {
  const { ifname, bridge, mark, connmark, pkttype, tracking, discovery, sentTo, zoned, met, estranged, certain } =
    carried;
  const kind = `${ifname} ${bridge} ${pkttype} ${tracking} ${discovery} ${destinationKey(sentTo)} ${zoned}`;
  return `${kind} ${markKey(mark)} ${markKey(connmark)} ${met} ${estranged} ${certain}`;
}

/** Equal where packets are sent to the same place. */
export function destinationKey(sentTo: Destination | null): string {
  return sentTo === null ? '' : `${sentTo.address}:${sentTo.port}`;
}

/**
 * What the VIP is by the interface alone that packets have come by: local where that has it, by any other an address of another
 * host; null where the interface is not known.
 */
export function vipTypeOf({ cards = [] }: Packets, { ifname }: Carried): 'local' | 'unicast' | null {
  if (cards.length === 0) return 'local';
  return typeof ifname !== 'string' ? null : cards.includes(ifname) ? 'local' : 'unicast';
}

/** Equal for equal marks. */
export function markKey(mark: Mark): string {
  if (mark === null) return '?';
  return typeof mark === 'number' ? `${mark}` : mark.key;
}
