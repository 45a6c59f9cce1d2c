import type { Section } from '../plugin/index.ts';
import { keepArp, keepNothing, keepRoute, keepRules, keepService } from './keep.ts';

/** Who answers ARP and neighbour discovery for a shared VIP. */
export const arp = {
  'arp-own-mac': {
    means:
      'No node answers ARP for the VIP with the cluster MAC: a peer that asks learns the MAC of one node’s card, and everything it sends goes to that node only.',
    now: 'Add the ARP rule that the line gives, on each node. If every peer has a static entry for the cluster MAC, as some routers need, say so with --skip arp.',
    keep: keepArp,
  },
  'arp-mixed': {
    means:
      'One node answers ARP with the MAC of its own card, the others with the cluster MAC. A peer that believes the wrong answer reaches only one node, until its entry expires.',
    now: 'Add the ARP rule that the line gives on that node; then flush the ARP entry of the VIP on the routers.',
    keep: keepArp,
  },
  'arp-other-mac': {
    means: 'The ARP rule of the node announces a MAC that is not the cluster MAC: peers that learn it reach nobody.',
    now: 'Correct the MAC in the ARP rule.',
    keep: keepArp,
  },
  'arp-rule-missing': {
    means: 'With --arp-mangle each node must have a rule that answers ARP with the cluster MAC, and this one has none.',
    now: 'Add the ARP rule that the line gives.',
    keep: keepArp,
  },
  'arp-silent': {
    means:
      'The node, or every node, leaves ARP requests for the VIP unanswered, or those of the gateway. Peers without a static entry learn the MAC from the other nodes, or not at all.',
    now: 'If every peer has a static entry, say so with --skip arp. Otherwise remove what keeps the node silent: a rule for ARP, or the setting arp_ignore.',
    keep: keepArp,
  },
  'arp-dropped': {
    means:
      'A rule drops the ARP packets of the VIP: the node cannot use the VIP to ask for the MAC of its gateway, so its clients get no answer once the entry for the gateway has expired.',
    now: 'Remove that rule, or accept these packets before it.',
    keep: keepArp,
  },
  'arp-requests-own-mac': {
    means:
      'The node’s own ARP requests from the VIP carry the MAC of its card: its ARP rule changes replies only, or another rule lets these requests through before it. A peer that learns the MAC from there, as the gateway does, reaches only this node.',
    now: 'Let the rule apply to requests too: remove its condition on the operation, and put it before what lets them through.',
    keep: keepArp,
  },
  'arp-rule-open': {
    means:
      'The text of a rule for ARP does not show which packets it applies to, so it is not known which MAC the node answers with.',
    now: 'Write that rule with conditions on addresses, interfaces and the operation only.',
    keep: keepArp,
  },
  'arp-rule-partial': {
    means: 'A rule for ARP treats some peers differently from others.',
    now: 'Nothing, if that is intended: for single hosts it is OK, for a network it is a WARNING.',
    keep: keepArp,
  },
  'arp-rule-for-all': {
    means:
      'The ARP rule announces the cluster MAC for every address of the node: peers that want the address of the node itself may not reach it.',
    now: 'Name the VIP in the rule.',
    keep: keepArp,
  },
  'nd-own-mac': {
    means:
      'Over IPv6 each node answers neighbour discovery with the MAC of its own card; no rule can change that. Peers that resolve the VIP reach only one node.',
    now: 'Give every peer, that is, every router on the link, a static neighbour entry for the VIP with the cluster MAC; then use --skip arp.',
    keep: 'Write the static entries into the configuration of the routers.',
  },
  'nd-dropped': {
    means:
      'The rules drop neighbour advertisements to the VIP, all of them or those of the gateway: what the node asks for from the VIP, such as the MAC of its gateway, it never learns. It works only as long as the node knows that MAC from elsewhere.',
    now: 'Accept neighbour solicitations and advertisements (ICMPv6 types 135 and 136) before the cluster rule and before the rule that drops them.',
    keep: keepRules,
  },
  'nd-shared': {
    means:
      'Neighbour advertisements to the VIP are subject to the hash of the cluster rule: those for this node may be dropped here and accepted by another one.',
    now: 'Accept neighbour solicitations and advertisements (ICMPv6 types 135 and 136) before the cluster rule.',
    keep: keepRules,
  },
} satisfies Record<string, Section>;

/** The way back of answers. */
export const answers = {
  'answer-dropped': {
    means: 'A rule on the way out drops answers of the node to its clients.',
    now: 'Delete that rule, or accept before it what the VIP sends, for instance as ESTABLISHED.',
    keep: keepRules,
  },
  'answer-may-drop': {
    means: 'A rule on the way out may drop answers to clients, and its text does not show which.',
    now: 'Accept what the VIP sends before that rule.',
    keep: keepRules,
  },
  'answer-renamed': {
    means:
      'Requests to the VIP are not tracked (NOTRACK) or put into another zone of connection tracking, so that it takes the answers for connections that the node opens itself, and a NAT rule gives them another address: clients throw them away.',
    now: 'Exclude the VIP from the NAT rule (! -s VIP), or do to its answers in raw OUTPUT what raw PREROUTING does to the requests: CT --notrack, or CT --zone with the same number.',
    keep: keepRules,
  },
  'answer-route-lost': {
    means:
      'The node has no way back to some clients, or for some packets: no route, a blackhole, an ip rule, or an interface that is down. They get no answer from this node.',
    now: 'Add the route that the other nodes have, or remove what is in the way. If there are no clients at these addresses, say with --clients where your clients are.',
    keep: keepRoute,
  },
  'routes-left-out': {
    means:
      'The snapshot has only some of the node’s routes, and its summary of the rest shows routes that reject networks, or that use a card without carrier, or a different card from the one on the other nodes. Answers to clients there may be lost.',
    now: 'Look at these routes on the node with ip route show table all, and check one of your clients with ip route get.',
    keep: keepRoute,
  },
  'answer-leaves-elsewhere': {
    means:
      'Answers leave by an interface other than the one with the VIP, or go to the wire itself in place of a gateway, unlike on the other nodes: a netmask may be too wide. Whether they arrive is not known.',
    now: 'Make the routes, and the netmasks of addresses, the same on all nodes.',
    keep: keepRoute,
  },
  'routes-alike': {
    means: 'The routes of all nodes do the same with these answers, so this is taken to be intended.',
    now: 'Nothing, if there are no clients there; with --clients it is judged strictly.',
    keep: keepNothing,
  },
  'route-unreadable': {
    means: 'A route or ip rule of the node is not understood, and may divert or drop answers.',
    now: 'Look at the quoted line: if it is about the VIP or its clients, try it from a client of this node.',
    keep: keepRoute,
  },
  'gateway-dead': {
    means:
      'The gateway by which answers leave did not answer when the kernel last asked for its MAC. Answers through it are lost for as long as that lasts.',
    now: 'Ping the gateway from the node; look at the gateway, the VLAN and the cable.',
    keep: 'If the gateway was replaced, change the route where it is set at boot, on all nodes.',
  },
  'gateway-differs': {
    means:
      'The MAC of the gateway was set by hand on this node, and another node knows a different one. If the one set by hand is wrong, every answer through this gateway is lost.',
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
      'The kernel would send packets to the target from an address other than the expected one. The other side, such as a firewall that knows only the VIP, may refuse them.',
    now: 'The route that wins has no src, or another route wins: see ip route get with the target, and ip rule. The Pacemaker resource IPsrcaddr sets it together with the VIP.',
    keep: keepRoute,
  },
  'source-nat': {
    means:
      'A NAT rule on the way out gives the packets, or some of them, a source address other than the expected one.',
    now: 'Let packets to the target pass before that rule, or change the address that it gives.',
    keep: keepRules,
  },
  'source-not-judged': {
    means:
      'ip rules send the packets of some ports, protocols or users by other routes. These are not judged: the check asks about a socket without a port.',
    now: 'Nothing, unless the traffic that matters is among them.',
    keep: keepNothing,
  },
  'host-passive': {
    means: 'The host does not have the address given with --if-active: it is the passive one, and is not judged.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'nobody-active': {
    means: 'None of the hosts has the address given with --if-active, so nothing at all was judged.',
    now: 'Look at check_cluster_vip, which says where the address should be.',
    keep: keepService,
  },
  'route-missing': {
    means: 'The host cannot send anything to the target: no route, a route that rejects, or no address to send from.',
    now: 'See ip route get with the target. If the VIP was removed, its routes went with it, and come back with it.',
    keep: keepRoute,
  },
  'route-unknown': {
    means: 'It could not be determined which way packets to the target would take. The line says why.',
    now: 'Where no arguments can be passed to the node (NRPE, a forced command), add --route and the target to the command there.',
    keep: 'Keep that in the NRPE configuration or in authorized_keys on the node.',
  },
  'nat-unknown': {
    means: 'With --nat the rules of the host must be read, and they could not be.',
    now: 'Add the sudoers entry that the line gives on the host, or leave out --nat.',
    keep: 'A file in /etc/sudoers.d survives reboots and upgrades.',
  },
  'target-unfit': {
    means: 'The target is an address of the host itself, or a group address: no packet leaves the host for it.',
    now: 'Choose a host at the far end of the connection as --target.',
    keep: keepService,
  },
  'target-unresolved': {
    means: 'The name of the target has no address of the right family, or could not be looked up.',
    now: 'Check the name and the resolver of the host that runs the check; an address as --target needs neither.',
    keep: keepService,
  },
} satisfies Record<string, Section>;
