import type { ArpEnd } from '../netfilter/index.ts';
import type { Announcement } from './announce.ts';

/** What a node announces to its peers. */
export type Standing = 'cluster' | 'card' | 'other' | 'silent' | 'open' | 'unread' | 'absent';

/** What some peers are told may be worse than what others are: the first of these counts. */
const worstFirst = ['card', 'other', 'open', 'cluster', 'silent'] as const;

/** A gateway counts where it is certain what it is told; a rule that names a MAC leaves open whether it is the gateway's. */
export function decisiveReply({ usual, gateways }: Announcement, mac: string | null): readonly ArpEnd[] {
  const settled = gateways.map(({ reply }) => reply).filter((reply) => settledBy(reply, mac) !== 'open');
  const rank = (reply: readonly ArpEnd[]) => worstFirst.indexOf(settledBy(reply, mac));
  return [usual.reply, ...settled].reduce((worst, one) => (rank(one) < rank(worst) ? one : worst));
}

function settledBy(reply: readonly ArpEnd[], mac: string | null): (typeof worstFirst)[number] {
  // That some peers get no answer says nothing about what the others are told.
  const told = reply.filter((end) => end.told !== null);
  const kinds = new Set((told.length > 0 ? told : reply).map((end) => kindOf(end, mac)));
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined ? only : 'open';
}

/** What a node announces, by its decisive reply. */
export function standingOf({ node, ignored }: Announcement, reply: readonly ArpEnd[], mac: string | null): Standing {
  const { arp, macs } = node;
  const settled = settledBy(reply, mac);
  if (settled === 'cluster') return ignored === null ? 'cluster' : 'silent';
  // What was not read may announce the cluster MAC after all.
  const unread = [...arp.unread, ...macs.unread];
  if (unread.some(({ absent }) => !absent)) return 'unread';
  if (unread.length > 0) return 'absent';
  return ignored === null ? settled : 'silent';
}

/** What one packet tells, as against the cluster MAC. */
export function kindOf({ told }: ArpEnd, mac: string | null): Exclude<Standing, 'unread' | 'absent'> {
  if (told === null) return 'silent';
  if (told.mac !== null && told.mac === mac) return 'cluster';
  if (told.by === 'card') return 'card';
  if (told.mac === null) return 'open';
  return mac === null ? 'cluster' : 'other';
}
