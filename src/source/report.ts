import { type Fault, fault, headline, listOf, type Report, worst } from '../plugin/index.ts';
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
      { label: 'targets_judged', value: ways, min: 0 },
      {
        label: 'targets_wrong',
        value: wrong,
        crit: { low: 0, high: 0, inside: false },
        min: 0,
        max: ways + unresolved.length,
      },
    ],
    data: { source: wanted.source, ifActive: wanted.ifActive ?? null, hosts: hosts.map(hostData(judged)) },
  };
}

/** Of several hosts one must be active, or nothing at all was judged. */
function nobodyActive(judged: readonly JudgedHost[], { ifActive }: WantedSource): readonly Fault[] {
  const passive = judged.filter((host) => host.passive);
  if (judged.length < 2 || passive.length < judged.length || ifActive === undefined) return [];
  const brief = `${ifActive} is on none of ${listOf(passive.map(({ name }) => name))}`;
  return [fault('UNKNOWN', brief, `${brief}: nothing was judged (check_cluster_vip says where it should be)`)];
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
