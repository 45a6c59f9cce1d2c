import { allTraffic, intersect, ofResidues, type Region, subtract } from './traffic.ts';

/** The packets that are asked about: those that clients send to the VIP, on the interface that has it. */
export type Packets = {
  readonly vip: string;
  readonly family: 4 | 6;
  /** Interface they come in by; null when no interface is known, then rules of every interface but `lo` count. */
  readonly ifname: string | null;
};

/**
 * A packet or connection mark: one number, a number for each residue of a hash (`meta mark set jhash ...`), or null
 * where it cannot be known.
 */
export type Mark = number | HashMark | null;

/** A mark for each residue of a hash. */
export type HashMark = {
  readonly hash: string;
  readonly values: readonly number[];
  /** Equal for equal marks. */
  readonly key: string;
};

export function hashMark(hash: string, values: readonly number[]): HashMark {
  return { hash, values, key: `${hash}:${values.join()}` };
}

/** What packets carry through the chains beside their own content. */
export type State = {
  readonly mark: Mark;
  readonly connmark: Mark;
  /** Frames for a cluster MAC come as multicast, which TCP drops; a cluster rule must make them `host`. */
  readonly pkttype: 'multicast' | 'host' | 'other';
  /** Connection tracking sees a packet at priority -200 of prerouting, unless a rule has exempted it before. */
  readonly tracking: 'pending' | 'tracked' | 'stray' | 'untracked';
  /** True once a cluster rule has looked at their hash. */
  readonly met: boolean;
  /** False where a rule that cannot be decided may have taken them already. */
  readonly certain: boolean;
};

/**
 * True where connection tracking knows a packet. `stray` is what it makes of a connection that another node answers: it
 * never sees the handshake, because the cluster rule drops it, and so takes every segment for a new connection.
 */
export function isTracked({ tracking }: State): boolean {
  return tracking === 'tracked' || tracking === 'stray';
}

/** As frames for the cluster MAC arrive. */
export const arriving: State = {
  mark: 0,
  connmark: 0,
  pkttype: 'multicast',
  tracking: 'pending',
  met: false,
  certain: true,
};

/** As any packet passes that connection tracking has seen: what the structure of a ruleset is looked at with. */
export const typical: State = { ...arriving, tracking: 'tracked' };

/** Packets that have the same state. */
export type Flow = { readonly state: State; readonly region: Region };

/** The packets that meet a condition: exactly those when `exact`, else some of them. */
export type Reading = { readonly traffic: Region; readonly exact: boolean };

/** A condition as a function of what packets carry. */
export type Condition = (state: State) => Reading;

export function all(family: 4 | 6): Reading {
  return { traffic: [allTraffic(family)], exact: true };
}

export function none(): Reading {
  return { traffic: [], exact: true };
}

/** A condition that is met by everything or by nothing. */
export function when(matches: boolean, family: 4 | 6): Reading {
  return matches ? all(family) : none();
}

/** Some of the packets, and which cannot be told. */
export function vague(family: 4 | 6, traffic: Region = [allTraffic(family)]): Reading {
  return { traffic, exact: false };
}

/** The opposite of what is known exactly; the opposite of something vague can be anything. */
export function opposite(reading: Reading, family: 4 | 6): Reading {
  const everything: Region = [allTraffic(family)];
  return reading.exact
    ? { traffic: subtract(everything, reading.traffic), exact: true }
    : { traffic: everything, exact: false };
}

/** A condition that depends on connection tracking alone, worked out once for each of its states. */
export function remembered(read: Condition): Condition {
  const known = new Map<State['tracking'], Reading>();
  return (state) => {
    const reading = known.get(state.tracking) ?? read(state);
    known.set(state.tracking, reading);
    return reading;
  };
}

/** Several conditions as one. */
export function every(conditions: readonly Condition[], family: 4 | 6): Condition {
  return (state) => {
    const readings = conditions.map((read) => read(state));
    const traffic = readings.reduce<Region>((sum, one) => intersect(sum, one.traffic), [allTraffic(family)]);
    return { traffic, exact: readings.every(({ exact }) => exact) };
  };
}

/** The packets whose mark meets a test. */
export function readMark(mark: Mark, test: (value: number) => boolean, family: 4 | 6): Reading {
  if (mark === null) return vague(family);
  if (typeof mark === 'number') return when(test(mark), family);
  const held = bitsOf(mark.values.length, (residue) => test(mark.values[residue] ?? 0));
  return { traffic: ofResidues(family, mark.hash, held, mark.values.length), exact: true };
}

/** A mark after arithmetic that depends on nothing else. */
export function changeMark(mark: Mark, change: (value: number) => number): Mark {
  if (mark === null) return null;
  if (typeof mark === 'number') return change(mark) >>> 0;
  return hashMark(
    mark.hash,
    mark.values.map((value) => change(value) >>> 0),
  );
}

/** A set of bits, written by a test for each. */
export function bitsOf(total: number, test: (residue: number) => boolean): bigint {
  const digits = Array.from({ length: Math.ceil(total / 4) }, (_, i) => {
    const low = i * 4;
    const bit = (offset: number) => (low + offset < total && test(low + offset) ? 1 << offset : 0);
    return (bit(0) | bit(1) | bit(2) | bit(3)).toString(16);
  });
  return BigInt(`0x${digits.reverse().join('') || '0'}`);
}

/** The residues in a set of bits, ascending. */
export function residuesOf(bits: bigint): readonly number[] {
  const digits = bits.toString(2);
  const residues: number[] = [];
  for (let i = digits.length - 1; i >= 0; i--) if (digits[i] === '1') residues.push(digits.length - 1 - i);
  return residues;
}

/** Equal where packets can be handled together. */
export function stateKey({ mark, connmark, pkttype, tracking, met, certain }: State): string {
  return `${markKey(mark)} ${markKey(connmark)} ${pkttype} ${tracking} ${met} ${certain}`;
}

function markKey(mark: Mark): string {
  if (mark === null) return '?';
  return typeof mark === 'number' ? `${mark}` : mark.key;
}
