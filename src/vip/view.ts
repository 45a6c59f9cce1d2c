import { isMulticastMac, type View } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { isLoopback, linkOf } from '../member/index.ts';
import { listOf } from '../plugin/index.ts';
import type { VipNode } from './node.ts';
import { isShared, type WantedVip } from './wanted.ts';

/** What the poller's own view is compared with. */
export type Known = {
  /** The MACs that the answer may come with; null: any that suits. */
  readonly macs: readonly string[] | null;
  /** How many nodes must answer; null when that is not known. */
  readonly answers: number | null;
};

/** What the nodes' facts say about the answers that a poller gets; without nodes, only what the options say. */
export function knownFrom(nodes: readonly VipNode[], whole: boolean, mac: string | null, wanted: WantedVip): Known {
  const answers = wanted.expect !== 'all' ? wanted.expect : whole && nodes.length > 0 ? nodes.length : null;
  const named = wanted.skipMac ? null : (wanted.mac ?? mac);
  if (named !== null) return { macs: [named], answers };
  if (isShared(wanted) || wanted.skipMac) return { macs: null, answers };
  const own = nodes.flatMap(({ node, places }) =>
    places
      .filter(({ address }) => !isLoopback(node, address.ifname))
      .map(({ address }) => linkOf(node, address.ifname)?.mac ?? null),
  );
  const macs = own.filter((one) => one !== null);
  return { macs: macs.length > 0 && macs.length === own.length ? macs : null, answers };
}

/** Judges what this host sees of the VIP on its own link. */
export function judgeView(view: View, known: Known, wanted: WantedVip): readonly Fault[] {
  const from = 'from here';
  if (view.kind === 'blind')
    return [
      fault(
        'UNKNOWN',
        'view-blind',
        `not seen ${from}: ${view.reason}`,
        `${from}, ${wanted.vip} cannot be checked: ${view.reason}`,
      ),
    ];
  if (view.kind === 'arp') return judgeReplies(view, known, wanted);
  const { outcome, ifname, seconds } = view;
  const within = `within ${seconds} s of a datagram to it`;
  if (outcome.kind === 'silent') return [nobodyAnswers(ifname, wanted)];
  if (outcome.kind === 'confirmed') {
    if (wanted.expect === 0) return [unwantedAnswers([outcome.mac], ifname, wanted)];
    const wrong = macFault([outcome.mac], known, ifname, wanted);
    const text = `${from} (${ifname}), ${wanted.vip} is answered by ${outcome.mac}, confirmed ${within}; how many nodes answer is not known (${view.instead})`;
    return [
      ...wrong,
      ...(wrong.length > 0 ? [] : [fault('OK', 'view-right', `${outcome.mac} answers from here`, text)]),
    ];
  }
  const proof = { open: 'the kernel has not finished', fixed: 'its entry in the neighbour table was set by hand' };
  const why =
    outcome.kind === 'old'
      ? `the neighbour table names ${outcome.mac}, but that is ${outcome.seconds} s old and was not confirmed ${within}`
      : `${proof[outcome.kind]} (${within})`;
  const brief = `not proven ${from}`;
  return [
    fault(
      'UNKNOWN',
      'view-unproven',
      brief,
      `${from} (${ifname}), nothing is proven: ${why}. ${view.instead}: the arping of iputils gives a certain answer`,
    ),
  ];
}

function judgeReplies(
  { ifname, replies, rounds }: Extract<View, { kind: 'arp' }>,
  known: Known,
  wanted: WantedVip,
): readonly Fault[] {
  const macs = [...new Set(replies)];
  if (macs.length === 0) return [nobodyAnswers(ifname, wanted)];
  if (wanted.expect === 0) return [unwantedAnswers(macs, ifname, wanted)];
  // Each node answers each broadcast once; a lost reply is made good by the other rounds.
  const answers = macs.reduce((sum, mac) => sum + Math.ceil(replies.filter((one) => one === mac).length / rounds), 0);
  const wrong = [
    ...macFault(macs, known, ifname, wanted),
    ...(macs.length > 1 ? [] : countFault(answers, known, ifname, wanted)),
  ];
  if (wrong.length > 0) return wrong;
  const who = answers === 1 ? '1 node answers' : `${answers} nodes answer`;
  return [
    fault(
      'OK',
      'view-right',
      `${who} from here with ${macs[0]}`,
      `from here (${ifname}), ${who} ARP for ${wanted.vip} with ${macs[0]}`,
    ),
  ];
}

function nobodyAnswers(ifname: string, { vip, expect }: WantedVip): Fault {
  const text = `nobody answers for ${vip} on the link of ${ifname}`;
  if (expect === 0) return fault('OK', 'view-right', 'nobody answers from here, as expected', `from here, ${text}`);
  return fault(
    'CRITICAL',
    'view-silent',
    'nobody answers from here',
    `from here, ${text}: it is on no node, or none is reached from here`,
  );
}

function unwantedAnswers(macs: readonly string[], ifname: string, { vip }: WantedVip): Fault {
  const brief = `${listOf(macs)} answers from here, expected nobody`;
  return fault(
    'CRITICAL',
    'view-unwanted',
    brief,
    `from here (${ifname}), ${vip} is answered by ${listOf(macs)}, expected by nobody (--expect none)`,
  );
}

/** MACs that contradict each other, or one that is not the VIP's. */
function macFault(
  macs: readonly string[],
  { macs: wantedMacs }: Known,
  ifname: string,
  wanted: WantedVip,
): readonly Fault[] {
  const { vip, skipMac } = wanted;
  const seen = `from here (${ifname}), ${vip} is answered by ${listOf(macs)}`;
  if (macs.length > 1) {
    const shared = isShared(wanted);
    const brief = `${shared ? '' : 'split brain: '}${macs.length} MACs answer from here`;
    const text = shared
      ? 'which contradict each other: a client reaches only the nodes that listen to the one it has learned. All must announce the cluster MAC (CLUSTERIP does; otherwise add an ARP rule on each node)'
      : 'a split brain: each client reaches whichever it learned last';
    return [fault('CRITICAL', shared ? 'view-macs-differ' : 'vip-split-brain', brief, `${seen}, ${text}`)];
  }
  const [mac = ''] = macs;
  if (skipMac) return [];
  if (wantedMacs !== null) {
    if (wantedMacs.includes(mac)) return [];
    return [
      fault(
        'CRITICAL',
        'view-mac-unexpected',
        `${mac} answers from here, not ${listOf(wantedMacs, 'or')}`,
        `${seen}, expected ${listOf(wantedMacs, 'or')}`,
      ),
    ];
  }
  if (!isShared(wanted) || isMulticastMac(mac)) return [];
  const text = `${seen}, which is the MAC of one card: clients reach that node alone. For a failover VIP use --expect one`;
  return [fault('CRITICAL', 'mac-unicast', `${mac}, which answers from here, is unicast`, text)];
}

/** One MAC, but not as many answers to each question as there should be nodes. */
function countFault(answers: number, known: Known, ifname: string, { vip, expect }: WantedVip): readonly Fault[] {
  const { answers: expected } = known;
  if (expected === null || answers === expected) return [];
  const who = answers === 1 ? '1 node answers' : `${answers} nodes answer`;
  const seen = `from here (${ifname}), ${who} ARP for ${vip}, expected ${expected}`;
  if (answers < expected)
    return [
      fault(
        'WARNING',
        'view-too-few',
        `${who} from here, expected ${expected}`,
        `${seen}: the others do not have it, or do not hear this host`,
      ),
    ];
  const brief = expect === 1 ? `split brain: ${who} from here` : `${who} from here, expected ${expected}`;
  return [
    fault(
      'CRITICAL',
      expect === 1 ? 'vip-split-brain' : 'view-too-many',
      brief,
      `${seen}, all with the same MAC: another host has it too`,
    ),
  ];
}
