import {
  type Frame,
  fate,
  fits,
  type Inbound,
  type IpBlock,
  type Level,
  type Link,
  type TrafficFilter,
} from '../address/index.ts';
import type { Traffic, TrafficSpace } from '../netfilter/index.ts';
import type { State } from '../plugin/index.ts';

/** What a traffic control filter does with clients' packets. */
export type Deed = {
  readonly state: State;
  /** `drops`, `may drop`, `redirects` ..., of everything that it fits. */
  readonly verb: string;
  readonly traffic: Traffic;
  readonly ifname: string;
  /** Whether requests are meant, or answers. */
  readonly side: Frame['side'];
  readonly text: string;
};

/** Which of clients' packets traffic control takes on their way up to an interface, or their answers on the way down. */
export type Taking = { readonly deeds: readonly Deed[]; readonly lost: Traffic; readonly doubt: Traffic };

/** What filters on the way see of clients' packets, and where a redirected one ends. */
export type Asked = { readonly frame: Frame; readonly space: TrafficSpace; readonly links: readonly Link[] };

/**
 * Sends clients' packets, or the answers to them, through the filters of all levels; which of several ports of one level they
 * pass is not known.
 */
export function takenByFilters(levels: readonly Level[], inbound: readonly Inbound[], asked: Asked): Taking {
  const { space } = asked;
  return levels.reduce<Taking>(
    (sum, { ifnames }) => {
      const each = ifnames.map((ifname) =>
        takenBy(
          inbound.find((one) => one.ifname === ifname),
          asked,
        ),
      );
      const lost = each.reduce((all, one) => all.and(one.lost), ifnames.length === 0 ? space.none : space.all);
      const any = space.union(each.flatMap((one) => [one.lost, one.doubt]));
      const deeds = each.flatMap((one) => one.deeds).map((deed) => unlessEvery(deed, lost));
      return { deeds: [...sum.deeds, ...deeds], lost: sum.lost.or(lost), doubt: sum.doubt.or(any.less(lost)) };
    },
    { deeds: [], lost: space.none, doubt: space.none },
  );
}

/** What one port of several takes affects only those that come by it. */
function unlessEvery(deed: Deed, lost: Traffic): Deed {
  const certain = deed.state !== 'CRITICAL' || deed.traffic.within(lost);
  return certain ? deed : { ...deed, state: 'WARNING', verb: `${deed.verb}, where it passes ${deed.ifname},` };
}

function takenBy(inbound: Inbound | undefined, { frame, space, links }: Asked): Taking {
  const deeds: Deed[] = [];
  let [lost, doubt, rest, passed] = [space.none, space.none, space.all, space.none];
  if (inbound === undefined) return { deeds, lost, doubt };
  const { ifname } = inbound;
  for (const filter of inbound.filters) {
    const { traffic, exact } = fitting(filter, frame, space);
    const here = traffic.and(rest);
    if (here.isEmpty) continue;
    const what = fateOf(filter, links);
    if (what === 'next') continue;
    if (what === 'pass') {
      if (exact) rest = rest.less(here);
      else passed = passed.or(here);
      continue;
    }
    // Answers may arrive by another card, too.
    const aside = what === 'redirect' && frame.side === 'source';
    const sure = exact && what !== 'unread' && !aside ? here.less(passed) : space.none;
    const verb = what === 'unread' ? 'does something unknown with' : what === 'drop' ? 'drops' : 'redirects';
    const deed = { ifname, side: frame.side, text: filter.text };
    if (!sure.isEmpty) deeds.push({ ...deed, state: 'CRITICAL', verb, traffic: sure });
    const may = here.less(sure);
    if (!may.isEmpty)
      deeds.push({
        ...deed,
        state: what === 'unread' ? 'UNKNOWN' : 'WARNING',
        verb: `may take, because it ${verb}`,
        traffic: may,
      });
    lost = lost.or(sure);
    doubt = doubt.or(may);
    rest = rest.less(sure);
  }
  for (const text of inbound.unread) {
    if (rest.isEmpty) break;
    deeds.push({ state: 'UNKNOWN', verb: 'may take', traffic: rest, ifname, side: frame.side, text });
    doubt = doubt.or(rest);
  }
  return { deeds, lost, doubt: doubt.less(lost) };
}

/** What an `ifb` is given comes back by the interface that it came from: that is how incoming traffic is shaped. */
function fateOf(filter: TrafficFilter, links: readonly Link[]): ReturnType<typeof fate> {
  const what = fate(filter);
  if (what !== 'redirect') return what;
  const to = filter.actions.find(({ kind }) => kind === 'redirect');
  if (to?.kind !== 'redirect' || to.side === 'ingress') return 'unread';
  const link = links.find(({ ifname }) => ifname === to.ifname);
  if (link?.kind === 'ifb') return 'pass';
  // `ip` without -d does not tell of what kind it is.
  return link === undefined || links.every(({ kind }) => kind === null) ? 'unread' : 'redirect';
}

/** The packets that a filter fits, as far as its words say; `exact`: all of these. */
function fitting(
  filter: TrafficFilter,
  frame: Frame,
  space: TrafficSpace,
): { readonly traffic: Traffic; readonly exact: boolean } {
  if (fits(filter, frame) === 'none') return { traffic: space.none, exact: true };
  const words = filter.others.map((word) => wordTraffic(word, frame.side, space));
  const known = words.filter((one) => one !== null);
  const client = filter[frame.side === 'source' ? 'destination' : 'source'];
  const source = client === null ? space.all : fromBlock(client, space);
  const ofMac = filter.destinationMac === null || frame.mac !== null;
  return {
    traffic: known.reduce((sum, one) => sum.and(one), source),
    exact: known.length === words.length && ofMac,
  };
}

function fromBlock({ family, low, high }: IpBlock, space: TrafficSpace): Traffic {
  return family === space.family ? space.only({ source: { low, high } }) : space.none;
}

const protocols: Readonly<Record<string, bigint>> = { tcp: 6n, udp: 17n, icmp: 1n, icmpv6: 58n };

/**
 * `ip_proto tcp`, `dst_port 80`, `src_port 1024-2047`, as flower prints them, as the requests that they are about; null for any
 * other word.
 */
function wordTraffic(word: string, vipIs: Frame['side'], space: TrafficSpace): Traffic | null {
  const [, name] = /^ip_proto (\w+)$/.exec(word) ?? [];
  const protocol = protocols[name ?? ''];
  if (protocol !== undefined) return space.only({ protocol });
  const [, side, low, high = low] = /^(dst|src)_port (\d+)(?:-(\d+))?$/.exec(word) ?? [];
  if (low === undefined || high === undefined) return null;
  const own = (side === 'dst') === (vipIs === 'destination') ? 'dport' : 'sport';
  return space.only({ [own]: { low: BigInt(low), high: BigInt(high) } });
}
