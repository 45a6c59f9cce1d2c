import { type FibGap, whyDown } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { listOf } from '../plugin/index.ts';
import type { Circle, Followed } from './circle.ts';
import type { ReachedNode } from './facts.ts';

/**
 * What the routes that a snapshot leaves out may do to answers, as far as it says where they lead: WARNING where they refuse
 * networks, or lead by a card that carries nothing or, on this node only, by a card other than the VIP's.
 */
export function unshownFaults(one: Followed, circle: Circle): readonly Fault[] {
  return one.replies.gaps.flatMap((gap) => {
    const what = troubleOf(gap, one, circle);
    if (what === null) return [];
    const brief = `${one.node.name}: ${gap.count} routes that its snapshot leaves out ${what}`;
    return [fault('WARNING', 'routes-left-out', brief, `${brief}: answers to clients there may be lost (${gap.text})`)];
  });
}

function troubleOf({ type, hosts, hop }: FibGap, { node, ifname }: Followed, { followed }: Circle): string | null {
  if (['blackhole', 'unreachable', 'prohibit'].includes(type)) return hosts ? null : `are of type ${type}`;
  const dev = hop?.dev ?? null;
  if (dev === null || dev === ifname) return null;
  const down = whyDown(node.host.links ?? [], dev);
  if (down !== null) return `lead by ${dev}, which ${down.what}`;
  const alike = followed.every(
    ({ replies }) => replies.aside.has(dev) || replies.gaps.some((gap) => gap.hop?.dev === dev),
  );
  return alike ? null : `lead by ${dev}, not by ${ifname}`;
}

/** Lines of `-v`: routes and rules of nodes that their snapshots do not show, as far as they could lead answers elsewhere. */
export function unshownRoutes(nodes: readonly ReachedNode[]): readonly string[] {
  return nodes.flatMap(({ name, routing }) => {
    if (typeof routing === 'string' || routing.gaps.length === 0) return [];
    const shown = routing.gaps.slice(0, 5).map(({ text }) => text);
    const more = routing.gaps.length > 5 ? [`${routing.gaps.length - 5} more groups`] : [];
    return [
      `not judged one by one: routes that the snapshot of ${name} leaves out (${listOf([...shown, ...more], 'and')}); they are for networks smaller than a /16 (IPv6: /32) or for single hosts`,
    ];
  });
}

/** What the tool of a node never prints of rules and routes, once for all nodes. */
export function unprintedNotes(nodes: readonly ReachedNode[]): readonly Fault[] {
  const by = new Map<string, string[]>();
  for (const { name, routing } of nodes)
    for (const what of typeof routing === 'string' ? [] : routing.unprinted)
      by.set(what, [...(by.get(what) ?? []), name]);
  return [...by].map(([what, names]) => {
    const text = `not looked at: what ip does not print about the rules and routes of ${listOf(names)}: ${what}. With iproute2 installed there, it is judged`;
    return fault('OK', 'not-looked-at', `not looked at: some words of the routes of ${listOf(names)}`, text);
  });
}
