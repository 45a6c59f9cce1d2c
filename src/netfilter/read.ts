import { type SectionName, type Snapshot, section } from '../snapshot/index.ts';
import { readClusterip } from './clusterip.ts';
import type { Reading, Unread } from './rule.ts';

/** Takes every cluster rule for a VIP out of a node's snapshot, whatever backend it is of. */
export function readRules(snapshot: Snapshot, vip: string): Reading {
  const reading = readClusterip(snapshot, vip);
  if (reading.rules.length > 0 || reading.unread.length > 0) return reading;
  // No CLUSTERIP: a rule of another backend would make "no cluster rule" a false statement.
  return { rules: [], unread: otherBackends.flatMap((name) => otherRule(snapshot, vip, name) ?? []) };
}

/** Where rules of xt_cluster and nftables stand, which are not read yet: they are found, and said. */
const otherBackends: readonly SectionName[] = ['iptables', 'ip6tables', 'nft'];

function otherRule(snapshot: Snapshot, vip: string, name: SectionName): Unread | null {
  const part = section(snapshot, name);
  if (part === undefined || part.status === 'missing') return null;
  if (part.status !== 'read')
    return { what: `the ${name} rules`, reason: part.errors.join(' ') || `exit ${part.exit}`, needs: part.needs };
  const rule = part.lines.find((line) => line.includes(vip) && /-m cluster |"jhash"|"symhash"|"numgen"/.test(line));
  if (rule === undefined) return null;
  return {
    what: `the ${name} rules`,
    reason: `a rule of xt_cluster or nftables, which this release does not read: ${rule}`,
    needs: null,
  };
}
