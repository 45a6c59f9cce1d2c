import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/address/index.ts';
import {
  bucketOf,
  clusteripHash,
  type Hash,
  type HashField,
  hashKey,
  jhashBytes,
  jhashWords,
  nftHash,
  xtClusterHash,
} from '../../src/netfilter/index.ts';

/** Packets with the nodes that answered them, recorded on real kernels. */
type Recording = {
  readonly mechanism: string;
  readonly kernel: string;
  readonly note?: string;
  readonly total: number;
  readonly mod?: number;
  readonly hashMode: string;
  readonly seed: number;
  /** What the first residue is called in `owners`. */
  readonly bucketBase: number;
  readonly vip: string;
  readonly owners: Readonly<Record<string, readonly number[]>>;
  readonly samples: readonly {
    readonly saddr: string;
    readonly proto: 'tcp' | 'udp' | 'icmp';
    readonly nodes: readonly number[];
    readonly sport?: number;
    readonly dport?: number;
  }[];
};

const recordings: readonly Recording[] = JSON.parse(
  readFileSync(new URL('../fixtures/netfilter/hash-samples.json', import.meta.url), 'utf8'),
);
const protocols = { icmp: 1, tcp: 6, udp: 17 };

/** The fields of a recording's `hashMode`, which is nft's own spelling. */
function fieldsOf(mode: string): readonly HashField[] {
  const known: Readonly<Record<string, HashField>> = {
    'ip saddr': { name: 'ip saddr', part: 'saddr', length: 4, mask: null },
    'ct original ip saddr': { name: 'ct original ip saddr', part: 'saddr', length: 4, mask: null },
    'ip saddr & 255.255.255.0': { name: 'ip saddr & 255.255.255.0', part: 'saddr', length: 4, mask: 0xffffff00n },
    'ip daddr': { name: 'ip daddr', part: 'daddr', length: 4, mask: null },
    'ip protocol': { name: 'ip protocol', part: 'protocol', length: 1, mask: null },
  };
  return mode.split(' . ').map((name) => {
    const port = /^(?:tcp|udp|th) (sport|dport)$/.exec(name)?.[1];
    if (port === 'sport' || port === 'dport') return { name, part: port, length: 2, mask: null };
    const field = known[name];
    if (field === undefined) throw new Error(`no such field: ${name}`);
    return field;
  });
}

function hashOf({ mechanism, hashMode, seed }: Recording): Hash {
  if (mechanism === 'xt_cluster') return xtClusterHash(4, seed);
  if (mechanism === 'nft jhash') return nftHash(fieldsOf(hashMode), seed, false);
  const hash = clusteripHash(hashMode, seed);
  if (hash === null) throw new Error(`no such mode: ${hashMode}`);
  return hash;
}

describe('the hash predicts which node answered, on real kernels', () => {
  test.each(
    recordings.map(
      (recording, i) => [i, recording.mechanism, recording.note ?? recording.hashMode, recording] as const,
    ),
  )('recording %i: %s, %s', (_, _mechanism, _note, recording) => {
    const { total, mod, owners, samples, bucketBase, vip } = recording;
    for (const { saddr, proto, sport, dport, nodes } of samples) {
      const bucket = bucketOf(hashOf(recording), mod ?? total, {
        family: 4,
        saddr: parseIp(saddr)?.value ?? 0n,
        daddr: parseIp(vip)?.value ?? 0n,
        protocol: protocols[proto],
        sport: sport ?? 0,
        dport: dport ?? 0,
      });
      const answering = Object.entries(owners)
        .filter(([, held]) => bucket !== null && held.includes(bucket - 1 + bucketBase))
        .map(([node]) => Number(node));
      expect(answering, `${saddr} ${proto} ${sport} ${dport}`).toEqual(nodes);
    }
  });

  test('all 1,790 recorded packets were asked', () => {
    expect(recordings.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(1790);
  });
});

describe('hashes of different backends', () => {
  test('xt_cluster and nft agree on the IPv4 source address, and so does what conntrack remembers of it', () => {
    const keys = [
      xtClusterHash(4, 7),
      nftHash(fieldsOf('ip saddr'), 7, false),
      nftHash(fieldsOf('ct original ip saddr'), 7, true),
    ].map((hash) => hashKey(hash, 'n1'));
    expect(new Set(keys).size).toBe(1);
  });

  test('CLUSTERIP, another seed, a mask and another field are each another hash', () => {
    const hashes = [
      nftHash(fieldsOf('ip saddr'), 7, false),
      clusteripHash('sourceip', 7),
      nftHash(fieldsOf('ip saddr'), 8, false),
      nftHash(fieldsOf('ip saddr & 255.255.255.0'), 7, false),
      nftHash(fieldsOf('ip saddr . ip daddr'), 7, false),
    ].flatMap((hash) => hash ?? []);
    expect(new Set(hashes.map((hash) => hashKey(hash, 'n1'))).size).toBe(5);
  });

  test('a hash without a seed equals nothing, not even the same rule on another node', () => {
    const hash = nftHash(fieldsOf('ip saddr'), null, false);
    expect(hashKey(hash, 'n1')).not.toBe(hashKey(hash, 'n2'));
    expect(bucketOf(hash, 2, { family: 4, saddr: 1n, daddr: 2n, protocol: 6, sport: 1, dport: 2 })).toBeNull();
  });

  test('over IPv6 xt_cluster sees a whole /32 as one client, nft does not', () => {
    const at = (text: string) =>
      ({ family: 6, saddr: parseIp(text)?.value ?? 0n, daddr: 0n, protocol: 6, sport: 1, dport: 2 }) as const;
    const hosts = Array.from({ length: 32 }, (_, i) => at(`2001:db8::${(i + 1).toString(16)}`));
    const field: HashField = { name: 'ip6 saddr', part: 'saddr', length: 16, mask: null };
    expect(new Set(hosts.map((host) => bucketOf(xtClusterHash(6, 5), 16, host))).size).toBe(1);
    expect(new Set(hosts.map((host) => bucketOf(nftHash([field], 5, false), 16, host))).size).toBeGreaterThan(8);
  });
});

describe('jhash', () => {
  test.each([[[0x04030201]], [[0x04030201, 0x08070605]], [[1, 2, 3]]])(
    'of bytes equals that of their words: %j',
    (words) => {
      const bytes = words.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 255));
      expect(jhashBytes(bytes, 99)).toBe(jhashWords(words, 99));
    },
  );
});
