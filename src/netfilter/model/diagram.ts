/** A set of assignments of variables, as an edge into the graph: equal sets are equal numbers, `^ 1` is the complement. */
export type Edge = number;

/** The set of all assignments, and the set of none. */
export const everything: Edge = 0;
export const nothing: Edge = 1;

/** From low to high, both included. */
export type Interval = { readonly low: bigint; readonly high: bigint };

/** Adjacent variables that form a number, the first of them its highest bit. */
export type Field = { readonly first: number; readonly bits: number };

/** Thrown where sets have become larger than was allowed, or have taken longer. */
export class TooLarge extends Error {
  override readonly cause: 'size' | 'time';
  constructor(cause: 'size' | 'time') {
    super(cause);
    this.cause = cause;
  }
}

/** A node takes three of these words; the terminal's variable is below all others. */
const terminalVariable = 0x7fff_ffff;
const firstSize = 2048;

/**
 * Reduced ordered binary decision diagrams with complement edges (Bryant 1986; Brace, Rudell and Bryant 1990): a graph
 * in which every set has one form. An edge is a node's number times two, plus one where the set is the complement of
 * the node's. Node 0 is the terminal. A node's high edge is never a complement, so that the form is unique.
 */
export class Diagram {
  private variables = new Int32Array(firstSize);
  private lows = new Int32Array(firstSize);
  private highs = new Int32Array(firstSize);
  /** Open hashing: the newest node of each slot, and for each node the next one in its slot. */
  private slots = new Int32Array(2 * firstSize);
  private nexts = new Int32Array(firstSize);
  /**
   * A direct-mapped cache of `and`: two edges and the result; an edge of 0 never comes first. One for every two nodes:
   * two or four times as many were slower on 5,000 rules of a host and a port, and took up to 110 MB more (measured).
   */
  private remembered = new Int32Array((3 * firstSize) / 2);
  private slotMask = 2 * firstSize - 1;
  private cacheMask = firstSize / 2 - 1;
  private count = 1;
  private most = Number.POSITIVE_INFINITY;
  private steps = 0;
  private tooLate: () => boolean = () => false;

  constructor() {
    this.variables[0] = terminalVariable;
  }

  /** How many nodes there are, the terminal among them. */
  get size(): number {
    return this.count;
  }

  /**
   * Does work that may add at most this many nodes, as long as `tooLate` returns false; the reason where it
   * needs more. Counting nodes gives the same answer on every machine; the clock is for the time limit alone.
   */
  bounded<T>(
    nodes: number,
    tooLate: () => boolean,
    work: () => T,
  ): { readonly done: T } | { readonly cause: TooLarge['cause'] } {
    const [most, clock] = [this.most, this.tooLate];
    this.most = Math.min(most, this.count + nodes);
    this.tooLate = tooLate;
    try {
      return { done: work() };
    } catch (error) {
      if (error instanceof TooLarge) return { cause: error.cause };
      throw error;
    } finally {
      [this.most, this.tooLate] = [most, clock];
    }
  }

  /** Looks at the clock: for work that goes on for long without making any set. */
  tick(): void {
    if (this.tooLate()) throw new TooLarge('time');
  }

  /** The assignments in which a variable is 1 and that are in `high`, and those in which it is 0 and that are in `low`. */
  choose(variable: number, low: Edge, high: Edge): Edge {
    if (low === high) return low;
    return (high & 1) === 1 ? this.node(variable, low ^ 1, high ^ 1) ^ 1 : this.node(variable, low, high);
  }

  and(a: Edge, b: Edge): Edge {
    if (a === b || b === everything) return a;
    if (a === everything) return b;
    if (a === nothing || b === nothing || a === (b ^ 1)) return nothing;
    return a < b ? this.both(a, b) : this.both(b, a);
  }

  or(a: Edge, b: Edge): Edge {
    return this.and(a ^ 1, b ^ 1) ^ 1;
  }

  /** The part of a that is not in b. */
  diff(a: Edge, b: Edge): Edge {
    return this.and(a, b ^ 1);
  }

  /** The assignments that are in a set for some value of the variables from `first` to `last`. */
  exists(edge: Edge, first: number, last: number): Edge {
    const known = new Map<Edge, Edge>();
    const without = (at: Edge): Edge => {
      const variable = this.variableOf(at);
      if (at <= nothing || variable > last) return at;
      const done = known.get(at);
      if (done !== undefined) return done;
      const low = without(this.lowOf(at));
      const high = without(this.highOf(at));
      const found = variable < first ? this.choose(variable, low, high) : this.or(low, high);
      known.set(at, found);
      return found;
    };
    return without(edge);
  }

  /** Every assignment that agrees in a field with one of a set. */
  shadow(edge: Edge, { first, bits }: Field): Edge {
    const last = first + bits - 1;
    const known = new Map<Edge, Edge>();
    const cast = (at: Edge): Edge => {
      if (at === nothing) return nothing;
      const variable = this.variableOf(at);
      if (variable > last) return everything;
      const done = known.get(at);
      if (done !== undefined) return done;
      const low = cast(this.lowOf(at));
      const high = cast(this.highOf(at));
      const found = variable < first ? this.or(low, high) : this.choose(variable, low, high);
      known.set(at, found);
      return found;
    };
    return cast(edge);
  }

  /**
   * The assignments of a set whose field is within one of some intervals, which ascend and do not touch. The set is to
   * depend on variables below the field alone: it is what stands at the end of every path that is within.
   */
  among({ first, bits }: Field, spans: readonly Interval[], inside: Edge = everything): Edge {
    // The values from `base` on, as many as `size`, of which the intervals from `start` to before `end` have some.
    const from = (variable: number, base: bigint, size: bigint, start: number, end: number): Edge => {
      const span = spans[start];
      if (span === undefined || start === end) return nothing;
      if (span.low <= base && span.high - base >= size - 1n) return inside;
      if (size === 1n) return nothing;
      const half = size >> 1n;
      const middle = base + half;
      let split = start;
      while (split < end && (spans[split]?.low ?? middle) < middle) split++;
      const across = split > start && (spans[split - 1]?.high ?? 0n) >= middle ? split - 1 : split;
      const low = from(variable + 1, base, half, start, split);
      return this.choose(variable, low, from(variable + 1, middle, half, across, end));
    };
    return from(first, 0n, 1n << BigInt(bits), 0, spans.length);
  }

  /** The assignments whose field has one of the values that meet a test. */
  where({ first, bits }: Field, test: (value: number) => boolean): Edge {
    const from = (bit: number, value: number): Edge => {
      if (bit === bits) return test(value) ? everything : nothing;
      return this.choose(first + bit, from(bit + 1, value * 2), from(bit + 1, value * 2 + 1));
    };
    return from(0, 0);
  }

  /** The values that a field has in a set, whatever the other variables are; ascending, joined where they touch. */
  intervals(edge: Edge, field: Field): readonly Interval[] {
    const { first, bits } = field;
    const found: { low: bigint; high: bigint }[] = [];
    const add = (at: Edge, variable: number, value: bigint): void => {
      if (at === nothing) return;
      if (at === everything) {
        const rest = BigInt(first + bits - variable);
        const [low, high] = [value << rest, ((value + 1n) << rest) - 1n];
        const last = found.at(-1);
        if (last !== undefined && last.high === low - 1n) last.high = high;
        else found.push({ low, high });
        if ((found.length & 0xff) === 0) this.tick();
        return;
      }
      const here = this.variableOf(at) === variable;
      add(here ? this.lowOf(at) : at, variable + 1, value << 1n);
      add(here ? this.highOf(at) : at, variable + 1, (value << 1n) | 1n);
    };
    add(this.shadow(edge, field), first, 0n);
    return found;
  }

  /**
   * The share of all assignments that are in a set, from 0 to 1; `leaf` weighs what is left at a variable from `from`
   * on.
   */
  fraction(edge: Edge, from = terminalVariable, leaf: (rest: Edge) => number = () => 1): number {
    // Both the share and its complement, since the difference of 1 and a very small number is not seen.
    const known = new Map<Edge, readonly [number, number]>();
    const shares = (at: Edge): readonly [number, number] => {
      if (at === everything) return [1, 0];
      if (at === nothing) return [0, 1];
      const done = known.get(at);
      if (done !== undefined) return done;
      let found: readonly [number, number];
      if (this.variableOf(at) >= from) {
        const weight = leaf(at);
        found = [weight, 1 - weight];
      } else {
        const low = shares(this.lowOf(at));
        const high = shares(this.highOf(at));
        found = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
      }
      known.set(at, found);
      known.set(at ^ 1, [found[1], found[0]]);
      return found;
    };
    return shares(edge)[0];
  }

  /**
   * What remains of a set below a variable, for every choice of the variables above: each remainder, with the share
   * of choices that lead to it.
   */
  rests(edge: Edge, variable: number): ReadonlyMap<Edge, number> {
    const found = new Map<Edge, number>();
    const shares = new Map<Edge, number>();
    // From the top variable down, so that a node has received its whole share before it passes it on.
    const waiting: (Set<Edge> | undefined)[] = [];
    const give = (at: Edge, share: number) => {
      const below = this.variableOf(at) >= variable;
      const target = below ? found : shares;
      target.set(at, (target.get(at) ?? 0) + share);
      if (!below) waiting[this.variableOf(at)] = (waiting[this.variableOf(at)] ?? new Set()).add(at);
    };
    give(edge, 1);
    for (let at = 0; at < variable; at++) {
      for (const one of waiting[at] ?? []) {
        const half = (shares.get(one) ?? 0) / 2;
        give(this.lowOf(one), half);
        give(this.highOf(one), half);
      }
    }
    return found;
  }

  /** Whether an assignment is in a set; null where that depends on variables whose value is null. */
  holds(edge: Edge, read: (variable: number) => boolean | null): boolean | null {
    let at = edge;
    while (at > nothing) {
      const value = read(this.variableOf(at));
      if (value === null) {
        const [low, high] = [this.holds(this.lowOf(at), read), this.holds(this.highOf(at), read)];
        return low === high ? low : null;
      }
      at = value ? this.highOf(at) : this.lowOf(at);
    }
    return at === everything;
  }

  /** What remains of a set when its topmost variable has this value. */
  at(edge: Edge, variable: number, value: boolean): Edge {
    if (this.variableOf(edge) !== variable) return edge;
    return value ? this.highOf(edge) : this.lowOf(edge);
  }

  private variableOf(edge: Edge): number {
    return this.variables[edge >> 1] ?? terminalVariable;
  }

  private lowOf(edge: Edge): Edge {
    return (this.lows[edge >> 1] ?? 0) ^ (edge & 1);
  }

  private highOf(edge: Edge): Edge {
    return (this.highs[edge >> 1] ?? 0) ^ (edge & 1);
  }

  /** Written out, without calls or lists for what is read: most runs are over before V8 optimises this. */
  private both(a: Edge, b: Edge): Edge {
    const mixed = hash(a, b);
    const { remembered, variables, lows, highs } = this;
    const place = 3 * (mixed & this.cacheMask);
    if (remembered[place] === a && remembered[place + 1] === b) return remembered[place + 2] ?? nothing;
    if ((++this.steps & 0xfff) === 0) this.tick();
    const left = variables[a >> 1] ?? terminalVariable;
    const right = variables[b >> 1] ?? terminalVariable;
    let variable = left;
    let lowA = a;
    let highA = a;
    let lowB = b;
    let highB = b;
    if (left <= right) {
      lowA = (lows[a >> 1] ?? 0) ^ (a & 1);
      highA = (highs[a >> 1] ?? 0) ^ (a & 1);
    }
    if (right <= left) {
      variable = right;
      lowB = (lows[b >> 1] ?? 0) ^ (b & 1);
      highB = (highs[b >> 1] ?? 0) ^ (b & 1);
    }
    const low = this.and(lowA, lowB);
    const found = this.choose(variable, low, this.and(highA, highB));
    // The table may have grown meanwhile.
    const slot = 3 * (mixed & this.cacheMask);
    this.remembered[slot] = a;
    this.remembered[slot + 1] = b;
    this.remembered[slot + 2] = found;
    return found;
  }

  /** The one node of these; `low` and `high` differ, and `high` is not a complement. */
  private node(variable: number, low: Edge, high: Edge): Edge {
    const slot = nodeHash(variable, low, high) & this.slotMask;
    for (let at = this.slots[slot] ?? 0; at !== 0; at = this.nexts[at] ?? 0)
      if (this.variables[at] === variable && this.lows[at] === low && this.highs[at] === high) return at << 1;
    if (this.count >= this.most) throw new TooLarge('size');
    if (this.count === this.variables.length) {
      this.grow();
      return this.node(variable, low, high);
    }
    const at = this.count++;
    this.variables[at] = variable;
    this.lows[at] = low;
    this.highs[at] = high;
    this.nexts[at] = this.slots[slot] ?? 0;
    this.slots[slot] = at;
    return at << 1;
  }

  private grow(): void {
    const size = 2 * this.variables.length;
    const enlarge = (table: Int32Array) => {
      const larger = new Int32Array(size);
      larger.set(table);
      return larger;
    };
    [this.variables, this.lows, this.highs, this.nexts] = [
      enlarge(this.variables),
      enlarge(this.lows),
      enlarge(this.highs),
      new Int32Array(size),
    ];
    this.slots = new Int32Array(2 * size);
    this.remembered = new Int32Array((3 * size) / 2);
    this.slotMask = 2 * size - 1;
    this.cacheMask = size / 2 - 1;
    for (let at = 1; at < this.count; at++) {
      const slot = nodeHash(this.variables[at] ?? 0, this.lows[at] ?? 0, this.highs[at] ?? 0) & this.slotMask;
      this.nexts[at] = this.slots[slot] ?? 0;
      this.slots[slot] = at;
    }
  }
}

function hash(a: number, b: number): number {
  const mixed = Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function nodeHash(variable: number, low: Edge, high: Edge): number {
  return hash((variable << 22) ^ low, high);
}
