import {
  type Answered,
  type HashInUse,
  hashesOf,
  hashKey,
  jhashWords,
  phase,
  scale,
  type Traffic,
  type TrafficSpace,
  tcp,
  udp,
} from '../netfilter/index.ts';

/** What a node answers; `nothing` when its packets cannot come in or the VIP is not there. */
export type NodeAnswers = { readonly node: string; readonly answered: Answered | 'nothing' };

/** Shares of client addresses, from 0 to 1. */
export type Shares = {
  readonly lost: number;
  readonly doubled: number;
  /** False where several hashes decide, which no two addresses have in common but by chance: an expectation. */
  readonly exact: boolean;
  /** True when this holds only for datagrams, and TCP is healthy. */
  readonly datagrams: boolean;
};

/** The packets of clients: those that shares are counted of, where any of them is let in, and those of all that there can be. */
export type Scope = { readonly usual: Traffic; readonly possible: Traffic };

/**
 * The shares of clients that no node and that several nodes answer, of the traffic that the cluster shares: TCP's, or
 * that of datagrams where TCP is healthy and they are not; less what all nodes refuse. Null where that is not known.
 */
export function measureShares(
  nodes: readonly NodeAnswers[],
  shared: Traffic,
  refused: Traffic,
  { usual: scope, possible }: Scope,
): Shares | null {
  const { space } = shared;
  // Those whom the firewalls of all nodes refuse are not clients, unless that is everybody who can be one.
  const admitted = shared.less(refused).and(possible).and(fromClientPorts(space));
  const [segments, datagrams] = [tcp, udp].map((protocol) => {
    const all = admitted.meets(space.only({ protocol: tcp })) ? admitted : shared;
    const part = all.and(space.only({ protocol }));
    return part.isEmpty ? undefined : measure(nodes, part, scope, protocol === tcp);
  });
  const first =
    segments !== undefined ? segments : datagrams !== undefined ? datagrams : measure(nodes, shared, scope, false);
  if (first === null) return null;
  const worse =
    first.lost === 0 && first.doubled === 0 && datagrams != null && (datagrams.lost > 0 || datagrams.doubled > 0);
  return worse ? { ...datagrams, datagrams: segments !== undefined } : { ...first, datagrams: false };
}

/** Null where it is not known for some of these clients whether they are answered. */
type Measured = Omit<Shares, 'datagrams'> | null;

function measure(nodes: readonly NodeAnswers[], shared: Traffic, scope: Traffic, connected: boolean): Measured {
  const part = typicalPart(nodes, shared, scope);
  const { space } = part;
  if (nodes.some(({ answered }) => answered !== 'nothing' && answered.doubt.meets(part))) return null;
  const clients = part.whatever('phase');
  let [once, twice] = [space.none, space.none];
  for (const { answered } of nodes) {
    if (answered === 'nothing') continue;
    const served = answeredClients(answered, connected).and(clients);
    twice = twice.or(once.and(served));
    once = once.or(served);
  }
  const keys = keysOf(nodes);
  const weigh = (residues: Traffic) => weightOf(residues, keys);
  const lost = space.share(clients.less(once), clients, weigh);
  return { lost, doubled: space.share(twice, clients, weigh), exact: new Set(keys.map(({ key }) => key)).size <= 1 };
}

/** The clients whose packets a node answers: of a connection the first one and every later one. */
function answeredClients({ traffic }: Answered, connected: boolean): Traffic {
  const opened = traffic.at(phase.first);
  return connected ? opened.and(traffic.at(phase.later)) : opened;
}

/** Shares are of addresses, so one service stands for all: its port, and the ports and addresses that clients come from. */
function typicalPart(nodes: readonly NodeAnswers[], shared: Traffic, scope: Traffic): Traffic {
  const { space } = shared;
  const port = shared.and(space.only({ dport: servicePort(nodes, shared) }));
  const limits = [fromClientPorts(space), scope];
  return limits.reduce((part, limit) => (part.meets(limit) ? part.and(limit) : part), port);
}

/** Clients' ports are not those of services. */
function fromClientPorts(space: TrafficSpace): Traffic {
  return space.only({ sport: { low: 1024n, high: 65535n } });
}

/** The port that the cluster shares and that the most clients get an answer on, on all nodes together: no firewall has closed it. */
export function servicePort(nodes: readonly NodeAnswers[], shared: Traffic): bigint {
  const first = shared.and(shared.space.only({ phase: phase.first }));
  const open = nodes.map(({ answered }) => (answered === 'nothing' ? shared.space.none : answered.traffic.and(first)));
  const served = open.some((traffic) => !traffic.isEmpty) ? open : [shared];
  const spans = served.map((traffic) => traffic.clientsByPort());
  const clients = (port: bigint) =>
    spans.reduce((sum, some) => {
      const here = some.find(({ span }) => span.low <= port && port <= span.high);
      return sum + (here?.share ?? 0);
    }, 0);
  const [usual = 443n, ...others] = portsToTry(
    spans.flatMap((some) => some.map(({ span }) => span.low)),
    clients,
  );
  let [best, most] = [usual, clients(usual)];
  for (const port of others) {
    const more = clients(port);
    if (more > most) [best, most] = [port, more];
  }
  return best;
}

/** The usual ports of services, then the first of each range that is not for administration; a few are enough. */
function portsToTry(lows: readonly bigint[], clients: (port: bigint) => number): readonly bigint[] {
  const usual = [443n, 80n].filter((port) => clients(port) > 0);
  const sorted = [...new Set(lows)].sort((a, b) => (a < b ? -1 : 1));
  const others = sorted.filter((low) => low !== 22n && !usual.includes(low)).slice(0, 32);
  return usual.length + others.length > 0 ? [...usual, ...others] : sorted.slice(0, 1);
}

/** A hash that clients are sent by; equal keys send a client to the same 32-bit value wherever they are computed. */
type KeyedHash = { readonly use: HashInUse; readonly key: string };

function keysOf(nodes: readonly NodeAnswers[]): readonly KeyedHash[] {
  const uses = new Map(
    nodes.flatMap(({ answered }) =>
      answered === 'nothing' ? [] : answered.hashes.map((use) => [use.id, use] as const),
    ),
  );
  return [...uses.values()].map((use) => ({ use, key: use.hash.seed === null ? use.id : hashKey(use.hash, '') }));
}

/** Values of one hash for which a client falls into the same residues of all its uses, and how many of all values they are. */
type Cell = { readonly weight: number; readonly residues: ReadonlyMap<string, number> };

const hashSpace = 2 ** 32;
/** More combinations of residues than this are drawn, not counted: good to half a percent. */
const mostCombinations = 2 ** 17;
const draws = 2 ** 15;

/** The share of clients that fall into some residues, as far as their hashes have nothing to do with each other. */
function weightOf(residues: Traffic, keys: readonly KeyedHash[]): number {
  const inside = keys.filter(({ use }) => !residues.equals(residues.whateverResidueOf(use.id, use.total)));
  const groups = [...new Set(inside.map(({ key }) => key))].map((key) =>
    cellsOf(inside.filter((one) => one.key === key).map(({ use }) => use)),
  );
  const combinations = groups.reduce((product, cells) => product * cells.length, 1);
  if (combinations > mostCombinations) return drawnWeight(residues, groups);
  const sum = (rest: readonly (readonly Cell[])[], chosen: ReadonlyMap<string, number>): number => {
    const [cells, ...more] = rest;
    if (cells === undefined) return holds(residues, chosen) ? 1 : 0;
    return cells.reduce(
      (total, { weight, residues: own }) => total + weight * sum(more, new Map([...chosen, ...own])),
      0,
    );
  };
  return sum(groups, new Map());
}

/** The ranges of hash values between the bounds of all uses' residues. */
function cellsOf(uses: readonly HashInUse[]): readonly Cell[] {
  const bounds = uses.flatMap(({ total }) =>
    Array.from({ length: total }, (_, residue) => hashesOf(residue, total).low),
  );
  const lows = [...new Set(bounds)].sort((a, b) => a - b);
  return lows.map((low, i) => ({
    weight: ((lows[i + 1] ?? hashSpace) - low) / hashSpace,
    residues: new Map(uses.map(({ id, total }) => [id, scale(low, total)])),
  }));
}

/** The same by many clients in an even spread. */
function drawnWeight(residues: Traffic, groups: readonly (readonly Cell[])[]): number {
  let found = 0;
  for (let client = 0; client < draws; client++) {
    const chosen = groups.flatMap((cells, group) => {
      let value = jhashWords([client], group) / hashSpace;
      const cell = cells.find(({ weight }) => {
        value -= weight;
        return value < 0;
      });
      return [...(cell?.residues ?? [])];
    });
    if (holds(residues, new Map(chosen))) found++;
  }
  return found / draws;
}

const anyPacket = { phase: 0n, protocol: 0n, source: 0n, dport: 0n, sport: 0n };

function holds(residues: Traffic, chosen: ReadonlyMap<string, number>): boolean {
  return residues.holds(anyPacket, (hash) => chosen.get(hash) ?? 0) === true;
}
