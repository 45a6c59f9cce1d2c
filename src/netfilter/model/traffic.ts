import { type Family, parseBlock } from '../../address/index.ts';
import { Diagram, type Edge, everything, type Field, type Interval, nothing, type TooLarge } from './diagram.ts';

export type { Interval } from './diagram.ts';

/** The fields of a client's packet that rules look at. */
const fieldNames = ['phase', 'protocol', 'source', 'dport', 'sport'] as const;
export type FieldName = (typeof fieldNames)[number];

/** Protocol numbers (IANA) that rules name. */
export const protocolNumbers: ReadonlyMap<string, bigint> = new Map(
  Object.entries({
    icmp: 1n,
    igmp: 2n,
    ipencap: 4n,
    tcp: 6n,
    udp: 17n,
    dccp: 33n,
    ipv6: 41n,
    gre: 47n,
    esp: 50n,
    ah: 51n,
    'ipv6-icmp': 58n,
    icmpv6: 58n,
    eigrp: 88n,
    ospf: 89n,
    ipip: 94n,
    pim: 103n,
    ipcomp: 108n,
    vrrp: 112n,
    l2tp: 115n,
    sctp: 132n,
    udplite: 136n,
  }),
);

export const tcp = 6n;
export const udp = 17n;
export const icmpv6 = 58n;

/**
 * Connection tracking's view: the packet that opens a connection (NEW, for TCP the SYN), and every later one
 * (ESTABLISHED).
 */
export const phase = { first: 0n, later: 1n } as const;

/** A client's packet: numbers in the fields that rules look at. */
export type Packet = { readonly [name in FieldName]: bigint };

/** The residue that a packet falls into, by the hash's id; null where it is not known. */
export type ResidueOf = (hash: string) => number | null;

/**
 * The packets that clients of one address family can send to a VIP, and their sets. Only sets of the same space can
 * be combined. The order of its variables decides how large sets become: ports before the source cost 40 to 100 times
 * more on ranges (measured). Residues come last: each hash of the rulesets gets its variables when it is first seen.
 */
export class TrafficSpace {
  readonly family: Family;
  readonly diagram = new Diagram();
  readonly all: Traffic;
  readonly none: Traffic;
  readonly fields: Readonly<Record<FieldName, Field>>;
  /** The variable that residues begin at. */
  readonly firstResidue: number;
  private readonly hashes = new Map<string, { readonly field: Field; readonly total: number }>();
  private readonly kept = new Map<string, Traffic>();
  private variables: number;
  private origins = 0;

  constructor(family: Family) {
    this.family = family;
    const addressBits = family === 4 ? 32 : 128;
    this.fields = {
      phase: { first: 0, bits: 1 },
      protocol: { first: 1, bits: 8 },
      source: { first: 9, bits: addressBits },
      dport: { first: 9 + addressBits, bits: 16 },
      sport: { first: 25 + addressBits, bits: 16 },
    };
    this.firstResidue = 41 + addressBits;
    this.variables = this.firstResidue;
    this.all = new Traffic(this, everything);
    this.none = new Traffic(this, nothing);
  }

  /** The packets whose fields have these values, or are within these bounds, or within one of several. */
  only(limits: { readonly [name in FieldName]?: bigint | Interval | readonly Interval[] }): Traffic {
    // From the last field to the first: each step then puts its few nodes on top.
    const edge = fieldNames.reduceRight<Edge>((sum, name) => {
      const limit = limits[name];
      if (limit === undefined) return sum;
      const spans = typeof limit === 'bigint' ? [point(limit)] : 'low' in limit ? [limit] : joined(limit);
      return this.diagram.among(this.fields[name], spans, sum);
    }, everything);
    return new Traffic(this, edge);
  }

  /** The packets that fall into some residues of a hash with this total. */
  residues(hash: string, total: number, test: (residue: number) => boolean): Traffic {
    const field = this.fieldOf(hash, total);
    // A code at or above the total means the residue without its highest bit, so that all residues are all codes.
    const half = 2 ** (field.bits - 1);
    return new Traffic(
      this,
      this.diagram.where(field, (code) => test(code < total ? code : code - half)),
    );
  }

  /** The residues of a hash that packets of a set fall into, ascending. */
  residuesIn({ edge }: Traffic, hash: string, total: number): readonly number[] {
    const field = this.fieldOf(hash, total);
    const codes = this.diagram.intervals(edge, field);
    const found: number[] = [];
    for (const { low, high } of codes)
      for (let code = Number(low); code <= Number(high) && code < total; code++) found.push(code);
    return found;
  }

  /** The field that holds a hash's residues. */
  fieldOf(hash: string, total: number): Field {
    const known = this.hashes.get(hash);
    if (known !== undefined) return known.field;
    const bits = 32 - Math.clz32(total - 1);
    const field = { first: this.variables, bits };
    this.variables += bits;
    this.hashes.set(hash, { field, total });
    return field;
  }

  /** A name for one node's rules, so that what each load of a rule draws for itself never equals another node's. */
  nextOrigin(): string {
    return `${++this.origins}`;
  }

  /**
   * The share of a set's packets that are in another one, from 0 to 1. `weigh` gives the share of clients that fall
   * into the residues of a set, which is the same for all their other packets.
   */
  share(part: Traffic, whole: Traffic, weigh: (residues: Traffic) => number): number {
    if (!part.meets(whole)) return 0;
    const measure = ({ edge }: Traffic) =>
      this.diagram.fraction(edge, this.firstResidue, (rest) => weigh(new Traffic(this, rest)));
    const all = measure(whole);
    return all === 0 ? 0 : measure(part.and(whole)) / all;
  }

  /** A set that is asked for often, made once. */
  once(name: string, make: () => Traffic): Traffic {
    const known = this.kept.get(name) ?? make();
    this.kept.set(name, known);
    return known;
  }

  union(sets: readonly Traffic[]): Traffic {
    return sets.reduce((sum, one) => sum.or(one), this.none);
  }

  /** Does some work within a bound on nodes and time: see `Diagram.bounded`. */
  bounded<T>(
    nodes: number,
    tooLate: () => boolean,
    work: () => T,
  ): { readonly done: T } | { readonly cause: TooLarge['cause'] } {
    return this.diagram.bounded(nodes, tooLate, work);
  }

  /** The values of a hash's variables in a packet of a residue; null where it is not known. */
  bitOf(variable: number, packet: Packet, residueOf: ResidueOf): boolean | null {
    if (variable < this.firstResidue) {
      for (const name of fieldNames) {
        const { first, bits } = this.fields[name];
        if (variable < first + bits) return ((packet[name] >> BigInt(first + bits - 1 - variable)) & 1n) === 1n;
      }
    }
    for (const [hash, { field }] of this.hashes) {
      if (variable < field.first || variable >= field.first + field.bits) continue;
      const residue = residueOf(hash);
      return residue === null ? null : Math.floor(residue / 2 ** (field.first + field.bits - 1 - variable)) % 2 === 1;
    }
    return null;
  }
}

/** A set of packets. */
export class Traffic {
  readonly space: TrafficSpace;
  readonly edge: Edge;

  constructor(space: TrafficSpace, edge: Edge) {
    this.space = space;
    this.edge = edge;
  }

  get isEmpty(): boolean {
    return this.edge === nothing;
  }

  and(other: Traffic): Traffic {
    return this.with(this.space.diagram.and(this.edge, other.edge));
  }

  or(other: Traffic): Traffic {
    return this.with(this.space.diagram.or(this.edge, other.edge));
  }

  /** The part of it that is not in another set. */
  less(other: Traffic): Traffic {
    return this.with(this.space.diagram.diff(this.edge, other.edge));
  }

  /** All other packets. */
  get others(): Traffic {
    return this.with(this.edge ^ 1);
  }

  equals({ edge }: Traffic): boolean {
    return this.edge === edge;
  }

  meets(other: Traffic): boolean {
    return !this.and(other).isEmpty;
  }

  within(other: Traffic): boolean {
    return this.less(other).isEmpty;
  }

  /** The packets that differ from one of it in a field at most. */
  whatever(name: FieldName): Traffic {
    const { first, bits } = this.space.fields[name];
    return this.with(this.space.diagram.exists(this.edge, first, first + bits - 1));
  }

  /** The packets that agree in a field with one of it. */
  like(name: FieldName): Traffic {
    return this.with(this.space.diagram.shadow(this.edge, this.space.fields[name]));
  }

  /** The packets of a phase, moved to both: what a packet of that phase and its like carry. */
  at(one: bigint): Traffic {
    return this.with(this.space.diagram.at(this.edge, this.space.fields.phase.first, one === phase.later));
  }

  /** The packets that differ from one of it in residues at most. */
  get whateverResidue(): Traffic {
    return this.with(this.space.diagram.exists(this.edge, this.space.firstResidue, Number.POSITIVE_INFINITY));
  }

  /** The packets that differ from one of it in the residue of this hash at most. */
  whateverResidueOf(hash: string, total: number): Traffic {
    const { first, bits } = this.space.fieldOf(hash, total);
    return this.with(this.space.diagram.exists(this.edge, first, first + bits - 1));
  }

  /** The packets that differ from one of it in the residues of other hashes at most. */
  whateverResidueBut(hash: string, total: number): Traffic {
    const { diagram, firstResidue } = this.space;
    const { first, bits } = this.space.fieldOf(hash, total);
    const above = diagram.exists(this.edge, firstResidue, first - 1);
    return this.with(diagram.exists(above, first + bits, Number.POSITIVE_INFINITY));
  }

  /** The packets that differ from one of it in everything but residues. */
  get whateverPacket(): Traffic {
    return this.with(this.space.diagram.exists(this.edge, 0, this.space.firstResidue - 1));
  }

  /** The values of a field in it, ascending, joined where they touch. */
  spans(name: FieldName): readonly Interval[] {
    return this.space.diagram.intervals(this.edge, this.space.fields[name]);
  }

  /** The clients that have packets in it, by destination port: spans of ports with the share of addresses, ascending. */
  clientsByPort(): readonly { readonly span: Interval; readonly share: number }[] {
    const { diagram, fields } = this.space;
    const bare = diagram.exists(
      this.whatever('phase').whatever('protocol').edge,
      fields.sport.first,
      Number.POSITIVE_INFINITY,
    );
    const steps = new Map<bigint, number>();
    for (const [rest, share] of diagram.rests(bare, fields.dport.first)) {
      for (const { low, high } of diagram.intervals(rest, fields.dport)) {
        steps.set(low, (steps.get(low) ?? 0) + share);
        steps.set(high + 1n, (steps.get(high + 1n) ?? 0) - share);
      }
    }
    const edges = [...steps].sort(([a], [b]) => (a < b ? -1 : 1));
    let share = 0;
    return edges.flatMap(([low, step], i) => {
      share += step;
      const high = (edges[i + 1]?.[0] ?? low) - 1n;
      return share > 1e-30 && high >= low ? [{ span: { low, high }, share }] : [];
    });
  }

  holds(packet: Packet, residueOf: ResidueOf): boolean | null {
    return this.space.diagram.holds(this.edge, (variable) => this.space.bitOf(variable, packet, residueOf));
  }

  /** For printing facts. */
  toJSON(): unknown {
    if (this.isEmpty || this.edge === everything) return this.isEmpty ? 'nothing' : 'everything';
    return Object.fromEntries(
      fieldNames.map((name) => [
        name,
        this.spans(name)
          .slice(0, 8)
          .map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`)),
      ]),
    );
  }

  private with(edge: Edge): Traffic {
    if (edge === this.edge) return this;
    if (edge === everything) return this.space.all;
    return edge === nothing ? this.space.none : new Traffic(this.space, edge);
  }
}

export function point(value: bigint): Interval {
  return { low: value, high: value };
}

export const allPorts: Interval = { low: 0n, high: 65535n };
export const allProtocols: Interval = { low: 0n, high: 255n };

/** What clusters serve: TCP and UDP. */
export function mainTraffic(space: TrafficSpace): Traffic {
  return space.once('main', () => space.only({ protocol: [tcp, udp].map(point) }));
}

/**
 * Addresses that no client has (RFC 6890 and RFC 4291): this host, loopback, link-local, groups and what is reserved.
 * Firewalls drop them first.
 */
export function noClients(family: Family): readonly Interval[] {
  const texts = family === 4 ? ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'] : ['::/127', 'ff00::/8'];
  return texts.flatMap((text) => parseBlock(text) ?? []).map(({ low, high }) => ({ low, high }));
}

/** The addresses that clients come from: what is in use of IPv6 is `2000::/3`. */
export function clientsInUse(space: TrafficSpace): Traffic {
  return space.once('clients', () => {
    const nobody = space.only({ source: noClients(space.family) });
    const [global] = space.family === 6 ? [parseBlock('2000::/3')] : [];
    return (global ? space.only({ source: { low: global.low, high: global.high } }) : space.all).less(nobody);
  });
}

/** The same values in as few intervals as can be, ascending. */
export function joined(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const found: Interval[] = [];
  for (const next of sorted) {
    const last = found.at(-1);
    if (last === undefined || next.low > last.high + 1n) found.push(next);
    else if (next.high > last.high) found[found.length - 1] = { low: last.low, high: next.high };
  }
  return found;
}

/** How many values intervals that do not overlap hold. */
export function count(intervals: readonly Interval[]): bigint {
  return intervals.reduce((sum, { low, high }) => sum + high - low + 1n, 0n);
}
