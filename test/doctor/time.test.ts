import { expect, test } from 'vitest';
import { examine, type Facts, renderText } from '../../src/doctor/index.ts';
import { neededTimeout, usualLimit, usualTimeout } from '../../src/doctor/time.ts';
import { requestOf } from '../../src/node/options.ts';
import { clusterRule, filterTable } from '../snapshot_text.ts';
import { here, nodeOf, probe } from './situation.ts';

const nothing: Facts = { here, nodes: [], probes: [], vips: [], clusterOptions: {}, probeOptions: {} };
const objects = (facts: Partial<Facts>) => examine({ ...nothing, ...facts }).objects;
const second = { name: 'n2', target: 'ssh://b', spec: 'n2=ssh://b' };
const cluster = { rules: filterTable(clusterRule()) };

/** No option of the ways to a node is given. */
const none = {
  ...{ remoteCommand: undefined, sshConfig: undefined, sshIdentity: undefined, sshShared: undefined },
  ...{ checkNrpe: undefined, nrpeNoSsl: false, nrpeCa: undefined, nrpeCert: undefined, nrpeKey: undefined },
  saveSnapshots: undefined,
};
const context = { signal: new AbortController().signal, stage: () => {}, timeLeft: () => 0, verbosity: 0 } as const;

const answer = (milliseconds: number) => {
  const node = nodeOf(cluster);
  return node.answer?.reached ? { ...node, answer: { ...node.answer, milliseconds } } : node;
};

test('a node that answers too slowly for the usual limit has a host with a longer one, or is not well', () => {
  const look = (milliseconds: number) =>
    examine({ ...nothing, nodes: [nodeOf(cluster, undefined, second), answer(milliseconds)] });
  const timeOf = (milliseconds: number) =>
    look(milliseconds).subjects[2]?.lines.filter(({ topic }) => topic === 'time');
  expect(timeOf(4200)).toEqual([]);
  expect(timeOf(5000)).toMatchObject([
    { state: 'note', text: expect.stringContaining('more than half of the 8.5 s that') },
  ]);
  expect(look(5000).objects[0]).toContain('  vars.cluster_buckets_timeout = "12"\n');
  expect(timeOf(10_500)).toMatchObject([
    { state: 'note', text: expect.stringMatching(/after 10\.5 s, more than the 8\.5 s .* needs --timeout 23/) },
  ]);
  expect(look(10_500).objects[0]).toContain('  vars.cluster_buckets_timeout = "23"\n');
  expect(timeOf(27_000)).toMatchObject([{ state: 'todo' }]);
  const [failover] = examine({
    ...nothing,
    nodes: [{ ...answer(9000), ...{ name: 'n1' } }],
    vips: ['192.168.56.11'],
  }).objects;
  expect(failover).toContain('  vars.cluster_vip_timeout = "20"\n');
  // A file is as fast on every day.
  expect(objects({ nodes: [{ ...answer(9000), way: { kind: 'file' } }] })[0]).not.toContain('timeout');
});

test('the same for a probe, whose single answers are another matter', () => {
  const look = (over: Partial<typeof probe>) => examine({ ...nothing, probes: [{ ...probe, ...over }] });
  expect(look({ totalMs: 12_000, firstMs: 900 }).objects[0]).toContain('vars.akcp = { timeout = "26" }');
  expect(renderText(look({ totalMs: 12_000, firstMs: 900 }))).toMatch(
    /note {2}time: the whole answer, of 5 requests, came after 12 s, more than the 8\.5 s/,
  );
  expect(renderText(look({ totalMs: 30_000 }))).toContain('TODO  time:');
  expect(look({ totalMs: 30_000 }).objects).toEqual([]);
});

test('the limit that the doctor judges by is the one that the plugins have', () => {
  const limitOf = (timeout: number) => requestOf(none, { ...context, timeoutMs: timeout * 1000 }).limitMs;
  expect(usualLimit).toBe(limitOf(usualTimeout));
  expect(limitOf(neededTimeout(10_500) ?? 0)).toBeGreaterThan(21_000);
});
