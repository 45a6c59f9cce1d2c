import type { JudgedNode, SilentNode } from '../member/index.ts';
import { type Fault, fault, listOf } from '../plugin/index.ts';
import type { WantedVip } from './wanted.ts';

/** Judges on which nodes the VIP is, over all of them: nobody, some without it, or too many are different things. */
export function judgeHolders(
  nodes: readonly JudgedNode[],
  silent: readonly SilentNode[],
  wanted: WantedVip,
): readonly Fault[] {
  const holders = nodes.filter(({ has }) => has === true);
  const lacking = nodes.filter(({ has }) => has === false);
  return [...countFaults(nodes, holders, lacking, silent, wanted), ...silence(holders, silent, wanted)];
}

function countFaults(
  nodes: readonly JudgedNode[],
  holders: readonly JudgedNode[],
  lacking: readonly JudgedNode[],
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
  return [fault('CRITICAL', brief, `${names(holders)} alone has ${vip}, expected on ${expect} nodes`)];
}

function nobody(nodes: readonly JudgedNode[], silent: readonly SilentNode[], { vip, unreachable }: WantedVip): Fault {
  const hint = 'nobody answers for it. Is the address right, and does its resource run?';
  if (silent.length === 0 && nodes.length === 1)
    return fault('CRITICAL', `${names(nodes)} does not have it`, `${names(nodes)} does not have ${vip}`);
  if (silent.length === 0) return fault('CRITICAL', 'no node has it', `no node has ${vip}: ${hint}`);
  return fault(
    unreachable,
    'no reached node has it',
    `no reached node has ${vip}: if the others have not either, ${hint}`,
  );
}

function someLack(holders: readonly JudgedNode[], lacking: readonly JudgedNode[], vip: string): Fault {
  const model = holders.find(({ places }) => places.length > 0)?.places[0]?.address;
  const add = model === undefined ? '' : `, or by hand: ip addr add ${vip}/${model.prefix} dev ${model.ifname}`;
  const brief = `${names(lacking)} ${lacking.length === 1 ? 'lacks' : 'lack'} it`;
  const hint = holders.length === 1 ? '. If it is a failover VIP, use --expect one' : '';
  const text = `${brief.replace(/it$/, vip)}, which ${names(holders)} ${holders.length === 1 ? 'has' : 'have'}`;
  return fault('CRITICAL', brief, `${text}. Start its resource there${add}${hint}`);
}

function unwanted(holders: readonly JudgedNode[], vip: string): Fault {
  const have = holders.length === 1 ? 'has' : 'have';
  const brief = `${names(holders)} ${have} it, expected on no node`;
  return fault('CRITICAL', brief, `${names(holders)} ${have} ${vip}, expected on no node (--expect none)`);
}

/** Split brain, or what is one as soon as a dead interface comes back. */
function tooMany(holders: readonly JudgedNode[], expect: number, vip: string): Fault {
  const dead = holders.filter(({ unusable }) => unusable !== null);
  const live = holders.length - dead.length;
  if (expect > 1) {
    const brief = `${holders.length} nodes have it, expected ${expect}`;
    return fault('CRITICAL', brief, `${names(holders)} have ${vip}, expected on ${expect} nodes`);
  }
  if (live > 1 || dead.length === holders.length) {
    const brief = `split brain: ${names(holders)} ${holders.length === 2 ? 'both' : 'all'} have it`;
    return fault(
      'CRITICAL',
      brief,
      `split brain: ${names(holders)} have ${vip} at the same time, and each client reaches the one that it learned last. Find out why they do not see each other, then stop it on all but one`,
    );
  }
  const first = holders.find(({ unusable }) => unusable === null);
  const which = names(dead);
  const brief = `${which} ${dead.length === 1 ? 'has' : 'have'} it too, but cannot use it`;
  const text = `${first?.node.name} has ${vip}, and ${which} too, which cannot use it now (${dead.map(({ unusable }) => unusable).join('; ')}): a split brain as soon as that mends. Remove it there`;
  return fault('CRITICAL', brief, text);
}

/** Nodes that gave nothing: a doubt if the others are as expected, else what --unreachable says. */
function silence(
  holders: readonly JudgedNode[],
  silent: readonly SilentNode[],
  { vip, expect, unreachable }: WantedVip,
): readonly Fault[] {
  const enough = expect !== 'all' && holders.length >= expect;
  return silent.map(({ name, reason }) => {
    const brief = `${name} is unreachable`;
    if (enough) return fault('WARNING', brief, `${brief}: ${reason}. That ${name} has not ${vip} too is not proven`);
    return fault(unreachable, brief, `${brief}: ${reason}. That ${name} has ${vip} is not proven`);
  });
}

function names(nodes: readonly JudgedNode[]): string {
  return listOf(nodes.map(({ node }) => node.name));
}
