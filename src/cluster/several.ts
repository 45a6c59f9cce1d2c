import { parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { listOf, type Report, severity, withFaults } from '../plugin/index.ts';
import { reportSeveral } from './report_several.ts';
import { type AskedNode, judgeBy, type Run, readerOf, shareTime, type WantedOfAll } from './verdict.ts';
import { candidatesOf, isVip, leftOpen, noCandidates, reportNoVip } from './vips.ts';

/** For the report of all VIPs, in milliseconds. */
const reportMs = 150;

/** Which VIPs are wanted: those that are named, and all that a node shows with a cluster rule. */
export type WantedVips = { readonly vips: readonly string[]; readonly all: boolean };

/** Judges several VIPs by one answer of each node, each by itself, and gives the report of all. */
export function judgeSeveral(nodes: readonly AskedNode[], which: WantedVips, wanted: WantedOfAll, run: Run): Report {
  const candidates = which.all ? candidatesOf(nodes) : noCandidates;
  const open = [...new Set([...which.vips, ...candidates.likely])];
  const read = readerOf(wanted, shareTime(run, nodes.length * (open.length + candidates.alone.length), 1 / 4));
  const late: string[] = [];
  // One after the other: what was read of a VIP is let go with it.
  const verdicts = open.flatMap((vip) => {
    if (run.timeLeft() < reportMs) late.push(vip);
    else if (which.vips.includes(vip) || isVip(candidates, vip, read))
      return [{ vip, report: judgeBy(read, nodes, { ...wanted, vip }, run) }];
    return [];
  });
  const faults = which.all ? leftOpen(candidates, nodes, read, wanted) : [];
  if (verdicts.length === 0) return reportNoVip(nodes, [...overdue(late), ...faults], wanted);
  const vips = verdicts.map(({ vip }) => vip);
  // The first one comes into the first line, where it is worse than all VIPs.
  const beside = [...overdue(late), ...faults, ...unasked(vips, wanted)].sort(
    (a, b) => severity[b.state] - severity[a.state],
  );
  return withFaults(reportSeveral(verdicts), beside);
}

/** VIPs for which there was no time left: what was judged stands. */
function overdue(late: readonly string[]): readonly Fault[] {
  if (late.length === 0) return [];
  const brief = `${late.length} ${late.length === 1 ? 'address' : 'addresses'} not judged in time`;
  return [fault('UNKNOWN', 'no-verdict', brief, `${brief} (see --timeout): ${listOf(late)}`)];
}

/** Clients that no VIP is of the family of: nobody was asked about them. */
function unasked(vips: readonly string[], { clients }: WantedOfAll): readonly Fault[] {
  const open = clients.filter(({ family }) => vips.every((vip) => parseIp(vip)?.family !== family));
  return open.map(({ text, family }) => {
    const brief = `client ${text}: no VIP of IPv${family} was found`;
    return fault('UNKNOWN', 'client-unknown', brief);
  });
}
