import { type Fault, fault, type Group, inLists } from '../findings/index.ts';
import { type Denial, describeTraffic, extentOf, percent, type Traffic, tcp } from '../netfilter/index.ts';
import type { State } from '../plugin/index.ts';
import { type Circle, type Followed, shareOf, short } from './circle.ts';
import type { Stretch } from './stretch.ts';

/** Which of a node's answers chains drop: what all nodes drop alike is policy, as long as it can be read and some clients are left. */
export function denialFaults(one: Followed, circle: Circle): Stretch {
  const { space, scope, followed } = circle;
  const denials = denialsOf(one);
  const shared = one.shared.and(scope);
  const all = followed.map((other) => certainOf(other)).reduce((sum, set) => sum.and(set), space.all);
  const leaves = extentOf(all.and(shared), shared) !== 'all';
  const judged = denials.flatMap((denial): readonly Judged[] => {
    const here = denial.traffic.and(shared);
    const alike = denial.certain ? here.within(all) && leaves : isAlike(denial, circle);
    const meant = denial.certain && leaves ? here.less(all) : here;
    const state = alike ? 'OK' : stateOf(denial, meant, shared);
    return here.isEmpty || state === null ? [] : [{ denial, meant: alike ? here : meant, state, alike }];
  });
  const open = judged.filter(({ denial, state }) => !denial.certain && state !== 'OK');
  return {
    faults: inLists(judged, kindOf).map((list) => denialFault(one, list, circle)),
    lost: certainOf(one),
    doubt: space.union(open.map(({ denial }) => denial.traffic)),
  };
}

/** A rule's part in what is dropped: which answers of those that count, and how bad that is. */
type Judged = {
  readonly denial: Denial;
  readonly meant: Traffic;
  readonly state: State;
  readonly alike: boolean;
};

function denialsOf({ leaving }: Followed): readonly Denial[] {
  return leaving === null || typeof leaving === 'string' ? [] : leaving.denials;
}

function certainOf(one: Followed): Traffic {
  return one.space.union(
    denialsOf(one)
      .filter(({ certain }) => certain)
      .map(({ traffic }) => traffic),
  );
}

/** Whether all nodes have the same rule, of a kind that may be intended. */
function isAlike({ policy, text }: Denial, { followed }: Circle): boolean {
  return policy && followed.every((other) => denialsOf(other).some((one) => one.text === text));
}

function stateOf({ certain, lists }: Denial, meant: Traffic, shared: Traffic): State | null {
  if (meant.isEmpty) return null;
  const extent = extentOf(meant, shared);
  if (extent === 'aside') return null;
  if (!certain) return 'UNKNOWN';
  if (extent === 'all' || extent === 'clients') return 'CRITICAL';
  if (extent === 'hosts') return 'OK';
  if (extent === 'datagrams' || lists) return 'WARNING';
  const { space } = meant;
  return [80n, 443n].some((dport) => meant.meets(space.only({ protocol: tcp, dport }))) ? 'CRITICAL' : 'WARNING';
}

function kindOf({ denial: { certain, place }, state, alike }: Judged): string {
  return `${certain} ${place} ${state} ${alike}`;
}

function denialFault({ node: { name }, space }: Followed, list: Group<Judged>, { scope, followed }: Circle): Fault {
  const [{ denial, state, alike }] = list;
  const { certain, place, text } = denial;
  const meant = space.union(list.map((one) => one.meant));
  const what = `answers to ${describeTraffic(meant) === '' ? 'all clients' : describeTraffic(meant)}`;
  const verb = certain ? 'drops' : 'may drop';
  const share = percent(shareOf(meant, scope));
  const open = certain ? '' : '; the rule does not show which';
  const who = followed.length > 1 ? 'all nodes alike' : 'no other node to compare with';
  const [more, fix] = list.length === 1 ? ['', 'that rule'] : [` and ${list.length - 1} more rules`, 'these rules'];
  const end = alike
    ? ` (${who})`
    : state === 'OK'
      ? ''
      : `. Fix: delete ${fix}, or accept what the VIP sends before ${list.length === 1 ? 'it' : 'them'}`;
  return fault(
    state,
    alike ? 'denied-alike' : !certain ? 'answer-may-drop' : state === 'OK' ? 'clients-banned' : 'answer-dropped',
    `${name} ${verb} ${short(what)} in ${place}`,
    `${name} ${verb} ${what} (${share} of addresses and ports) on their way out${open} (${place}: ${text}${more})${end}`,
  );
}
