import { type Fault, fault } from '../findings/index.ts';
import { type Denial, describeTraffic, extentOf, percent, type Traffic, tcp } from '../netfilter/index.ts';
import type { State } from '../plugin/index.ts';
import { type Circle, type Followed, shareOf, short } from './back.ts';
import type { Stretch } from './stretch.ts';

/** Which of a node's answers chains drop: what all nodes drop alike is policy, as long as it can be read and some clients are left. */
export function denialFaults(one: Followed, circle: Circle): Stretch {
  const { space, scope, followed } = circle;
  const denials = denialsOf(one);
  const shared = one.shared.and(scope);
  const all = followed.map((other) => certainOf(other)).reduce((sum, set) => sum.and(set), space.all);
  const leaves = extentOf(all.and(shared), shared) !== 'all';
  const judged = denials.flatMap((denial) => {
    const here = denial.traffic.and(shared);
    const alike = denial.certain ? here.within(all) && leaves : isAlike(denial, circle);
    const meant = denial.certain && leaves ? here.less(all) : here;
    const state = alike ? 'OK' : stateOf(denial, meant, shared);
    return here.isEmpty || state === null ? [] : [{ denial, meant: alike ? here : meant, state, alike }];
  });
  const open = judged.filter(({ denial, state }) => !denial.certain && state !== 'OK');
  return {
    faults: judged.map(({ denial, meant, state, alike }) => denialFault(one, denial, meant, state, alike, circle)),
    lost: certainOf(one),
    doubt: space.union(open.map(({ denial }) => denial.traffic)),
  };
}

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

function denialFault(
  { node: { name } }: Followed,
  { certain, place, text }: Denial,
  meant: Traffic,
  state: State,
  alike: boolean,
  { scope, followed }: Circle,
): Fault {
  const what = `answers to ${describeTraffic(meant) === '' ? 'all clients' : describeTraffic(meant)}`;
  const verb = certain ? 'drops' : 'may drop';
  const share = percent(shareOf(meant, scope));
  const open = certain ? '' : '; the rule does not show which';
  const who = followed.length > 1 ? 'all nodes alike' : 'no other node to compare with';
  const end = alike
    ? ` (${who})`
    : state === 'OK'
      ? ''
      : '. Fix: delete that rule, or accept what the VIP sends before it';
  return fault(
    state,
    alike ? 'denied-alike' : !certain ? 'answer-may-drop' : state === 'OK' ? 'clients-banned' : 'answer-dropped',
    `${name} ${verb} ${short(what)} in ${place}`,
    `${name} ${verb} ${what} (${share} of addresses and ports) on their way out${open} (${place}: ${text})${end}`,
  );
}
