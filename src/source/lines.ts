import type { Route } from '../address/index.ts';
import { type FactRow, factLines } from '../plugin/index.ts';
import type { HostFacts, Way } from './facts.ts';

/** The facts of each host as they were read, as lines of `-vv`. */
export function hostLines(hosts: readonly HostFacts[]): readonly string[] {
  return hosts.flatMap((host) =>
    host.reached
      ? factLines(host.name, [
          ...host.ways.flatMap(wayRows),
          ...host.special.map((text): FactRow => ['ip rule', `${text} (not judged)`]),
        ])
      : factLines(host.name, [['no answer', host.reason]]),
  );
}

function wayRows(way: Way): readonly FactRow[] {
  const { text, address } = way.target;
  const target = text === address ? text : `${text} (${address})`;
  if (!way.known) return [['route', `${target}: unknown: ${way.reason}`]];
  return [...way.routes.map((route): FactRow => ['route', `${target}: ${routeText(route)}`]), ...natRows(way.nat)];
}

function routeText(route: Route): string {
  if (route.kind === 'own') return 'an address of this host itself';
  if (route.kind === 'group') return `a ${route.what} address`;
  if (route.kind === 'refused') return `refused (${route.why})`;
  const { source, ifname, gateway } = route;
  return `from ${source}${ifname === null ? '' : ` by ${ifname}`}${gateway === null ? '' : ` via ${gateway}`}`;
}

function natRows(nat: Extract<Way, { known: true }>['nat']): readonly FactRow[] {
  if (nat === null) return [];
  if (typeof nat === 'string') return [['NAT', `unknown: ${nat}`]];
  if (nat.rules.length === 0) return [['NAT', 'none on this way']];
  return nat.rules.map(({ to, place, text, certain }): FactRow => {
    return [
      'NAT',
      `to ${to === null ? 'an unknown address' : to.join(' ')}${certain ? '' : ' for some packets, perhaps'} (${place}: ${text})`,
    ];
  });
}
