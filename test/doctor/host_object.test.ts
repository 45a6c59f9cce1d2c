import { expect, test } from 'vitest';
import { examine, type Facts, renderJson, renderText } from '../../src/doctor/index.ts';
import { clusterRule, filterTable, vip } from '../snapshot_text.ts';
import { here, nodeOf, probe } from './situation.ts';

const nothing: Facts = { here, nodes: [], probes: [], vips: [], clusterOptions: {}, probeOptions: {} };
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
  const { subjects, objects: all } = examine({ ...nothing, nodes: [nodeOf({ held: null })], vips: [`${vip}/24`] });
  expect(all[0]).toContain(`  address = "${vip}"\n  vars.cluster_vip = "${vip}/24"\n  vars.cluster_type = "failover"`);
  // What could not be seen is said beside what is only supposed.
  expect(subjects.at(-1)?.lines).toMatchObject([
    { topic: 'VIP', state: 'ok' },
    { topic: 'type', state: 'ok', text: expect.stringContaining('a failover pair') },
    {
      topic: 'type',
      state: 'note',
      text: expect.stringContaining('those of nft on node1, where nft is not installed'),
    },
  ]);
});

test('what a node that does not work yet may have for rules is said, and not guessed', () => {
  const nodes = [nodeOf({ held: null }), nodeOf('ssh: Permission denied (publickey)', undefined, second)];
  const given = examine({ ...nothing, nodes, vips: [vip] });
  expect(renderText(given)).toMatch(
    /note {2}type: not all rules could be seen: .*; those on n2\. If one of them shares/,
  );
  expect(renderText(examine({ ...nothing, nodes }))).toContain(
    'note  VIP: which one it is may show once n2 can be looked at',
  );
});

test('check_cluster_buckets takes no prefix, so the host of a load-sharing cluster has none', () => {
  expect(objects({ nodes: [nodeOf(cluster)], vips: [`${vip}/24`] })[0]).toBe(`object Host "cluster1" {
  import "generic-host"
  address = "${vip}"
  vars.cluster_nodes = [ "node1" ]
}`);
});

const addr = (own: number, ...shared: readonly string[]) => [
  '1: lo    inet 127.0.0.1/8 scope host lo',
  `2: eth0    inet 10.0.0.${own}/24 scope global eth0`,
  ...shared.map((address) => `2: eth0    inet ${address}/24 scope global eth0`),
  '3: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0',
];
const link = ['eth0', 'docker0'].map(
  (name, i) => `${i + 2}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP`,
);
/** Two nodes that have some addresses in common, docker0's among them. */
const pair = (rules: readonly string[], ...shared: readonly string[]) =>
  [1, 2].map((own) =>
    nodeOf({ held: null, rules, link, addr: addr(own, ...shared) }, undefined, own === 1 ? {} : second),
  );

test('an address that nodes merely have in common is not taken for the VIP: every host with Docker has 172.17.0.1', () => {
  const text = (...shared: readonly string[]) => {
    const found = examine({ ...nothing, nodes: pair(filterTable(), ...shared) });
    expect(found.objects).toEqual([]);
    return renderText(found);
  };
  expect(text()).toMatch(
    /TODO {2}VIP: no rule of the nodes .*: give it with --vip\. All of the nodes have 172\.17\.0\.1$/m,
  );
  expect(text('10.0.0.9')).toContain('give it with --vip. All of the nodes have 10.0.0.9 and 172.17.0.1');
});

test('one that a cluster rule takes is, be it named there or not', () => {
  const share = '-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0x1';
  const shares = (match: string) => filterTable(`-A INPUT ${match} ${share} -j ACCEPT`, `-A INPUT ${match} -j DROP`);
  const found = (match: string, ...shared: readonly string[]) =>
    examine({ ...nothing, nodes: pair(shares(match), ...shared) });
  expect(found('-d 10.0.0.9/32', '10.0.0.9', '10.0.0.8').objects[0]).toContain('address = "10.0.0.9"');
  expect(found('-i eth0', '10.0.0.9').objects[0]).toContain('address = "10.0.0.9"');
  expect(found('-i eth0', '10.0.0.9').objects[0]).not.toContain('failover');
  const several = found('-i eth0', '10.0.0.9', '10.0.0.8');
  expect(several.objects).toEqual([]);
  expect(renderText(several)).toContain(
    'TODO  VIP: the rules of the nodes share out 10.0.0.9 and 10.0.0.8: say which with --vip',
  );
  // Those that rules name are all VIPs.
  const both = ['10.0.0.9', '10.0.0.8'].flatMap((one) => [
    `-A INPUT -d ${one}/32 ${share} -j ACCEPT`,
    `-A INPUT -d ${one}/32 -j DROP`,
  ]);
  const named = examine({ ...nothing, nodes: pair(filterTable(...both), '10.0.0.9', '10.0.0.8') });
  expect(named.objects[0]).toBe(`object Host "cluster1" {
  import "generic-host"
  address = "10.0.0.9"
  vars.cluster_vips = [ "10.0.0.9", "10.0.0.8" ]
  vars.cluster_nodes = [ "node1", "n2=ssh://b" ]
}`);
  expect(renderText(named)).toContain("ok    VIP: 10.0.0.9 and 10.0.0.8, as the nodes' rules name them");
  // Those that are given are judged each by itself.
  const given = (...vips: readonly string[]) =>
    examine({ ...nothing, nodes: pair(shares('-i eth0'), '10.0.0.9', '10.0.0.8'), vips });
  expect(given('10.0.0.9/24', '10.0.0.8').objects[0]).toContain('vars.cluster_vips = [ "10.0.0.9", "10.0.0.8" ]');
  expect(renderText(given('10.0.0.9', '192.0.2.77'))).toContain('TODO  VIP: 192.0.2.77 is on none of the nodes');
  const one = pair(shares('-d 10.0.0.9/32'), '10.0.0.9', '10.0.0.8');
  const mixed = examine({ ...nothing, nodes: one, vips: ['10.0.0.9', '10.0.0.8'] });
  expect(mixed.objects).toEqual([]);
  expect(renderText(mixed)).toContain('TODO  type: no rule of the nodes shares 10.0.0.8 out, as with a failover pair');
  // Docker's address, which the firewall drops beside a rule for a network, is none.
  const network = filterTable(`-A INPUT -d 10.0.0.8/29 ${share} -j ACCEPT`, '-A INPUT -j DROP');
  expect(examine({ ...nothing, nodes: pair(network) }).objects).toEqual([]);
  expect(examine({ ...nothing, nodes: pair(network, '10.0.0.9') }).objects[0]).toContain('address = "10.0.0.9"');
  // A rule for one address makes no other one a shared one.
  const other = examine({
    ...nothing,
    nodes: pair(shares('-d 10.0.0.9/32'), '10.0.0.9', '10.0.0.8'),
    vips: ['10.0.0.8'],
  });
  expect(other.objects[0]).toContain('vars.cluster_type = "failover"');
});

test('a VIP that no node has is not taken for right once all have answered', () => {
  const wrong = examine({ ...nothing, nodes: [nodeOf(cluster)], vips: ['192.0.2.77'] });
  expect(renderText(wrong)).toContain('TODO  VIP: 192.0.2.77 is on none of the nodes: is it right');
  expect(wrong.objects).toEqual([]);
});

test("options become variables, in Icinga's own quoting", () => {
  const clusterOptions = { ssh_config: '/etc/a "b" \\c $d$', nrpe_no_ssl: true } as const;
  const [object] = objects({ nodes: [nodeOf(cluster)], clusterOptions });
  expect(object).toContain('  vars.cluster_buckets_ssh_config = "/etc/a \\"b\\" \\\\c $$d$$"\n');
  expect(object).toContain('  vars.cluster_buckets_nrpe_no_ssl = true\n');
});

test('where rules are there that cannot be read, it is no failover pair by guess', () => {
  const strange = '-A INPUT -i eth0 -m cluster --cluster-total-nodes 2 --cluster-local-nodemask what -j ACCEPT';
  const damaged = pair(filterTable(strange).slice(0, -1), '10.0.0.9');
  const { subjects, objects: all } = examine({ ...nothing, nodes: damaged, vips: ['10.0.0.9'] });
  expect(all.join()).not.toContain('failover');
  expect(
    subjects
      .at(-1)
      ?.lines.map(({ text }) => text)
      .join(),
  ).not.toContain('failover');
});

test('shared connections are for all services of a cluster', () => {
  const [object] = objects({ nodes: [nodeOf(cluster)], clusterOptions: { ssh_shared: '300' } });
  expect(object).toContain('  vars.cluster_ssh_shared = "300"\n');
  expect(object).not.toContain('cluster_buckets_ssh_shared');
});

test("a probe that is called like the cluster's host leaves it another name", () => {
  const names = objects({ nodes: [nodeOf(cluster)], probes: [{ ...probe, host: 'cluster1' }] }).map(
    (one) => one.split('\n')[0],
  );
  expect(names).toEqual(['object Host "cluster2" {', 'object Host "cluster1" {']);
});

test('a probe names the file that its secrets belong into, once they are there', () => {
  expect(objects({ probes: [probe], probeOptions: {} })[0]).toContain('  vars.akcp = { }\n');
  const file = '/etc/icinga2/probes.secret';
  const secret = { kind: 'typed', file, names: ['SNMP_AUTH_PASSWORD'], trouble: null } as const;
  const typed = { ...probe, version: '3', user: 'icinga', secret } as const;
  const lacking = examine({
    ...nothing,
    probes: [{ ...typed, secret: { ...secret, trouble: `${file} does not exist` } }],
  });
  expect(lacking.objects).toEqual([]);
  expect(renderText(lacking)).toContain(
    `TODO  secret: Icinga's host takes the secrets from a file, and ${file} does not exist: write SNMP_AUTH_PASSWORD=... into it`,
  );
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
    'note  time: the first answer took 1500 ms of at most 2000: raise --snmp-timeout',
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
