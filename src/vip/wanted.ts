import type { State } from '../plugin/index.ts';

/** On how many nodes the VIP should be: on all of them, or on this number (1: failover, 0: nowhere). */
export type Expected = 'all' | number;

/** What the user wants judged, and against what. */
export type WantedVip = {
  readonly vip: string;
  /** The prefix length it must have; null: only the same on all nodes. */
  readonly prefix: number | null;
  readonly expect: Expected;
  /** The interface it must be on. */
  readonly ifname: string | undefined;
  /** The cluster MAC, lower case with colons. */
  readonly mac: string | undefined;
  readonly skipMac: boolean;
  /** Who answers ARP for it is not judged: all peers have a static entry. */
  readonly skipArp: boolean;
  /** The VIP may be on a loopback interface alone (LVS direct routing). */
  readonly allowLo: boolean;
  /** Each node must have a rule that answers ARP with the cluster MAC. */
  readonly arpMangle: boolean;
  /** What a node counts that gave nothing while the others do not prove what is expected. */
  readonly unreachable: State;
};

/** Whether several nodes share the VIP at a time, so that a cluster MAC must bring its frames to all of them. */
export function isShared({ expect }: WantedVip): boolean {
  return expect === 'all' || expect > 1;
}

/** Whether a node is asked for what only root may read, and for all of the VIP's way: else that would be of no use. */
export function asksRules(wanted: WantedVip): boolean {
  return wanted.arpMangle || (isShared(wanted) && !wanted.skipMac);
}
