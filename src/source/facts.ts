import {
  formatIp,
  type HostAddresses,
  locate,
  parseIp,
  parsePolicyRules,
  parseRoute,
  type Route,
  readAddresses,
  sameIp,
} from '../address/index.ts';
import { type Rewrite, rewritesOf } from '../netfilter/index.ts';
import { type Snapshot, section } from '../snapshot/index.ts';

/** A target as it was given, and one address of it. */
export type Target = { readonly text: string; readonly address: string };

/** A rule that gives packets to a target another source. */
export type SourceNat = {
  /** The addresses that they may get; null where that is not known. */
  readonly to: readonly string[] | null;
  readonly place: string;
  readonly text: string;
  /** False where it does not show which packets it is for. */
  readonly certain: boolean;
};

/** NAT on the way out to a target; `keeps`: some of TCP or UDP keeps the source of the route. */
export type Nat = { readonly rules: readonly SourceNat[]; readonly keeps: boolean };

/**
 * What one host would do with packets to a target: its routes (several where they take turns), or why they are not
 * known.
 */
export type Way = { readonly target: Target } & (
  | {
      readonly known: true;
      readonly routes: readonly Route[];
      /** Null where it was not asked for; a text where it could not be read. */
      readonly nat: Nat | string | null;
    }
  | { readonly known: false; readonly reason: string }
);

/** One host: its ways to all targets, and whether it has an address; or why it gave no answer. */
export type HostFacts = { readonly name: string } & (
  | {
      readonly reached: true;
      readonly ways: readonly Way[];
      /** Whether it has this address; null when that could not be read. */
      readonly has: (address: string) => boolean | null;
      /** Rules of policy routing for some ports, protocols or users, which may take other routes. */
      readonly special: readonly string[];
    }
  | { readonly reached: false; readonly reason: string }
);

/** The facts of a host from its snapshot, whose `route` sections are keyed by the target's address. */
export function hostFacts(name: string, snapshot: Snapshot, targets: readonly Target[]): HostFacts {
  const host = readAddresses(snapshot);
  return {
    name,
    reached: true,
    ways: targets.map((target) => wayFrom(name, snapshot, host, target)),
    special: specialRules(snapshot, targets),
    has: (address) => (host.addresses === null ? null : locate(host, address).length > 0),
  };
}

/** Rules with conditions beyond a packet's addresses, which may apply to one of the targets. */
function specialRules(snapshot: Snapshot, targets: readonly Target[]): readonly string[] {
  const ips = targets.flatMap(({ address }) => parseIp(address) ?? []);
  const family = ips[0]?.family ?? 4;
  const { read } = parsePolicyRules(section(snapshot, `rule${family}`)?.lines ?? []);
  const meant = read.filter(
    ({ others, to }) =>
      others.length > 0 && (to === null || ips.some(({ value }) => to.low <= value && value <= to.high)),
  );
  return meant.map(({ text }) => text.replaceAll(/\s+/g, ' '));
}

function natOf(snapshot: Snapshot, host: HostAddresses, route: Route, { address }: Target): Nat | string | null {
  if (route.kind !== 'sent') return null;
  const found = rewritesOf(snapshot, { source: route.source, target: address, ifname: route.ifname });
  if (typeof found === 'string') return found;
  const rules = found.rules.map(({ to, ...rule }) => ({ ...rule, to: addressesOf(to, host, route) }));
  return { rules, keeps: found.keeps };
}

/** Those that a packet may get: one of a range, or of the interface that it leaves by. */
function addressesOf(
  to: Rewrite['to'],
  { addresses }: HostAddresses,
  { ifname, source }: Extract<Route, { kind: 'sent' }>,
): readonly string[] | null {
  const family = parseIp(source)?.family ?? 4;
  if (to.kind === 'address')
    return to.low === to.high
      ? [formatIp({ family, value: to.low })]
      : [`${formatIp({ family, value: to.low })} to ${formatIp({ family, value: to.high })}`];
  if (to.kind === 'unknown' || addresses === null) return null;
  const own = addresses.filter((one) => one.ifname === ifname && parseIp(one.address)?.family === family);
  const first = own.filter(({ flags, scope }) => scope === 'global' && !flags.includes('secondary'));
  return first.map((one) => one.address);
}

function wayFrom(name: string, snapshot: Snapshot, host: HostAddresses, target: Target): Way {
  const part =
    section(snapshot, 'route', target.address) ??
    snapshot.sections.find((one) => one.name === 'route' && sameIp(one.key, target.address));
  const unknown = (reason: string): Way => ({ target, known: false, reason });
  if (part === undefined)
    return unknown(
      `its snapshot has no route to it. If no arguments can be passed to ${name}, add --route ${target.address} to the command there`,
    );
  if (part.status === 'missing') return unknown('ip is not installed there');
  const route = parseRoute(part.lines, part.errors);
  const said = [...part.errors, ...part.lines][0] ?? `ip ended with ${part.exit}`;
  if (route === null) return unknown(`ip route get said: ${said}`);
  return { target, known: true, routes: [route], nat: natOf(snapshot, host, route, target) };
}
