import { type Condition, type Doubt, graver, vague } from '../model/condition.ts';
import { type Carried, carriedKey, type Discovery, type Flow, typical } from '../model/packet.ts';
import type { BaseChain, Case, Chain, ChainRule, Part, Verdict } from '../model/program.ts';
import { phase, type Traffic, type TrafficSpace } from '../model/traffic.ts';
import { Nat } from './nat.ts';
import type { Stage } from './path.ts';
import {
  asksMark,
  asksTracking,
  certainTraffic,
  decided,
  join,
  joinPassed,
  merge,
  noStream,
  type Parted,
  type Passed,
  type Stream,
  settled,
  split,
} from './stream.ts';
import type { Arrival, Fate, Place, Puzzle, Taken, Trace } from './trace.ts';

const fates = {
  accept: 'accepted',
  drop: 'dropped',
  reject: 'rejected',
  reset: 'rejected',
  redirect: 'redirected',
  queue: 'unknown',
  unknown: 'unknown',
} as const;

/** Where connection tracking looks at packets (`NF_IP_PRI_CONNTRACK`). */
const conntrackPriority = -200;

/** Hooks before connection tracking, and those where it looks itself. */
const untracked: ReadonlySet<BaseChain['hook']> = new Set(['ingress', 'bridge prerouting', 'bridge input']);
const tracking: ReadonlySet<BaseChain['hook']> = new Set(['prerouting', 'output']);

/** More than any ruleset that the tools accept: they refuse loops, and the kernel jumps into jumps 16 times at most. */
const mostSteps = 1_000_000;
const deepestJump = 64;

/** What connection tracking makes of a packet that no rule has exempted. */
function trackedAs({ discovery }: Carried, known: 'tracked' | 'reply'): Carried['tracking'] {
  return discovery === null ? known : 'untracked';
}

/** Where a rule is in a walk, and how deep in jumps. */
type Spot = Place & { readonly depth: number };

/** One way through the chains of a node: where the packets are, and what was found so far. */
export class Walk {
  readonly space: TrafficSpace;
  /** What connection tracking makes of these packets. */
  private readonly known: 'tracked' | 'reply';
  private readonly discovery: Discovery | null;
  /** The packet used to look at the structure of the rulesets. */
  private typical: Carried = typical(null);
  /** The hooks that packets have passed: a VRF sends them through prerouting again. */
  private readonly passed: Stage['hook'][] = [];
  private readonly nothing: Stream;
  private readonly arrivals: Arrival[] = [];
  private readonly takenBehind: Taken[] = [];
  private readonly puzzles: Puzzle[] = [];
  private readonly blurred: Place[] = [];
  private readonly zones: Place[] = [];
  private asksZone = false;
  private taken: Taken[] = [];
  private complete = true;
  private base: BaseChain | null = null;
  private accepted: Flow[] = [];
  /** Packets that the base chain sees at all. */
  private seen: Traffic;
  private readonly nat: Nat;
  /** Packets as they came to the rule that is looked at, before its conditions. */
  private arriving: readonly Flow[] = [];
  /** The rules that have sent packets to this chain. */
  private readonly senders: ChainRule[] = [];
  /** The last rule that let through, redirected or changed some of them, where it is not known which. */
  private sender: Place | null = null;
  /** Packets that this base chain may have denied, as far as that depends on what let them through before. */
  private doubted: Traffic;
  private steps = 0;
  /** Counts what was taken or changed, to see whether a rule that cannot be decided would do anything at all. */
  private effects = 0;
  /** Of these, what was more than to deny: to let through, to change or to send elsewhere. */
  private diversions = 0;

  constructor(space: TrafficSpace, discovery: Discovery | null, known: 'tracked' | 'reply' = 'tracked') {
    this.space = space;
    this.known = known;
    this.discovery = discovery;
    this.nothing = noStream(space);
    this.nat = new Nat(space);
    this.doubted = space.none;
    this.seen = space.all;
  }

  /** Begins a stage of the way. */
  enter({ hook, ifname, bridge }: Stage): void {
    const known = typical(ifname, this.discovery);
    this.typical = { ...known, bridge, ...(this.known === 'reply' ? { tracking: 'reply' } : {}) };
    this.passed.push(hook);
  }

  /** What the walk has found, with the packets that came through to its end. */
  trace(flows: readonly Flow[]): Trace {
    const { arrivals, takenBehind, taken, puzzles, blurred, zones, asksZone, complete } = this;
    const delivered = merge([...flows, ...this.nat.elsewhere].filter(({ traffic }) => !traffic.isEmpty));
    return { arrivals, takenBehind, taken, puzzles, blurred, zones, asksZone, complete, delivered };
  }

  /** Sends packets through a base chain; returns those that it lets go on. */
  pass(base: BaseChain, flows: readonly Flow[]): readonly Flow[] {
    this.base = base;
    this.accepted = [];
    this.nat.begin();
    this.doubted = this.space.none;
    const tracked = untracked.has(base.hook) ? false : !tracking.has(base.hook) || base.priority > conntrackPriority;
    const entering = flows.map(({ carried, traffic }) => ({
      traffic,
      carried:
        tracked && carried.tracking === 'pending' ? { ...carried, tracking: trackedAs(carried, this.known) } : carried,
    }));
    const seen = base.nat ? this.space.only({ phase: phase.first }) : this.space.all;
    this.seen = seen;
    const inside = entering.map((flow) => ({ ...flow, traffic: flow.traffic.and(seen) }));
    const unseen = base.nat ? entering.map((flow) => ({ ...flow, traffic: flow.traffic.less(seen) })) : [];
    const { stay, leave } = this.chain(base.chain, { offered: seen, flows: inside }, 0);
    const through = merge([...stay.flows, ...leave.flows]);
    this.arriving = through;
    const { policy } = base;
    if (policy !== null)
      for (const flow of through) this.take({ place: base.chain.place, rule: policy }, 'drop', flow, null);
    this.taken = this.taken.filter(({ fate }) => fate !== 'accepted');
    const passed = merge([...this.accepted, ...(policy === null ? through : [])]);
    return merge([...decided(passed, inside, this.doubted), ...this.nat.around(unseen)]);
  }

  private chain(chain: Chain, stream: Stream, depth: number): Passed {
    if (depth > deepestJump) this.complete = false;
    let stay = stream;
    let leave = this.nothing;
    for (const rule of chain.rules) {
      if (stay.flows.length === 0 && stay.offered.isEmpty) break;
      if (++this.steps > mostSteps) this.complete = false;
      if (!this.complete) break;
      if ((this.steps & 0x3f) === 0) this.space.diagram.tick();
      const passed = this.rule({ place: chain.place, rule, depth }, stay);
      stay = passed.stay;
      if (passed.leave !== this.nothing) leave = join(leave, passed.leave);
    }
    return { stay, leave };
  }

  private rule(spot: Spot, stream: Stream): Passed {
    const [effects, diversions, doubted] = [this.effects, this.diversions, this.doubted];
    this.arriving = stream.flows;
    const passed = this.parts(spot, stream);
    const diverts = spot.rule.parts.some(divertsPackets);
    const offered = diverts ? passed.stay.offered : stream.offered;
    const leaves = passed.leave.flows.length > 0;
    // A rule that takes and changes nothing leaves no doubt behind, even if it cannot be decided.
    if (this.effects === effects && !leaves) return { stay: { offered, flows: stream.flows }, leave: passed.leave };
    const flows = merge(passed.stay.flows);
    if (this.diversions > diversions || leaves) return { stay: { offered, flows }, leave: passed.leave };
    // What a rule denies by a condition of its own is not a doubt about what goes on.
    const own = this.doubted.less(doubted);
    this.doubted = passed.clear ? doubted.or(own.less(certainTraffic(stream.flows, this.space))) : doubted;
    return { stay: { offered, flows: settled(flows, stream.flows) }, leave: passed.leave };
  }

  /** Passes a rule's parts from left to right; `clear`: its own conditions leave no doubt. */
  private parts(spot: Spot, stream: Stream): Passed & { readonly clear: boolean } {
    let inside = stream;
    let passed: Passed = { stay: this.nothing, leave: this.nothing };
    let exact = true;
    let doubt: Doubt | null = null;
    let own = this.seen;
    const arrived = this.arrivals.length;
    for (const part of spot.rule.parts) {
      if (inside.offered.isEmpty && inside.flows.length === 0) break;
      if (part.kind === 'when' || part.kind === 'cluster') {
        if (part.kind === 'cluster') inside = this.meet(part, spot, inside, exact, own);
        const plain = part.kind === 'when' && part.plain ? part.read(this.typical) : null;
        if (plain !== null) own = own.and(plain.traffic);
        this.lookAt(part.read, inside.flows);
        const parted = inside.flows.map((flow) => split(flow, part.read));
        const known = part.kind === 'when' && plain === null ? allOrNone(parted) : null;
        exact &&= known !== null || (plain !== null && plain.doubt === null);
        doubt = parted.reduce<Doubt | null>((sum, one) => graver(sum, one.doubt), doubt);
        // A condition after the hash decides as much about what is shared as one before it.
        if (part.kind === 'when' && inside.flows.some(({ carried }) => part.read(carried).doubt !== null))
          this.doubtSince(arrived);
        const here =
          plain?.traffic ?? (known === 'none' ? certainTraffic(inside.flows, this.space).others : this.space.all);
        const met = inside.offered.and(here);
        const rest = exact ? inside.offered.less(met) : inside.offered;
        passed = { ...passed, stay: join(passed.stay, { offered: rest, flows: parted.flatMap((one) => one.rest) }) };
        inside = { offered: met, flows: parted.flatMap((one) => one.met) };
      } else if (part.kind === 'choose') {
        const chosen = this.choose(part.cases, spot, inside, exact, doubt);
        passed = joinPassed(passed, chosen.passed);
        inside = chosen.on;
        exact &&= chosen.sure;
        doubt = graver(doubt, chosen.doubt);
      } else if (part.kind === 'puzzle') {
        this.puzzles.push({ place: spot.place, rule: spot.rule, what: part.what });
        exact = false;
        doubt = 'other';
        const parted = inside.flows.map((flow) => split(flow, () => vague(this.space.all)));
        const rest = { offered: inside.offered, flows: parted.flatMap((one) => one.rest) };
        passed = { ...passed, stay: join(passed.stay, rest) };
        inside = { offered: inside.offered, flows: parted.flatMap((one) => one.met) };
      } else if (part.kind === 'end') {
        passed = joinPassed(passed, this.verdict(part.verdict, spot, inside, exact, doubt));
        inside = this.nothing;
      } else if (part.kind === 'zone') {
        if (inside.flows.length > 0) this.zones.push({ place: spot.place, rule: spot.rule });
        const flows = inside.flows.map((flow) => this.changed(flow, { ...flow.carried, zoned: true }));
        inside = { ...inside, flows };
      } else inside = { ...inside, flows: inside.flows.map((flow) => this.change(part, spot, flow, doubt)) };
    }
    return { stay: join(passed.stay, inside), leave: passed.leave, clear: doubt === null };
  }

  /** A cluster rule's look at the hash, which leaves its trace on every packet that comes to it. */
  private meet(
    part: Extract<Part, { kind: 'cluster' }>,
    spot: Spot,
    stream: Stream,
    exact: boolean,
    own: Traffic,
  ): Stream {
    const again = this.passed.indexOf('prerouting') < this.passed.length - 1 && this.passed.at(-1) === 'prerouting';
    const known =
      again && this.arrivals.some(({ rule, offered }) => rule === spot.rule && stream.offered.within(offered));
    if (this.base !== null && !known) {
      const sent = stream.flows.every(({ carried }) => carried.certain);
      this.arrivals.push({
        base: this.base,
        place: spot.place,
        rule: spot.rule,
        use: part.use,
        offered: stream.offered,
        own,
        exact: exact && sent,
        reached: stream.flows.some(({ traffic }) => !traffic.isEmpty),
        sender: sent || !exact ? null : this.sender,
        // Between two cluster rules it stands before the second as well.
        taken: [...this.taken, ...this.takenBehind.filter(({ certain }) => !certain)],
      });
    }
    const flows = stream.flows.map((flow) => this.changed(flow, { ...part.change(flow.carried), met: true }));
    return { ...stream, flows };
  }

  /** What has reached cluster rules since then may not be what they share. */
  private doubtSince(arrived: number): void {
    for (let i = arrived; i < this.arrivals.length; i++) {
      const one = this.arrivals[i];
      if (one !== undefined) this.arrivals[i] = { ...one, exact: false };
    }
  }

  /** Passes the cases of a map one after the other; `on`: what goes on in its rule, `sure`: it is known exactly what does. */
  private choose(
    cases: readonly Case[],
    spot: Spot,
    stream: Stream,
    exact: boolean,
    before: Doubt | null,
  ): { readonly passed: Passed; readonly on: Stream; readonly sure: boolean; readonly doubt: Doubt | null } {
    let { flows, offered } = stream;
    let all = before;
    let allSure = true;
    let on = this.nothing;
    let passed: Passed = { stay: this.nothing, leave: this.nothing };
    for (const { read, plain, verdict } of cases) {
      this.lookAt(read, flows);
      const parted = flows.map((flow) => split(flow, read));
      const selection = plain ? read(this.typical) : null;
      const met = selection === null ? stream.offered : offered.and(selection.traffic);
      const sure = selection !== null && selection.doubt === null;
      if (sure) offered = offered.less(met);
      allSure &&= sure;
      flows = parted.flatMap((one) => one.rest);
      const doubt = parted.reduce<Doubt | null>((sum, one) => graver(sum, one.doubt), before);
      all = graver(all, doubt);
      const here = { offered: met, flows: parted.flatMap((one) => one.met) };
      if (verdict.kind === 'continue') on = join(on, here);
      else passed = joinPassed(passed, this.verdict(verdict, spot, here, exact && sure, doubt));
    }
    return { passed: { ...passed, stay: join(passed.stay, { offered, flows }) }, on, sure: allSure, doubt: all };
  }

  /** Notes a condition that packets of another zone may meet differently from others. */
  private lookAt(read: Condition, flows: readonly Flow[]): void {
    this.asksZone ||= flows.some((flow) => flow.carried.zoned && asksTracking(read, flow));
  }

  private change(part: Part, spot: Spot, flow: Flow, doubt: Doubt | null): Flow {
    if (part.kind === 'set') {
      const set = part.change(flow.carried);
      const own = spot.rule.parts.some(({ kind }) => kind === 'cluster');
      const estranged = flow.carried.estranged || (flow.carried.met && !own && set.mark !== flow.carried.mark);
      const changed = this.changed(flow, { ...set, estranged });
      if (changed !== flow && !flow.carried.certain) {
        this.sender = spot;
        this.blurred.push({ place: spot.place, rule: spot.rule });
      }
      return changed;
    }
    const { tracking: known } = flow.carried;
    if (part.kind !== 'untrack' || (known !== 'pending' && known !== 'lone')) return flow;
    this.diversions++;
    this.take(spot, 'untrack', flow, doubt);
    return { ...flow, carried: { ...flow.carried, tracking: 'untracked' } };
  }

  private changed(flow: Flow, carried: Carried): Flow {
    if (carriedKey(carried) === carriedKey(flow.carried)) return flow;
    this.effects++;
    this.diversions++;
    return { ...flow, carried };
  }

  private verdict(verdict: Verdict, spot: Spot, stream: Stream, exact: boolean, doubt: Doubt | null): Passed {
    const { kind } = verdict;
    const denies = kind === 'drop' || kind === 'reject' || kind === 'reset';
    const open = stream.flows.some(({ carried }) => !carried.certain);
    if (!denies && open && this.arriving.some(({ carried }) => carried.certain)) this.sender = spot;
    if (kind === 'return')
      return exact
        ? { stay: this.nothing, leave: stream }
        : { stay: { ...stream, flows: [] }, leave: { ...stream, offered: this.space.none } };
    if (kind === 'jump' || kind === 'goto') return this.jump(verdict.chain, kind, spot, stream, exact, doubt);
    if (!denies && stream.flows.length > 0) this.diversions++;
    // Nothing can undo the NAT for answers of another zone: as with what is not understood, they may be lost.
    const isOpen = (flow: Flow) => fates[kind] === 'unknown' || (kind === 'redirect' && flow.carried.zoned);
    for (const flow of stream.flows) {
      if (isOpen(flow)) {
        this.take(spot, kind === 'redirect' ? 'unknown' : kind, flow, doubt);
        continue;
      }
      if (kind === 'redirect' && this.nat.isFollowed(verdict.to, flow)) {
        this.effects++;
        this.accepted.push(this.nat.sendOn(flow, verdict.to));
        continue;
      }
      // After the cluster rule, another address or port is this node's own business: it serves them all the same.
      if (kind === 'redirect' && flow.carried.met) {
        this.effects++;
        this.nat.sendAway(flow);
        continue;
      }
      this.take(spot, kind, flow, doubt);
      if (kind === 'accept') this.accepted.push(flow);
    }
    // What may have happened may as well not have.
    const flows = stream.flows
      .filter(isOpen)
      .map((flow) => ({ ...flow, carried: { ...flow.carried, certain: false } }));
    return { stay: { offered: stream.offered, flows }, leave: this.nothing };
  }

  private jump(
    name: string,
    kind: 'jump' | 'goto',
    spot: Spot,
    stream: Stream,
    exact: boolean,
    doubt: Doubt | null,
  ): Passed {
    const chain = this.base?.table.get(name);
    if (chain === undefined) return this.verdict({ kind: 'unknown' }, spot, stream, exact, doubt);
    const { arriving: outside } = this;
    this.senders.push(spot.rule);
    const { stay, leave } = this.chain(chain, stream, spot.depth + 1);
    this.senders.pop();
    this.arriving = outside;
    const back = join(stay, leave);
    if (kind === 'jump') return { stay: exact ? back : { ...back, offered: stream.offered }, leave: this.nothing };
    return exact
      ? { stay: this.nothing, leave: back }
      : { stay: { ...stream, flows: [] }, leave: { ...back, offered: this.space.none } };
  }

  /** Notes what a rule takes away. */
  private take(
    { place, rule }: { readonly place: string; readonly rule: ChainRule },
    how: keyof typeof fates | 'untrack',
    flow: Flow,
    doubt: Doubt | null,
  ): void {
    const { carried, traffic } = flow;
    this.effects++;
    if (traffic.isEmpty) return;
    const fate: Fate = how === 'untrack' ? 'untracked' : fates[how];
    const taken: Taken = {
      place,
      rule,
      fate,
      traffic,
      certain: carried.certain && fate !== 'unknown',
      doubted: !carried.certain && !traffic.within(certainTraffic(this.arriving, this.space)),
      doubt,
      estranged: carried.estranged,
      byMark:
        (fate === 'dropped' || fate === 'rejected') &&
        [...this.senders, rule].some(({ parts }) => parts.some((part) => choosesByMark(part, flow))),
      queued: how === 'queue',
      claimed: carried.pkttype === 'host',
      resets: how === 'reset',
    };
    if (!taken.certain && fate !== 'accepted') this.doubted = this.doubted.or(traffic);
    if (carried.met) this.takenBehind.push(taken);
    else this.taken.push(taken);
  }
}

/**
 * Whether packets of which no cluster rule has seen any all meet a condition on what they carry, as a mark that a rule has
 * given to the VIP, or none of them does; null where that is not known, or some do.
 */
function allOrNone(parted: readonly Parted[]): 'all' | 'none' | null {
  const flows = parted.flatMap(({ met, rest }) => [...met, ...rest]);
  if (flows.some(({ carried }) => carried.met || !carried.certain)) return null;
  if (parted.some(({ doubt }) => doubt !== null) || flows.length === 0) return null;
  if (parted.every(({ rest }) => rest.length === 0)) return 'all';
  return parted.every(({ met }) => met.length === 0) ? 'none' : null;
}

function choosesByMark(part: Part, flow: Flow): boolean {
  if (part.kind === 'when') return asksMark(part.read, flow);
  return part.kind === 'choose' && part.cases.some(({ read }) => asksMark(read, flow));
}

/** True for a rule that can send packets back or elsewhere; any other leaves the structure after it as it was. */
function divertsPackets(part: Part): boolean {
  const diverts = ({ kind }: Case['verdict']) => kind === 'return' || kind === 'jump' || kind === 'goto';
  if (part.kind === 'choose') return part.cases.some(({ verdict }) => diverts(verdict));
  return part.kind === 'end' && diverts(part.verdict);
}
