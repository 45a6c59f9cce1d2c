import { type Fault, fault } from '../plugin/index.ts';
import type { ReachedNode } from './facts.ts';
import { sudoers } from './unread.ts';

/**
 * Judges that a node which has the VIP answers ARP with the cluster MAC; `mac`: null where it is not known. CLUSTERIP
 * does so by itself, every other backend needs an ARP rule.
 */
export function judgeArp(node: ReachedNode, mac: string | null): readonly Fault[] {
  const { name, macs } = node;
  if (macs.answersArp) return [];
  const rules = macs.names.filter(({ by }) => by === 'ARP rule');
  const wrong = rules.find((rule) => mac !== null && rule.mac !== mac);
  if (wrong !== undefined) {
    const text = `${name}: its ARP rule announces ${wrong.mac}, the cluster MAC is ${mac}: ${wrong.text}`;
    return [fault('CRITICAL', `${name}: ARP rule announces ${wrong.mac}`, text)];
  }
  if (rules.length > 0) return [];
  const [unread] = macs.unread;
  if (unread !== undefined) {
    const brief = `${name}: cannot read ${unread.what}`;
    const needs = macs.unread.map((one) => one.needs);
    return [fault('UNKNOWN', brief, `${brief}: ${unread.reason}${sudoers('. Allow it', node, needs)}`)];
  }
  const text = `${name} has no ARP rule for the VIP (--arp-mangle): it answers with the MAC of its own card, and a client that learns it reaches this node alone`;
  return [fault('CRITICAL', `${name}: no ARP rule`, text)];
}
