import { type Fault, fault } from '../plugin/index.ts';
import type { JudgedNode } from './placement.ts';

/** Judges that each node with the VIP answers ARP with the cluster MAC (--arp-mangle); `mac`: null when it is not known. */
export function judgeArpRules(nodes: readonly JudgedNode[], mac: string | null): readonly Fault[] {
  return nodes
    .filter(({ places }) => places.length > 0)
    .flatMap(({ node }) => {
      const { name, arp, rules, user } = node;
      // CLUSTERIP answers ARP with its MAC by itself (ipt_CLUSTERIP.c, arp_mangle).
      if (rules.rules.some(({ backend }) => backend === 'clusterip')) return [];
      const wrong = arp.rules.find((rule) => mac !== null && rule.mac !== mac);
      if (wrong !== undefined) {
        const brief = `${name}: ARP rule tells ${wrong.mac}`;
        return [
          fault(
            'CRITICAL',
            brief,
            `${name}: its ARP rule tells ${wrong.mac}, the cluster MAC is ${mac}: ${wrong.text}`,
          ),
        ];
      }
      if (arp.rules.length > 0) return [];
      const [unread] = arp.unread;
      if (unread !== undefined) {
        const allow =
          unread.needs === null ? '' : `. Allow it in sudoers on ${name}: ${user} ALL=(root) NOPASSWD: ${unread.needs}`;
        return [
          fault(
            'UNKNOWN',
            `${name}: cannot read ${unread.what}`,
            `${name}: cannot read ${unread.what}: ${unread.reason}${allow}`,
          ),
        ];
      }
      const brief = `${name}: no ARP rule`;
      const text = `${name} has no ARP rule for the VIP (--arp-mangle): it answers with the MAC of its own card, and a client that learns it reaches this node alone`;
      return [fault('CRITICAL', brief, text)];
    });
}
