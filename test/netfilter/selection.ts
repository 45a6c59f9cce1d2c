import { describeTraffic, type Traffic, trafficTo } from '../../src/netfilter/index.ts';
import type { Doubt, Selection } from '../../src/netfilter/model/condition.ts';
import type { Packets } from '../../src/netfilter/model/packet.ts';

export const vip4 = '192.168.56.20';
export const vip6 = '2001:db8::100';

/** The packets that are asked about, of a node of its own. */
export function packetsTo(vip: string): Packets {
  return { vip, direction: 'requests', mac: null, space: trafficTo(vip), origin: '1' };
}

/** What a condition selects: in words, and why that is not certain. */
export type Said = { readonly traffic: string; readonly doubt: Doubt | null };

export function said({ traffic, doubt }: Selection): Said {
  return { traffic: inWords(traffic), doubt };
}

function inWords(traffic: Traffic): string {
  if (traffic.isEmpty) return 'nothing';
  if (traffic.equals(traffic.space.all)) return 'everything';
  return describeTraffic(traffic) || 'in no words';
}
