import { type Family, formatIp, wholeFamily } from '../../address/index.ts';
import { pingOf } from '../model/condition.ts';
import {
  allPorts,
  allProtocols,
  count,
  type Interval,
  joined,
  noClients,
  phase,
  protocolNumbers,
  type Traffic,
  tcp,
  udp,
} from '../model/traffic.ts';

/**
 * Describes in words which of the VIP's traffic a set is: `tcp port 80`, `icmp`, `clients of 10.0.0.0/8`; empty for
 * everything.
 */
export function describeTraffic(traffic: Traffic): string {
  return joinedWords([describeProtocols(traffic.spans('protocol')), describeRest(traffic)]);
}

/** The same without its protocols. */
function describeRest(traffic: Traffic): string {
  return joinedWords([
    describePorts('from port', traffic.spans('sport')),
    describePorts('port', traffic.spans('dport')),
    describeSources(traffic.spans('source'), traffic.space.family),
    describePhases(traffic.spans('phase')),
  ]);
}

function joinedWords(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/**
 * The part of some traffic that a cluster serves, in words: TCP and UDP, and pings where they fare alike; empty for all three.
 * Other protocols would hide it.
 */
export function describeServed(traffic: Traffic): string {
  const { space } = traffic;
  const ping = pingOf(space);
  const parts = [tcp, udp, ping]
    .map((protocol) => ({ protocol, part: traffic.and(space.only({ protocol })) }))
    .filter(({ part }) => !part.isEmpty)
    .map(({ protocol, part }) => ({ protocol, rest: describeRest(part) }));
  const main = parts.filter(({ protocol }) => protocol !== ping);
  const [first] = main;
  if (first === undefined) return describeTraffic(traffic);
  const alike = main.length === 2 && main.every(({ rest }) => rest === first.rest);
  if (alike && parts.length === 3 && parts.every(({ rest }) => rest === first.rest)) return first.rest;
  if (alike) return joinedWords(['tcp and udp', first.rest]);
  return main.map(({ protocol, rest }) => joinedWords([protocolName(protocol), rest])).join(' and ');
}

/** The share of a family's addresses that the clients of a set have, from 0 to 1. */
export function sourceShare(traffic: Traffic): number {
  return Number(count(traffic.spans('source'))) / Number(count([wholeFamily(traffic.space.family)]));
}

/** A share as a person reads it: `50 %`, `0.4 %`, `under 0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return 'under 0.1 %';
  const rounded = value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${rounded} %`;
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

function describeSources(spans: readonly Interval[], family: Family): string {
  // Addresses that no client has may be missing.
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
  return [...protocolNumbers].find(([, value]) => value === number)?.[0] ?? `protocol ${number}`;
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

/** The one value missing from spans that otherwise hold everything; null when more or nothing is missing. */
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

/** Writes an address range as a block where it is one (`10.0.0.0/8`), else from-to. */
function formatSpan({ low, high }: Interval, family: Family): string {
  const bits = family === 4 ? 32 : 128;
  const size = high - low + 1n;
  const length = bits - (size.toString(2).length - 1);
  const first = formatIp({ family, value: low });
  if (size === 1n) return first;
  const isBlock = (size & (size - 1n)) === 0n && low % size === 0n;
  return isBlock ? `${first}/${length}` : `${first}-${formatIp({ family, value: high })}`;
}
