import { expect, test } from 'vitest';
import { examine, type Facts, renderJson, renderText } from '../../src/doctor/index.ts';
import { clusterRule, filterTable, vip } from '../snapshot_text.ts';
import { here, nodeOf, probe } from './situation.ts';

const nothing: Facts = { here, nodes: [], probes: [], vip: null, clusterOptions: {}, probeOptions: {} };
const objects = (facts: Partial<Facts>) => examine({ ...nothing, ...facts }).objects;
const second = { name: 'n2', target: 'ssh://b', spec: 'n2=ssh://b' };
const cluster = { rules: filterTable(clusterRule()) };

test('a cluster is its VIP and the nodes that work, as they were given', () => {
  expect(objects({ nodes: [nodeOf(cluster), nodeOf(cluster, undefined, second)] })).toEqual([
    `object Host "cluster1" {
  import "generic-host"
  address = "${vip}"
  vars.cluster_nodes = [ "node1", "n2=ssh://b" ]
}`,
  ]);
  const [partly] = objects({
    nodes: [nodeOf(cluster), nodeOf('ssh: Permission denied (publickey)', undefined, second)],
  });
  expect(partly).toContain('  // Not yet: n2\n  vars.cluster_nodes = [ "node1" ]');
  expect(objects({ nodes: [nodeOf('ssh: Permission denied (publickey)')] })).toEqual([]);
});

test('an address that nothing shares out is a failover pair; a prefix stays with the VIP', () => {
  const [object] = objects({ nodes: [nodeOf({ held: null })], vip: `${vip}/24` });
  expect(object).toContain(`  address = "${vip}"\n  vars.cluster_vip = "${vip}/24"\n  vars.cluster_type = "failover"`);
});

test('without --vip the address that two nodes have is taken, and two of them are none', () => {
  const addr = (own: number, ...shared: readonly string[]) => [
    '1: lo    inet 127.0.0.1/8 scope host lo',
    `2: eth0    inet 10.0.0.${own}/24 scope global eth0`,
    ...shared.map((address) => `2: eth0    inet ${address}/24 scope global eth0`),
  ];
  const pair = (...shared: readonly string[]) =>
    [1, 2].map((own) => nodeOf({ held: null, addr: addr(own, ...shared) }, undefined, own === 1 ? {} : second));
  expect(objects({ nodes: pair('10.0.0.9') })[0]).toContain('address = "10.0.0.9"');
  const several = examine({ ...nothing, nodes: pair('10.0.0.9', '10.0.0.8') });
  expect(several.objects).toEqual([]);
  expect(renderText(several)).toContain('TODO  VIP: the nodes do not show which one it is: give it with --vip');
});

test('a VIP that no node has is not taken for right once all have answered', () => {
  const wrong = examine({ ...nothing, nodes: [nodeOf(cluster)], vip: '192.0.2.77' });
  expect(renderText(wrong)).toContain('TODO  VIP: 192.0.2.77 is on none of the nodes: is it right');
});

test("options become variables, in Icinga's own quoting", () => {
  const clusterOptions = { ssh_config: '/etc/a "b" \\c $d$', nrpe_no_ssl: true } as const;
  const [object] = objects({ nodes: [nodeOf(cluster)], clusterOptions });
  expect(object).toContain('  vars.cluster_buckets_ssh_config = "/etc/a \\"b\\" \\\\c $$d$$"\n');
  expect(object).toContain('  vars.cluster_buckets_nrpe_no_ssl = true\n');
});

test('a probe names the file that its secrets belong into, once it works', () => {
  expect(objects({ probes: [probe], probeOptions: {} })[0]).toContain('  vars.akcp = { }\n');
  const typed = { ...probe, version: '3', user: 'icinga', secretFrom: 'options' } as const;
  const probeOptions = { protocol: '3', secname: 'icinga' };
  expect(objects({ probes: [typed], probeOptions })[0]).toContain(
    '  vars.akcp = { protocol = "3", secname = "icinga", credentials = "/etc/icinga2/probes.secret" }\n',
  );
  const silent = { ...typed, tries: [{ address: '192.0.2.50', reason: 'no answer on UDP port 161', silent: true }] };
  expect(objects({ probes: [silent] })).toEqual([]);
});

test('a probe that answers in another version, or without a sensor, is not well', () => {
  const silent = [{ address: '192.0.2.50', reason: 'no answer on UDP port 161', silent: true }];
  const text = (over: Partial<typeof probe>) => renderText(examine({ ...nothing, probes: [{ ...probe, ...over }] }));
  expect(text({ tries: silent, otherVersion: '1' })).toContain('TODO  SNMP: probe1 answers in version 1 and not in 2c');
  expect(text({ sensors: { rows: 8, online: 0 } })).toContain('TODO  sensors: none is online among 8 rows');
  expect(text({ firstMs: 1500 })).toContain(
    'note  time: 80 ms for everything, in 5 requests; the first answer took 1500 ms',
  );
});

test('the report as data says the same, and what devices send cannot move the cursor', () => {
  const facts = { ...nothing, probes: [{ ...probe, description: '\u001b[2JSP2+\r\n[OK]' }] };
  expect(renderText(examine(facts))).toContain('plus, which calls itself "SP2+ "OK""');
  const data = JSON.parse(renderJson(examine(facts)));
  expect(data).toMatchObject({ works: true, subjects: [{ title: 'this machine' }, { title: 'probe1 (probe)' }] });
});

test('the same step is told once', () => {
  const keys = [{ file: '/var/lib/nagios/.ssh/id_ed25519', state: 'missing', publicKey: null }] as const;
  const nodes = [{}, second].map((over) => {
    const node = nodeOf('ssh: Permission denied (publickey)', undefined, over);
    return node.way.kind === 'ssh' ? { ...node, way: { ...node.way, keys } } : node;
  });
  const text = renderText(examine({ ...nothing, nodes }));
  expect(text.match(/ssh-keygen -q/g)).toHaveLength(1);
  expect(text).toContain('(by the step above)');
});
