import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { type Distributed, startDistributed } from './distributed.ts';
import { icingaFiles } from './instance.ts';

const why = whyNoLab([...icingaFiles, '/usr/bin/nsenter', '/usr/sbin/nft', '/usr/sbin/iptables-save']);

describe.skipIf(why !== null)(`a node with an Icinga agent${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let icinga: Distributed;
  beforeAll(async () => {
    lab = openLab('agent');
    icinga = await startDistributed(lab);
    icinga.node.sh(`
      ip link add eth1 type veth peer name far
      ip link set far up
      ip link set eth1 up
      ip addr add 192.168.56.11/24 dev eth1
      ip addr add 192.168.56.20/24 dev eth1
      ip maddr add 01:23:45:67:89:ab dev eth1
      nft add table arp told
      nft add chain arp told output '{ type filter hook output priority 0; }'
      nft add rule arp told output arp saddr ip 192.168.56.20 arp saddr ether set 01:23:45:67:89:ab
      ip route add default via 192.168.56.254`);
  }, 300_000);
  afterAll(() => lab?.close());

  const check = (service: string) => icinga.master.api.check(service);
  const rule = (change: string) =>
    icinga.node.sh(`iptables -t mangle ${change} PREROUTING -d 192.168.56.20 -i eth1 \\
      -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0x1234 -j ACCEPT
      iptables -t mangle ${change} PREROUTING -d 192.168.56.20 -j DROP`);

  test('is judged by what its kernel holds', async () => {
    rule('-A');
    const result = await check('node1!cluster-member 192.168.56.20');
    // The node holds what it shall hold.
    expect(result.output).toMatch(/^\[OK\] /);
    expect(result.check_source).toBe('node1');
    rule('-D');
    const flushed = await check('node1!cluster-member 192.168.56.20');
    expect(flushed.output).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: /);
    expect(flushed.state).toBe(2);
    expect(flushed.check_source).toBe('node1');
  });

  test('is judged by the address that its packets leave with, by itself and from the master', async () => {
    const own = await check('node1!cluster-source 192.168.56.20');
    expect(own.output).toMatch(/^\[CRITICAL\] .*192\.168\.56\.11/);
    expect(own.check_source).toBe('node1');
    icinga.save();
    const seen = await check('cluster1!cluster-source');
    expect(seen.output).toMatch(/^\[CRITICAL\] .*192\.168\.56\.11/);
    expect(seen.check_source).toBe('master1');
    icinga.node.sh('ip route change default via 192.168.56.254 src 192.168.56.20');
    expect((await check('node1!cluster-source 192.168.56.20')).output).toMatch(/^\[OK\] /);
    icinga.save();
    expect((await check('cluster1!cluster-source')).output).toMatch(/^\[OK\] /);
  });
});
