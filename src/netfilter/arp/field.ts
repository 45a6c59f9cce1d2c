import { type IpBlock, parseIp } from '../../address/index.ts';
import type { ArpCondition, ArpPacket, Met, Open } from './program.ts';

// What rules of both tools look at in an ARP packet. A cluster's come only over Ethernet, for IPv4.

/** Numbers of ARP operations (RFC 826, RFC 903, RFC 2390), as arptables and nft name them. */
const operations: ReadonlyMap<string, number> = new Map(
  Object.entries({
    request: 1,
    reply: 2,
    request_reverse: 3,
    rrequest: 3,
    reply_reverse: 4,
    rreply: 4,
    drarp_request: 5,
    drarp_reply: 6,
    drarp_error: 7,
    inarp_request: 8,
    inrequest: 8,
    inreply: 9,
    arp_nak: 10,
    nak: 10,
  }),
);

/** The number of an operation by its name or as a number in any notation; null for anything else. */
export function operationNumber(text: string): number | null {
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : undefined;
  return number ?? operations.get(text.toLowerCase()) ?? null;
}

/** The operation of a packet as a number. */
export function operationOf({ operation }: ArpPacket): number {
  return operation === 'request' ? 1 : 2;
}

/** Whether the address of the sender or the target is within some blocks. */
export function withinBlocks(side: 'sender' | 'target', blocks: readonly IpBlock[]): ArpCondition {
  return (packet) => {
    const ip = parseIp(packet[side] ?? '');
    if (ip !== null) return blocks.some(({ low, high }) => low <= ip.value && ip.value <= high);
    if (blocks.some(({ low, high }) => low === 0n && high === 0xffffffffn)) return true;
    return blocks.length === 0 || isUnnamed(packet, openness(blocks)) ? false : null;
  };
}

/** Why a condition on peers leaves open which of them meet it. */
export function openness(blocks: readonly IpBlock[]): Open {
  return blocks.every(({ low, high }) => low === high) ? 'host' : 'network';
}

function isUnnamed({ unnamed }: ArpPacket, open: Open): boolean {
  return unnamed === true && open === 'host';
}

/** Whether it is for, or of, a peer that a rule names by its MAC. */
export const isNamedPeer: ArpCondition = (packet) => (isUnnamed(packet, 'host') ? false : null);

/** Whether it leaves (`output`) or arrives by an interface that a rule names, with the tool's own wildcard at the end. */
export function throughInterface(hook: ArpPacket['hook'], pattern: string, wildcard: string): ArpCondition {
  const all = pattern === wildcard;
  return (packet): Met => {
    if (packet.hook !== hook) return all;
    if (all) return true;
    if (packet.ifname === null) return pattern === 'lo' ? false : null;
    return pattern.endsWith(wildcard) ? packet.ifname.startsWith(pattern.slice(0, -1)) : packet.ifname === pattern;
  };
}

/** Whether the sender's MAC is this one. */
export function tellsMac(mac: string | null): ArpCondition {
  return (packet, told) => {
    if (mac !== null && packet.hook === 'input') return isNamedPeer(packet, told);
    return mac === null || told.mac === null ? null : told.mac === mac;
  };
}
