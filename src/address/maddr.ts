import { parseMac } from './mac.ts';

/** A link-layer group that an interface listens to. */
export type Subscription = {
  readonly ifname: string;
  readonly mac: string;
  /** Added by hand or by a cluster agent (`static` in `ip maddr`), not by the kernel for itself. */
  readonly byHand: boolean;
};

/**
 * Reads `/proc/net/dev_mcast`, which an ordinary user may read on every kernel:
 * `2    eth0            1     1     0123456789ab` (index, name, users, users by hand, address).
 */
export function parseSubscriptions(lines: readonly string[]): readonly Subscription[] {
  return lines.flatMap((line) => {
    const [, ifname, , global, digits] = line.trim().split(/\s+/);
    const mac = parseMac(digits ?? '');
    return ifname === undefined || mac === null ? [] : [{ ifname, mac, byHand: Number(global) > 0 }];
  });
}
