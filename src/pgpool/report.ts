import { headline, type Metric, type Report, severity, worst } from '../plugin/index.ts';
import type { Verdict } from './answer.ts';
import { isStreaming, isUp, placeOf } from './backend.ts';
import { poolPrimaries } from './judge.ts';
import { metricsOf } from './limits.ts';
import { aliveCount } from './watchdog.ts';
import type { Wishes } from './wishes.ts';

/** Puts the verdict on a Pgpool into a report; `more` are lines for its end. */
export function reportPgpool(verdict: Verdict, wishes: Wishes, more: readonly string[] = []): Report {
  const { host, faults, backends, settings, children, watchdog } = verdict;
  const state = worst(faults.map((one) => one.state));
  const problem = state === 'OK' ? null : headline(faults, state);
  const inOrder = [...faults].sort((a, b) => severity[b.state] - severity[a.state]);
  return {
    summary: `${host}: ${problem ?? goodSummary(verdict)}`,
    findings: inOrder.map((one) => ({ state: one.state, code: one.code, text: one.text })),
    perfdata: [...metricsOf({ backends, settings, children }, wishes), ...watchdogMetrics(verdict)],
    details: more,
    data: {
      ...{ host, version: verdict.version, source: verdict.source, backends, settings, children },
      watchdog: watchdog ?? null,
    },
  };
}

function goodSummary({ backends, children, watchdog }: Verdict): string {
  const up = `${backends.filter(isUp).length} of ${backends.length} backends up`;
  const primary = isStreaming(backends)
    ? poolPrimaries(backends).map((one) => `primary ${one.id} (${placeOf(one)})`)
    : [];
  const busy = children === null ? [] : [`${children.used} of ${children.most} children in use`];
  const dogs = watchdog?.kind === 'read' ? [`watchdog ${aliveCount(watchdog)} of ${watchdog.total}`] : [];
  return [up, ...primary, ...busy, ...dogs].join(', ');
}

function watchdogMetrics({ watchdog }: Verdict): readonly Metric[] {
  if (watchdog?.kind !== 'read') return [];
  return [
    {
      label: 'watchdog_nodes',
      value: watchdog.total,
      min: 0,
      series: { name: 'pgpool_watchdog_nodes', help: 'Nodes of the watchdog' },
    },
    {
      label: 'watchdog_alive',
      value: aliveCount(watchdog),
      min: 0,
      max: watchdog.total,
      series: { name: 'pgpool_watchdog_nodes_alive', help: 'Nodes of the watchdog that are alive' },
    },
  ];
}
