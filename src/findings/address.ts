import type { Section } from '../plugin/index.ts';
import { keepAddress, keepNothing, keepRules, keepService, keepSetting } from './keep.ts';

/** Where a node has the VIP, and the interface there. */
export const address = {
  'vip-missing': {
    means:
      'A node that should have the VIP does not have it: the kernel does not accept the packets of its buckets as its own, and its clients get no answer.',
    now: 'Start the resource of the VIP there, or assign the address by hand as the line says.',
    keep: keepAddress,
  },
  'vip-elsewhere': {
    means: 'The node has the VIP on a different interface from the one that the cluster rule or --interface names.',
    now: 'Move the address to that interface, or correct the rule or the option if the interface has a new name.',
    keep: keepAddress,
  },
  'vip-on-loopback': {
    means:
      'The node has the VIP on a loopback interface only. No client can reach it there through the network of that address; frames for it come in by some other interface, which is not known.',
    now: 'Nothing, if that is intended (real servers of LVS: --allow-lo). Otherwise assign it to the interface that faces the clients.',
    keep: keepAddress,
  },
  'vip-not-counted': {
    means:
      'The node has the VIP only where it answers nobody on the wire: on loopback, or on a dummy interface. The real servers of a load balancer look like this, so it does not count as having the VIP.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'vip-duplicate': {
    means:
      'The kernel found the IPv6 address of the VIP on another host on the link (dadfailed), and does not use it on this node.',
    now: 'Find the other owner. Where nodes share the VIP, switch duplicate address detection off for it (nodad); then remove the address and add it again.',
    keep: keepAddress,
  },
  'vip-tentative': {
    means:
      'The IPv6 address of the VIP is tentative: the kernel is still looking for duplicates and does not use it yet. This takes a second or two; without a carrier it never ends.',
    now: 'Look again in a minute. If it is still tentative, check the cable and the link.',
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
    means: 'The interface that has the VIP is down or has no carrier, so the node cannot serve anyone on the VIP.',
    now: 'Bring the link up; if it has no carrier, check the cable, the switch port or the bond below it.',
    keep: keepAddress,
  },
  'card-noarp': {
    means:
      'The interface with the VIP has the flag NOARP: it answers no ARP request for the VIP, and cannot resolve neighbours for its own answers.',
    now: 'Switch ARP on with ip link set, arp on.',
    keep: keepAddress,
  },
  'card-xdp': {
    means:
      'An XDP program on the interface sees each frame before any rule does, and may drop any of them. Which ones it drops cannot be read.',
    now: 'Inspect it with bpftool net show, and try from a client of this node whether it gets answers.',
    keep: 'Where your system loads the program at boot, load it with an exception for the VIP.',
  },
  'tc-filter': {
    means:
      'A traffic control filter on the ingress of an interface drops or redirects frames for the VIP, or may do so, before any rule sees them; one on its egress does so with answers from the VIP.',
    now: 'Delete the filter, or exclude the VIP from it.',
    keep: 'tc filters are gone after a reboot: change what sets them (a unit, an interface script, a container network).',
  },
  'received-twice': {
    means:
      'Frames for the VIP come in twice, by two interfaces on the same wire, and both listen to the cluster MAC. UDP and ping are answered twice.',
    now: 'Remove the group of the cluster MAC from the second interface, or drop what comes in for the VIP there.',
    keep: keepAddress,
  },
  'mac-not-heard': {
    means:
      'The interface with the VIP does not listen to the cluster MAC: the card filters its frames out, and no traffic for the VIP comes in. It works while somebody runs tcpdump there, which is misleading.',
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
    means: 'All rules name the same cluster MAC, but not the one that --mac asserts.',
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
    now: 'Give it with --mac; with --skip mac it is not judged at all. For a failover VIP use check_cluster_vip with --expect one.',
    keep: keepService,
  },
  'mac-by-agreement': {
    means: 'No rule names the cluster MAC; the one multicast MAC that the nodes listen to in common is taken to be it.',
    now: 'Nothing. With --mac it would be certain.',
    keep: keepNothing,
  },
  'mac-not-judged': {
    means:
      'No rule names the cluster MAC, and the interfaces accept every multicast frame (a bridge, ALLMULTI, PROMISC), so there is nothing to judge.',
    now: 'Nothing. With --mac, the MAC that the nodes announce to their peers is compared with it.',
    keep: keepNothing,
  },
  'mac-rules-unread': {
    means:
      'The rules that might name the cluster MAC were not read; it is judged only by the groups that the nodes listen to.',
    now: 'Nothing; or, to have the rules read too, add the sudoers entry that the line gives on the node.',
    keep: 'A file in /etc/sudoers.d survives reboots and upgrades.',
  },
  'mac-not-own': {
    means: 'The interface that has the VIP does not have the MAC that --mac asserts for it, or its MAC is not known.',
    now: 'If a virtual router (keepalived with use_vmac) should own it, find out why the VIP is on another interface; otherwise correct --mac.',
    keep: keepAddress,
  },
  'local-route-missing': {
    means:
      'The node has the VIP, but its kernel has no local route for it: it does not accept packets for the VIP as its own, and its clients get no answer.',
    now: 'Remove the address and add it again, which brings the route back.',
    keep: keepAddress,
  },
  'rp-filter-drops': {
    means:
      'The reverse path filter is strict on the interface of the VIP, and the route back to these clients leaves by another one: their packets are dropped on arrival.',
    now: 'Set rp_filter to 2 for that interface and for conf.all, or give these clients a route back by that interface.',
    keep: keepSetting,
  },
} satisfies Record<string, Section>;
