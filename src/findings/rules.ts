import type { Section } from '../plugin/index.ts';
import { keepNothing, keepRules } from './keep.ts';

/** One cluster rule by itself and beside those of the other nodes. */
export const rules = {
  'rule-missing': {
    means:
      'The node has the VIP but no cluster rule. Depending on which MAC a peer has learned, it answers every client or none.',
    now: 'Load the rule as on the other nodes (flushing or reloading a firewall often removes it), or remove the VIP from this node. If the VIP is meant to be on one node at a time, use check_cluster_vip.',
    keep: keepRules,
  },
  'backend-unexpected': {
    means: 'The cluster rule uses a different backend from the one that --backend asserts.',
    now: 'Replace the rule, or change --backend after a migration.',
    keep: keepRules,
  },
  'several-backends': {
    means:
      'The node shares the VIP with two backends at once. Where they agree it works; where they do not, only what both let through is answered.',
    now: 'Delete the rules of one of them, after the migration is complete on this node.',
    keep: keepRules,
  },
  'several-hashes': {
    means: 'The cluster rules of one node hash in different ways, so together they fit no rule of another node.',
    now: 'Give all cluster rules for the VIP the same hash, number of buckets and seed.',
    keep: keepRules,
  },
  'second-rule-ignored': {
    means:
      'There is a second CLUSTERIP rule for the VIP with other parameters. The kernel keeps those of the first one for as long as it lives, so what the second one says is not in effect.',
    now: 'Delete the second rule.',
    keep: keepRules,
  },
  'hash-differs': {
    means:
      'The nodes do not hash alike: number of buckets, fields, seed or offset differ. Some clients are answered by nobody and others by several nodes; where they can be computed, the line gives both shares.',
    now: 'Give all nodes the same rule, with the same number of buckets, the same fields, the same seed and the same offset; only the bucket differs.',
    keep: keepRules,
  },
  'works-by-accident': {
    means:
      'The rules of the nodes differ, and yet each client is answered exactly once. The next change to one of them will break that.',
    now: 'Give all nodes the same rule at the next opportunity.',
    keep: keepRules,
  },
  'hash-seed-random': {
    means:
      'The rule has no seed of its own (or is symhash), so the kernel draws a new one at each load or boot. No two nodes hash alike, and coverage cannot be exact.',
    now: 'Use jhash with a seed that is written down, the same on all nodes.',
    keep: keepRules,
  },
  'hash-per-packet': {
    means:
      'numgen chooses by packet and not by client: two packets of one connection go to different nodes, so TCP does not work.',
    now: 'Use jhash over the address of the client, with the same seed on all nodes.',
    keep: keepRules,
  },
  'match-differs': {
    means:
      'The nodes do not share the same traffic: one has a port or protocol in its cluster rule that another one leaves out. What a node does not share it answers for every client, or for none.',
    now: 'Give all nodes the same rule.',
    keep: keepRules,
  },
  'total-zero': {
    means: 'The rule states zero buckets: the node answers every client, whatever the others do.',
    now: 'Recreate the rule with the right number of buckets.',
    keep: keepRules,
  },
  'answers-everybody': {
    means:
      'Nothing after the cluster rule drops what its buckets do not hold, so the node answers every client of every node.',
    now: 'Add a DROP for the VIP at the end of that chain.',
    keep: keepRules,
  },
  'drop-missing': {
    means:
      'Some traffic to the VIP is accepted after the cluster rule although its bucket is not here: this node answers it for every client. In most cases it is ICMP and UDP.',
    now: 'Add a DROP for the VIP after the cluster rule, before anything that accepts.',
    keep: keepRules,
  },
  'reject-for-drop': {
    means:
      'There is a REJECT where the cluster needs a DROP: clients that another node answers get the refusal of this node too.',
    now: 'Make it a DROP for the VIP.',
    keep: keepRules,
  },
  'pkttype-multicast': {
    means:
      'Frames for the cluster MAC arrive as multicast, and TCP ignores those. The rule accepts them without setting the packet type to host, so TCP gets no answer.',
    now: 'Add meta pkttype set host to the cluster rule in prerouting, before it accepts. The match of xt_cluster does that by itself.',
    keep: keepRules,
  },
  'rule-unreached': {
    means: 'The cluster rule is in a chain that none of the traffic for the VIP passes through.',
    now: 'Move the rule to where the traffic passes: CLUSTERIP to filter INPUT, the other backends to prerouting. Where a VRF is in use, the rule must name the VRF device, or no interface.',
    keep: keepRules,
  },
  'table-dormant': {
    means: 'The table with the cluster rule is dormant: nftables has it loaded, but none of its chains does anything.',
    now: 'Wake the table, with nft add table and its family and name, which clears the flag.',
    keep: 'Remove flags dormant from that table in /etc/nftables.conf.',
  },
  'rule-in-nat': {
    means:
      'The cluster rule is in a nat chain. Only the first packet of a connection passes there, so TCP connects and then hangs.',
    now: 'Move the rule to where every packet passes: CLUSTERIP to filter INPUT, the other backends to prerouting at priority mangle (-150).',
    keep: keepRules,
  },
  'rule-too-early': {
    means:
      'The cluster rule comes before connection tracking, which its hash depends on, so it matches nothing or drops everything.',
    now: 'Move the rule to after connection tracking: CLUSTERIP to filter INPUT, the other backends to prerouting at priority mangle (-150).',
    keep: keepRules,
  },
  'rule-unreadable': {
    means:
      'A rule has a condition that this check cannot evaluate, and clients depend on it. What happens to them is not known, so it is not called OK.',
    now: 'Write the rule with conditions on addresses, ports and connection states, or put it where traffic for the VIP does not pass.',
    keep: keepRules,
  },
  'rules-unread': {
    means:
      'Something on the node could not be read or understood, such as its rules: usually because the account that asks may not run the command as root. Nothing is proven about it.',
    now: 'If the line ends in a sudoers entry, add that entry on the node, with visudo. Otherwise the line says what is missing or not understood. What you do not want judged can be left out with --skip.',
    keep: 'A file in /etc/sudoers.d survives reboots and upgrades.',
  },
  'facts-unread': {
    means:
      'A fact that every user may read, such as the addresses or links of the node, could not be read. What depends on it is not judged.',
    now: 'Run the snapshot script on the node and read what it says in that section: a missing ip command, or an output that was cut.',
    keep: 'Install what is missing (iproute2) from the packages of the distribution.',
  },
  'not-looked-at': {
    means:
      'Part of the way of a packet was not looked at, because the snapshot of the node does not contain it. The verdict on the rest is not affected.',
    now: 'If the script on the node is an older one, install the one of this version there. Otherwise the line names what is missing.',
    keep: 'Update the script on the nodes together with the plugins.',
  },
  'snapshot-not-saved': {
    means: 'What a node said could not be kept in the folder of --save-snapshots. The verdict itself is not affected.',
    now: 'Look at the reason: the folder must exist, belong to the account of the check and have room. Remove old snapshots where it is full.',
    keep: 'Let a timer or logrotate remove old snapshots from that folder.',
  },
  'connection-not-shared': {
    means:
      'Connections should stay open for the next checks (--ssh-shared), but the folder for their sockets is not safe or will not do. The nodes were asked by connections of their own, so the verdict itself is not touched; each check costs a login per node.',
    now: 'Look at the reason. A folder that belongs to another account, or that others may enter, would let them answer in place of the nodes: find out who made it, then remove it. The next check makes its own.',
    keep: 'Let nothing else write to that folder; or leave --ssh-shared out.',
  },
  'node-unreachable': {
    means: 'The node gave no snapshot, so nothing is known about it. The line has the reason.',
    now: 'Look at the reason: a dead node, a refused connection, a wrong key or a time limit. The page about reaching nodes explains each of them. Do not take over its buckets or addresses until it is certain that it is dead.',
    keep: 'Let the service depend on the host check of the node, so that a reboot does not raise two alarms.',
  },
} satisfies Record<string, Section>;

/** What other rules do to the traffic of the VIP. */
export const firewall = {
  'rule-before': {
    means:
      'A rule before the cluster rule takes traffic that the cluster shares, so the cluster rule never sees it. What happens to the clients depends on the verdict of that rule; the line says what it is.',
    now: 'Put the cluster rule before it, or exclude the VIP from that rule. With CLUSTERIP insert the new rule first and delete the lower one afterwards, so that the held buckets stay.',
    keep: keepRules,
  },
  'rule-behind': {
    means: 'A firewall rule after the cluster rule denies what the cluster rule has let through.',
    now: 'Let the VIP through there, or, if that is intended, deny it on all nodes alike.',
    keep: keepRules,
  },
  'rule-may-take': {
    means:
      'A rule may take traffic that the cluster shares, and its text does not show which: a queue, an unknown match, a list filled by a program.',
    now: 'Put the cluster rule before it, or write that rule so that it leaves the VIP alone.',
    keep: keepRules,
  },
  'rule-aside': {
    means:
      'A rule before the cluster rule takes only traffic that the cluster does not serve, such as ssh or ping. It is listed only so that nothing goes unmentioned.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'rule-past': {
    means:
      'A return, a goto or a conditional jump leads part of the traffic past the cluster rule: TCP gets no answer, and UDP is answered by this node for every client.',
    now: 'Put the cluster rule first, or let that traffic come to it.',
    keep: keepRules,
  },
  'denied-alike': {
    means: 'All nodes deny the same traffic, or the same answers, so this is taken as policy and not as a fault.',
    now: 'Nothing, if that is intended.',
    keep: keepNothing,
  },
  'clients-banned': {
    means:
      'The firewall denies a handful of single clients, as fail2ban and similar tools do. No bucket is affected by that.',
    now: 'Nothing, unless one of these clients should be served.',
    keep: keepNothing,
  },
  'mark-changed': {
    means:
      'The DROP of the cluster depends on a packet mark, and another rule has changed that mark: it now drops clients of the buckets that this node holds.',
    now: 'Keep other rules from changing the mark of traffic for the VIP, for instance with a mask of their own.',
    keep: keepRules,
  },
  'tcp-hangs': {
    means:
      'The first packet of a TCP connection reaches the service, and the later ones do not. Clients connect and then wait until they give up, which looks like a slow service and not like a firewall.',
    now: 'Most often ESTABLISHED is accepted before the cluster rule, or the cluster rule matches only NEW. Put the cluster rule first, and let it match without a state.',
    keep: keepRules,
  },
  'tcp-never-opens': {
    means:
      'The cluster rule matches the later packets of connections but not the first, so no connection is ever established.',
    now: 'Let the rule match NEW too, or leave out the state.',
    keep: keepRules,
  },
  'tcp-reset': {
    means:
      'A rule resets connections that look new to this node but are answered by another one. It breaks the connections of the other nodes’ clients.',
    now: 'Make it a DROP, or put the cluster rule and its DROP before it.',
    keep: keepRules,
  },
  'conntrack-zone': {
    means:
      'A rule puts connections of the VIP into another zone of connection tracking than their answers. TCP may connect and then hang.',
    now: 'Exclude the VIP from that rule.',
    keep: keepRules,
  },
} satisfies Record<string, Section>;
