import type { State } from '../../../src/plugin/index.ts';

/** How the cluster's rules are written. CLUSTERIP and iptables-legacy run in User-Mode Linux. */
export type Way = 'iptables-nft' | 'nftables' | 'iptables-legacy' | 'clusterip';

/** A share of clients, 0 to 1, both ends among them. */
export type Between = readonly [low: number, high: number];

/** How the clients of one protocol fare: those that nobody, and those that several answers reach. */
export type Fare = { readonly lost: Between; readonly doubled: Between };

/** Everybody gets one answer. */
export const well: Fare = { lost: [0, 0], doubled: [0, 0] };
/** The clients of one of two nodes, whichever, get none. */
export const bucketLost: Fare = { lost: [0.4, 0.6], doubled: [0, 0] };
/** The clients of one of two nodes get two. */
export const bucketDoubled: Fare = { lost: [0, 0], doubled: [0.4, 0.6] };
export const allLost: Fare = { lost: [1, 1], doubled: [0, 0] };
export const allDoubled: Fare = { lost: [0, 0], doubled: [1, 1] };
export const lost = (low: number, high: number): Fare => ({ lost: [low, high], doubled: [0, 0] });

/** The kinds of clients, in the words of the lab. */
export const protocols = ['tcp80', 'udp', 'icmp'] as const;
export type Protocol = (typeof protocols)[number];

/** One situation on the whole way of a packet: how it is made, how clients fare, and what must be said of it. */
export type Situation = {
  /** Names its recording, too. */
  readonly name: string;
  /** The same for every backend: a row of the table of situations. */
  readonly situation: string;
  /** The stretch of the way: 1 who answers, 2 the card, 3 ingress, 4 inside the hooks, 5 the way back. */
  readonly section: 1 | 2 | 3 | 4 | 5;
  readonly way: Way;
  readonly ipv6: boolean;
  /** Where it can be made: what the running kernel lacks is made in User-Mode Linux. */
  readonly kernel: 'running' | 'uml';
  /** In the words of words.sh. */
  readonly setup: string;
  readonly nodes: readonly string[];
  /** The list of clients; null: the usual one of the family. */
  readonly sources: 'one-network' | 'lan' | null;
  readonly fares: Readonly<Record<Protocol, Fare>>;
  readonly options: readonly string[];
  /** The verdict that is right; one of several where more than one is defensible; none where it is no matter of buckets. */
  readonly state: readonly State[];
  /** What check_cluster_vip must say of the same nodes; null where it is not asked. */
  readonly vip: { readonly options: readonly string[]; readonly state: readonly State[] } | null;
  readonly says: RegExp;
  /** The protocols for which `--client` must name who answers; none where peers' neighbour tables decide. */
  readonly clients: readonly Protocol[];
  /** Whether the share of lost clients must be given, as traffic shows it for TCP. */
  readonly shares: boolean;
};

/** A situation as it is written down: what is usual is left out. */
export type Sketch = {
  readonly situation: string;
  readonly ways: readonly (Way | 'iptables-nft-ipv6' | 'nftables-ipv6')[];
  readonly setup: string | ((way: Way, ipv6: boolean) => string);
  readonly nodes?: 1 | 2 | 3;
  readonly sources?: Situation['sources'];
  /** TCP; everybody fares well where it is not said. */
  readonly tcp?: Fare;
  /** As TCP where they are not said. */
  readonly udp?: Fare;
  readonly icmp?: Fare;
  readonly options?: readonly string[];
  /**
   * Whether who answers ARP or neighbour discovery is left aside. Usual over IPv6: no rule of a node makes peers learn the
   * cluster MAC there, so that they have static entries, which no snapshot shows.
   */
  readonly skipArp?: boolean;
  readonly state: State | readonly State[];
  /** Usual for section 1 over IPv4: as the buckets. */
  readonly vip?: State | readonly State[];
  readonly vipOptions?: readonly string[];
  readonly says?: RegExp;
  readonly clients?: readonly Protocol[];
  readonly shares?: boolean;
  readonly kernel?: Situation['kernel'];
};

/** The situations of one section, one a way. */
export function situationsOf(section: Situation['section'], sketches: readonly Sketch[]): readonly Situation[] {
  return sketches.flatMap((sketch) => sketch.ways.map((written) => situationOf(section, sketch, written)));
}

function situationOf(section: Situation['section'], sketch: Sketch, written: Sketch['ways'][number]): Situation {
  const { situation, setup, nodes = 2, tcp = well, udp = tcp, icmp = udp, state, says = /./ } = sketch;
  const ipv6 = written.endsWith('-ipv6');
  const way = wayOf(written);
  const { sources = null, clients = protocols, shares = false, options = [], skipArp = ipv6 } = sketch;
  const kernel = sketch.kernel ?? (way === 'clusterip' || way === 'iptables-legacy' ? 'uml' : 'running');
  return {
    name: `${section}-${situation.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase()}-${written}`,
    situation,
    section,
    way,
    ipv6,
    kernel,
    setup: [
      `${ipv6 ? 'VIP=$VIP6; ' : ''}WAY=${way}${sources === null ? '' : ` SOURCES=sources-${sources}`}`,
      typeof setup === 'string' ? setup : setup(way, ipv6),
    ].join('\n'),
    nodes: ['n1', 'n2', 'n3'].slice(0, nodes),
    sources,
    fares: { tcp80: tcp, udp, icmp },
    options: skipArp ? [...options, '--skip', 'arp'] : options,
    state: typeof state === 'string' ? [state] : state,
    vip: vipOf(section, sketch, ipv6),
    says,
    clients: state.length === 0 ? [] : clients,
    shares,
  };
}

function vipOf(section: Situation['section'], sketch: Sketch, ipv6: boolean): Situation['vip'] {
  const { state, skipArp = ipv6, vipOptions = [] } = sketch;
  const usual = section === 1 && !skipArp && !ipv6 ? state : [];
  const { vip = usual } = sketch;
  const states = typeof vip === 'string' ? [vip] : vip;
  return states.length === 0 ? null : { options: vipOptions, state: states };
}

function wayOf(written: Sketch['ways'][number]): Way {
  if (written === 'iptables-nft-ipv6') return 'iptables-nft';
  return written === 'nftables-ipv6' ? 'nftables' : written;
}
