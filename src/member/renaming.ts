import { type Fault, fault } from '../findings/index.ts';
import { describeTraffic, extentOf, percent, type Renaming } from '../netfilter/index.ts';
import type { State } from '../plugin/index.ts';
import { type Circle, type Followed, shareOf, short } from './circle.ts';
import type { Stretch } from './stretch.ts';

/** Which of a node's answers get another source address by nat. Nobody means that, so it is judged alike whatever other nodes do. */
export function renamingFaults(one: Followed, circle: Circle): Stretch {
  const { leaving, space } = one;
  const renamings = leaving === null || typeof leaving === 'string' ? [] : leaving.renamings;
  const sets = (certain: boolean) =>
    space.union(renamings.filter((each) => each.certain === certain).map(({ traffic }) => traffic));
  return {
    faults: renamings.flatMap((each) => renamingFault(one, each, circle)),
    lost: sets(true),
    doubt: sets(false),
  };
}

function renamingFault(
  { node: { name }, shared }: Followed,
  { place, text, traffic, certain }: Renaming,
  { scope, asked: { vip } }: Circle,
): readonly Fault[] {
  const within = shared.and(scope);
  const here = traffic.and(within);
  const extent = here.isEmpty ? 'aside' : extentOf(here, within);
  if (extent === 'aside') return [];
  const state: State = !certain ? 'UNKNOWN' : extent === 'hosts' ? 'WARNING' : 'CRITICAL';
  const whom = describeTraffic(here) === '' ? 'all clients' : describeTraffic(here);
  const verb = certain ? 'gives' : 'may give';
  const does = (to: string) => `${name} ${verb} answers to ${to} another source address than ${vip}`;
  const share = percent(shareOf(here, within));
  const why =
    'connection tracking does not know their requests (not tracked, or in another zone) and takes these answers for connections of the node’s own. Datagrams get no answer, TCP connects and then breaks';
  const fix = `Fix: exclude the VIP from that rule (! -s ${vip}), or do to its answers what is done to the requests (no tracking, or the same zone)`;
  return [
    fault(
      state,
      'answer-renamed',
      does(short(whom)),
      `${does(`${whom} (${share} of addresses and ports)`)} (${place}: ${text}): ${why}. ${fix}`,
    ),
  ];
}
