import { type Fault, fault, type Group, inLists } from '../findings/index.ts';
import { describeTraffic, percent, type Traffic } from '../netfilter/index.ts';
import type { State } from '../plugin/index.ts';
import { type Circle, common, type Followed, peerSpan, shareOf, short } from './circle.ts';
import type { Loss, Replies } from './reply.ts';

/** What a loss means for the clients that count. */
type JudgedLoss = { readonly loss: Loss; readonly meant: Traffic; readonly state: State };

export function lossFaults(one: Followed, circle: Circle): readonly Fault[] {
  const judged = one.replies.losses.flatMap((loss) => judgeLoss(loss, circle) ?? []);
  return inLists(judged, kindOf).map((list) => lossFault(one, list, circle));
}

function kindOf({ loss: { cause, certain }, state }: JudgedLoss): string {
  return `${state} ${certain} ${cause.side} ${cause.how}`;
}

/** Null where it concerns no client, or where all nodes are alike, which is said once for all. */
function judgeLoss(loss: Loss, circle: Circle): JudgedLoss | null {
  const { scope, asked, space } = circle;
  const { cause, certain } = loss;
  const here = loss.clients.and(scope);
  if (here.isEmpty) return null;
  const all = common(circle);
  const policy = certain && asked.networks.length === 0 && !scope.within(all);
  const meant = policy ? here.less(all) : here;
  if (meant.isEmpty) return null;
  const whole = asked.networks.some(({ low, high }) => space.only({ source: { low, high } }).within(loss.clients));
  return { loss, meant, state: !certain ? 'WARNING' : cause.hosts && !whole ? 'OK' : 'CRITICAL' };
}

function lossFault({ node, replies }: Followed, list: Group<JudgedLoss>, circle: Circle): Fault {
  const { scope, asked, space } = circle;
  const [{ loss, state }] = list;
  const { cause, certain } = loss;
  const others = list.length - 1;
  const meant = space.union(list.map((one) => one.meant));
  const whom = describeTraffic(meant) === '' ? 'all clients' : describeTraffic(meant);
  const of = `(${percent(shareOf(meant, scope))} of ${asked.networks.length > 0 ? 'the addresses of --clients' : 'addresses'})`;
  const what = `${cause.side === 'answers' ? 'answers to' : 'packets from'} ${whom}`;
  const reason = cause.text === null ? '' : ` (${cause.text}${others === 0 ? '' : ` and ${others} more`})`;
  const way = cause.fix ?? peersRoute(node.name, meant, circle);
  const fix = state === 'OK' ? '' : `. Fix: ${way}${others === 0 ? '' : ', and so for the others'}`;
  const unsure = certain ? '' : ', for some of their packets';
  return fault(
    state,
    cause.side === 'answers' ? 'answer-route-lost' : 'rp-filter-drops',
    `${node.name}: ${short(what)} ${cause.how}`,
    `${node.name}: ${what} ${of} ${cause.how}${unsure}${reason}${fix}${replies.gaps.length > 0 ? leftOut(replies.gaps) : ''}`,
  );
}

function leftOut(gaps: Replies['gaps']): string {
  const shown = gaps.slice(0, 3).map(({ text }) => text);
  return `. Left out of the snapshot: ${shown.join('; ')}`;
}

/** The route by which another node reaches them. */
function peersRoute(name: string, clients: Traffic, circle: Circle): string {
  const peer = peerSpan(name, clients, circle, () => true);
  return peer === null ? 'add a route to them' : `add a route, such as that of ${peer.name}: ${peer.route}`;
}
