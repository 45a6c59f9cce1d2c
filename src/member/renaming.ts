import { type Fault, fault } from '../findings/index.ts';
import { describeTraffic, extentOf, percent, type Renaming } from '../netfilter/index.ts';
import type { State } from '../plugin/index.ts';
import { type Circle, type Followed, shareOf, short } from './back.ts';
import type { Stretch } from './stretch.ts';

/** Which of a node's answers get another source address. Nobody means that, so it is judged alike whatever other nodes do. */
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
  const brief = `${name} ${verb} answers to ${short(whom)} another source address than ${vip}`;
  const share = percent(shareOf(here, within));
  const why =
    'connection tracking has not seen the requests and takes these answers for connections of the node’s own. Datagrams get no answer, TCP connects and then breaks';
  const fix = `Fix: keep that rule from the VIP (! -s ${vip}), or take its answers out of connection tracking as well`;
  return [
    fault(
      state,
      'answer-renamed',
      brief,
      `${name} ${verb} answers to ${whom} (${share} of addresses and ports) another source address than ${vip} (${place}: ${text}): ${why}. ${fix}`,
    ),
  ];
}
