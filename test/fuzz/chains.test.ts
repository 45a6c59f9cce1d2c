import { expect, test } from 'vitest';
import { readRecording } from '../lab/netns/recording.ts';
import { scenarios } from '../lab/netns/scenarios.ts';
import { whyChainsNotHealthy } from './brute_force_chains.ts';
import { falseOks, type Situation, verdict, vip } from './cluster.ts';
import { firstSeed, roundsOf } from './rounds.ts';

// As snapshots.test.ts does with CLUSTERIP: breaks what kernels gave of xt_cluster and nftables.

const rounds = roundsOf(2500);

// Clusters that both judges call healthy, none so large that the mutations miss what decides.
const healthy: readonly Situation[] = scenarios.flatMap((scenario) => {
  const { name, ipv6, state, silent, options } = scenario;
  // An accept that ends its own chain alone does nothing, and brute force doubts every rule that it cannot read.
  if (ipv6 || state !== 'OK' || silent.length + options.length > 0 || /ends-that-chain-alone/.test(name)) return [];
  const snapshots = Object.values(readRecording(scenario)?.snapshots ?? {});
  const small = snapshots.every((text) => text.length < 12_000);
  return small && whyChainsNotHealthy(snapshots, vip) === null ? [{ name, snapshots }] : [];
});

test('what is broken is there, and healthy', () => {
  expect(healthy.length).toBeGreaterThan(40);
  for (const { name, snapshots } of healthy) expect(verdict(snapshots).state, name).toBe('OK');
});

test(`${rounds} changes: one answer each, and OK only where brute force agrees`, { timeout: 900_000 }, () => {
  const { found, outcomes } = falseOks({
    rounds,
    firstSeed,
    pick: (chance) => chance.pick(healthy, { name: '', snapshots: [] }),
    oneCutIn: 10,
    whyNot: (snapshots) => whyChainsNotHealthy(snapshots, vip),
  });
  expect(found).toEqual([]);
  if (rounds >= 1000) for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(rounds / 100);
});
