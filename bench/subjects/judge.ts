import { factsOf, judgeCluster, reportCluster, trafficTo } from '../../src/cluster/index.ts';
import { renderText } from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { clusterRule, filterTable, snapshotText, vip } from '../../test/snapshot_text.ts';
import { nothingWanted } from '../../test/wanted.ts';
import { median, type Row, rounded, type Subject } from '../pairs.ts';

/** Snapshots of nodes that share so many buckets evenly. */
function snapshots(nodes: number, total: number): readonly string[] {
  return Array.from({ length: nodes }, (_, node) => {
    const held = Array.from({ length: total }, (__, bucket) => bucket + 1).filter((bucket) => bucket % nodes === node);
    return snapshotText({ name: `n${node}`, held: held.join(), rules: filterTable(clusterRule({ total })) });
  });
}

function judge(texts: readonly string[]): string {
  const space = trafficTo(vip);
  const facts = texts.map((text, i) => {
    const snapshot = parseSnapshot(text);
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return factsOf(`n${i}`, snapshot.value, vip, { skipRules: false, backend: 'auto' }, space);
  });
  return renderText(reportCluster(judgeCluster(facts, nothingWanted), facts, nothingWanted));
}

export const subject: Subject = {
  title: 'Judging: how it grows',
  about:
    'From the text of the snapshots to the text of the report, in one process that is warm, in processor time. The ratio is against 2 nodes with 16 buckets. CLUSTERIP itself has 16 buckets at most; nftables has any number.',
  measure: async (rounds) => {
    const rows: Row[] = [];
    let base = Number.NaN;
    for (const nodes of [2, 16, 64]) {
      for (const total of [16, 32, 4096]) {
        const texts = snapshots(nodes, total);
        for (const end = performance.now() + 1000; performance.now() < end; ) judge(texts);
        const times = Array.from({ length: rounds }, () => {
          // Processor time: what else the machine does is not the judge's.
          const start = process.cpuUsage();
          judge(texts);
          return process.cpuUsage(start).user / 1000;
        });
        const own = median(times);
        if (Number.isNaN(base)) base = own;
        rows.push({
          what: `${nodes} nodes, ${total} buckets`,
          figure: `${rounded(own)} ms`,
          ratio: own / base,
          limit: null,
        });
      }
    }
    return rows;
  },
};
