import type { IpBlock } from './ip.ts';
import type { Lead, Stretch } from './routing.ts';

/** The settings of reverse path filtering: `rp_filter` and `accept_local` as they count for the interface. */
export type ReversePath = {
  /** Where the packets come in; beside its own name, those of its masters (a VRF). */
  readonly ifnames: readonly string[];
  /** 0: off, 1: the way back must lead out by this interface, 2: there must be a way back. */
  readonly mode: number;
  readonly acceptLocal: boolean;
};

/** Source addresses, and whether packets from them are let in; null where it depends on the packet. */
export type ReverseStretch = { readonly block: IpBlock; readonly lets: boolean | null; readonly stretch: Stretch };

/**
 * Which sources an interface lets in, from the way that answers to them take: `routeFor` asked for packets from the VIP,
 * with no mark (or, with `src_valid_mark`, with that of the packet). Source: Linux, fib_validate_source.
 */
export function reversePath(stretches: readonly Stretch[], told: ReversePath): readonly ReverseStretch[] {
  return stretches.map((stretch) => {
    const verdicts = new Set(stretch.cases.map(({ lead }) => letsIn(lead, told)));
    const [only = null] = verdicts;
    return { block: stretch.block, lets: verdicts.size === 1 ? only : null, stretch };
  });
}

function letsIn(lead: Lead, { ifnames, mode, acceptLocal }: ReversePath): boolean | null {
  switch (lead.kind) {
    case 'sent':
      return mode !== 1 || lead.route.hops.some(({ dev }) => dev !== null && ifnames.includes(dev));
    case 'own':
      return acceptLocal;
    case 'group':
      return false;
    case 'refused':
      return mode === 0;
    default:
      return null;
  }
}
