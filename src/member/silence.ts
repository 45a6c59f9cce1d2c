import { type Fault, fault } from '../findings/index.ts';
import type { State } from '../plugin/index.ts';
import type { SilentNode } from './facts.ts';

/** That a node gave nothing, and what that leaves open (a sentence). Its reason stands in the first line where there is room. */
export function silenceFault({ name, reason }: SilentNode, state: State, open: string | null): Fault {
  const brief = reason.length <= 50 ? `${name} is unreachable: ${reason}` : `${name} is unreachable`;
  return fault(
    state,
    'node-unreachable',
    brief,
    `${name} is unreachable: ${reason}${open === null ? '' : `. ${open}`}`,
  );
}
