import { expect, test } from 'vitest';
import { judgeOne, judgeSeveral, type WantedOfAll } from '../../src/cluster/index.ts';
import { stateOf } from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { clusterRule, filterTable, vip as firstVip, snapshotText } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';
import { type Random, random } from './random.ts';
import { firstSeed, roundsOf } from './rounds.ts';

// Clusters of many VIPs at random. RACKWATCH_FUZZ_SEED=N begins elsewhere; the message of a failure names the seed that
// repeats it alone.

const rounds = roundsOf(120);

const { vip: _, ...wanted } = nothingWanted;
const run = { timeLeft: () => 600_000, verbosity: 0 } as const;
const addressOf = (i: number) => `192.168.56.${20 + i}`;

/** A node's part of a VIP: its rule, its file of CLUSTERIP, and its address; each of them may be missing or wrong. */
function shareOf(vip: string, node: number, total: number, chance: Random) {
  const odd = (of: number) => chance.below(of) === 0;
  const held = odd(6) ? `${1 + chance.below(total)},${total}` : odd(8) ? '' : `${node + 1}`;
  const rule = clusterRule({
    total: odd(12) ? total + 1 : total,
    local: node + 1,
    seed: odd(12) ? 7 : 0,
    mac: odd(15) ? '01:23:45:67:89:CD' : '01:23:45:67:89:AB',
  }).replace(firstVip, vip);
  const file = `clusterip ${vip}: cat /proc/net/ipt_CLUSTERIP/${vip}`;
  const denied = ['! cat: Permission denied', '= exit 1', `= needs /usr/bin/cat /proc/net/ipt_CLUSTERIP/${vip}`];
  const ruled = !odd(10);
  return {
    rules: ruled ? [rule] : [],
    sections: ruled ? { [file]: odd(12) ? denied : [...(held === '' ? [] : [`> ${held}`]), '= exit 0'] } : {},
    addr: odd(10) ? [] : [`3: eth1    inet ${vip}/24 brd 192.168.56.255 scope global secondary eth1`],
  };
}

function clusterOf(chance: Random) {
  const total = 1 + chance.below(3);
  const vips = Array.from({ length: 1 + chance.below(5) }, (_, i) => addressOf(i));
  const before = chance.below(5) === 0 ? ['-A INPUT -m state --state ESTABLISHED -j ACCEPT'] : [];
  const nodes = Array.from({ length: total }, (_, node) => {
    const name = `n${node + 1}`;
    if (chance.below(12) === 0) return { name, reached: false, reason: 'no answer within 8.5 s' } as const;
    const shares = vips.map((vip) => shareOf(vip, node, total, chance));
    const files = Object.assign({}, ...shares.map(({ sections }) => sections));
    const text = snapshotText({
      name,
      held: null,
      rules: filterTable(...before, ...shares.flatMap(({ rules }) => rules)),
      addr: [
        `3: eth1    inet 192.168.56.${11 + node}/24 brd 192.168.56.255 scope global eth1`,
        ...shares.flatMap(({ addr }) => addr),
      ],
      sections: files,
    });
    const snapshot = parseSnapshot(text);
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return { name, reached: true, snapshot: snapshot.value } as const;
  });
  return { vips, nodes };
}

test(`${rounds} clusters: each of several VIPs has the verdict that it has alone, and all finds every one that a rule names`, {
  timeout: 600_000,
}, () => {
  const outcomes = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const where = `RACKWATCH_FUZZ_SEED=${seed} RACKWATCH_FUZZ_ROUNDS=1`;
    const { vips, nodes } = clusterOf(random(seed));
    const asked: WantedOfAll = { ...wanted, skip: ['arp'] };
    const alone = (vip: string) => {
      const report = judgeOne(nodes, { ...asked, vip }, run);
      const { state, summary, findings, data } = { ...report, state: stateOf(report) };
      outcomes.set(state, (outcomes.get(state) ?? 0) + 1);
      return { ...Object(data), state, summary, findings };
    };
    expect(judgeSeveral(nodes, { vips, all: false }, asked, run).data, where).toEqual(vips.map(alone));
    const shown = nodes.flatMap((node) => (node.reached ? node.snapshot.sections : []));
    const named = vips.filter((vip) => shown.some(({ key }) => key === vip));
    expect(judgeSeveral(nodes, { vips: [], all: true }, asked, run).data, where).toEqual(named.map(alone));
  }
  // The generator reaches every verdict.
  if (rounds >= 100) expect([...outcomes.keys()].sort()).toEqual(['CRITICAL', 'OK', 'UNKNOWN', 'WARNING']);
});
