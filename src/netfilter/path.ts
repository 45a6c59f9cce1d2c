import type { BaseChain, Case, Chain, ChainRule, ClusterUse, Part, Program, Verdict } from './chain.ts';
import { arriving, type Condition, type Flow, type Packets, type State, stateKey, typical, vague } from './packet.ts';
import {
  allTraffic,
  coalesce,
  divide,
  intersect,
  isEmpty,
  phase,
  point,
  type Region,
  subtract,
  unite,
} from './traffic.ts';

/** How a rule ends the way of packets, as far as the cluster's rule is concerned. */
export type Fate = 'accepted' | 'dropped' | 'rejected' | 'redirected' | 'untracked' | 'unknown';

/** Packets that a rule takes away. */
export type Taken = {
  /** `filter INPUT`: the table and the chain of the rule. */
  readonly place: string;
  readonly text: string;
  readonly fate: Fate;
  readonly traffic: Region;
  /** False where only some of that traffic is taken, and which cannot be told from the rule. */
  readonly certain: boolean;
  /** True when the rule names the VIP. */
  readonly names: boolean;
  /** True where a cluster rule had made it this host's: what is refused then is refused for real. */
  readonly claimed: boolean;
  /** True where TCP is told so by a reset, which goes out whatever the frame was addressed to. */
  readonly resets: boolean;
};

/** A cluster rule, as the packets come to it. */
export type Arrival = {
  readonly base: BaseChain;
  readonly place: string;
  readonly rule: ChainRule;
  readonly use: ClusterUse;
  /** What chains and the rule's own conditions can send to the hash at all, whatever other rules take. */
  readonly offered: Region;
  readonly exact: boolean;
  /** What other rules have taken before. */
  readonly taken: readonly Taken[];
};

/** A rule that packets for the VIP come to, and that looks at a hash in a way that is not understood. */
export type Puzzle = { readonly place: string; readonly rule: ChainRule; readonly what: string };

/** How packets for the VIP fare on a node. */
export type Way = {
  readonly arrivals: readonly Arrival[];
  /** What was taken of packets whose hash a cluster rule had looked at: by the cluster's own DROP, or by a firewall behind it. */
  readonly takenBehind: readonly Taken[];
  /** What was taken of packets that met no cluster rule, to the end of the way. */
  readonly taken: readonly Taken[];
  readonly puzzles: readonly Puzzle[];
  /** Rules that changed packets, and of which ones cannot be told. */
  readonly blurred: readonly Omit<Spot, 'depth'>[];
  /** What comes to the host itself. */
  readonly delivered: readonly Flow[];
  /** False when the ruleset is too large to follow, or loops. */
  readonly complete: boolean;
};

const fates = {
  accept: 'accepted',
  drop: 'dropped',
  reject: 'rejected',
  reset: 'rejected',
  redirect: 'redirected',
  unknown: 'unknown',
} as const;

const hooks = ['ingress', 'prerouting', 'input'];
/** Where connection tracking looks at packets (`NF_IP_PRI_CONNTRACK`). */
const conntrackPriority = -200;

/** A bound on the work for one ruleset; real ones stay far below it, and the tools themselves refuse loops. */
const maxSteps = 200_000;

/**
 * Sends a VIP's packets through every chain that packets for this host pass, in the kernel's order: hook, then
 * priority. To accept ends one base chain only; the next one sees those packets again.
 */
export function followPackets(program: Program, packets: Packets, connmarks: boolean): Way {
  return walkThrough(program, packets, { ...arriving, connmark: connmarks ? null : 0 }, [allTraffic(packets.family)]);
}

/** The same for segments of TCP connections that another node answers. */
export function followStrays(program: Program, packets: Packets): Way {
  const later = { ...allTraffic(packets.family), protocol: point(6n), phase: point(phase.later) };
  return walkThrough(program, packets, { ...arriving, tracking: 'stray' }, [later]);
}

function walkThrough(program: Program, packets: Packets, start: State, region: Region): Way {
  const walk = new Walk(packets);
  const bases = program.bases
    .filter(({ hook }) => hook !== 'other')
    .sort((a, b) => hooks.indexOf(a.hook) - hooks.indexOf(b.hook) || a.priority - b.priority);
  let flows: readonly Flow[] = [{ state: start, region }];
  for (const base of bases) flows = walk.pass(base, flows);
  return {
    arrivals: walk.arrivals,
    takenBehind: walk.takenBehind,
    taken: walk.taken,
    puzzles: walk.puzzles,
    blurred: walk.blurred,
    delivered: walk.delivered(flows),
    complete: walk.complete,
  };
}

/** Packets at one place: what chains and conditions can send there at all, and what really comes. */
type Stream = { readonly offered: Region; readonly flows: readonly Flow[] };

/** What is left of packets behind a rule or a chain: those that go on, those that return to the caller. */
type Passed = { readonly stay: Stream; readonly leave: Stream };

const nothing: Stream = { offered: [], flows: [] };

/** Where a rule stands. */
type Spot = { readonly place: string; readonly rule: ChainRule; readonly depth: number };

/** One walk: where it is, and what it found so far. */
class Walk {
  readonly arrivals: Arrival[] = [];
  readonly takenBehind: Taken[] = [];
  readonly puzzles: Puzzle[] = [];
  readonly blurred: Omit<Spot, 'depth'>[] = [];
  taken: Taken[] = [];
  complete = true;
  private readonly packets: Packets;
  private base: BaseChain | null = null;
  private accepted: Flow[] = [];
  /** What a nat chain sent to another address or port of this node's own: its later packets follow. */
  private redirected: Region = [];
  private readonly elsewhere: Flow[] = [];
  /** Packets that this base chain may have denied, as far as that hangs on what let them through before. */
  private doubted: Region = [];
  private steps = 0;
  /** Counts what was taken or changed, to see whether a rule that cannot be decided would do anything at all. */
  private deeds = 0;
  /** Of these, what was more than to deny: to let through, to change or to send elsewhere. */
  private turns = 0;

  constructor(packets: Packets) {
    this.packets = packets;
  }

  /** Sends packets through a base chain; comes back with those that it lets go on. */
  pass(base: BaseChain, flows: readonly Flow[]): readonly Flow[] {
    this.base = base;
    this.accepted = [];
    this.redirected = [];
    this.doubted = [];
    const tracked = base.hook === 'input' || (base.hook === 'prerouting' && base.priority > conntrackPriority);
    const entering = flows.map(({ state, region }) => ({
      region,
      state: tracked && state.tracking === 'pending' ? ({ ...state, tracking: 'tracked' } as const) : state,
    }));
    const seen: Region = [{ ...allTraffic(this.packets.family), ...(base.nat ? { phase: point(phase.first) } : {}) }];
    const inside = entering.map((flow) => ({ ...flow, region: intersect(flow.region, seen) }));
    const past = base.nat ? entering.map((flow) => ({ ...flow, region: subtract(flow.region, seen) })) : [];
    const { stay, leave } = this.chain(base.chain, { offered: seen, flows: inside }, 0);
    const through = merge([...stay.flows, ...leave.flows]);
    if (base.policy === 'drop')
      for (const flow of through) this.take(base.chain.place, base.policyText, 'dropped', flow, false);
    this.taken = this.taken.filter(({ fate }) => fate !== 'accepted');
    const passed = merge([...this.accepted, ...(base.policy === 'drop' ? [] : through)]);
    return merge([...decided(passed, inside, this.doubted), ...this.around(past)]);
  }

  /** Later packets, which a nat chain does not see: they go where it has sent the first one. */
  private around(past: readonly Flow[]): readonly Flow[] {
    const gone = this.redirected.map((box) => ({ ...box, phase: allTraffic(this.packets.family).phase }));
    if (isEmpty(gone)) return past;
    for (const flow of past) this.sendElsewhere({ ...flow, region: intersect(flow.region, gone) });
    return past.map((flow) => ({ ...flow, region: subtract(flow.region, gone) }));
  }

  /** Rules that choose by chance among several ports or hosts take a packet more than once; it is the same packet. */
  private sendElsewhere({ state, region }: Flow): void {
    const rest = this.elsewhere.reduce<Region>((sum, one) => subtract(sum, one.region), region);
    if (!isEmpty(rest)) this.elsewhere.push({ state: { ...state, certain: true }, region: rest });
  }

  /** Everything that the host's own sockets or programs get: what came through, and what was sent to other ports of theirs. */
  delivered(flows: readonly Flow[]): readonly Flow[] {
    return merge([...flows, ...this.elsewhere].filter(({ region }) => !isEmpty(region)));
  }

  private chain(chain: Chain, stream: Stream, depth: number): Passed {
    if (depth > 64) this.complete = false;
    let here = stream;
    let left = nothing;
    for (const rule of chain.rules) {
      if (++this.steps > maxSteps) this.complete = false;
      if (!this.complete) break;
      const { stay, leave } = this.rule({ place: chain.place, rule, depth }, here);
      here = stay;
      left = join(left, leave);
    }
    return { stay: here, leave: left };
  }

  private rule(spot: Spot, stream: Stream): Passed {
    const before = this.deeds;
    const [turned, doubted] = [this.turns, this.doubted];
    let inside = stream;
    let exact = true;
    let passed: Passed = { stay: nothing, leave: nothing };
    for (const part of spot.rule.parts) {
      if (isEmpty(inside.offered) && inside.flows.length === 0) break;
      if (part.kind === 'when' || part.kind === 'cluster') {
        if (part.kind === 'cluster') inside = this.meet(part, spot, inside, exact);
        const reading = part.kind === 'when' && part.plain ? part.read(typical) : null;
        exact &&= reading?.exact === true;
        const parted = inside.flows.map((flow) => split(flow, part.read));
        const met = reading === null ? inside.offered : intersect(inside.offered, reading.traffic);
        const rest = exact ? subtract(inside.offered, met) : inside.offered;
        passed = { ...passed, stay: join(passed.stay, { offered: rest, flows: parted.flatMap((one) => one.rest) }) };
        inside = { offered: met, flows: parted.flatMap((one) => one.met) };
      } else if (part.kind === 'choose') {
        inside = this.choose(part.cases, spot, inside, exact, (more) => {
          passed = joinPassed(passed, more);
        });
        exact = false;
      } else if (part.kind === 'puzzle') {
        this.puzzles.push({ place: spot.place, rule: spot.rule, what: part.what });
        exact = false;
        const parted = inside.flows.map((flow) => split(flow, () => vague(this.packets.family)));
        passed = {
          ...passed,
          stay: join(passed.stay, { offered: inside.offered, flows: parted.flatMap((one) => one.rest) }),
        };
        inside = { offered: inside.offered, flows: parted.flatMap((one) => one.met) };
      } else if (part.kind === 'end') {
        passed = joinPassed(passed, this.verdict(part.verdict, spot, inside, exact));
        inside = nothing;
      } else inside = { ...inside, flows: inside.flows.map((flow) => this.change(part, spot, flow)) };
    }
    const stay = join(passed.stay, inside);
    const turns = spot.rule.parts.some(turnsPackets);
    const offered = turns ? stay.offered : stream.offered;
    // A rule that takes and changes nothing leaves no doubt behind, even if it cannot be decided.
    if (this.deeds === before && passed.leave.flows.length === 0)
      return { stay: { offered, flows: stream.flows }, leave: passed.leave };
    const flows = merge(stay.flows);
    const denied = this.turns === turned && passed.leave.flows.length === 0;
    // What such a rule denies by a condition of its own is no doubt about what goes on.
    if (denied)
      this.doubted = exact ? [...doubted, ...without(this.doubted.slice(doubted.length), stream.flows)] : doubted;
    return { stay: { offered, flows: denied ? settled(flows, stream.flows) : flows }, leave: passed.leave };
  }

  /** A cluster rule's look at the hash, which leaves its trace on every packet that comes to it. */
  private meet(part: Extract<Part, { kind: 'cluster' }>, spot: Spot, stream: Stream, exact: boolean): Stream {
    if (this.base !== null) {
      const { place, rule } = spot;
      const { offered } = stream;
      this.arrivals.push({ base: this.base, place, rule, use: part.use, offered, exact, taken: [...this.taken] });
    }
    return {
      ...stream,
      flows: stream.flows.map((flow) => this.changed(flow, { ...part.change(flow.state), met: true })),
    };
  }

  private choose(
    cases: readonly Case[],
    spot: Spot,
    stream: Stream,
    exact: boolean,
    note: (passed: Passed) => void,
  ): Stream {
    let flows = stream.flows;
    let { offered } = stream;
    for (const { read, plain, verdict } of cases) {
      const parted = flows.map((flow) => split(flow, read));
      const reading = plain ? read(typical) : null;
      const met = reading === null ? stream.offered : intersect(offered, reading.traffic);
      if (reading?.exact === true) offered = subtract(offered, met);
      flows = parted.flatMap((one) => one.rest);
      const met2 = { offered: met, flows: parted.flatMap((one) => one.met) };
      note(this.verdict(verdict, spot, met2, exact && reading?.exact === true));
    }
    return { offered, flows };
  }

  private change(part: Part, spot: Spot, flow: Flow): Flow {
    if (part.kind === 'set') {
      const changed = this.changed(flow, part.change(flow.state));
      if (changed !== flow && !flow.state.certain) this.blurred.push({ place: spot.place, rule: spot.rule });
      return changed;
    }
    if (part.kind !== 'untrack' || flow.state.tracking !== 'pending') return flow;
    this.turns++;
    this.take(spot.place, spot.rule.text, 'untracked', flow, spot.rule.names);
    return { ...flow, state: { ...flow.state, tracking: 'untracked' } };
  }

  private changed(flow: Flow, state: State): Flow {
    if (stateKey(state) === stateKey(flow.state)) return flow;
    this.deeds++;
    this.turns++;
    return { ...flow, state };
  }

  private verdict(verdict: Verdict, spot: Spot, stream: Stream, exact: boolean): Passed {
    const { kind } = verdict;
    if (kind === 'return')
      return exact
        ? { stay: nothing, leave: stream }
        : { stay: { ...stream, flows: [] }, leave: { ...stream, offered: [] } };
    if (kind === 'jump' || kind === 'goto') return this.jump(verdict.chain, kind, spot, stream, exact);
    if (kind !== 'drop' && kind !== 'reject' && kind !== 'reset' && stream.flows.length > 0) this.turns++;
    for (const flow of stream.flows) {
      // Behind the cluster rule another address or port is this node's own business: it serves them all the same.
      if (kind === 'redirect' && flow.state.met) {
        this.deeds++;
        this.redirected = [...this.redirected, ...flow.region];
        this.sendElsewhere(flow);
        continue;
      }
      this.take(spot.place, spot.rule.text, fates[kind], flow, spot.rule.names, kind === 'reset');
      if (kind === 'accept') this.accepted.push(flow);
    }
    // What may have happened may as well not have.
    const doubtful =
      kind === 'unknown' ? stream.flows.map((flow) => ({ ...flow, state: { ...flow.state, certain: false } })) : [];
    return { stay: { offered: stream.offered, flows: doubtful }, leave: nothing };
  }

  private jump(name: string, kind: 'jump' | 'goto', spot: Spot, stream: Stream, exact: boolean): Passed {
    const chain = this.base?.table.get(name);
    if (chain === undefined) return this.verdict({ kind: 'unknown' }, spot, stream, exact);
    const { stay, leave } = this.chain(chain, stream, spot.depth + 1);
    const back = join(stay, leave);
    if (kind === 'jump') return { stay: exact ? back : { ...back, offered: stream.offered }, leave: nothing };
    return exact ? { stay: nothing, leave: back } : { stay: { ...stream, flows: [] }, leave: { ...back, offered: [] } };
  }

  /** Notes what a rule takes away. */
  private take(place: string, text: string, fate: Fate, { state, region }: Flow, names: boolean, resets = false): void {
    this.deeds++;
    if (isEmpty(region)) return;
    const taken = {
      place,
      text,
      fate,
      traffic: region,
      certain: state.certain && fate !== 'unknown',
      names,
      claimed: state.pkttype === 'host',
      resets,
    };
    if (!taken.certain && fate !== 'accepted') this.doubted = [...this.doubted, ...region];
    if (state.met) this.takenBehind.push(taken);
    else this.taken.push(taken);
  }
}

/** True for a rule that can send packets back or elsewhere; any other leaves the structure behind it as it was. */
function turnsPackets(part: Part): boolean {
  const turns = ({ kind }: Verdict) => kind === 'return' || kind === 'jump' || kind === 'goto';
  if (part.kind === 'choose') return part.cases.some(({ verdict }) => turns(verdict));
  return part.kind === 'end' && turns(part.verdict);
}

/** The packets that meet a condition and those that do not; what cannot be told is in both, and in doubt. */
function split(
  { state, region }: Flow,
  read: Condition,
): { readonly met: readonly Flow[]; readonly rest: readonly Flow[] } {
  const { traffic, exact } = read(state);
  const { inside, outside } = divide(region, traffic);
  if (exact) return { met: flowOf(state, inside), rest: flowOf(state, outside) };
  const doubtful = { ...state, certain: false };
  return { met: flowOf(doubtful, inside), rest: [...flowOf(state, outside), ...flowOf(doubtful, inside)] };
}

/**
 * Packets behind a rule that did nothing but deny some, and which cannot be told: those that go on do so for certain, as
 * far as they came for certain. That some may be missing stands with what was taken.
 */
function settled(flows: readonly Flow[], before: readonly Flow[]): readonly Flow[] {
  if (flows.every(({ state }) => state.certain)) return flows;
  const certain = before.filter(({ state }) => state.certain);
  return merge(
    flows.flatMap((flow) => {
      if (flow.state.certain) return [flow];
      const state = { ...flow.state, certain: true };
      const came = certain.find((one) => stateKey(one.state) === stateKey(state))?.region ?? [];
      const { inside, outside } = divide(flow.region, came);
      return [...flowOf(state, inside), ...flowOf(flow.state, outside)];
    }),
  );
}

/**
 * Packets behind a base chain that came for certain and that nothing in it can have denied: whichever of its rules let them
 * through, they go on. Those that may carry one thing or another stay in doubt.
 */
function decided(flows: readonly Flow[], before: readonly Flow[], doubted: Region): readonly Flow[] {
  const open = flows.filter(({ state }) => !state.certain);
  if (open.length === 0) return flows;
  const came = before.filter(({ state }) => state.certain).reduce<Region>((sum, { region }) => unite(sum, region), []);
  return merge(
    flows.flatMap((flow) => {
      if (flow.state.certain) return [flow];
      const others = open.filter((one) => one !== flow).flatMap(({ region }) => region);
      const { inside, outside } = divide(flow.region, subtract(subtract(came, doubted), others));
      return [...flowOf({ ...flow.state, certain: true }, inside), ...flowOf(flow.state, outside)];
    }),
  );
}

/** What of a region is not among packets that came for certain. */
function without(region: Region, flows: readonly Flow[]): Region {
  return flows.reduce<Region>((rest, flow) => (flow.state.certain ? subtract(rest, flow.region) : rest), region);
}

function flowOf(state: State, region: Region): readonly Flow[] {
  return isEmpty(region) ? [] : [{ state, region }];
}

/** Puts packets of the same state together. Those in doubt may be there twice, all others are not. */
function merge(flows: readonly Flow[]): readonly Flow[] {
  if (flows.length < 2) return flows;
  const merged = new Map<string, Flow>();
  for (const { state, region } of flows) {
    const key = stateKey(state);
    const known = merged.get(key)?.region ?? [];
    const both = state.certain ? [...known, ...region] : unite(known, region);
    if (!isEmpty(both)) merged.set(key, { state, region: known.length > 0 && both.length > 8 ? coalesce(both) : both });
  }
  return [...merged.values()];
}

function join(a: Stream, b: Stream): Stream {
  return { offered: unite(a.offered, b.offered), flows: b.flows.length === 0 ? a.flows : [...a.flows, ...b.flows] };
}

function joinPassed(a: Passed, b: Passed): Passed {
  return { stay: join(a.stay, b.stay), leave: join(a.leave, b.leave) };
}
