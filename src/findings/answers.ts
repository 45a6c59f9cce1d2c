import type { Section } from '../plugin/index.ts';
import { keepArp, keepNothing, keepRoute, keepRules, keepService } from './keep.ts';

/** Who answers ARP and neighbour discovery for a shared VIP. */
export const arp = {
  'arp-own-mac': {
    means:
      'No node answers ARP for the VIP with the cluster MAC: a peer that asks learns the card of one node, and everything it sends goes to that node alone.',
    now: 'Add the ARP rule of the line on each node. If every peer has a static entry for the cluster MAC, as some routers need, say so with --skip arp.',
    keep: keepArp,
  },
  'arp-mixed': {
    means:
      'One node answers ARP with the MAC of its own card, the others with the cluster MAC. A peer that believes the wrong answer reaches one node alone, until its entry expires.',
    now: 'Add the ARP rule of the line on that node; then flush the ARP entry of the VIP on the routers.',
    keep: keepArp,
  },
  'arp-other-mac': {
    means: 'The ARP rule of the node announces another MAC than the cluster MAC: peers that learn it reach nobody.',
    now: 'Correct the MAC in the ARP rule.',
    keep: keepArp,
  },
  'arp-rule-missing': {
    means: 'With --arp-mangle each node must have a rule that answers ARP with the cluster MAC, and this one has none.',
    now: 'Add the ARP rule of the line.',
    keep: keepArp,
  },
  'arp-silent': {
    means:
      'The node, or no node at all, answers ARP for the VIP. Peers without a static entry learn it from the others, or not at all.',
    now: 'If every peer has a static entry, say so with --skip arp. Otherwise remove what keeps the node silent: a rule for ARP, or the setting arp_ignore.',
    keep: keepArp,
  },
  'arp-dropped': {
    means:
      'A rule drops the ARP packets of the VIP: the node cannot ask for the MAC of its gateway from it, so its clients get no answer once the entry has expired.',
    now: 'Remove that rule, or let the packets pass before it.',
    keep: keepArp,
  },
  'arp-requests-own-mac': {
    means:
      'The ARP rule changes replies alone. When the node itself asks a peer from the VIP, it tells the MAC of its card, and a peer that takes it from there reaches only this node.',
    now: 'Let the rule apply to requests too: leave out the operation.',
    keep: keepArp,
  },
  'arp-rule-open': {
    means: 'A rule for ARP cannot be decided from what it shows, so it is open with which MAC the node answers.',
    now: 'Write that rule with addresses, interfaces and the operation alone.',
    keep: keepArp,
  },
  'arp-rule-partial': {
    means: 'A rule for ARP treats some peers differently from others.',
    now: 'Nothing, if that is meant so: it is OK for single hosts, and a warning where it is a network.',
    keep: keepArp,
  },
  'arp-rule-for-all': {
    means:
      'The ARP rule tells the cluster MAC for every address of the node: who asks for the address of the node itself may not reach it.',
    now: 'Name the VIP in the rule.',
    keep: keepArp,
  },
  'nd-own-mac': {
    means:
      'Over IPv6 each node answers neighbour discovery with the MAC of its own card; no rule can change that. Peers that resolve the VIP reach only one node.',
    now: 'Give every peer, that is every router of the link, a static neighbour entry of the VIP with the cluster MAC; then --skip arp.',
    keep: 'Write the static entries into the configuration of the routers.',
  },
  'nd-dropped': {
    means:
      'The rules drop every neighbour advertisement to the VIP: what the node asks from the VIP, such as the MAC of its gateway, is never answered. It works for as long as it knows that MAC from elsewhere.',
    now: 'Accept neighbour solicitations and advertisements (ICMPv6 types 135 and 136) before the cluster rule.',
    keep: keepRules,
  },
  'nd-shared': {
    means:
      'Neighbour advertisements to the VIP fall under the hash of the cluster rule: those for this node may be dropped here and accepted by another one.',
    now: 'Accept neighbour solicitations and advertisements (ICMPv6 types 135 and 136) before the cluster rule.',
    keep: keepRules,
  },
} satisfies Record<string, Section>;

/** The way back of answers. */
export const answers = {
  'answer-dropped': {
    means: 'A rule on the way out drops answers of the node to its clients.',
    now: 'Delete that rule, or accept what the VIP sends, such as ESTABLISHED, before it.',
    keep: keepRules,
  },
  'answer-may-drop': {
    means: 'A rule on the way out may drop answers to clients, and its text does not show which.',
    now: 'Accept what the VIP sends before that rule.',
    keep: keepRules,
  },
  'answer-route-lost': {
    means:
      'The node has no way back to some clients, or for some packets: no route, a blackhole, an ip rule, or an interface that is down. They get no answer from this node.',
    now: 'Add the route that the other nodes have, or remove what stands in the way. Where no clients live, say with --clients where they are.',
    keep: keepRoute,
  },
  'routes-left-out': {
    means:
      'The snapshot has only part of the routes of the node, and what it says of the rest shows routes that refuse networks, or that lead by a card without carrier or by another card than on the other nodes. Answers to clients there may be lost.',
    now: 'Look at these routes on the node with ip route show table all, and ask about a client of yours with ip route get.',
    keep: keepRoute,
  },
  'answer-leaves-elsewhere': {
    means:
      'Answers leave by another interface than the one with the VIP, where those of the other nodes do not. Whether they arrive is not known.',
    now: 'Make the routes alike on all nodes.',
    keep: keepRoute,
  },
  'routes-alike': {
    means: 'The routes of all nodes do the same with these answers, so it is taken for what is meant.',
    now: 'Nothing, if no clients live there; with --clients it is judged strictly.',
    keep: keepNothing,
  },
  'route-unreadable': {
    means: 'A route or ip rule of the node is not understood, and may take answers away.',
    now: 'Look at the line that is quoted: if it is about the VIP or its clients, ask a client of this node.',
    keep: keepRoute,
  },
  'gateway-dead': {
    means:
      'The gateway by which answers leave did not answer when the kernel last asked for its MAC. Answers by it are lost for as long as that lasts.',
    now: 'Ping the gateway from the node; look at the gateway, the VLAN and the cable.',
    keep: 'If the gateway was replaced, change the route where it is set at boot, on all nodes.',
  },
  'gateway-differs': {
    means:
      'The MAC of the gateway was set by hand on this node, and another node knows another one. If the one set by hand is wrong, every answer by it is lost.',
    now: 'Delete the entry with ip neigh del if it is the wrong one; the kernel asks again.',
    keep: 'Remove the static entry from the configuration of the interface.',
  },
} satisfies Record<string, Section>;

/** What leaves a host: check_source_address. */
export const source = {
  'source-right': {
    means: 'Packets to the target leave the host with the expected source address.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'source-wrong': {
    means:
      'The kernel would send packets to the target from another address than the expected one. The other side, such as a firewall that knows the VIP alone, may refuse them.',
    now: 'The route that wins has no src, or another route wins: see ip route get with the target, and ip rule. The resource IPsrcaddr of Pacemaker sets it together with the VIP.',
    keep: keepRoute,
  },
  'source-nat': {
    means: 'A NAT rule on the way out gives the packets, or some of them, another source than the expected one.',
    now: 'Let packets to the target pass before that rule, or change the address that it gives.',
    keep: keepRules,
  },
  'source-not-judged': {
    means:
      'ip rules for some ports, protocols or users send packets by other routes. Those are not judged: the question is about a socket without a port.',
    now: 'Nothing, unless the traffic that matters is among them.',
    keep: keepNothing,
  },
  'host-passive': {
    means: 'The host does not have the address of --if-active: it is the passive one, and is not judged.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'nobody-active': {
    means: 'None of the hosts has the address of --if-active, so nothing at all was judged.',
    now: 'Look at check_cluster_vip, which says where the address should be.',
    keep: keepService,
  },
  'route-missing': {
    means: 'The host cannot send anything to the target: no route, a route that refuses, or no address to send from.',
    now: 'See ip route get with the target. If the VIP was removed, its routes went with it, and come back with it.',
    keep: keepRoute,
  },
  'route-unknown': {
    means: 'Which way packets to the target would take could not be found out. The line says why.',
    now: 'Where a way passes no arguments (NRPE, a forced command), add --route and the target to the command on the node.',
    keep: 'Keep that in the configuration of NRPE or in authorized_keys of the node.',
  },
  'nat-unknown': {
    means: 'With --nat the rules of the host must be read, and they could not be.',
    now: 'Add the sudoers entry of the line on the host, or leave out --nat.',
    keep: 'A file in /etc/sudoers.d survives reboots and upgrades.',
  },
  'target-unfit': {
    means: 'The target is an address of the host itself, or of a group: no packet leaves the host for it.',
    now: 'Choose a host at the far end of the connection as --target.',
    keep: keepService,
  },
  'target-unresolved': {
    means: 'The name of the target has no address of the right family, or could not be looked up.',
    now: 'Check the name and the resolver of the host that runs the check; an address as --target needs neither.',
    keep: keepService,
  },
} satisfies Record<string, Section>;
