import { type Fault, fault } from '../findings/index.ts';
import { headline, listOf, type Report, worst } from '../plugin/index.ts';
import type { HostFacts } from './facts.ts';
import { type JudgedHost, judgeHost, type WantedSource } from './judge.ts';

/** The report over all hosts; `unresolved` are the targets whose names gave no address. */
export function reportSource(hosts: readonly HostFacts[], unresolved: readonly Fault[], wanted: WantedSource): Report {
  const judged = hosts.map((host) => judgeHost(host, wanted));
  const faults = [...unresolved, ...judged.flatMap((host) => host.faults), ...nobodyActive(judged, wanted)];
  const state = worst(faults.map((one) => one.state));
  const ways = judged.reduce((sum, host) => sum + host.ways, 0);
  const wrong =
    judged.reduce((sum, host) => sum + host.wrong, 0) + unresolved.filter((one) => one.state === 'CRITICAL').length;
  return {
    state,
    summary: state === 'OK' ? allRight(judged, faults, wanted) : (headline(faults, state) ?? ''),
    findings: faults,
    perfdata: [
      {
        label: 'targets_judged',
        value: ways,
        min: 0,
        series: { name: 'source_targets', help: 'Ways to targets that were judged' },
      },
      {
        label: 'targets_wrong',
        value: wrong,
        series: {
          name: 'source_targets_wrong',
          help: 'Ways to targets on which packets would not leave with the wanted source address',
        },
        crit: { low: 0, high: 0, inside: false },
        min: 0,
        max: ways + unresolved.length,
      },
    ],
    data: { source: wanted.source, ifActive: wanted.ifActive ?? null, hosts: hosts.map(hostData(judged)) },
  };
}

/** Lines of `-v` about NAT on the way out that was not judged, and how to have it judged. */
export function natLeftOpen(hosts: readonly HostFacts[], { nat, ifActive }: WantedSource): readonly string[] {
  if (nat) return [];
  const open = new Map<string, string[]>();
  for (const host of hosts) {
    const passive = host.reached && ifActive !== undefined && host.has(ifActive) === false;
    const ways = host.reached && !passive ? host.ways : [];
    const why = new Set(
      ways.flatMap((way) => {
        if (!way.known || !way.routes.some(({ kind }) => kind === 'sent')) return [];
        return way.nat === null ? ['only the route was asked for'] : typeof way.nat === 'string' ? [way.nat] : [];
      }),
    );
    for (const one of why) open.set(one, [...(open.get(one) ?? []), host.name]);
  }
  return [...open].map(
    ([why, names]) =>
      `not judged: whether NAT (SNAT, MASQUERADE) changes the source of what leaves ${listOf(names)} (${why}); with --nat the rules are read and judged`,
  );
}

/** Of several hosts one must be active, or nothing at all was judged. */
function nobodyActive(judged: readonly JudgedHost[], { ifActive }: WantedSource): readonly Fault[] {
  const passive = judged.filter((host) => host.passive);
  if (judged.length < 2 || passive.length < judged.length || ifActive === undefined) return [];
  const brief = `${ifActive} is on none of ${listOf(passive.map(({ name }) => name))}`;
  return [
    fault(
      'UNKNOWN',
      'nobody-active',
      brief,
      `${brief}: nothing was judged (check_cluster_vip says where it should be)`,
    ),
  ];
}

function allRight(judged: readonly JudgedHost[], faults: readonly Fault[], { source, named }: WantedSource): string {
  const active = judged.filter((host) => !host.passive);
  const ways = active.reduce((sum, host) => sum + host.ways, 0);
  const [only = faults[0]] = active.flatMap((host) => host.faults);
  if (ways < 2) return only?.brief ?? '';
  if (!named) return `all ${ways} targets are reached from ${source}`;
  const who = listOf(active.map(({ name }) => name));
  return `${who} ${active.length === 1 ? 'reaches' : 'reach'} all targets from ${source}`;
}

function hostData(judged: readonly JudgedHost[]) {
  return (host: HostFacts) => {
    const { name } = host;
    if (!host.reached) return { name, reached: false, reason: host.reason };
    const passive = judged.find((one) => one.name === name)?.passive ?? false;
    return { name, reached: true, passive, targets: passive ? [] : host.ways };
  };
}
