import type { Section } from '../plugin/index.ts';
import { keepNothing, keepRules, keepService } from './keep.ts';

/** Who holds which bucket, over all nodes together. */
export const coverage = {
  'bucket-held': {
    means: 'The node holds these buckets: it answers the clients whose packets hash into them.',
    now: 'Nothing. The line shows who holds what.',
    keep: keepNothing,
  },
  'no-bucket-held': {
    means:
      'The node has the cluster rule and holds no bucket at the moment, so it answers no client. A node that gave up its buckets in a takeover looks like this.',
    now: 'Nothing, unless the node should carry load: then let it take a bucket, and have the node that holds that bucket now give it up. The option -w 1: warns about such nodes.',
    keep: keepNothing,
  },
  'stands-by': {
    means: 'The node has no cluster rule for the VIP and does not have the VIP: it takes no part, and does no harm.',
    now: 'Nothing, unless the node should take part: then load the rule and assign the VIP as on the other nodes.',
    keep: keepNothing,
  },
  'bucket-lost': {
    means: 'No node holds the bucket. Clients that hash into it get no answer at all, while all others notice nothing.',
    now: 'Let one node take it, as the line says. With CLUSTERIP write a plus sign and the number into /proc/net/ipt_CLUSTERIP/VIP on that node; with the other backends add the bucket to its cluster rule. Then find out which node gave it up. Where Pacemaker manages the rule, look at the resource instead.',
    keep: 'A bucket taken through /proc is gone after a reboot: the number that counts at boot is --local-node in the CLUSTERIP rule. Give each node its own number there, or let a cluster manager move the buckets. With xt_cluster and nftables save the changed rule where it is loaded from.',
  },
  'bucket-doubled': {
    means:
      'Several nodes hold the bucket. Each of its clients gets an answer from each of them: TCP connections are reset, datagrams are answered twice.',
    now: 'Decide which node keeps the bucket, and let the other one give it up, as the line says. With CLUSTERIP write a minus sign and the number into /proc/net/ipt_CLUSTERIP/VIP there.',
    keep: 'Most often a node came back and took its own buckets again while another one still had them from a takeover. Either let whatever brings the node back undo the takeover, or let the node start without buckets. Give each node its own --local-node in the rule that is loaded at boot.',
  },
  'bucket-unproven': {
    means:
      'A node gave no answer, and none of the others holds these buckets. If that node is dead, their clients get no answer; if only the way to it is broken, they do.',
    now: 'Look at the node first. If it is really dead, let another node take the buckets, as the line says. If it is alive and you do so, the buckets are doubled.',
    keep: 'Let a cluster manager with fencing do the takeover: it makes sure that a node is dead before another one takes its buckets. When the node comes back, the buckets must go back with it.',
  },
  'bucket-above-total': {
    means:
      'The node holds a bucket with a number above the number of buckets. No client ever falls into it; most often --local-node was set without raising --total-nodes.',
    now: 'Recreate the rule with the right numbers: --total-nodes is how many buckets there are, and a bucket is a number from 1 to that.',
    keep: keepRules,
  },
  'buckets-held': {
    means: 'The number of buckets that the node holds is outside the range of --warning or --critical.',
    now: 'If the node took over for another one, bring that one back and hand its buckets back. If it idles, let it take its buckets again.',
    keep: 'Give each node its own buckets in the rule that is loaded at boot, and correct the range if the number is intended.',
  },
  'buckets-nowhere': {
    means: 'Every node that was reached drops everything sent to the VIP, and none lets a bucket through.',
    now: 'Load the cluster rules of the nodes, or look at the resource that should do so: a cloned IPaddr2 that is stopped leaves exactly this behind.',
    keep: keepRules,
  },
  'buckets-unexpected': {
    means: 'The node does not hold exactly the buckets that --expect-buckets names.',
    now: 'Compare with the other nodes: a takeover moves buckets on purpose, and then the other node has them. Otherwise hand the buckets back.',
    keep: 'The buckets that a node has after boot are those of the rule that is loaded then. If they were moved for good, change --expect-buckets of both nodes.',
  },
  'one-node-asked': {
    means: 'Only one node was asked, and it does not hold all buckets. Whether the others hold the rest is not known.',
    now: 'Name every node of the cluster with --node. To check one node by itself, as over NRPE, say with --expect-buckets what it should hold.',
    keep: keepService,
  },
  'coverage-not-judged': {
    means: 'With --expect-buckets one node is judged by itself; whether each bucket is on exactly one node is not.',
    now: 'Nothing, if the same service exists for every node. A service that asks all nodes sees lost and doubled buckets.',
    keep: keepService,
  },
  'cluster-nowhere': {
    means: 'No node that was reached has the VIP or a cluster rule for it.',
    now: 'Check the address of --vip and the nodes first. If both are right, the cluster is not running: load the rules and assign the VIP.',
    keep: keepRules,
  },
  'vip-not-found': {
    means:
      'With --vip all, no VIP was found, so nothing was judged: no node that was reached shows a cluster rule, or the rules name no single address and take in none that several nodes have, or no time was left.',
    now: 'Look at what else the output says: a node that is unreachable or whose rules cannot be read may have one. If the rules or the addresses are gone, bring them back. To have the VIPs judged whether there are rules or not, name them with --vip.',
    keep: keepService,
  },
  'vip-unseen': {
    means:
      'With --vip all, the VIPs are those that the reached nodes show. A VIP for which only the node named here has a rule is not among them.',
    now: 'Look at the node: the line about it says why it gave no answer. The VIPs that were found are judged.',
    keep: 'Name the VIPs that must be judged in any case with --vip beside --vip all.',
  },
  'vip-unnamed': {
    means:
      'A cluster rule names no address, or a network, so it also takes in addresses that only one node has; or a rule drops everything to an address that only one node has. Each of them may be that node’s own, or a VIP that the other nodes have lost: --vip all cannot tell them apart.',
    now: 'Name the VIPs with --vip instead of all, or name the VIP in the rule (-d VIP, ip daddr VIP).',
    keep: keepRules,
  },
  'vip-unlisted': {
    means:
      'A cluster rule names no address, or a network or range. With --vip all, the VIPs of such a rule are the addresses that nodes have: one that no node has any more is missed by nobody.',
    now: 'Name these VIPs with --vip beside --vip all: then each is judged in any case. Or name each VIP in the rule.',
    keep: keepService,
  },
  'nobody-served': {
    means:
      'Buckets, rules and addresses are fine, but together, the firewalls of the nodes let no client through to any port that the cluster shares. Groups, reserved, loopback and link-local addresses are no clients; of IPv6, those in 2000::/3 and fc00::/7 are; with --clients, these networks alone.',
    now: 'Open the service for the clients on all nodes. If they come from other addresses, say so with --clients.',
    keep: keepRules,
  },
  'port-closed': {
    means:
      'One node opens a port that another one keeps closed. The clients of the other node cannot use that service, while everybody else can.',
    now: 'Give the nodes the same firewall rules for the services of the VIP.',
    keep: keepRules,
  },
  'total-unexpected': {
    means: 'The rules state a different number of buckets from the one that --total-nodes asserts.',
    now: 'If the cluster has grown or shrunk, change --total-nodes of the service; otherwise recreate the rules with the right number on all nodes.',
    keep: keepRules,
  },
  'client-answered': {
    means: 'The client given with --client is answered by the nodes named in the line.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'client-unknown': {
    means:
      'No node is known to answer the client given with --client, and some nodes could not be judged. With --vip all it may also be that no VIP of the address family of --client or --clients was found, so that nobody was asked about it.',
    now: 'Look at the lines about these nodes: they say why it is not known. Where no VIP of that family was found, name it with --vip, or leave out the clients of that family.',
    keep: keepNothing,
  },
  'client-lost': {
    means: 'No node answers the client given with --client.',
    now: 'The other lines say why: a bucket on no node, a firewall that denies the client, or a broken way back. Fix that cause.',
    keep: 'See the section about the cause.',
  },
  'client-doubled': {
    means:
      'Several nodes answer the client given with --client, or one accepts what another one refuses, so that its connections fail.',
    now: 'The other lines say why: a bucket on several nodes, or a node that answers everybody. Fix that cause.',
    keep: 'See the section about the cause.',
  },
} satisfies Record<string, Section>;
