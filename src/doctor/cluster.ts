import { listOf, now } from '../plugin/index.ts';
import type { NodeFacts } from './facts.ts';
import { type Line, note, ok, todo } from './line.ts';
import { type Found, sharedAddress, sharesOut, showsAddress, snapshotsOf } from './vip.ts';

/** What is said of the shared addresses; none where they are not known. */
export type Shared = {
  readonly vips: readonly string[];
  readonly isFailover: boolean;
  readonly lines: readonly Line[];
};

/** Judges the addresses that the nodes share: those given, or those that they show. `unfit` are the nodes that do not work yet. */
export function clusterOf(
  { vips: given, nodes }: { readonly vips: readonly string[]; readonly nodes: readonly NodeFacts[] },
  unfit: readonly NodeFacts[],
): Shared {
  const snapshots = snapshotsOf(nodes);
  const by = now() + patience;
  const [vip, ...more] = given;
  if (vip === undefined) return shownBy(sharedAddress(snapshots, by), unfit);
  const types = given.map((one) => (showsAddress(snapshots, one) ? sharesOut(snapshots, one, by) : 'yes'));
  const untold = types.includes('unknown') ? [untoldLine] : [];
  const places = given.map((one) => placeLine(one, nodes));
  if (more.length === 0) {
    const isFailover = types[0] === 'no';
    return { vips: given, isFailover, lines: [...places, ...(isFailover ? failoverLines(nodes, unfit) : untold)] };
  }
  const alone = given.filter((_, i) => types[i] === 'no');
  const lines = [...places, ...untold, ...(alone.length === 0 ? [] : [aloneLine(alone)])];
  // check_cluster_buckets takes no prefix.
  return { vips: given.map((one) => one.split('/')[0] ?? one), isFailover: false, lines };
}

/** Those that the nodes show by the rules that share them out. */
function shownBy(found: Found, unfit: readonly NodeFacts[]): Shared {
  const { vip, candidates, areNamed } = found;
  const shared = (vips: readonly string[], line: Line) => ({ vips, isFailover: false, lines: [line] });
  if (vip !== null) return shared([vip], ok('VIP', `${vip}, as the nodes show it`));
  if (areNamed) return shared(candidates, ok('VIP', `${listOf(candidates)}, as the nodes' rules name them`));
  return shared([], unknownLine(found, unfit));
}

function aloneLine(vips: readonly string[]): Line {
  return todo(
    'type',
    `no rule of the nodes shares ${listOf(vips)} out, as with a failover pair, of which each address has a host of its own: give it by itself`,
  );
}

/** How long the rules of all nodes may be looked through, in milliseconds: a large firewall takes a second. */
const patience = 5000;

const untoldLine = note(
  'type',
  'there are cluster rules on the nodes, and whether they take this address was not found out; the host is that of a load-sharing cluster',
);

function unknownLine({ candidates, areTaken }: Found, unfit: readonly NodeFacts[]): Line {
  if (areTaken) return todo('VIP', `the rules of the nodes share out ${listOf(candidates)}: say which with --vip`);
  if (unfit.length > 0)
    return note('VIP', `which one it is may show once ${namesOf(unfit)} can be looked at; else give it with --vip`);
  const which = candidates.length === 0 ? '' : `. All of the nodes have ${listOf(candidates)}`;
  return todo(
    'VIP',
    `no rule of the nodes shares an address out, so the nodes do not show which one it is: give it with --vip${which}`,
  );
}

function placeLine(vip: string, nodes: readonly NodeFacts[]): Line {
  if (showsAddress(snapshotsOf(nodes), vip)) return ok('VIP', `${vip}, which a node shows`);
  // A node that has not answered may be the one that has it.
  const isAll = nodes.every(({ answer }) => answer?.reached === true);
  const text = `${vip} is on none of the nodes ${isAll ? '' : 'that have answered'}`.trim();
  return isAll ? todo('VIP', `${text}: is it right, and is the cluster running?`) : note('VIP', text);
}

/** Rules that are not seen, of nodes that do not work yet or by tools that are missing, may share the address out after all. */
function failoverLines(nodes: readonly NodeFacts[], unfit: readonly NodeFacts[]): readonly Line[] {
  const blind = nodes.filter((node) => !unfit.includes(node) && lacksNft(node));
  const unseen = [
    ...(blind.length === 0 ? [] : [`those of nft on ${namesOf(blind)}, where nft is not installed`]),
    ...(unfit.length === 0 ? [] : [`those on ${namesOf(unfit)}`]),
  ];
  return [
    ok('type', 'a failover pair, as no rule of the nodes shares the address out'),
    ...(unseen.length === 0
      ? []
      : [
          note(
            'type',
            `not all rules could be seen: ${unseen.join('; ')}. If one of them shares the address out, this is no failover pair`,
          ),
        ]),
  ];
}

function lacksNft(node: NodeFacts): boolean {
  return snapshotsOf([node]).some(({ sections }) =>
    sections.some(({ name, status }) => name === 'nft' && status === 'missing'),
  );
}

function namesOf(nodes: readonly NodeFacts[]): string {
  return listOf(nodes.map(({ name }) => name));
}
