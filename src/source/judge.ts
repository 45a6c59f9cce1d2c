import type { Refusal, Route } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { listOf } from '../plugin/index.ts';
import type { HostFacts, Nat, SourceNat, Way } from './facts.ts';

/** What is expected of every host. */
export type WantedSource = {
  /** The address that everything should leave with. */
  readonly source: string;
  /** A host without this address is not judged: it is the passive one. */
  readonly ifActive: string | undefined;
  /** Whether hosts are named in the texts: not where this host alone was asked. */
  readonly named: boolean;
  /** Whether NAT on the way out is to be known. */
  readonly nat: boolean;
};

/** The verdict on one host. `passive`: it does not have the address of --if-active. */
export type JudgedHost = {
  readonly name: string;
  readonly passive: boolean;
  readonly faults: readonly Fault[];
  /** How many ways were judged, and how many of them are wrong. */
  readonly ways: number;
  readonly wrong: number;
};

/** Judges what one host would send to the targets. */
export function judgeHost(host: HostFacts, wanted: WantedSource): JudgedHost {
  const { name } = host;
  const none = { name, passive: false, ways: 0, wrong: 0 };
  if (!host.reached) {
    const brief = `${name} is unreachable`;
    return { ...none, faults: [fault('CRITICAL', 'node-unreachable', brief, `${brief}: ${host.reason}`)] };
  }
  if (wanted.ifActive !== undefined) {
    const active = host.has(wanted.ifActive);
    const who = wanted.named ? name : 'this host';
    if (active === null) {
      const brief = `${who}: addresses not read`;
      const text = `${brief}, so it is not known whether it has ${wanted.ifActive} (--if-active)`;
      return { ...none, faults: [fault('UNKNOWN', 'facts-unread', brief, text)] };
    }
    if (!active) {
      const text = `${who} does not have ${wanted.ifActive}: it is passive, and not judged`;
      return { ...none, passive: true, faults: [fault('OK', 'host-passive', text)] };
    }
  }
  const place: Place = {
    named: wanted.named ? `${name}: ` : '',
    called: wanted.named ? name : 'this host',
    has: host.has(wanted.source),
  };
  const faults = [...host.ways.map((way) => judgeWay(way, place, wanted)), ...leftOpen(host.special, place)];
  const wrong = faults.filter(({ state }) => state === 'CRITICAL').length;
  return { ...none, faults, ways: host.ways.length, wrong };
}

/** The host of a way: the prefix of its texts, its name within them, and whether it has the source at all. */
type Place = { readonly named: string; readonly called: string; readonly has: boolean | null };

/** What asking with a socket without port or protocol does not show. */
function leftOpen(special: readonly string[], { named }: Place): readonly Fault[] {
  if (special.length === 0) return [];
  const more = special.length > 2 ? ` and ${special.length - 2} more` : '';
  const text = `${named}not judged: packets that an ip rule for some ports, protocols or users sends by another route (${special.slice(0, 2).join('; ')}${more})`;
  return [fault('OK', 'source-not-judged', text)];
}

function judgeWay(way: Way, place: Place, { source, nat }: WantedSource): Fault {
  const { text, address } = way.target;
  const target = text === address ? text : `${text} (${address})`;
  const { named } = place;
  if (!way.known) {
    const brief = `${named}the way to ${target} is not known`;
    return fault('UNKNOWN', 'route-unknown', brief, `${brief}: ${way.reason}`);
  }
  const odd = way.routes.find(({ kind }) => kind === 'own' || kind === 'group');
  if (odd !== undefined) return unfit(odd, `${named}${target}`, place.called);
  const refused = way.routes.find((route) => route.kind === 'refused');
  if (refused?.kind === 'refused') return noRoute(refused.why, `${named}${target}`, place, source);
  const sources = [...new Set(way.routes.flatMap((route) => (route.kind === 'sent' ? [route.source] : [])))];
  if (nat && (way.nat === null || typeof way.nat === 'string')) {
    const brief = `${named}NAT on the way to ${target} is not known`;
    return fault('UNKNOWN', 'nat-unknown', brief, `${brief}: ${way.nat ?? 'nobody was asked for it'}`);
  }
  if (way.nat !== null && typeof way.nat !== 'string' && way.nat.rules.length > 0)
    return translated(way.nat, sources, `${named}${target}`, source);
  const reached = `${named}${target} is reached from ${listOf(sources, 'or')}`;
  if (sources.length === 1 && sources[0] === source) return fault('OK', 'source-right', reached);
  const brief = `${reached}, expected ${source}`;
  return fault('CRITICAL', 'source-wrong', brief, `${brief}. ${mend(way.routes, place, source, address)}`);
}

/** Where NAT gives some packets another source, or all. */
function translated({ rules, keeps }: Nat, sources: readonly string[], target: string, source: string): Fault {
  const sure = rules.filter(({ certain }) => certain);
  const seen = [...new Set([...(keeps ? sources : []), ...sure.flatMap(({ to }) => to ?? ['an unknown address'])])];
  const reached = `${target} is reached from ${listOf(seen, 'or')}`;
  const wrong = rules.find(({ to }) => to === null || to.some((one) => one !== source));
  const why = (rule: SourceNat) => `${rule.place}: ${rule.text}`;
  if (seen.some((one) => one !== source)) {
    const brief = `${reached}, expected ${source}`;
    const cause =
      wrong === undefined
        ? `Only some packets get ${source} (${listOf(sure.map(why))})`
        : `A rule on the way out gives them another source (${why(wrong)}). Fix: let packets to it pass before that rule`;
    return fault('CRITICAL', 'source-nat', brief, `${brief}. ${cause}`);
  }
  const open = rules.find((rule) => !rule.certain && rule === wrong);
  if (open === undefined)
    return fault('OK', 'source-right', `${reached}${sure[0] === undefined ? '' : ` (${why(sure[0])})`}`);
  const brief = `${target} may be reached from another address than ${source}`;
  return fault(
    'WARNING',
    'source-nat',
    brief,
    `${brief}: a rule on the way out does not show which packets it is for (${why(open)})`,
  );
}

function mend(routes: readonly Route[], { has, called }: Place, source: string, address: string): string {
  if (has === false) return `${source} is not on ${called}`;
  const via = routes.find((route) => route.kind === 'sent');
  const dev = via?.kind === 'sent' && via.ifname !== null ? ` (it goes out by ${via.ifname})` : '';
  return `The route that wins has no "src ${source}"${dev}: see ip route get ${address} and ip rule`;
}

/** A target that no packet leaves the host for: its source would say nothing. */
function unfit(route: Route, target: string, called: string): Fault {
  const what = route.kind === 'group' ? `is a ${route.what} address` : `is an address of ${called} itself`;
  const brief = `${target} ${what}`;
  return fault(
    'UNKNOWN',
    'target-unfit',
    brief,
    `${brief}: packets to it never leave the host. Choose a target that clients reach through this address`,
  );
}

const refusalWords: Readonly<Record<Refusal, string>> = {
  none: 'no route',
  unreachable: 'an unreachable route, or nobody on the way',
  prohibit: 'the kernel forbids it (a prohibit route, or a broadcast address)',
  blackhole: 'a blackhole route',
  sourceless: 'no address to send from',
};

function noRoute(why: Refusal, target: string, { has, called }: Place, source: string): Fault {
  const brief = `${target} cannot be reached: ${refusalWords[why]}`;
  if (why !== 'none' && why !== 'sourceless') return fault('CRITICAL', 'route-missing', brief);
  if (has === true)
    return fault('CRITICAL', 'route-missing', brief, `${brief}, although ${source} is there: see ip route`);
  if (has === false)
    return fault(
      'CRITICAL',
      'route-missing',
      brief,
      `${brief} (${source} is not on ${called}: its routes went with it)`,
    );
  return fault('CRITICAL', 'route-missing', brief, `${brief} (was the VIP removed? its routes go with it)`);
}
