import { percent } from '../netfilter/index.ts';
import type { Coverage } from './coverage.ts';
import { bucketList, type Fault, fault, listOf } from './fault.ts';
import type { JudgedNode } from './node.ts';

type Buckets = readonly number[];

/** Buckets that no node holds, with the command that mends it on a node that was reached. */
export function lostFault(lost: Buckets, total: number, nodes: readonly JudgedNode[]): Fault {
  const share = `${percent(lost.length / total)} of client addresses get no answer`;
  const brief = `${bucketList(lost)} of ${total} on no node, ${share}`;
  const are = lost.length === 1 ? 'is' : 'are';
  return fault('CRITICAL', brief, `${bucketList(lost)} ${are} on no node: ${share}. ${takeUp(lost, nodes)}`);
}

/** Who should take it: the reached node that serves and holds the fewest buckets. */
function takeUp(lost: Buckets, nodes: readonly JudgedNode[]): string {
  const able = nodes.filter(({ serves, rule }) => serves && rule !== null);
  const [heir] = [...able].sort((a, b) => (a.rule?.buckets.length ?? 0) - (b.rule?.buckets.length ?? 0));
  if (heir?.rule?.managed === true) return 'Pacemaker manages the rule: look at the resource';
  if (heir === undefined || heir.rule === null) return 'Give it to a node that works';
  return `On ${heir.name}: ${lost.map((bucket) => take(bucket, heir)).join('; ')}`;
}

/** How a node takes a bucket: by the proc file, by a rule before its own, or by a change that is told in words. */
export function take(bucket: number, node: JudgedNode): string {
  const { rule } = node;
  if (rule === null || rule.backend === 'clusterip') return commands([bucket], '+', node);
  const [table = '', ...chain] = rule.place.split(' ');
  const saved = /^-A (\S+) (.* )--cluster-local-nodemask \S+ (.*-j (?:ACCEPT|MARK)\b.*)$/.exec(rule.text);
  if (saved !== null && !saved[2]?.endsWith('! '))
    return `${rule.tool} -t ${table} -I ${saved[1]} 1 ${saved[2]}--cluster-local-node ${bucket} ${saved[3]}`;
  const value = bucket - 1 + (rule.offset ?? 0);
  const native = /^(.*jhash .+ mod \d+ seed 0x[0-9a-f]+(?: offset \d+)?) \d+( .*accept)/.exec(rule.text);
  if (native !== null) return `nft 'insert rule ${table} ${chain.join(' ')} ${native[1]} ${value}${native[2]}'`;
  const called = rule.offset === null ? '' : ` (${value} in nft's count)`;
  return `add bucket ${bucket}${called} to the cluster rule in ${rule.place}: ${rule.text}`;
}

/** Buckets that several nodes hold; either may give it up, so both are named. */
export function doubledFault(doubled: Coverage['doubled'], total: number, nodes: readonly JudgedNode[]): Fault {
  const buckets = doubled.map(({ bucket }) => bucket);
  const holders = [...new Set(doubled.flatMap(({ nodes: names }) => names))];
  const share = `${percent(buckets.length / total)} of client addresses get several answers`;
  const brief = `${bucketList(buckets)} of ${total} on ${listOf(holders)}, ${share}`;
  const are = buckets.length === 1 ? 'is' : 'are';
  return fault(
    'CRITICAL',
    brief,
    `${bucketList(buckets)} ${are} on ${listOf(holders)}: ${share}. ${giveUp(doubled, nodes)}`,
  );
}

function giveUp(doubled: Coverage['doubled'], nodes: readonly JudgedNode[]): string {
  const holding = nodes.filter(
    ({ name, rule }) => rule !== null && !rule.answersAll && doubled.some((one) => one.nodes.includes(name)),
  );
  if (holding.some(({ rule }) => rule?.managed === true)) return 'Pacemaker manages the rule: look at the resource';
  const ways = holding.map((node) => {
    const own = doubled.filter(({ nodes: names }) => names.includes(node.name)).map(({ bucket }) => bucket);
    return `on ${node.name}: ${giveUpWay(own, node)}`;
  });
  return ways.length < 2
    ? `Mend the node that answers everything`
    : `Keep it on one node; to give it up, ${ways.join('; or ')}`;
}

function giveUpWay(own: Buckets, node: JudgedNode): string {
  if (node.rule?.backend === 'clusterip') return commands(own, '-', node);
  return `take ${own.length === 1 ? 'it' : 'them'} out of the cluster rule in ${node.rule?.place}`;
}

function commands(buckets: Buckets, sign: '+' | '-', node: JudgedNode): string {
  const vip = /-d ([\d.]+)\/32/.exec(node.rule?.text ?? '')?.[1] ?? node.node.placements[0]?.address.address ?? 'VIP';
  return buckets.map((bucket) => `echo ${sign}${bucket} > /proc/net/ipt_CLUSTERIP/${vip}`).join('; ');
}
