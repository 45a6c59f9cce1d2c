import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/address/index.ts';
import { bucketOf, type HashField } from '../../src/netfilter/index.ts';

/** Packets with the nodes that answered them, recorded on real kernels. */
type Recording = {
  readonly mechanism: string;
  readonly kernel: string;
  readonly total: number;
  readonly hashMode?: string;
  readonly hashInit?: number;
  readonly seed?: number;
  readonly owners: Readonly<Record<string, readonly number[]>>;
  readonly samples: readonly {
    readonly saddr: string;
    readonly proto: string;
    readonly nodes: readonly number[];
    readonly sport?: number;
    readonly dport?: number;
  }[];
};

const recordings: readonly Recording[] = JSON.parse(
  readFileSync(new URL('../fixtures/netfilter/hash-samples.json', import.meta.url), 'utf8'),
);
const modes: Readonly<Record<string, readonly HashField[]>> = {
  sourceip: ['saddr'],
  'sourceip-sourceport': ['saddr', 'sport'],
  'sourceip-sourceport-destport': ['saddr', 'sport', 'dport'],
};
const withPorts = new Set(['tcp', 'udp', 'sctp', 'dccp', 'esp', 'ah']);

describe('the hash predicts which node answered, on real CLUSTERIP kernels', () => {
  const clusterip = recordings.filter(({ mechanism }) => mechanism === 'CLUSTERIP');
  test.each(clusterip.map((recording, i) => [i, recording] as const))(
    'recording %i',
    (_, { hashMode, hashInit, total, owners, samples }) => {
      const hash = { formula: 'clusterip', fields: modes[hashMode ?? ''] ?? [], seed: hashInit ?? 0 } as const;
      for (const { saddr, proto, sport, dport, nodes } of samples) {
        const ports = withPorts.has(proto) ? { sport: sport ?? 0, dport: dport ?? 0 } : { sport: 0, dport: 0 };
        const bucket = bucketOf(hash, total, { saddr: Number(parseIp(saddr)?.value), ...ports });
        const answering = Object.entries(owners)
          .filter(([, held]) => held.includes(bucket))
          .map(([node]) => Number(node));
        expect(answering, `${saddr} ${proto} ${sport} ${dport}`).toEqual(nodes);
      }
    },
  );
});
