import { expect } from 'vitest';
import { expectWholeRepairs } from '../repairs.ts';
import type { Outcome, Probe } from '../uml/uml.ts';
import { type Ask, askAbout, clusterOf, inside, type Said, spoken } from './ask.ts';
import { expectNear, expectTraffic } from './expect_traffic.ts';
import type { Scenario, Shares } from './scenario.ts';
import { answered, fate, measure } from './traffic.ts';

/**
 * Holds against each other what the scenario lays down, what the plugin says of the snapshots, and what the clients saw:
 * the verdict, the shares of clients, and for every client the nodes that answer it. Gives what the plugin says.
 */
export async function expectOutcome(scenario: Scenario, outcome: Outcome, ask: Ask): Promise<Said> {
  expectTraffic(scenario, outcome);
  const cluster = clusterOf(scenario, outcome.snapshots);
  const said = await askAbout(ask, cluster, []);
  const text = spoken(said);
  expect(said.state, text).toBe(scenario.state);
  expect(text).toMatch(scenario.says);
  expectWholeRepairs(said.findings);
  expectShares(scenario, said, outcome);
  const asked = outcome.traffic.filter((probe) => isAsked(scenario, probe));
  if (asked.length > 0) expectClients(asked, await askAbout(inside, cluster, asked.map(clientOf)), scenario);
  return said;
}

/** The shares that the plugin gives are those laid down, and those of its kind of traffic. */
function expectShares({ judgedBy, tcp, datagrams }: Scenario, said: Said, { traffic }: Outcome): void {
  const wanted = judgedBy === 'tcp' ? tcp : judgedBy === 'datagrams' ? datagrams : null;
  if (wanted === null) return;
  const shares: Shares = [said.data?.shareLost ?? Number.NaN, said.data?.shareDoubled ?? Number.NaN];
  const text = `the plugin has ${shares}, ${wanted} is right\n${spoken(said)}`;
  for (const i of [0, 1] as const) expect(Math.abs(shares[i] - wanted[i]), text).toBeLessThan(0.006);
  const probes = traffic.filter(({ protocol }) => protocol === (judgedBy === 'tcp' ? 'tcp80' : 'udp'));
  expectNear(measure(probes), wanted, 210, text);
}

function isAsked({ clients }: Scenario, { protocol }: Probe): boolean {
  if (clients === 'none') return false;
  return protocol === 'tcp80' || (clients === 'all' && (protocol === 'udp' || protocol === 'icmp'));
}

/** A client in the words of `--client`. */
function clientOf({ protocol, source, port }: Probe): string {
  if (protocol === 'icmp') return `icmp:${source}`;
  return protocol === 'udp' ? `udp:${source}/${port}/53` : `tcp:${source}/${port}/80`;
}

/** `--client` names the nodes that answered, for every client of every protocol. */
function expectClients(probes: readonly Probe[], said: Said, { state }: Scenario): void {
  const answers = said.data?.clients ?? [];
  expect(answers.length, spoken(said).slice(0, 2000)).toBe(probes.length);
  const wrong = probes.flatMap((probe, i) => {
    const nodes = answers[i]?.nodes ?? null;
    const truth = probe.protocol === 'tcp80' && fate(probe) === 'doubled' ? probe.began : answered(probe);
    const right = nodes !== null && [...nodes].sort().join() === [...truth].sort().join();
    return right ? [] : [`${clientOf(probe)}: ${nodes?.join('+') ?? '?'} by the plugin, ${probe.answers} in truth`];
  });
  expect(wrong.slice(0, 5), `${wrong.length} of ${probes.length} clients`).toEqual([]);
  const hurt = probes.some((probe) => fate(probe) !== 'once');
  if (!hurt) expect(said.state, spoken(said).slice(0, 2000)).toBe(state);
}
