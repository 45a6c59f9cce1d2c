import { wholeFamily } from '../../address/index.ts';
import { formatSpan } from '../iptables/options.ts';
import {
  allPorts,
  allProtocols,
  count,
  type Interval,
  joined,
  noClients,
  phase,
  project,
  protocolNumbers,
  type Region,
} from '../model/traffic.ts';

/** Says in words which of the VIP's traffic a region is: `tcp port 80`, `icmp`, `clients of 10.0.0.0/8`; empty for everything. */
export function describeTraffic(region: Region, family: 4 | 6 = 4): string {
  return [
    describeProtocols(project(region, 'protocol')),
    describePorts('from port', project(region, 'sport')),
    describePorts('port', project(region, 'dport')),
    describeSources(project(region, 'source'), family),
    describePhases(project(region, 'phase')),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** The share of a family's addresses that a region's clients have, from 0 to 1. */
export function sourceShare(region: Region, family: 4 | 6 = 4): number {
  return Number(count(project(region, 'source'))) / Number(count([wholeFamily(family)]));
}

function describeProtocols(spans: readonly Interval[]): string {
  if (isWhole(spans, allProtocols)) return '';
  const missing = gap(spans, allProtocols);
  if (missing !== null) return `all but ${protocolName(missing)}`;
  return shortList(spans.map(({ low, high }) => (low === high ? protocolName(low) : `protocols ${low}-${high}`)));
}

function describePorts(word: string, spans: readonly Interval[]): string {
  if (isWhole(spans, allPorts)) return '';
  const missing = gap(spans, allPorts);
  if (missing !== null) return `${word} other than ${missing}`;
  const plural = spans.length > 1 || spans.some(({ low, high }) => low !== high) ? `${word}s` : word;
  return `${plural} ${shortList(spans.map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`)))}`;
}

function describeSources(spans: readonly Interval[], family: 4 | 6): string {
  // What no client comes from may be missing.
  const filled = joined([...spans, ...noClients(family)]);
  if (isWhole(filled, wholeFamily(family))) return '';
  const others = gaps(filled, wholeFamily(family));
  if (count(others) < count(filled))
    return `clients other than ${shortList(others.map((span) => formatSpan(span, family)))}`;
  return `clients of ${shortList(spans.map((span) => formatSpan(span, family)))}`;
}

function describePhases(spans: readonly Interval[]): string {
  if (spans.length !== 1 || spans[0]?.low !== spans[0]?.high) return '';
  return spans[0]?.low === phase.first ? 'NEW' : 'ESTABLISHED';
}

function protocolName(number: bigint): string {
  return Object.entries(protocolNumbers).find(([, value]) => value === number)?.[0] ?? `protocol ${number}`;
}

function isWhole(spans: readonly Interval[], whole: Interval): boolean {
  return spans.length === 1 && spans[0]?.low === whole.low && spans[0].high === whole.high;
}

/** What intervals leave out of a whole. */
function gaps(spans: readonly Interval[], whole: Interval): readonly Interval[] {
  const ends = [...spans, { low: whole.high + 1n, high: whole.high }];
  return ends.flatMap(({ low }, i) => {
    const from = i === 0 ? whole.low : (spans[i - 1]?.high ?? whole.low) + 1n;
    return from < low ? [{ low: from, high: low - 1n }] : [];
  });
}

/** The one value that is missing in spans which else hold the whole; null when more or nothing is missing. */
function gap(spans: readonly Interval[], whole: Interval): bigint | null {
  const [first, second] = spans;
  if (spans.length !== 2 || first === undefined || second === undefined) return null;
  const split = first.low === whole.low && second.high === whole.high && second.low === first.high + 2n;
  return split ? first.high + 1n : null;
}

function shortList(parts: readonly string[]): string {
  const shown = parts.slice(0, 5).join(', ');
  return parts.length > 5 ? `${shown} and ${parts.length - 5} more` : shown;
}
