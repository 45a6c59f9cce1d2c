import { type Fault, fault } from '../findings/index.ts';
import type { State } from '../plugin/index.ts';
import type { SilentNode } from './facts.ts';

/** The fault that a node gave nothing, and what that leaves open (a sentence). The first line has the reason, as far as there is room. */
export function silenceFault({ name, reason }: SilentNode, state: State, open: string | null): Fault {
  const brief = `${name} is unreachable: ${reason}`;
  return fault(state, 'node-unreachable', brief, `${brief}${open === null ? '' : `. ${open}`}`);
}
