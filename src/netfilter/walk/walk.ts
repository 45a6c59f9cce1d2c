import { arriving, type Flow, type Packets, type State, stateKey, typical, vague } from '../model/packet.ts';
import type { BaseChain, Case, Chain, Part, Program, Verdict } from '../model/program.ts';
import { allTraffic, intersect, isEmpty, phase, point, type Region, subtract } from '../model/traffic.ts';
import {
  decided,
  join,
  joinPassed,
  merge,
  nothing,
  type Passed,
  type Stream,
  settled,
  split,
  without,
} from './stream.ts';
import type { Arrival, Fate, Puzzle, Spot, Taken, Way } from './trace.ts';

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
  /** Packets as they came to the rule that is looked at, before its conditions. */
  private arriving: readonly Flow[] = [];
  /** The last rule that let through, sent elsewhere or changed some of them, and which cannot be told. */
  private sender: Omit<Spot, 'depth'> | null = null;
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
    this.arriving = through;
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
    const arrived = this.arrivals.length;
    this.arriving = stream.flows;
    for (const part of spot.rule.parts) {
      if (isEmpty(inside.offered) && inside.flows.length === 0) break;
      if (part.kind === 'when' || part.kind === 'cluster') {
        if (part.kind === 'cluster') inside = this.meet(part, spot, inside, exact);
        const reading = part.kind === 'when' && part.plain ? part.read(typical) : null;
        exact &&= reading?.exact === true;
        const parted = inside.flows.map((flow) => split(flow, part.read));
        // A condition behind the hash decides as much about what is shared as one before it.
        if (part.kind === 'when' && inside.flows.some(({ state }) => !part.read(state).exact)) this.doubtSince(arrived);
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
      const sent = stream.flows.every(({ state }) => state.certain);
      this.arrivals.push({
        base: this.base,
        place,
        rule,
        use: part.use,
        offered,
        exact: exact && sent,
        sender: sent || !exact ? null : this.sender,
        // Between two cluster rules it stands before the second as well.
        taken: [...this.taken, ...this.takenBehind.filter(({ certain }) => !certain)],
      });
    }
    return {
      ...stream,
      flows: stream.flows.map((flow) => this.changed(flow, { ...part.change(flow.state), met: true })),
    };
  }

  /** What came to cluster rules since then may not be what they share. */
  private doubtSince(arrived: number): void {
    for (let i = arrived; i < this.arrivals.length; i++) {
      const one = this.arrivals[i];
      if (one !== undefined) this.arrivals[i] = { ...one, exact: false };
    }
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
      if (changed !== flow && !flow.state.certain) {
        this.sender = spot;
        this.blurred.push({ place: spot.place, rule: spot.rule });
      }
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
    const denies = kind === 'drop' || kind === 'reject' || kind === 'reset';
    if (!denies && stream.flows.some(({ state }) => !state.certain) && this.arriving.some(({ state }) => state.certain))
      this.sender = spot;
    if (kind === 'return')
      return exact
        ? { stay: nothing, leave: stream }
        : { stay: { ...stream, flows: [] }, leave: { ...stream, offered: [] } };
    if (kind === 'jump' || kind === 'goto') return this.jump(verdict.chain, kind, spot, stream, exact);
    if (!denies && stream.flows.length > 0) this.turns++;
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
    const { arriving } = this;
    const { stay, leave } = this.chain(chain, stream, spot.depth + 1);
    this.arriving = arriving;
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
      doubted: !state.certain && !isEmpty(without(region, this.arriving)),
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
