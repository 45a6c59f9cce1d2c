import type { Destination, Flow } from '../model/packet.ts';
import type { Traffic, TrafficSpace } from '../model/traffic.ts';

/** What NAT does with the packets of a walk: those that it sends on within this host, and those that it sends elsewhere. */
export class Nat {
  private readonly space: TrafficSpace;
  /** What this base chain has sent to another host, or to one of several ports: its later packets follow. */
  private redirected: Traffic;
  /** What it has sent to a port of this host, and to which. */
  private sent: readonly { readonly to: Destination; readonly traffic: Traffic }[] = [];
  private readonly gone: Flow[] = [];

  constructor(space: TrafficSpace) {
    this.space = space;
    this.redirected = space.none;
  }

  /** Begins a base chain. */
  begin(): void {
    this.redirected = this.space.none;
    this.sent = [];
  }

  /** Whether packets stay on this host at a known place; before a cluster rule that can only be the VIP itself. */
  isFollowed(to: Destination | undefined, { carried }: Flow): to is Destination {
    return to !== undefined && carried.certain && carried.sentTo === null && (carried.met || to.address !== null);
  }

  /** Another port of this node, or its VIP again: the packets as later chains see them. */
  sendOn(flow: Flow, to: Destination): Flow {
    this.sent = [...this.sent, { to, traffic: flow.traffic }];
    return { ...flow, carried: { ...flow.carried, sentTo: to } };
  }

  /** To another host, or to one of several: followed no further, and served. */
  sendAway(flow: Flow): void {
    this.redirected = this.redirected.or(flow.traffic);
    this.leave(flow);
  }

  /** Everything that was sent away. */
  get elsewhere(): readonly Flow[] {
    return this.gone;
  }

  /** Later packets, which a nat chain does not see: they go where it has sent the first one. */
  around(unseen: readonly Flow[]): readonly Flow[] {
    const here = this.sent.map(({ to, traffic }) => ({ to, traffic: traffic.whatever('phase') }));
    const away = this.redirected.whatever('phase');
    if (here.length === 0 && away.isEmpty) return unseen;
    for (const flow of unseen) this.leave({ ...flow, traffic: flow.traffic.and(away) });
    const moved = here.flatMap(({ to, traffic }) =>
      unseen.map((flow) => ({ carried: { ...flow.carried, sentTo: to }, traffic: flow.traffic.and(traffic) })),
    );
    const all = this.space.union([away, ...here.map(({ traffic }) => traffic)]);
    return [...moved, ...unseen.map((flow) => ({ ...flow, traffic: flow.traffic.less(all) }))];
  }

  /** Rules that choose by chance among several ports or hosts take a packet more than once; it is the same packet. */
  private leave({ carried, traffic }: Flow): void {
    const known = this.gone.filter((one) => one.carried.pkttype === carried.pkttype);
    const rest = traffic.less(this.space.union(known.map((one) => one.traffic)));
    // If a frame may no longer be this host's, no choice among ports makes it so again.
    const certain = carried.certain || carried.pkttype !== 'other';
    if (!rest.isEmpty) this.gone.push({ carried: { ...carried, certain }, traffic: rest });
  }
}
