import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { type Distributed, startDistributed } from './distributed.ts';
import { icingaFiles } from './instance.ts';

const why = whyNoLab([...icingaFiles, '/usr/bin/nsenter', '/usr/sbin/nft', '/usr/sbin/iptables-save']);
const service = 'node1!cluster-member 192.168.56.20';

describe.skipIf(why !== null)(
  `a node that is checked by its own Icinga agent${why ? ` (skipped: ${why})` : ''}`,
  () => {
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
      ip maddr add 01:23:45:67:89:ab dev eth1`);
    });
    afterAll(() => lab?.close());

    const rule = (change: string) =>
      icinga.node.sh(`iptables -t mangle ${change} PREROUTING -d 192.168.56.20 -i eth1 \\
      -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0x1234 -j ACCEPT
      iptables -t mangle ${change} PREROUTING -d 192.168.56.20 -j DROP`);

    test('is judged by what its kernel holds', async () => {
      rule('-A');
      const result = await icinga.master.api.check(service);
      expect(result.output).toContain('--cluster-total-nodes 2');
      expect(result.check_source).toBe('node1');
      rule('-D');
      const flushed = await icinga.master.api.check(service);
      expect(flushed.output).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: /);
      expect(flushed.state).toBe(2);
      expect(flushed.check_source).toBe('node1');
    });
  },
);
