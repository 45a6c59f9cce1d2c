import { askAbout, inside } from '../../test/lab/netns/ask.ts';
import { filtered } from '../filter.ts';
import { type Row, rounded, type Subject } from '../pairs.ts';
import { nftSnapshot, ruleset, savedRules, snapshot, vip } from '../rulesets.ts';

/** What is run for one size. */
type Work = () => Promise<unknown> | unknown;

/** How cost grows with one size. */
type Scale = { readonly what: string; readonly sizes: readonly number[]; readonly prepare: (size: number) => Work };

/** What the filter leaves of so many rules, judged on two nodes. */
function judgedRules(tool: 'iptables' | 'nft', count: number): Work {
  const snapshots = Object.fromEntries(
    ([1, 2] as const).map((bucket) => {
      const iptables = tool === 'iptables' ? filtered('rules', savedRules(count, bucket)) : [];
      const nft = tool === 'nft' ? filtered('ruleset', ruleset(count, bucket)) : [];
      return [`n${bucket}`, snapshot(bucket, { iptables, nft })];
    }),
  );
  return async () => {
    const { state, summary } = await askAbout(inside, { vip, nodes: ['n1', 'n2'], snapshots, options: [] }, []);
    // More rules than the judge takes are UNKNOWN; anything else is a fault of the snapshots made here.
    if (state !== 'OK' && state !== 'UNKNOWN') throw new Error(summary);
  };
}

/** The plugin in this warm process: nodes with nftables rules that share so many buckets evenly. */
function judged(nodes: number, total: number): Work {
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
  const held = (node: number) => Array.from({ length: total / nodes }, (_, i) => i * nodes + node);
  const snapshots = Object.fromEntries(names.map((name, i) => [name, nftSnapshot(i, total, held(i))]));
  return async () => {
    const { state, summary } = await askAbout(inside, { vip, nodes: names, snapshots, options: [] }, []);
    if (state !== 'OK') throw new Error(summary);
  };
}

const scales: readonly Scale[] = [
  {
    what: 'unrelated iptables rules through the filter of the snapshot script',
    sizes: [1250, 5000, 20_000],
    prepare: (size) => {
      const text = savedRules(size, 1);
      return () => filtered('rules', text);
    },
  },
  {
    what: 'unrelated nftables rules through the filter of the snapshot script',
    sizes: [1250, 5000, 20_000],
    prepare: (size) => {
      const text = ruleset(size, 1);
      return () => filtered('ruleset', text);
    },
  },
  {
    what: 'unrelated iptables rules, filtered, on 2 nodes, judged',
    sizes: [1250, 5000, 20_000],
    prepare: (size) => judgedRules('iptables', size),
  },
  {
    what: 'unrelated nftables rules, filtered, on 2 nodes, judged',
    sizes: [1250, 5000, 20_000],
    prepare: (size) => judgedRules('nft', size),
  },
  { what: 'nodes that share 64 buckets', sizes: [4, 16, 64], prepare: (size) => judged(size, 64) },
  { what: 'buckets on 2 nodes', sizes: [64, 512, 4096], prepare: (size) => judged(2, size) },
];

/** The fastest of the rounds, in milliseconds: whatever else the machine does can only slow it down. */
async function time(work: Work, rounds: number): Promise<number> {
  for (const end = performance.now() + 300; performance.now() < end; ) await work();
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

export const subject: Subject = {
  title: 'Rules, nodes and buckets of xt_cluster and nftables: how cost grows',
  about:
    'Each row against the one before it: the growth of the time, divided by the growth of the size. 1 is linear, less is cheaper than that. The filter runs under dash with the awk of the machine; nodes and buckets are judged from files in one process that is warm.',
  measure: async (rounds) => {
    const rows: Row[] = [];
    for (const { what, sizes, prepare } of scales) {
      let before: { readonly size: number; readonly milliseconds: number } | null = null;
      for (const size of sizes) {
        const milliseconds = await time(prepare(size), Math.min(rounds, 10));
        const ratio = before === null ? null : milliseconds / before.milliseconds / (size / before.size);
        rows.push({
          what: `${size} ${what}`,
          figure: `${rounded(milliseconds)} ms`,
          ratio,
          limit: ratio === null ? null : 1.3,
        });
        before = { size, milliseconds };
      }
    }
    return rows;
  },
};
