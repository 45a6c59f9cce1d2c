import type { Confirmation, View } from '../address/index.ts';
import { memberRows } from '../member/index.ts';
import { type FactRow, factLines } from '../plugin/index.ts';
import type { VipJudgement } from './judge.ts';

/** The facts about a VIP as they were read, as lines of `-vv`. */
export function vipLines({ nodes, silent, mac, view }: VipJudgement): readonly string[] {
  return [
    ...factLines('cluster', [['MAC', mac ?? 'none known, or not judged'], ...(view === null ? [] : viewRows(view))]),
    ...nodes.flatMap(({ node }) => factLines(node.name, memberRows(node))),
    ...silent.flatMap(({ name, reason }) => factLines(name, [['no answer', reason]])),
  ];
}

function viewRows(view: View): readonly FactRow[] {
  if (view.kind === 'blind') return [['from here', `nothing seen: ${view.reason}`]];
  if (view.kind === 'arp') {
    const said = view.replies.length === 0 ? 'nobody answered' : `answers from ${view.replies.join(' ')}`;
    return [['from here', `ARP on ${view.ifname}, asked ${view.rounds} times: ${said}`]];
  }
  return [
    ['from here', `neighbour table of ${view.ifname}, read for ${view.seconds} s: ${outcomeText(view.outcome)}`],
    ['no ARP', view.instead],
  ];
}

function outcomeText(outcome: Confirmation): string {
  if (outcome.kind === 'confirmed') return `${outcome.mac} answered`;
  if (outcome.kind === 'old') return `${outcome.mac}, last confirmed ${outcome.seconds} s ago`;
  if (outcome.kind === 'fixed') return `${outcome.mac ?? 'no MAC'}, an entry made by hand`;
  return outcome.kind === 'silent' ? 'nobody answered' : 'nothing known yet';
}
