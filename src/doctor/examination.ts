import { accountLine } from './account.ts';
import type { Here, NodeFacts, ProbeFacts } from './facts.ts';
import { clusterObject, type HostOptions, probeObject } from './host_object.ts';
import { note, ok, type Subject, todo, works } from './line.ts';
import { judgeNode } from './node.ts';
import { judgeProbe } from './probe.ts';
import { sharedAddress, showsAddress, snapshotsOf } from './vip.ts';

/** All that was gathered, and what was asked for. */
export type Facts = {
  readonly here: Here;
  readonly nodes: readonly NodeFacts[];
  readonly probes: readonly ProbeFacts[];
  /** The shared address as it was given. */
  readonly vip: string | null;
  /** What the hosts in Icinga carry besides: options of the cluster plugins, and of check_sensorprobe. */
  readonly clusterOptions: HostOptions;
  readonly probeOptions: HostOptions;
};

/** Everything that the doctor says. */
export type Examination = {
  readonly subjects: readonly Subject[];
  /** The objects for Icinga, of what works; empty where nothing does. */
  readonly objects: readonly string[];
};

/** Turns what was gathered into what is said. */
export function examine(facts: Facts): Examination {
  const { here, nodes, probes } = facts;
  // What is saved says the same to everybody.
  const isReplay = probes.length === 0 && nodes.length > 0 && nodes.every(({ way }) => way.kind === 'file');
  const account = isReplay ? [] : [{ title: 'this machine', lines: [accountLine(here)] }];
  if (!isReplay && isWrongAccount(here)) return { subjects: account, objects: [] };
  const judged = nodes.map((node) => ({ node, subject: judgeNode(node, here) }));
  const looked = probes.map((probe) => ({ probe, subject: judgeProbe(probe, here) }));
  const fit = judged.filter(({ subject }) => works(subject.lines)).map(({ node }) => node);
  const unfit = nodes.filter((node) => !fit.includes(node));
  const vip = facts.vip ?? sharedAddress(snapshotsOf(nodes));
  return {
    subjects: [
      ...account,
      ...judged.map(({ subject }) => subject),
      ...(fit.length === 0 ? [] : [vipSubject(facts, vip)]),
      ...looked.map(({ subject }) => subject),
    ],
    objects: [
      ...(vip === null || fit.length === 0 ? [] : [clusterObject(vip, fit, unfit, facts.clusterOptions)]),
      ...looked
        .filter(({ subject }) => works(subject.lines))
        .map(({ probe }) => probeObject(probe, facts.probeOptions)),
    ],
  };
}

/** Whether nothing but that can be said truly: see `accountLine`. */
export function isWrongAccount(here: Here): boolean {
  return !works([accountLine(here)]);
}

function vipSubject({ vip, nodes }: Facts, found: string | null): Subject {
  const title = 'shared address';
  if (found === null)
    return { title, lines: [todo('VIP', 'the nodes do not show which one it is: give it with --vip')] };
  if (vip === null) return { title, lines: [ok('VIP', `${found}, as the nodes show it`)] };
  if (showsAddress(snapshotsOf(nodes), vip)) return { title, lines: [ok('VIP', `${vip}, which a node shows`)] };
  // A node that has not answered may be the one that has it.
  const isAll = nodes.every(({ answer }) => answer?.reached === true);
  const text = `${vip} is on none of the nodes ${isAll ? '' : 'that have answered'}`.trim();
  return {
    title,
    lines: [isAll ? todo('VIP', `${text}: is it right, and is the cluster running?`) : note('VIP', text)],
  };
}
