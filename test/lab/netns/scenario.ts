import type { State } from '../../../src/plugin/index.ts';

/** How a cluster's rules are written; `mixed` where its nodes differ. */
export type Way = 'iptables-legacy' | 'iptables-nft' | 'nftables' | 'mixed';

/** Shares of clients that nobody and that several nodes answer, 0 to 1. */
export type Shares = readonly [lost: number, doubled: number];

/** One situation on the running kernel: how it is made, what the plugin must say of it, and what traffic must show. */
export type Scenario = {
  /** Names its recording, too. */
  readonly name: string;
  /** The same for every backend: a row of the table in docs/evidence.md. */
  readonly situation: string;
  readonly way: Way;
  readonly ipv6: boolean;
  /** In the words of words.sh and of the User-Mode Linux lab's guest.sh. */
  readonly setup: string;
  readonly nodes: readonly string[];
  /** Nodes that are asked and give nothing. */
  readonly silent: readonly string[];
  readonly options: readonly string[];
  readonly state: State;
  readonly says: RegExp;
  /** What TCP shows: lost is whoever gets no lasting answer, doubled whoever gets a SYN-ACK from several nodes; null where it is not settled. */
  readonly tcp: Shares | null;
  /** What ping and UDP show. */
  readonly datagrams: Shares | null;
  /** Which of both the plugin's shares speak of; null where it can give none, or where they are no shares of these clients. */
  readonly judgedBy: 'tcp' | 'datagrams' | null;
  /** What `--client` can tell: of every protocol, of TCP alone, or of nothing (no seed, or the peers' neighbour tables decide). */
  readonly clients: 'all' | 'tcp' | 'none';
};

/** A scenario as it is written down: what is usual is left out. */
export type Sketch = Pick<Scenario, 'situation' | 'setup' | 'state' | 'says'> &
  Partial<Omit<Scenario, 'name' | 'way' | 'ipv6' | 'nodes'>> & {
    /** Number of nodes, 2 where it is not said. */
    readonly nodes?: 2 | 3;
    /** Where the situation alone does not tell the scenarios of a way apart. */
    readonly variant?: string;
  };

/** Completes a sketch for one way and family: usual is that datagrams fare as TCP does. */
export function scenarioOf(sketch: Sketch, way: Way, ipv6: boolean): Scenario {
  const { variant, nodes = 2, silent = [], tcp = [0, 0] } = sketch;
  const present = ['n1', 'n2', 'n3'].slice(0, nodes).filter((node) => !silent.includes(node));
  const slug = `${sketch.situation}${variant === undefined ? '' : ` ${variant}`}`
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
  return {
    options: [],
    datagrams: tcp,
    judgedBy: tcp === null ? null : 'tcp',
    clients: tcp === null ? 'none' : 'all',
    ...sketch,
    name: `${way}${ipv6 ? '-ipv6' : ''}-${slug}`,
    way,
    ipv6,
    silent,
    tcp,
    nodes: present,
    setup: `${ipv6 ? 'VIP=$VIP6; ' : ''}WAY=${way}\n${sketch.setup}`,
  };
}
