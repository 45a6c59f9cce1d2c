import { type Fault, fault } from '../findings/index.ts';
import { type SilentNode, silenceFault } from '../member/index.ts';
import { listOf } from '../plugin/index.ts';
import type { VipNode } from './node.ts';
import type { WantedVip } from './wanted.ts';

/** Judges which of all nodes have the VIP: none, too few and too many are different faults. */
export function judgeHolders(
  nodes: readonly VipNode[],
  silent: readonly SilentNode[],
  wanted: WantedVip,
): readonly Fault[] {
  const holders = nodes.filter(({ has }) => has === true);
  const lacking = nodes.filter(({ has }) => has === false);
  return [...countFaults(nodes, holders, lacking, silent, wanted), ...silence(holders, silent, wanted)];
}

function countFaults(
  nodes: readonly VipNode[],
  holders: readonly VipNode[],
  lacking: readonly VipNode[],
  silent: readonly SilentNode[],
  wanted: WantedVip,
): readonly Fault[] {
  const { vip, expect } = wanted;
  if (expect === 0) return holders.length === 0 ? [] : [unwanted(holders, vip)];
  // A node whose addresses were not read may have it; that it was not read is a fault of its own.
  const open = lacking.length < nodes.length - holders.length;
  if (holders.length === 0) return nodes.length === 0 || open ? [] : [nobody(nodes, silent, wanted)];
  if (expect === 'all') return lacking.length === 0 ? [] : [someLack(holders, lacking, vip)];
  if (holders.length > expect) return [tooMany(holders, expect, vip)];
  if (holders.length === expect || silent.length > 0 || open) return [];
  const brief = `${holders.length} of ${expect} nodes has it`;
  return [fault('CRITICAL', 'vip-too-few', brief, `${names(holders)} alone has ${vip}, expected on ${expect} nodes`)];
}

function nobody(nodes: readonly VipNode[], silent: readonly SilentNode[], { vip, unreachable }: WantedVip): Fault {
  const hint = 'nobody answers for it. Is the address right, and is its resource running?';
  if (silent.length === 0 && nodes.length === 1)
    return fault('CRITICAL', 'vip-nowhere', `${names(nodes)} does not have it`, `${names(nodes)} does not have ${vip}`);
  if (silent.length === 0) return fault('CRITICAL', 'vip-nowhere', 'no node has it', `no node has ${vip}: ${hint}`);
  return fault(
    unreachable,
    'vip-nowhere',
    'no reached node has it',
    `no reached node has ${vip}: if the others do not have it either, ${hint}`,
  );
}

function someLack(holders: readonly VipNode[], lacking: readonly VipNode[], vip: string): Fault {
  const model = holders.find(({ places }) => places.length > 0)?.places[0]?.address;
  const add = model === undefined ? '' : `, or by hand: ip addr add ${vip}/${model.prefix} dev ${model.ifname}`;
  const hint = holders.length === 1 ? '. If it is a failover VIP, use --expect one' : '';
  const lacks = `${names(lacking)} ${lacking.length === 1 ? 'lacks' : 'lack'}`;
  const text = `${lacks} ${vip}, which ${names(holders)} ${holders.length === 1 ? 'has' : 'have'}`;
  return fault('CRITICAL', 'vip-missing', `${lacks} it`, `${text}. Start its resource there${add}${hint}`);
}

function unwanted(holders: readonly VipNode[], vip: string): Fault {
  const have = holders.length === 1 ? 'has' : 'have';
  const brief = `${names(holders)} ${have} it, expected on no node`;
  return fault(
    'CRITICAL',
    'vip-unwanted',
    brief,
    `${names(holders)} ${have} ${vip}, expected on no node (--expect none)`,
  );
}

/** Split brain, or what is one as soon as a dead interface comes back. */
function tooMany(holders: readonly VipNode[], expect: number, vip: string): Fault {
  const dead = holders.filter(({ unusable }) => unusable !== null);
  const live = holders.length - dead.length;
  if (expect > 1) {
    const brief = `${holders.length} nodes have it, expected ${expect}`;
    return fault('CRITICAL', 'vip-too-many', brief, `${names(holders)} have ${vip}, expected on ${expect} nodes`);
  }
  if (live > 1 || dead.length === holders.length) {
    const brief = `split brain: ${names(holders)} ${holders.length === 2 ? 'both' : 'all'} have it`;
    return fault(
      'CRITICAL',
      'vip-split-brain',
      brief,
      `split brain: ${names(holders)} have ${vip} at the same time, and each client reaches whichever it learned last. Find out why they do not see each other, then stop it on all but one`,
    );
  }
  const first = holders.find(({ unusable }) => unusable === null);
  const which = names(dead);
  const brief = `${which} ${dead.length === 1 ? 'has' : 'have'} it too, but cannot use it`;
  const text = `${first?.node.name} has ${vip}, and ${which} too, which cannot use it now (${dead.map(({ unusable }) => unusable).join('; ')}): a split brain as soon as that is fixed. Remove it there`;
  return fault('CRITICAL', 'vip-left-over', brief, text);
}

/** Nodes that gave nothing: a doubt if the others are as expected, else what --unreachable says. */
function silence(
  holders: readonly VipNode[],
  silent: readonly SilentNode[],
  { vip, expect, unreachable }: WantedVip,
): readonly Fault[] {
  const enough = expect !== 'all' && holders.length >= expect;
  return silent.map((node) =>
    enough
      ? silenceFault(node, 'WARNING', `It is not proven that ${node.name} does not have ${vip} as well`)
      : silenceFault(node, unreachable, `It is not proven that ${node.name} has ${vip}`),
  );
}

function names(nodes: readonly VipNode[]): string {
  return listOf(nodes.map(({ node }) => node.name));
}
