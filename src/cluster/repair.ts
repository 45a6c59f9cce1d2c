import { type Fault, fault, withCommands } from '../findings/index.ts';
import { backends, percent, type Repair } from '../netfilter/index.ts';
import { type Command, listOf } from '../plugin/index.ts';
import { bucketList } from './buckets.ts';
import type { Coverage } from './coverage.ts';
import type { JudgedNode } from './node.ts';

type Buckets = readonly number[];

/** Buckets that no node holds, with the command that fixes it on a node that was reached. */
export function lostFault(lost: Buckets, total: number, nodes: readonly JudgedNode[], vip: string): Fault {
  const share = `${percent(lost.length / total)} of client addresses get no answer`;
  const brief = `${bucketList(lost)} of ${total} on no node, ${share}`;
  const are = lost.length === 1 ? 'is' : 'are';
  const { text, commands } = takeUp(lost, nodes, vip);
  const full = `${bucketList(lost)} ${are} on no node: ${share}. ${text}`;
  return withCommands(fault('CRITICAL', 'bucket-lost', brief, full), commands);
}

/** What to do, and the commands for it. */
type Advice = { readonly text: string; readonly commands: readonly Command[] };

const askPacemaker: Advice = { text: 'Pacemaker manages the rule: check the resource', commands: [] };

/** Who should take it: the reached node that serves and holds the fewest buckets. */
function takeUp(lost: Buckets, nodes: readonly JudgedNode[], vip: string): Advice {
  const able = nodes.filter(({ serves, rule }) => serves && rule !== null);
  const [heir] = [...able].sort((a, b) => (a.rule?.buckets.length ?? 0) - (b.rule?.buckets.length ?? 0));
  if (heir?.rule?.managed === true) return askPacemaker;
  if (heir === undefined || heir.rule === null) return { text: 'Give it to a node that works', commands: [] };
  const { words, commands } = take(lost, heir, vip);
  return { text: `On ${heir.name}: ${words}`, commands };
}

/** How a node takes buckets, in its backend's way. */
export function take(
  buckets: Buckets,
  { name, rule }: JudgedNode,
  vip: string,
): { readonly words: string; readonly commands: readonly Command[] } {
  const repairs = rule === null ? [] : buckets.map((bucket) => backends[rule.backend].take(bucket, rule, vip));
  return { words: repairs.map(({ words }) => words).join('; '), commands: commandsOn(name, repairs) };
}

function commandsOn(host: string, repairs: readonly Repair[]): readonly Command[] {
  return repairs.flatMap(({ commands }) => commands.map((command) => ({ host, command })));
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
  const { text, commands } = giveUp(doubled, nodes, vip);
  const full = `${bucketList(buckets)} ${are} on ${listOf(holders)}: ${share}. ${text}`;
  return withCommands(fault('CRITICAL', 'bucket-doubled', brief, full), commands);
}

function giveUp(doubled: Coverage['doubled'], nodes: readonly JudgedNode[], vip: string): Advice {
  const holding = nodes.filter(
    ({ name, rule }) => rule !== null && !rule.answersAll && doubled.some((one) => one.nodes.includes(name)),
  );
  if (holding.some(({ rule }) => rule?.managed === true)) return askPacemaker;
  const ways = holding.flatMap(({ name, rule }) => {
    const own = doubled.filter(({ nodes: names }) => names.includes(name)).map(({ bucket }) => bucket);
    return rule === null ? [] : [{ name, repair: backends[rule.backend].giveUp(own, rule, vip) }];
  });
  if (ways.length < 2) return { text: 'Fix the node that answers everything', commands: [] };
  return {
    text: `Keep it on one node only; to release it, ${ways.map(({ name, repair }) => `on ${name}: ${repair.words}`).join('; or ')}`,
    commands: ways.flatMap(({ name, repair }) => commandsOn(name, [repair])),
  };
}
