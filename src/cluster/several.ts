import { parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { type Report, withFaults } from '../plugin/index.ts';
import { reportSeveral } from './report_several.ts';
import { type AskedNode, judgeBy, type Run, readerOf, shareTime, type WantedOfAll } from './verdict.ts';
import { candidatesOf, findVips, noCandidates, numberOf, reportNoVip } from './vips.ts';

/** Which VIPs are wanted: those that are named, and all that a node shows with a cluster rule. */
export type WantedVips = { readonly vips: readonly string[]; readonly all: boolean };

/** Judges several VIPs by one answer of each node, each by itself, and gives the report of all. */
export function judgeSeveral(nodes: readonly AskedNode[], which: WantedVips, wanted: WantedOfAll, run: Run): Report {
  const candidates = which.all ? candidatesOf(nodes) : noCandidates;
  const readings = nodes.length * (which.vips.length + numberOf(candidates));
  const read = readerOf(wanted, shareTime(run, readings));
  const found = which.all ? findVips(candidates, nodes, read, wanted) : { vips: [], faults: [] };
  const vips = [...new Set([...which.vips, ...found.vips])];
  if (vips.length === 0) return reportNoVip(nodes, found, wanted);
  const verdicts = vips.map((vip) => ({ vip, report: judgeBy(read, nodes, { ...wanted, vip }, run) }));
  return withFaults(reportSeveral(verdicts), [...found.faults, ...unasked(vips, wanted)]);
}

/** Clients that no VIP is of the family of: nobody was asked about them. */
function unasked(vips: readonly string[], { clients }: WantedOfAll): readonly Fault[] {
  const open = clients.filter(({ family }) => vips.every((vip) => parseIp(vip)?.family !== family));
  return open.map(({ text, family }) => {
    const brief = `client ${text}: no VIP of IPv${family} was found`;
    return fault('UNKNOWN', 'client-unknown', brief);
  });
}
