import { frameInterface, judgeAnswering, judgeClusterMac, type Stretch } from '../member/index.ts';
import type { ReadNode } from './facts.ts';
import { sharersOf } from './node.ts';
import type { Wanted } from './wanted.ts';

/** The first stretch: who answers for the VIP when a peer asks for its MAC, on the nodes that share it. */
export function judgeWhoAnswers(nodes: readonly ReadNode[], wanted: Wanted): ReadonlyMap<string, Stretch> {
  const { vip, skip } = wanted;
  if (skip.some((part) => part === 'arp' || part === 'mac' || part === 'rules')) return new Map();
  const { mac, named } = judgeClusterMac(sharersOf(nodes), wanted.mac);
  const answerers = nodes.flatMap((node) => {
    const [rule] = node.reading.rules;
    const known = rule !== undefined && node.reading.unread.length === 0 && node.placements.length > 0;
    return known ? [{ node, ifname: frameInterface(node, rule.ifname) }] : [];
  });
  const { faults, mixed, mute } = judgeAnswering(answerers, { vip, mac, named, required: false, unread: 'UNKNOWN' });
  return new Map(
    answerers.map(({ node: { name, reading } }) => {
      const { all, none } = reading.space;
      const lost = mute.includes(name) ? all : none;
      return [name, { faults: faults.get(name) ?? [], lost, doubt: mixed ? all.less(lost) : none }];
    }),
  );
}
