import type { ArpBase, ArpPacket, ArpPart, ArpProgram, ArpRule, ArpVerdict, Met, Open, Told } from './program.ts';

/** Why it is open which way a packet went: the rule, and the reason. */
export type OpenRule = { readonly open: Open; readonly text: string };

/** A possible outcome for a packet: it passes with a MAC, or a rule drops it. */
export type ArpEnd = {
  /** The MAC that it carries; null where it is dropped. */
  readonly told: Told | null;
  /** The last rule that wrote the MAC, or that drops it; null where none did. */
  readonly rule: string | null;
  /** Null where this outcome is certain. */
  readonly open: OpenRule | null;
};

type Flow = { readonly told: Told; readonly rule: string | null; readonly open: OpenRule | null };

/** What comes out of a rule or a chain. */
type Passed = {
  readonly stay: readonly Flow[];
  readonly accepted: readonly Flow[];
  readonly returned: readonly Flow[];
  readonly dropped: readonly ArpEnd[];
};

const order = ['output', 'egress', 'ingress', 'input'];
/** The kernel nests at most 16 jumps; it would not have accepted a ruleset that goes deeper. */
const deepest = 16;
const gravity: readonly Open[] = ['host', 'network', 'other'];

/**
 * Sends a packet through the chains of its hook, those of the interface and of family arp, in the kernel's order: every
 * possible outcome, a single one where that is certain. `told` is the sender's MAC at the start.
 */
export function followArp(program: ArpProgram, packet: ArpPacket, told: Told): readonly ArpEnd[] {
  const hooks = packet.hook === 'output' ? ['output', 'egress'] : ['ingress', 'input'];
  const bases = program
    .filter(({ hook, devices }) => hooks.includes(hook) && seesDevice(devices, packet.ifname) !== false)
    // Among chains of one priority, the one registered last runs first (measured).
    .reverse()
    .sort((a, b) => order.indexOf(a.hook) - order.indexOf(b.hook) || a.priority - b.priority);
  const dropped: ArpEnd[] = [];
  let flows: readonly Flow[] = [{ told, rule: null, open: null }];
  for (const base of bases) {
    const unseen = seesDevice(base.devices, packet.ifname) === null ? flows : [];
    const text = `a chain whose interface nft does not show: ${base.rules[0]?.text ?? base.policy ?? ''}`;
    const seen = unseen.length === 0 ? flows : opened(flows, { open: 'other', text });
    const passed = passBase(base, packet, seen);
    dropped.push(...passed.dropped);
    flows = merged([...unseen, ...passed.accepted]);
  }
  return settled([...flows, ...dropped]);
}

function seesDevice(devices: ArpBase['devices'], ifname: string | null): Met {
  if (devices === null) return null;
  return devices.length === 0 || (ifname === null ? null : devices.includes(ifname));
}

/** Sends packets through a base chain; returns what it accepts. */
function passBase({ rules, policy, table }: ArpBase, packet: ArpPacket, flows: readonly Flow[]): Passed {
  const { stay, accepted, returned, dropped } = passChain(rules, table, packet, flows, 0);
  const left = [...stay, ...returned];
  if (policy === null) return { stay: [], returned: [], accepted: [...accepted, ...left], dropped };
  return { stay: [], returned: [], accepted, dropped: [...dropped, ...left.map((flow) => drop(flow, policy))] };
}

function passChain(
  rules: readonly ArpRule[],
  table: ArpBase['table'],
  packet: ArpPacket,
  flows: readonly Flow[],
  depth: number,
): Passed {
  let sum: Passed = { stay: flows, accepted: [], returned: [], dropped: [] };
  for (const rule of rules) {
    if (sum.stay.length === 0) break;
    const one = passRule(rule, table, packet, sum.stay, depth);
    sum = {
      stay: merged(one.stay),
      accepted: merged([...sum.accepted, ...one.accepted]),
      returned: merged([...sum.returned, ...one.returned]),
      dropped: [...sum.dropped, ...one.dropped],
    };
  }
  return sum;
}

function passRule(
  rule: ArpRule,
  table: ArpBase['table'],
  packet: ArpPacket,
  flows: readonly Flow[],
  depth: number,
): Passed {
  let inside = flows;
  let sum: Passed = { stay: [], accepted: [], returned: [], dropped: [] };
  for (const part of rule.parts) {
    const { passed, rest } = passPart(part, rule, table, packet, inside, depth);
    sum = joined(sum, passed);
    inside = rest;
    if (inside.length === 0) break;
  }
  return { ...sum, stay: [...sum.stay, ...inside] };
}

const nothing: Passed = { stay: [], accepted: [], returned: [], dropped: [] };

/** Which packets leave a rule at one of its parts, and which go on to the next. */
function passPart(
  part: ArpPart,
  rule: ArpRule,
  table: ArpBase['table'],
  packet: ArpPacket,
  flows: readonly Flow[],
  depth: number,
): { readonly passed: Passed; readonly rest: readonly Flow[] } {
  const { text } = rule;
  if (part.kind === 'tell')
    return {
      passed: nothing,
      rest: flows.map((flow) => ({ ...flow, told: { by: 'rule', mac: part.mac }, rule: text })),
    };
  if (part.kind === 'when') {
    const { met, rest } = split(flows, (flow) => part.met(packet, flow.told), { open: part.open, text });
    return { passed: { ...nothing, stay: rest }, rest: met };
  }
  if (part.kind === 'end') return { passed: passVerdict(part.verdict, rule, table, packet, flows, depth), rest: [] };
  let left = flows;
  let passed = nothing;
  const on: Flow[] = [];
  for (const one of part.cases) {
    const { met, rest } = split(left, (flow) => one.met(packet, flow.told), { open: one.open, text });
    if (one.verdict.kind === 'continue') on.push(...met);
    else passed = joined(passed, passVerdict(one.verdict, rule, table, packet, met, depth));
    left = rest;
  }
  return { passed: { ...passed, stay: [...passed.stay, ...left] }, rest: on };
}

function passVerdict(
  verdict: ArpVerdict,
  { text }: ArpRule,
  table: ArpBase['table'],
  packet: ArpPacket,
  flows: readonly Flow[],
  depth: number,
): Passed {
  if (flows.length === 0) return nothing;
  switch (verdict.kind) {
    case 'accept':
      return { ...nothing, accepted: flows };
    case 'drop':
      return { ...nothing, dropped: flows.map((flow) => drop(flow, text)) };
    case 'return':
      return { ...nothing, returned: flows };
    case 'continue':
      return { ...nothing, stay: flows };
    case 'unknown': {
      const may = opened(flows, { open: 'other', text });
      return { stay: may, accepted: may, returned: [], dropped: may.map((flow) => drop(flow, text)) };
    }
    default: {
      const rules = table.get(verdict.chain);
      if (rules === undefined || depth >= deepest)
        return passVerdict({ kind: 'unknown' }, { text, parts: [] }, table, packet, flows, depth);
      const { stay, returned, ...ended } = passChain(rules, table, packet, flows, depth + 1);
      const back = [...stay, ...returned];
      return verdict.kind === 'jump' ? { ...ended, stay: back, returned: [] } : { ...ended, stay: [], returned: back };
    }
  }
}

/** Those that meet a condition and those that do not; those for which that is not known are in both. */
function split(
  flows: readonly Flow[],
  met: (flow: Flow) => Met,
  by: OpenRule,
): { readonly met: readonly Flow[]; readonly rest: readonly Flow[] } {
  const judged = flows.map((flow) => ({ flow, is: met(flow) }));
  const of = (wanted: boolean) =>
    judged.flatMap(({ flow, is }) => (is === wanted ? [flow] : is === null ? opened([flow], by) : []));
  return { met: of(true), rest: of(false) };
}

/** The same packets, where a rule leaves open whether they came here. */
function opened(flows: readonly Flow[], by: OpenRule): readonly Flow[] {
  return flows.map((flow) => ({ ...flow, open: graver(flow.open, by) }));
}

function graver(a: OpenRule | null, b: OpenRule): OpenRule {
  return a !== null && gravity.indexOf(a.open) >= gravity.indexOf(b.open) ? a : b;
}

function drop({ open }: Flow, rule: string): ArpEnd {
  return { told: null, rule, open };
}

function joined(a: Passed, b: Passed): Passed {
  return {
    stay: [...a.stay, ...b.stay],
    accepted: [...a.accepted, ...b.accepted],
    returned: [...a.returned, ...b.returned],
    dropped: [...a.dropped, ...b.dropped],
  };
}

/** Packets with the same MAC are joined, and certain if one way to them is. */
function merged(flows: readonly Flow[]): readonly Flow[] {
  const byMac = new Map<string, Flow>();
  for (const flow of flows) {
    const key = keyOf(flow.told);
    const known = byMac.get(key);
    if (known === undefined || (known.open !== null && flow.open === null)) byMac.set(key, flow);
  }
  return [...byMac.values()];
}

function keyOf(told: Told | null): string {
  return told === null ? 'dropped' : `${told.by} ${told.mac}`;
}

/** Joins outcomes of one kind; if there is no other kind, it is certain, whatever is open about the way. */
function settled(ends: readonly ArpEnd[]): readonly ArpEnd[] {
  const byKind = new Map<string, ArpEnd>();
  for (const end of ends) {
    const known = byKind.get(keyOf(end.told));
    if (known === undefined || (known.open !== null && end.open === null)) byKind.set(keyOf(end.told), end);
  }
  const [only, ...more] = [...byKind.values()];
  if (only !== undefined && more.length === 0) return [{ ...only, open: null }];
  return [...byKind.values()];
}
