import { answer } from './answer.ts';
import { arp } from './arp.ts';
import { card } from './card.ts';
import { discovery } from './discovery.ts';
import { hooksHealthy } from './hooks_healthy.ts';
import { hooksLost } from './hooks_lost.ts';
import { ingress } from './ingress.ts';
import { routes } from './routes.ts';
import type { Situation } from './situation.ts';

/** Every situation on the whole way of a packet, in the order of its stretches. */
export const situations: readonly Situation[] = [
  ...arp,
  ...discovery,
  ...card,
  ...ingress,
  ...hooksLost,
  ...hooksHealthy,
  ...answer,
  ...routes,
];
