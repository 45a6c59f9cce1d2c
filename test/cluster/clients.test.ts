import { expect, test } from 'vitest';
import { factsOf, judgeCluster, reportCluster, trafficTo } from '../../src/cluster/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

// Two nodes that both hold bucket 1 (xt_cluster), one with a firewall of its own behind the cluster rules.

const clients = Array.from({ length: 8 }, (_, i) => ({
  text: `10.0.0.${i}`,
  protocol: 6,
  saddr: BigInt(0x0a000000 + i),
  sport: 40_000,
  dport: 80,
  family: 4 as const,
}));

/** What is said of each client in bucket 1: a state and a text. */
function said(firewall: string): readonly string[] {
  const space = trafficTo(vip);
  const facts = ['n1', 'n2'].map((name) => {
    const rule = `-A PREROUTING -d ${vip}/32 -i eth1 -m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000005 -j ACCEPT`;
    const iptables = [
      ...['*mangle', ':PREROUTING ACCEPT [0:0]', rule, `-A PREROUTING -d ${vip}/32 -i eth1 -j DROP`, 'COMMIT'],
      ...(name === 'n2' ? ['*filter', ':INPUT ACCEPT [0:0]', firewall, 'COMMIT'] : []),
    ];
    const sections = { iptables: [...iptables.map((line) => `> ${line}`), '= exit 0'] };
    const maddr = ['2    eth1            1     1     0123456789ab'];
    const snapshot = parseSnapshot(snapshotText({ name, held: null, maddr, sections }));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return factsOf(name, snapshot.value, vip, { skipRules: false, backend: 'auto' }, space);
  });
  const wanted = { ...nothingWanted, skip: ['arp'], clients } as const;
  const { findings } = reportCluster(judgeCluster(facts, wanted), facts, wanted);
  const own = findings.filter(({ text }) => /^client .* \(bucket 1\)/.test(text));
  return own.map(({ state, text }) => `${state} ${text.replace(/^client \S+ \(bucket 1\) /, '')}`);
}

test('a client that one node accepts and another refuses is CRITICAL, and both are named', () => {
  const all = said('-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset');
  expect(new Set(all)).toEqual(
    new Set(['CRITICAL is answered by n1, but n2 refuses it too, so the connection may fail']),
  );
  expect(said('-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable')).toEqual(all);
});

test('a node that drops it, or refuses another port, disturbs nobody', () => {
  const dropped = said('-A INPUT -p tcp -m tcp --dport 80 -j DROP');
  expect(new Set(dropped)).toEqual(new Set(['OK is answered by n1']));
  const elsewhere = said('-A INPUT -p tcp -m tcp --dport 443 -j REJECT --reject-with tcp-reset');
  expect(new Set(elsewhere)).toEqual(new Set(['CRITICAL is answered by n1 and n2']));
});
