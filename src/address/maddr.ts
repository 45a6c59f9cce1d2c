import { parseMac } from './mac.ts';

/** A link-layer group that an interface listens to. */
export type Subscription = {
  readonly ifname: string;
  readonly mac: string;
  /** True when somebody asked for it by address (`ip maddr add`), not the kernel for an IP multicast group or CLUSTERIP. */
  readonly byHand: boolean;
};

/**
 * Reads `/proc/net/dev_mcast`, which an ordinary user may read on every kernel:
 * `2    eth0            1     1     0123456789ab` (index, name, users, global users, address).
 */
export function parseSubscriptions(lines: readonly string[]): readonly Subscription[] {
  return lines.flatMap((line) => {
    const [, ifname, , global, digits] = line.trim().split(/\s+/);
    const mac = parseMac(digits ?? '');
    return ifname === undefined || mac === null ? [] : [{ ifname, mac, byHand: Number(global) > 0 }];
  });
}
