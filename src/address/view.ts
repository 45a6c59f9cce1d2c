import type { Confirmation } from './neighbour.ts';

/** What a host sees of an address on its own link. */
export type View =
  /** It cannot see: it has the address itself, a router is in between, or it lacks the means. */
  | { readonly kind: 'blind'; readonly reason: string }
  /** ARP was asked `rounds` times by broadcast: the MAC of each reply, in order. */
  | { readonly kind: 'arp'; readonly ifname: string; readonly replies: readonly string[]; readonly rounds: number }
  /** A datagram was sent, and the neighbour table read for so many seconds. */
  | {
      readonly kind: 'neighbour';
      readonly ifname: string;
      readonly outcome: Confirmation;
      readonly seconds: number;
      /** Why ARP was not asked, as a fragment. */
      readonly instead: string;
    };
