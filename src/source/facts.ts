import { locate, parseRoute, type Route, readAddresses, sameIp } from '../address/index.ts';
import { type Snapshot, section } from '../snapshot/index.ts';

/** A target as it was given, and one address of it. */
export type Target = { readonly text: string; readonly address: string };

/** What one host would do with packets to a target: its ways (several where it takes turns), or why they are not known. */
export type Way = { readonly target: Target } & (
  | { readonly known: true; readonly routes: readonly Route[] }
  | { readonly known: false; readonly reason: string }
);

/** One host: its ways to all targets, and whether it has an address; or why it gave no answer. */
export type HostFacts = { readonly name: string } & (
  | {
      readonly reached: true;
      readonly ways: readonly Way[];
      /** Whether it has this address; null when that could not be read. */
      readonly has: (address: string) => boolean | null;
    }
  | { readonly reached: false; readonly reason: string }
);

/** The facts of a host from its snapshot, whose `route` sections are keyed by the target's address. */
export function hostFacts(name: string, snapshot: Snapshot, targets: readonly Target[]): HostFacts {
  const host = readAddresses(snapshot);
  return {
    name,
    reached: true,
    ways: targets.map((target) => wayFrom(name, snapshot, target)),
    has: (address) => (host.addresses === null ? null : locate(host, address).length > 0),
  };
}

function wayFrom(name: string, snapshot: Snapshot, target: Target): Way {
  const part =
    section(snapshot, 'route', target.address) ??
    snapshot.sections.find((one) => one.name === 'route' && sameIp(one.key, target.address));
  const unknown = (reason: string): Way => ({ target, known: false, reason });
  if (part === undefined)
    return unknown(
      `its snapshot has no route to it. Where a way passes no arguments, they stand in the command on ${name}: add --route ${target.address}`,
    );
  if (part.status === 'missing') return unknown('ip is not installed there');
  const route = parseRoute(part.lines, part.errors);
  const said = [...part.errors, ...part.lines][0] ?? `ip ended with ${part.exit}`;
  return route === null ? unknown(`ip route get said: ${said}`) : { target, known: true, routes: [route] };
}
