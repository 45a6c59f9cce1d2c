import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { hostFacts, reportSource } from '../../src/source/index.ts';
import { snapshotText } from '../snapshot_text.ts';

const target = { text: '198.51.100.1', address: '198.51.100.1' };

function facts(text: string, name: string) {
  const snapshot = parseSnapshot(text);
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return hostFacts(name, snapshot.value, [target]);
}

function judged(situation: string, ifActive?: string) {
  const hosts = ['n1', 'n2'].map((name) =>
    facts(readFileSync(`test/fixtures/source/${situation}/${name}.txt`, 'utf8'), name),
  );
  const { state, summary } = reportSource(hosts, [], { source: '192.0.2.100', ifActive, nat: false, named: true });
  return `[${state}] ${summary}`;
}

test.each([
  ['source-set', '192.0.2.100', '[OK] n1: 198.51.100.1 is reached from 192.0.2.100'],
  ['source-set', undefined, '[CRITICAL] n2: 198.51.100.1 is reached from 192.0.2.12, expected 192.0.2.100'],
  ['source-not-set', '192.0.2.100', '[CRITICAL] n1: 198.51.100.1 is reached from 192.0.2.11, expected 192.0.2.100'],
  ['vip-removed', '192.0.2.100', '[UNKNOWN] 192.0.2.100 is on none of n1 and n2'],
  ['vip-removed', undefined, '[CRITICAL] n1: 198.51.100.1 cannot be reached: no route (+1 more)'],
])('%s, active only with %s', (situation, ifActive, says) => {
  expect(judged(situation, ifActive)).toBe(says);
});

test('a snapshot without the route says what is missing in the command', () => {
  const { state, findings } = reportSource([facts(snapshotText(), 'n1')], [], {
    source: '192.0.2.100',
    ifActive: undefined,
    nat: false,
    named: true,
  });
  expect(state).toBe('UNKNOWN');
  expect(findings[0]?.text).toContain('add --route 198.51.100.1');
});

test('a host that gave nothing is CRITICAL with the reason', () => {
  const { state, findings } = reportSource([{ name: 'n1', reached: false, reason: 'ssh: Connection refused' }], [], {
    source: '192.0.2.100',
    ifActive: '192.0.2.100',
    nat: false,
    named: true,
  });
  expect(state).toBe('CRITICAL');
  expect(findings[0]?.text).toBe('n1 is unreachable: ssh: Connection refused');
});

test('addresses that were not read leave open whether the host is active', () => {
  const text = snapshotText({ sections: { addr: ['! no', '= exit 1'] } });
  const { state } = reportSource([facts(text, 'n1')], [], {
    source: '192.0.2.100',
    ifActive: '192.0.2.100',
    nat: false,
    named: true,
  });
  expect(state).toBe('UNKNOWN');
});
