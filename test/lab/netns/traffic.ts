import type { Probe } from '../uml/uml.ts';
import type { Shares } from './scenario.ts';

/** The nodes that gave a client an answer that lasts, one that answered twice stands twice; of TCP that is one at most. */
export function answered({ answers }: Probe): readonly string[] {
  return /^n\d/.test(answers) ? answers.split('+') : [];
}

/** The nodes that want to serve a client: for TCP those that opened a connection, which several spoil for each other. */
function serving(probe: Probe): readonly string[] {
  return probe.protocol.startsWith('tcp') ? probe.began : answered(probe);
}

/** How a client fared, as far as traffic can tell: several nodes quarrel over one TCP connection, and how that ends is open. */
export function fate(probe: Probe): 'lost' | 'once' | 'doubled' {
  if (serving(probe).length > 1) return 'doubled';
  return answered(probe).length === 0 ? 'lost' : 'once';
}

/** The shares of clients lost and doubled. */
export function measure(probes: readonly Probe[]): Shares {
  const share = (wanted: string) => probes.filter((probe) => fate(probe) === wanted).length / probes.length;
  return [share('lost'), share('doubled')];
}

/** How far a share measured over so many clients may be from the true one: four standard deviations, nothing at 0 and 1. */
export function tolerance(share: number, clients: number): number {
  return 4 * Math.sqrt((share * (1 - share)) / clients);
}
