import { accountLine, agentLines, sharedLines } from './account.ts';
import { clusterOf } from './cluster.ts';
import type { Here, NodeFacts, ProbeFacts } from './facts.ts';
import { clusterObject, type HostOptions, probeObject } from './host_object.ts';
import { type Subject, works } from './line.ts';
import { judgeNode } from './node.ts';
import { judgeProbe } from './probe.ts';
import { neededTimeout } from './time.ts';

/** All that was gathered, and what was asked for. */
export type Facts = {
  readonly here: Here;
  readonly nodes: readonly NodeFacts[];
  readonly probes: readonly ProbeFacts[];
  /** The shared addresses as they were given. */
  readonly vips: readonly string[];
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
  const agent = nodes.some(({ way }) => way.kind === 'ssh') ? agentLines(here) : [];
  const self = [accountLine(here), ...agent, ...sharedLines(here)];
  const account = isReplay ? [] : [{ title: 'this machine', lines: self }];
  if (!isReplay && isWrongAccount(here))
    return { subjects: [{ title: 'this machine', lines: [accountLine(here)] }], objects: [] };
  const judged = nodes.map((node) => ({ node, subject: judgeNode(node, here) }));
  const looked = probes.map((probe) => ({ probe, subject: judgeProbe(probe, here) }));
  const fit = judged.filter(({ subject }) => works(subject.lines)).map(({ node }) => node);
  const unfit = nodes.filter((node) => !fit.includes(node));
  const cluster = fit.length === 0 ? null : clusterOf(facts, unfit);
  const hosts = looked.filter(({ subject }) => works(subject.lines)).map(({ probe }) => probe);
  return {
    subjects: [
      ...account,
      ...judged.map(({ subject }) => subject),
      ...(cluster === null ? [] : [{ title: 'shared address', lines: cluster.lines }]),
      ...looked.map(({ subject }) => subject),
    ],
    objects: [
      ...(cluster === null || cluster.vips.length === 0 || !works(cluster.lines)
        ? []
        : [
            clusterObject({
              name: freeName(hosts.map(({ host }) => host)),
              ...{ vips: cluster.vips, isFailover: cluster.isFailover, nodes: fit, rest: unfit },
              ...{ timeout: slowest(fit), options: facts.clusterOptions },
            }),
          ]),
      ...hosts.map((probe) => probeObject(probe, facts.probeOptions)),
    ],
  };
}

/** The name of the cluster's host: a probe may be called the same. */
function freeName(taken: readonly string[]): string {
  for (let number = 1; ; number++) if (!taken.includes(`cluster${number}`)) return `cluster${number}`;
}

/** The time limit that the slowest of the nodes needs. */
function slowest(nodes: readonly NodeFacts[]): number | null {
  const all = nodes.map(({ way, answer }) =>
    answer?.reached === true && way.kind !== 'file' ? answer.milliseconds : 0,
  );
  return neededTimeout(Math.max(0, ...all));
}

/** Whether nothing but that can be said truly: see `accountLine`. */
export function isWrongAccount(here: Here): boolean {
  return !works([accountLine(here)]);
}
