import { type Fault, fault } from '../findings/index.ts';
import { type Obstacle, type Rule, type Traffic, withoutOwn } from '../netfilter/index.ts';
import { holdsNothing } from './coverage.ts';
import type { ReadNode } from './facts.ts';

/** What an obstacle of a node means. `who`: the nodes that all have it, where it is policy; null where it is none. */
export function obstacleFault(name: string, obstacle: Obstacle, who: string | null): Fault {
  const state = who === null ? obstacle.state : 'OK';
  const alike = who === null ? '' : ` (${who})`;
  const fix = state === 'OK' ? '' : `. Fix: ${obstacle.mend}`;
  return fault(
    state,
    who === null ? obstacle.code : 'denied-alike',
    `${name} ${obstacle.brief}`,
    `${name} ${obstacle.text}${alike}${fix}`,
  );
}

/** Whom a node's firewall keeps out, as the others' do. */
export function refusedBy({ denied }: Rule, policies: readonly Obstacle[]): Traffic {
  return denied.space.union([denied, ...policies.flatMap(({ denies }) => denies ?? [])]);
}

/** What every node with a rule denies alike, what else there is, and which nodes those are. */
type Policies = { readonly policies: readonly Obstacle[]; readonly others: readonly Obstacle[]; readonly who: string };

/** What one node denies is policy where each other one has the same denial, or denies all of it by several. */
export function sharedPolicies(node: ReadNode, { obstacles }: Rule, all: readonly ReadNode[]): Policies {
  const { space } = node.reading;
  // A node that drops everything for the VIP has no clients to deny anything.
  const ruled = all.filter((one) => one === node || one.reading.rules.some((rule) => !holdsNothing(rule)));
  const denials = ruled.map(({ reading }) => {
    const found = reading.rules[0]?.obstacles ?? [];
    return {
      keys: new Set(found.flatMap(({ alike }) => alike ?? [])),
      traffic: space.union(found.flatMap(({ denies }) => denies ?? [])),
    };
  });
  const policies = new Set(
    obstacles.filter(
      ({ alike, denies }) =>
        alike !== null &&
        denials.every((one) => one.keys.has(alike) || (denies != null && withoutOwn(denies.less(one.traffic)).isEmpty)),
    ),
  );
  const who = ruled.length > 1 ? 'all nodes alike' : 'no other node has cluster rules to compare with';
  return { policies: [...policies], others: obstacles.filter((one) => !policies.has(one)), who };
}
