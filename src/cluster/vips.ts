import { parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { type SilentNode, silenceFault, sudoers, unreadFault } from '../member/index.ts';
import { hiddenRules, networkOf, readNamedVips, unreadRulesets } from '../netfilter/index.ts';
import { listOf, type Report, type State, worst } from '../plugin/index.ts';
import { type Candidates, type Owned, type Taking, takes } from './candidates.ts';
import type { AskedNode, Reader, SnapshotNode, WantedOfAll } from './verdict.ts';

/** An address of one node alone, and the node by whose rules it may be a VIP. */
type Unnamed = Owned & { readonly taker: SnapshotNode; readonly taking: Taking };

/** What the VIPs that were found leave open. `late` are addresses of single nodes that no time was left for. */
export type LeftOpen = { readonly faults: readonly Fault[]; readonly late: readonly string[] };

/** Looks at what else may be a VIP, as long as there is time; `vips` are those that were judged. */
export function leftOpen(
  candidates: Candidates,
  nodes: readonly AskedNode[],
  vips: readonly string[],
  { read, hasTime, wanted }: { readonly read: Reader; hasTime(): boolean; readonly wanted: WantedOfAll },
): LeftOpen {
  const silent = nodes.filter((node): node is SilentNode => !node.reached);
  const reached = nodes.filter((node): node is SnapshotNode => node.reached);
  const late: string[] = [];
  const taken = candidates.alone
    .filter(({ address }) => !vips.includes(address))
    .flatMap((owned) => {
      if (hasTime()) return takenBy(owned, candidates, read);
      late.push(owned.address);
      return [];
    });
  return {
    faults: [
      ...unseen(silent, wanted.unreachable),
      ...unnamed(taken),
      ...hidden(reached, candidates, vips, wanted),
      ...unlisted(candidates),
    ],
    late,
  };
}

/** By the owner's own rules, if these take it in; else by those of another node, where it may be missing. */
function takenBy(owned: Owned, { clustered }: Candidates, read: Reader): readonly Unnamed[] {
  const takers = [
    ...clustered.filter((node) => node === owned.owner),
    ...clustered.filter((node) => node !== owned.owner),
  ];
  for (const taker of takers) {
    const taking = takes(taker, owned.address, read);
    if (taking !== null) return [{ ...owned, taker, taking }];
  }
  return [];
}

/** A node without an answer may have a rule for a VIP that no other one has. */
function unseen(silent: readonly SilentNode[], unreachable: State): readonly Fault[] {
  if (silent.length === 0) return [];
  const who = listOf(silent.map(({ name }) => name));
  const brief = `VIPs that only ${who} may have a rule for cannot be seen`;
  const text = `${brief} while ${silent.length === 1 ? 'it gives' : 'they give'} no answer`;
  return [fault(unreachable === 'OK' ? 'OK' : 'WARNING', 'vip-unseen', brief, text)];
}

/** Addresses of one node that a rule takes in which does not name them: its own, or VIPs that the other nodes have lost. */
function unnamed(taken: readonly Unnamed[]): readonly Fault[] {
  const groups = new Map<string, Unnamed[]>();
  for (const one of taken) {
    const key = `${one.taker.name} ${one.owner.name} ${ruleFor(one)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { taker, owner, taking } = first;
    const whose = taker === owner ? 'no other reached node has' : `of the reached nodes only ${owner.name} has`;
    const addresses = someOf(group.map(({ address }) => address));
    const some = group.length === 1 ? addresses : `${group.length} addresses`;
    const verb = taking === 'shares' ? 'takes in' : 'drops everything to';
    const brief = `${taker.name}: a ${taking === 'shares' ? 'cluster ' : ''}rule ${verb} ${some}, which ${whose}`;
    const text = `${taker.name}: ${ruleFor(first)} ${verb} ${addresses}, which ${whose}: whether ${group.length === 1 ? 'that is a VIP' : 'these are VIPs'} cannot be seen. Name the VIPs with --vip`;
    return [fault('WARNING', 'vip-unnamed', brief, text)];
  });
}

/** The rule by which an address may be a VIP. */
function ruleFor({ taker, address, taking }: Unnamed): string {
  if (taking === 'drops') return 'a rule';
  const network = networkOf(address, readNamedVips(taker.snapshot).networks);
  return `a cluster rule names ${network === undefined ? 'no address' : network.text}, and`;
}

/** Rules of a family of which no VIP was judged, so that nothing else tells that they were not read. */
function hidden(
  reached: readonly SnapshotNode[],
  { owners }: Candidates,
  vips: readonly string[],
  { backend }: WantedOfAll,
): readonly Fault[] {
  const familyOf = (address: string) => parseIp(address)?.family;
  return ([4, 6] as const).flatMap((family) => {
    if (vips.some((vip) => familyOf(vip) === family)) return [];
    const own = [...owners].filter(([address]) => familyOf(address) === family);
    const shared = own.filter(([, holders]) => holders.length > 1).map(([address]) => address);
    return reached
      .filter((node) => own.some(([, holders]) => holders.includes(node)))
      .flatMap(({ name, snapshot }) =>
        hiddenRules(snapshot, family, backend).map(({ what, reason, needs }) => {
          const brief = `${name}: cannot read ${what}`;
          const may =
            shared.length === 0
              ? ''
              : `, and ${someOf(shared)}, which several nodes have, may be ${shared.length === 1 ? 'one' : 'some'}`;
          const text = `${brief}: ${reason}. VIPs of IPv${family} are not found there${may}. If the cluster has no VIP of IPv${family}, name its VIPs with --vip in place of all${sudoers('; else allow it', { name, user: snapshot.host.user }, [needs])}`;
          return fault(shared.length === 0 ? 'WARNING' : 'UNKNOWN', 'rules-unread', brief, text);
        }),
      );
  });
}

/** Cluster rules by which nobody can tell which VIPs there should be: one that no node has any more is missed by nobody. */
function unlisted({ clustered }: Candidates): readonly Fault[] {
  const said = new Map<string, string[]>();
  for (const { name, snapshot } of clustered) {
    const { networks, open } = readNamedVips(snapshot);
    const rules = [
      ...networks.map(({ text }) => `names ${text}, so a VIP in it`),
      ...(open ? ['names no address, so a VIP'] : []),
    ];
    for (const rule of rules) said.set(rule, [...(said.get(rule) ?? []), name]);
  }
  return [...said].map(([rule, names]) => {
    const text = `${listOf(names)}: a cluster rule ${rule} that no node has any more is not found. Name such VIPs with --vip beside all`;
    return fault('OK', 'vip-unlisted', text, text);
  });
}

/** The first few of many. */
export function someOf(addresses: readonly string[], most = 8): string {
  if (addresses.length <= most) return listOf(addresses);
  return `${addresses.slice(0, most).join(', ')} and ${addresses.length - most} more`;
}

/** The report where no VIP was found: never OK, and with whatever kept one from being seen. */
export function reportNoVip(
  nodes: readonly AskedNode[],
  { clustered }: Candidates,
  open: readonly Fault[],
  late: boolean,
  wanted: WantedOfAll,
): Report {
  const reached = nodes.filter((node): node is SnapshotNode => node.reached);
  const brief = late
    ? 'no VIP judged: there was no time left (see --timeout)'
    : `no VIP found: ${whyNone(reached, clustered)}`;
  const faults = [
    fault('UNKNOWN', 'vip-not-found', brief, `${brief}. Name the VIPs with --vip, or check the nodes`),
    ...reached.flatMap(({ name, snapshot }) =>
      unreadRulesets(snapshot, wanted.backend).map((unread) => unreadFault({ name, user: snapshot.host.user }, unread)),
    ),
    ...nodes.flatMap((node) => (node.reached ? [] : [silenceFault(node, wanted.unreachable, null)])),
    ...open.filter(({ code }) => code !== 'vip-unseen' && code !== 'rules-unread'),
  ];
  return {
    state: worst(faults.map(({ state }) => state)),
    summary: brief,
    findings: faults.map(({ brief: _, ...finding }) => finding),
    data: [],
  };
}

function whyNone(reached: readonly SnapshotNode[], clustered: readonly SnapshotNode[]): string {
  if (reached.length === 0) return 'no node was reached';
  const names = (nodes: readonly SnapshotNode[]) => listOf(nodes.map(({ name }) => name));
  if (clustered.length === 0) return `${names(reached)} ${reached.length === 1 ? 'shows' : 'show'} no cluster rule`;
  return `the cluster rules of ${names(clustered)} name no single address, and take in none that several nodes have`;
}
