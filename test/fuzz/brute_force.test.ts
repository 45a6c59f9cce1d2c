import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scenarios } from '../lab/clusterip/scenarios.ts';
import { whyNotHealthy } from './brute_force.ts';

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
