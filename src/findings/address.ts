import type { Section } from '../plugin/index.ts';
import { keepAddress, keepNothing, keepRules, keepService, keepSetting } from './keep.ts';

/** Where a node has the VIP, and the interface there. */
export const address = {
  'vip-missing': {
    means:
      'A node that should have the VIP does not have it: what comes in for its buckets is not for this host, and its clients get no answer.',
    now: 'Start the resource of the VIP there, or assign the address by hand as the line says.',
    keep: keepAddress,
  },
  'vip-elsewhere': {
    means: 'The node has the VIP on another interface than the one that the cluster rule or --interface names.',
    now: 'Move the address to that interface, or correct the rule or the option if the interface has a new name.',
    keep: keepAddress,
  },
  'vip-on-loopback': {
    means:
      'The node has the VIP on a loopback interface alone. There no client reaches it by the network of that address; frames for it come in by some other interface, which is not known.',
    now: 'Nothing, if that is meant so (real servers of LVS: --allow-lo). Otherwise assign it to the interface of the clients.',
    keep: keepAddress,
  },
  'vip-not-counted': {
    means:
      'The node has the VIP where nobody who asks on the wire gets an answer: on loopback, or on a dummy. It is a real server of a load balancer and does not count as one that has the VIP.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'vip-duplicate': {
    means:
      'The kernel found the IPv6 address of the VIP on another host of the link (dadfailed), and does not use it on this node.',
    now: 'Find the other owner. Where nodes share the VIP, switch duplicate address detection off for it (nodad); then remove the address and add it again.',
    keep: keepAddress,
  },
  'vip-tentative': {
    means:
      'The IPv6 address of the VIP is tentative: the kernel is still looking for duplicates and does not use it yet. It takes a second or two; without a carrier it never ends.',
    now: 'Look again in a minute. If it stays so, look at the cable and the link.',
    keep: keepAddress,
  },
  'vip-repeated': {
    means: 'The node has the VIP more than once, on several interfaces or with several prefixes.',
    now: 'Keep it in one place, and remove the others.',
    keep: keepAddress,
  },
  'prefix-differs': {
    means:
      'The prefix of the VIP is not the expected one, or differs between the nodes: they do not agree on which hosts are on the link.',
    now: 'Give the VIP the same prefix on all nodes.',
    keep: keepAddress,
  },
  'interface-down': {
    means: 'The interface that has the VIP is down or has no carrier, so the node can use the VIP for nobody.',
    now: 'Set the link up; without a carrier look at the cable, the switch port or the bond below it.',
    keep: keepAddress,
  },
  'card-noarp': {
    means:
      'The interface with the VIP has the flag NOARP: it answers nobody who asks for the VIP, and finds no neighbour for its own answers.',
    now: 'Switch ARP on with ip link set, arp on.',
    keep: keepAddress,
  },
  'card-xdp': {
    means:
      'An XDP program on the interface sees each frame before any rule and may drop what it likes. What it drops cannot be read.',
    now: 'Look at it with bpftool net show, and ask a client of this node whether it gets answers.',
    keep: 'Load the program with an exception for the VIP, where your system loads it at boot.',
  },
  'tc-filter': {
    means:
      'A filter of traffic control on the ingress of an interface drops, redirects or may drop frames for the VIP before any rule sees them.',
    now: 'Delete the filter, or exclude the VIP from it.',
    keep: 'tc filters are gone after a reboot: change what sets them (a unit, a script of the interface, a container network).',
  },
  'received-twice': {
    means:
      'Frames for the VIP come in twice, by two interfaces on the same wire, and both listen to the cluster MAC. UDP and ping are answered twice.',
    now: 'Let the second interface leave the group of the cluster MAC, or drop what comes in for the VIP there.',
    keep: keepAddress,
  },
  'mac-not-heard': {
    means:
      'The interface with the VIP does not listen to the cluster MAC: the card filters its frames, and none of the traffic of the VIP comes in. While somebody runs tcpdump there it works, which misleads.',
    now: 'Add the group with ip maddr add and the cluster MAC, on the interface that the line names.',
    keep: 'CLUSTERIP adds the group by itself when its rule is loaded. For the other backends put the ip maddr line into the configuration of the interface (ifupdown: up line; systemd: a unit after the interface), because no network manager keeps link-layer groups.',
  },
  'mac-differs': {
    means:
      'The nodes do not name, or listen to, the same cluster MAC. Each client reaches only the nodes that listen to the MAC that it has learned.',
    now: 'Give all nodes the same cluster MAC, in the cluster rule, the ARP rule and the groups of the interface.',
    keep: keepRules,
  },
  'mac-unexpected': {
    means: 'All rules name the same cluster MAC, and it is another one than --mac asserts.',
    now: 'Correct the rules, or --mac if the MAC was changed on purpose. Peers with a static entry must change too.',
    keep: keepRules,
  },
  'mac-unicast': {
    means:
      'The MAC with which clients reach a shared VIP is unicast (its first octet is even): a switch delivers its frames to one port, so one node gets everything.',
    now: 'Use a multicast MAC such as 01:00:5e:00:00:20 on all nodes. If only one node is meant to have the VIP at a time, use check_cluster_vip with --expect one.',
    keep: keepRules,
  },
  'mac-unknown': {
    means:
      'No rule names the cluster MAC, and what the nodes listen to does not show it. Whether frames for the VIP come in is not proven.',
    now: 'Say it with --mac; with --skip mac it is not judged at all. For a failover VIP use check_cluster_vip with --expect one.',
    keep: keepService,
  },
  'mac-by-agreement': {
    means: 'No rule names the cluster MAC; the one multicast MAC to which the nodes listen in common is taken for it.',
    now: 'Nothing. With --mac it would be certain.',
    keep: keepNothing,
  },
  'mac-not-judged': {
    means:
      'No rule names the cluster MAC, and the interfaces take in every multicast frame (a bridge, ALLMULTI, PROMISC), so there is nothing to judge.',
    now: 'Nothing. With --mac what the nodes tell their peers is judged against it.',
    keep: keepNothing,
  },
  'mac-rules-unread': {
    means:
      'The rules that might name the cluster MAC were not read; it is judged only by the groups to which the nodes listen.',
    now: 'Nothing, or add the sudoers entry of the line on the node to have the rules read too.',
    keep: 'A file in /etc/sudoers.d survives reboots and upgrades.',
  },
  'mac-not-own': {
    means: 'The interface that has the VIP does not have the MAC that --mac asserts for it, or its MAC is not known.',
    now: 'If a virtual router (keepalived with use_vmac) should own it, see why the VIP is on another interface; otherwise correct --mac.',
    keep: keepAddress,
  },
  'local-route-missing': {
    means:
      'The node has the VIP, and the kernel has no local route for it: what comes in is not for this host, and its clients get no answer.',
    now: 'Remove the address and add it again, which brings the route back.',
    keep: keepAddress,
  },
  'rp-filter-drops': {
    means:
      'The reverse path filter is strict on the interface of the VIP, and the way back to these clients leaves by another one: their packets are dropped on arrival.',
    now: 'Set rp_filter to 2 for that interface and for all, or give these clients a route back by that interface.',
    keep: keepSetting,
  },
} satisfies Record<string, Section>;
