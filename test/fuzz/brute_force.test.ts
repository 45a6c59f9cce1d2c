import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scenarios } from '../lab/clusterip/scenarios.ts';
import { readRecording } from '../lab/netns/recording.ts';
import { scenarios as chainScenarios } from '../lab/netns/scenarios.ts';
import { whyNotHealthy } from './brute_force.ts';
import { whyChainsNotHealthy } from './brute_force_chains.ts';

// The judge that the fuzz test trusts is itself held against a real kernel: what clients saw there decides.
test.each(scenarios.map(({ name, state }) => [name, state] as const))('brute force on %s', (name, state) => {
  const folder = `test/fixtures/clusterip/${name}`;
  const nodes = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  const why = whyNotHealthy(
    nodes.map((file) => readFileSync(`${folder}/${file}`, 'utf8')),
    '192.168.56.20',
  );
  if (state === 'OK') expect(why).toBeNull();
  else if (state !== 'WARNING') expect(why).not.toBeNull();
});

const ipv4 = chainScenarios.filter(({ ipv6, silent }) => !ipv6 && silent.length === 0);

test.each(ipv4.map((scenario) => [scenario.name, scenario] as const))('brute force on %s', (name, scenario) => {
  const recording = readRecording(scenario);
  if (recording === null) throw new Error(`${name} is not recorded`);
  const why = whyChainsNotHealthy(Object.values(recording.snapshots), '192.168.56.20');
  // What it does not understand it calls unhealthy, so that only its praise is worth a test.
  if (scenario.state === 'CRITICAL' || scenario.state === 'UNKNOWN') expect(why).not.toBeNull();
});

test('brute force understands enough of the healthy ones', () => {
  const healthy = ipv4.filter(({ state }) => state === 'OK');
  const praised = healthy.filter((scenario) => {
    const snapshots = Object.values(readRecording(scenario)?.snapshots ?? {});
    return whyChainsNotHealthy(snapshots, '192.168.56.20') === null;
  });
  expect(praised.length).toBeGreaterThan(40);
});
