import type { Section } from '../plugin/index.ts';
import { keepAddress, keepNothing, keepRules } from './keep.ts';

const keepManager =
  'Let one cluster manager own the address, and keep it out of the network configuration of the nodes: an address set there comes back at boot, no matter which node has it by then.';

/** On which nodes the VIP is: check_cluster_vip. */
export const vip = {
  'vip-present': {
    means: 'The node has the VIP, where it should be.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'vip-absent': {
    means: 'The node does not have the VIP, as expected of a node that stands by.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'vip-nowhere': {
    means: 'None of the nodes that were reached has the VIP: nobody answers for it.',
    now: 'Check the address of --vip. If it is right, start its resource (pcs resource, crm resource, keepalived) and find out why it stopped.',
    keep: keepManager,
  },
  'vip-split-brain': {
    means:
      'Several nodes have a VIP that only one of them may have at a time. Each client reaches the one whose MAC it learned last, and data may diverge.',
    now: 'Find out why the nodes do not see each other, then stop the resource on all but one of them.',
    keep: 'Use fencing and a quorum, so that a node that sees nobody gives up by itself.',
  },
  'vip-left-over': {
    means:
      'A second node has the VIP too and cannot use it at the moment, because its interface is down. It is a split brain as soon as that is fixed.',
    now: 'Remove the VIP from that node before its interface comes back.',
    keep: keepManager,
  },
  'vip-too-few': {
    means: 'Fewer nodes have the VIP than --expect says.',
    now: 'Start the resource of the VIP on the nodes that lack it.',
    keep: keepAddress,
  },
  'vip-too-many': {
    means: 'More nodes have the VIP than --expect says.',
    now: 'Stop the resource of the VIP where it should not run.',
    keep: keepManager,
  },
  'vip-unwanted': {
    means: 'A node has the VIP although --expect none says that no node may have it.',
    now: 'Remove it there, or correct --expect.',
    keep: keepManager,
  },
  'view-right': {
    means:
      'What this host sees on its own link is as expected: the right MAC answers for the VIP, or nobody where nobody should.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'view-blind': {
    means:
      'This host cannot look for the VIP: it is not on the same link, or may not send ARP. This does not affect what the nodes report.',
    now: 'Leave out --from-here, or run the check on a host of the same link, with arping installed.',
    keep: 'File capabilities of arping are lost with its next upgrade; set them again in a hook of the package manager, or use sudo.',
  },
  'view-unproven': {
    means: 'The neighbour table of this host names a MAC for the VIP, but nothing confirmed it in time.',
    now: 'Install the arping of iputils: with its answers it is certain.',
    keep: 'Install it by the package manager.',
  },
  'view-silent': {
    means: 'Nobody answers for the VIP on the link of this host.',
    now: 'If the nodes have it, look at what lies between: VLAN, switch, a filter for ARP, an interface that is down.',
    keep: keepAddress,
  },
  'view-unwanted': {
    means: 'Somebody answers for the VIP although --expect none says that no node may have it.',
    now: 'Find the host by its MAC, in the table of the switch or in the neighbour tables, and remove the address there.',
    keep: keepManager,
  },
  'view-macs-differ': {
    means:
      'Several MACs answer for a shared VIP. A client reaches only the nodes that listen to the MAC that it has learned.',
    now: 'Let all nodes answer with the cluster MAC: CLUSTERIP does it by itself, the other backends need an ARP rule on each node.',
    keep: keepRules,
  },
  'view-mac-unexpected': {
    means: 'The MAC that answers for the VIP is not the one that the nodes or --mac name.',
    now: 'Find the host with that MAC: it is another host with the same address, or a node that was not asked.',
    keep: keepManager,
  },
  'view-too-few': {
    means: 'Fewer nodes answer ARP for the VIP than should.',
    now: 'Look at the lines of the nodes: one lacks the VIP, does not answer ARP, or does not hear this host.',
    keep: keepAddress,
  },
  'view-too-many': {
    means: 'More hosts answer ARP for the VIP than should, with the same MAC.',
    now: 'Another host has the address too: look for it in the table of the switch.',
    keep: keepManager,
  },
} satisfies Record<string, Section>;
