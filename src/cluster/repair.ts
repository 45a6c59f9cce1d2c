import { type Fault, fault } from '../findings/index.ts';
import { backends, percent } from '../netfilter/index.ts';
import { listOf } from '../plugin/index.ts';
import { bucketList } from './buckets.ts';
import type { Coverage } from './coverage.ts';
import type { JudgedNode } from './node.ts';

type Buckets = readonly number[];

/** Buckets that no node holds, with the command that fixes it on a node that was reached. */
export function lostFault(lost: Buckets, total: number, nodes: readonly JudgedNode[], vip: string): Fault {
  const share = `${percent(lost.length / total)} of client addresses get no answer`;
  const brief = `${bucketList(lost)} of ${total} on no node, ${share}`;
  const are = lost.length === 1 ? 'is' : 'are';
  return fault(
    'CRITICAL',
    'bucket-lost',
    brief,
    `${bucketList(lost)} ${are} on no node: ${share}. ${takeUp(lost, nodes, vip)}`,
  );
}

/** Who should take it: the reached node that serves and holds the fewest buckets. */
function takeUp(lost: Buckets, nodes: readonly JudgedNode[], vip: string): string {
  const able = nodes.filter(({ serves, rule }) => serves && rule !== null);
  const [heir] = [...able].sort((a, b) => (a.rule?.buckets.length ?? 0) - (b.rule?.buckets.length ?? 0));
  if (heir?.rule?.managed === true) return 'Pacemaker manages the rule: look at the resource';
  if (heir === undefined || heir.rule === null) return 'Give it to a node that works';
  return `On ${heir.name}: ${lost.map((bucket) => take(bucket, heir, vip)).join('; ')}`;
}

/** How a node takes a bucket, in its backend's way. */
export function take(bucket: number, { rule }: JudgedNode, vip: string): string {
  return rule === null ? '' : backends[rule.backend].take(bucket, rule, vip);
}

/** Buckets that several nodes hold; either may give it up, so both are named. */
export function doubledFault(
  doubled: Coverage['doubled'],
  total: number,
  nodes: readonly JudgedNode[],
  vip: string,
): Fault {
  const buckets = doubled.map(({ bucket }) => bucket);
  const holders = [...new Set(doubled.flatMap(({ nodes: names }) => names))];
  const share = `${percent(buckets.length / total)} of client addresses get several answers`;
  const brief = `${bucketList(buckets)} of ${total} on ${listOf(holders)}, ${share}`;
  const are = buckets.length === 1 ? 'is' : 'are';
  return fault(
    'CRITICAL',
    'bucket-doubled',
    brief,
    `${bucketList(buckets)} ${are} on ${listOf(holders)}: ${share}. ${giveUp(doubled, nodes, vip)}`,
  );
}

function giveUp(doubled: Coverage['doubled'], nodes: readonly JudgedNode[], vip: string): string {
  const holding = nodes.filter(
    ({ name, rule }) => rule !== null && !rule.answersAll && doubled.some((one) => one.nodes.includes(name)),
  );
  if (holding.some(({ rule }) => rule?.managed === true)) return 'Pacemaker manages the rule: look at the resource';
  const ways = holding.map((node) => {
    const own = doubled.filter(({ nodes: names }) => names.includes(node.name)).map(({ bucket }) => bucket);
    return `on ${node.name}: ${giveUpWay(own, node, vip)}`;
  });
  return ways.length < 2
    ? 'Fix the node that answers everything'
    : `Keep it on one node; to give it up, ${ways.join('; or ')}`;
}

function giveUpWay(own: Buckets, { rule }: JudgedNode, vip: string): string {
  return rule === null ? '' : backends[rule.backend].giveUp(own, rule, vip);
}
