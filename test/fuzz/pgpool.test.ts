import { expect, test } from 'vitest';
import { backends, judged, telling } from '../pgpool/capture.ts';
import { random } from './random.ts';
import { firstSeed, roundsOf } from './rounds.ts';

// Backends with any words in their cells: OK only where a second judge, which knows nothing but what healthy means, agrees.

const rounds = roundsOf(2000);

const words = {
  status: ['up', 'up', 'up', 'waiting', 'down', 'quarantine', 'unused', ' UP', 'odd', ''],
  pg_status: ['up', 'up', 'up', 'down', 'unknown', 'odd'],
  role: ['primary', 'standby', 'standby', 'main', 'replica', 'odd', ''],
  pg_role: ['primary', 'standby', 'standby', 'unknown', 'odd'],
  replication_state: ['streaming', 'streaming', 'streaming', '', 'catchup', 'odd'],
} as const;

type Cells = Readonly<Record<keyof typeof words, string>>;

/** Whether streaming replication is healthy, in one sentence for each column. */
function isHealthy(all: readonly Cells[]): boolean {
  const used = all.filter(({ status }) => status !== 'unused');
  const primaries = used.filter(({ role }) => role === 'primary');
  return (
    primaries.length === 1 &&
    used.every(({ role }) => role === 'primary' || role === 'standby') &&
    used.every(({ status }) => ['up', ' UP', 'waiting'].includes(status)) &&
    used.every(({ pg_status: own }) => own === 'up' || own === 'unknown') &&
    // A PostgreSQL that runs, and does not tell its role, is one that Pgpool does not get into.
    used.every(({ role, pg_role: own, pg_status: state }) => own === role || (own === 'unknown' && state !== 'up')) &&
    used.every(({ role, replication_state: state }) => role === 'primary' || state === 'streaming')
  );
}

/** The same in the modes without roles of their own. */
function isHealthyWithoutRoles(all: readonly Cells[]): boolean {
  const used = all.filter(({ status }) => status !== 'unused');
  return (
    used.length > 0 &&
    used.every(({ role }) => role === 'main' || role === 'replica') &&
    used.every(({ status }) => ['up', ' UP', 'waiting'].includes(status)) &&
    used.every(({ pg_status: own }) => own === 'up' || own === 'unknown')
  );
}

test('no words in the cells of backends are OK that are not healthy, and none that are healthy an alarm', () => {
  let healthy = 0;
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const chance = random(seed);
    const all = Array.from({ length: 1 + chance.below(3) }, (_, i) => {
      const cells = Object.entries(words).map(([name, some]) => [name, chance.pick<string>(some, '')] as const);
      // Mostly as a pair is, or hardly any would be healthy.
      const usual = i === 0 ? 'primary' : 'standby';
      const roles = chance.below(3) > 0 ? { role: usual, pg_role: usual } : {};
      return { ...Object.fromEntries(cells), ...roles } as Cells;
    });
    const expected = isHealthy(all) || isHealthyWithoutRoles(all);
    if (expected) healthy++;
    const { state, text } = judged({ told: telling(backends(...all)) });
    expect(state === 'OK', `seed ${seed}: ${JSON.stringify(all)}\n${text}`).toBe(expected);
    expect(text).not.toMatch(/pcp_attach_node[^\n]*second primary\. Do not/);
  }
  expect(healthy).toBeGreaterThan(rounds / 40);
});
