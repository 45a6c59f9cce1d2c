import { type Family, parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { type Report, severity, withFaults } from '../plugin/index.ts';
import { candidatesOf, inOrder, isVip, noCandidates } from './candidates.ts';
import { reportSeveral } from './report_several.ts';
import { type AskedNode, judgeBy, type Run, readerOf, shareTime, type WantedOfAll } from './verdict.ts';
import { leftOpen, reportNoVip, someOf } from './vips.ts';

/** For the report of all VIPs, in milliseconds. */
const reportMs = 150;

/** Which VIPs are wanted: those that are named, and all that a node shows with a cluster rule. */
export type WantedVips = { readonly vips: readonly string[]; readonly all: boolean };

/** Judges several VIPs by one answer of each node, each by itself, and gives the report of all. */
export function judgeSeveral(nodes: readonly AskedNode[], which: WantedVips, wanted: WantedOfAll, run: Run): Report {
  const candidates = which.all ? candidatesOf(nodes) : noCandidates;
  const { likely, alone } = candidates;
  const named = new Set(which.vips);
  const open = [...named, ...likely.filter((vip) => !named.has(vip))];
  const read = readerOf(wanted, shareTime(run, nodes.length * (open.length + alone.length), 1 / 4));
  const hasTime = paced(run);
  const late: string[] = [];
  // One after the other: what was read of a VIP is let go with it.
  const judged = new Map(
    open.flatMap((vip) => {
      if (!hasTime()) late.push(vip);
      else if (named.has(vip) || isVip(candidates, vip, read))
        return [[vip, judgeBy(read, nodes, { ...wanted, vip }, run)] as const];
      return [];
    }),
  );
  const vips = [...judged.keys()];
  const more = which.all ? leftOpen(candidates, nodes, vips, { read, hasTime, wanted }) : { faults: [], late: [] };
  const beside = [...overdue([...late, ...more.late]), ...more.faults];
  if (vips.length === 0) return reportNoVip(nodes, candidates, beside, late.length > 0, wanted);
  const verdicts = [...named, ...inOrder(likely)].flatMap((vip) => {
    const report = judged.get(vip);
    judged.delete(vip);
    return report === undefined ? [] : [{ vip, report }];
  });
  // The first one comes into the first line, where it is worse than all VIPs.
  const worstFirst = [...beside, ...unasked(vips, wanted)].sort((a, b) => severity[b.state] - severity[a.state]);
  return withFaults(reportSeveral(verdicts), worstFirst);
}

/**
 * Asked before each address, tells whether there is time for it: as much as the one before has taken. Once there is not, there
 * is none for others either. The first one does not count, which also reads what all have in common.
 */
function paced({ timeLeft }: Run): () => boolean {
  let asked = 0;
  let before = 0;
  let over = false;
  return () => {
    const left = timeLeft();
    const took = asked++ < 2 ? 0 : before - left;
    before = left;
    over ||= left < reportMs + took;
    return !over;
  };
}

/** VIPs for which there was no time left, and what may be some: what was judged stands. */
function overdue(late: readonly string[]): readonly Fault[] {
  if (late.length === 0) return [];
  const brief = `${late.length} ${late.length === 1 ? 'address' : 'addresses'} not judged in time`;
  return [fault('UNKNOWN', 'no-verdict', brief, `${brief} (see --timeout): ${someOf(late)}`)];
}

/** Clients and their networks that no VIP is of the family of: nobody was asked about them. */
function unasked(vips: readonly string[], { clients, networks }: WantedOfAll): readonly Fault[] {
  const isOpen = (family: Family) => vips.every((vip) => parseIp(vip)?.family !== family);
  const who = [
    ...clients.filter(({ family }) => isOpen(family)).map(({ text, family }) => ({ who: `client ${text}`, family })),
    ...([4, 6] as const)
      .filter((family) => isOpen(family) && networks.some((network) => network.family === family))
      .map((family) => ({ who: `--clients of IPv${family}`, family })),
  ];
  return who.map(({ who, family }) => fault('UNKNOWN', 'client-unknown', `${who}: no VIP of IPv${family} was found`));
}
