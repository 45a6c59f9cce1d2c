import type { Link } from '../address/index.ts';
import type { FactRow } from '../plugin/index.ts';
import { linkOf, type ReachedNode } from './facts.ts';

/** Settings of the kernel that decide over a shared address. */
const telling = /\.(?:rp_filter|arp_ignore|arp_announce|drop_unicast_in_l2_multicast|ip_nonlocal_bind)$/;

/** What a node shows about itself as a member, for readers of `-vv`. */
export function memberRows(node: ReachedNode): readonly FactRow[] {
  const { user, host, placements, macs, arp, inbound, routing, neighbours } = node;
  const cards = [...new Set(placements.map(({ address }) => address.ifname))];
  return [
    ['asked as', user],
    ...vipRows(node),
    ...cards.map((ifname): FactRow => ['interface', interfaceText(ifname, linkOf(node, ifname))]),
    ['listens to', groups(host.subscriptions, cards)],
    ...macs.names.map(
      // The cluster rule has a line of its own where rules are judged.
      ({ mac, by, text }): FactRow => [
        'MAC named',
        by === 'ARP rule' ? `${mac} by an ARP rule: ${text}` : `${mac} by the cluster rule`,
      ],
    ),
    ['ARP rules', arp.program.length === 0 ? 'none' : `${arp.program.length} chains`],
    ...settingRows(node, cards),
    ['tc filters', inboundText(inbound)],
    ...routingRows(routing),
    ...neighbours.entries.map(
      ({ address, ifname, mac, state }): FactRow => [
        'neighbour',
        `${address} on ${ifname} ${mac ?? 'without a MAC'} ${state}`,
      ],
    ),
    ...[...macs.unread, ...arp.unread.filter(({ what }) => !macs.unread.some((one) => one.what === what))].map(
      ({ what, reason }): FactRow => ['not read', `${what}: ${reason}`],
    ),
  ];
}

function vipRows({ host, placements }: ReachedNode): readonly FactRow[] {
  if (host.addresses === null) return [['VIP', 'unknown: the addresses could not be read']];
  if (placements.length === 0) return [['VIP', 'not on this node']];
  return placements.map(({ address: { address, prefix, ifname, flags }, down }): FactRow => {
    const notes = [...flags, ...(down === null ? [] : [down.what])];
    return ['VIP', `${address}/${prefix} on ${ifname}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`];
  });
}

function interfaceText(ifname: string, link: Link | undefined): string {
  if (link === undefined) return `${ifname}: not listed`;
  const { kind, state, mac, flags, parent, master } = link;
  const parts = [
    `${ifname}: ${kind ?? 'card'}`,
    `state ${state}`,
    mac ?? 'no MAC',
    ...(parent === null ? [] : [`above ${parent}`]),
    ...(master === null ? [] : [`in ${master}`]),
    flags.join(' '),
  ];
  return parts.join(', ');
}

function groups(subscriptions: ReachedNode['host']['subscriptions'], cards: readonly string[]): string {
  if (subscriptions === null) return 'unknown: the groups could not be read';
  const macs = subscriptions.filter(({ ifname }) => cards.length === 0 || cards.includes(ifname)).map(({ mac }) => mac);
  const shown = macs.slice(0, 12).join(' ');
  return macs.length === 0 ? 'no group' : `${shown}${macs.length > 12 ? ` and ${macs.length - 12} more` : ''}`;
}

function settingRows({ settings }: ReachedNode, cards: readonly string[]): readonly FactRow[] {
  const wanted = [...(settings ?? [])].filter(
    ([name]) => telling.test(name) && ['all', ...cards].some((card) => name.includes(`.conf.${card}.`)),
  );
  return wanted.map(([name, value]): FactRow => ['setting', `${name} = ${value}`]);
}

function inboundText(inbound: ReachedNode['inbound']): string {
  if (!inbound.read) return `unknown: ${inbound.reason}`;
  if (inbound.interfaces.length === 0) return 'none';
  return inbound.interfaces.map(({ ifname, filters }) => `${filters.length} on ${ifname}`).join(', ');
}

function routingRows(routing: ReachedNode['routing']): readonly FactRow[] {
  if (typeof routing === 'string') return [['routing', `unknown: ${routing}`]];
  return [
    ['routing', `${routing.routes.length} routes`],
    ...routing.rules.slice(0, 20).map(({ text }): FactRow => ['ip rule', text.replaceAll(/\s+/g, ' ').trim()]),
  ];
}
