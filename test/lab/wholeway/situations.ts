import { answer } from './answer.ts';
import { arp } from './arp.ts';
import { card } from './card.ts';
import { discovery } from './discovery.ts';
import { hooksHealthy } from './hooks_healthy.ts';
import { hooksLost } from './hooks_lost.ts';
import { ingress } from './ingress.ts';
import { maps } from './maps.ts';
import { over } from './over.ts';
import { sentPast } from './past.ts';
import { routes } from './routes.ts';
import type { Situation } from './situation.ts';
import { tables } from './tables.ts';
import { unaskedFor } from './unasked.ts';

/** Every situation on the whole way of a packet, in the order of its stretches. */
export const situations: readonly Situation[] = [
  ...arp,
  ...discovery,
  ...card,
  ...over,
  ...ingress,
  ...sentPast,
  ...hooksLost,
  ...unaskedFor,
  ...hooksHealthy,
  ...maps,
  ...answer,
  ...routes,
  ...tables,
];
