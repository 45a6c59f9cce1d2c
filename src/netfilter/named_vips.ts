import { type Family, formatIp, parseIp } from '../address/index.ts';
import { oncePerSnapshot, type Snapshot } from '../snapshot/index.ts';
import { savedDestinations } from './iptables/destination.ts';
import type { RuleLine, Ruleset } from './iptables/save.ts';
import { type Destinations, type Named, singlesOf } from './model/destination.ts';
import { letOnBy, nativeDestinations } from './nft/destination.ts';
import { fieldsOf, type NftRule, type NftTable } from './nft/ruleset.ts';
import { savedRulesets, sendsOn } from './rulesets.ts';

/** What a node's rules say of VIPs, whichever these are. */
export type NamedVips = {
  /** Whether there is any cluster rule at all. */
  readonly clustered: boolean;
  /**
   * The addresses that a cluster rule, a rule that leads to one, or CLUSTERIP's files name as destination, once each. A network
   * is no address of it.
   */
  readonly vips: readonly string[];
  /** Those that a rule before a cluster rule lets come to it: VIPs only where their packets meet it. */
  readonly guarded: readonly string[];
  /** The networks and ranges that such rules name, once each. */
  readonly networks: readonly Named[];
  /** Whether packets come to a cluster rule without any rule that names their destination. */
  readonly open: boolean;
  /** Whether a client's packets to an address may meet a cluster rule. */
  mayShare(address: string): boolean;
  /** Whether a rule may drop all packets to this very address, as the cluster's own DROP does. */
  mayDrop(address: string): boolean;
};

/** Takes the VIPs that a node's cluster rules name out of its snapshot, of both families and all tools. */
export const readNamedVips: (snapshot: Snapshot) => NamedVips = oncePerSnapshot((snapshot) => {
  const kernel = snapshot.sections.flatMap(({ name, key }) => {
    const ip = name === 'clusterip' ? parseIp(key) : null;
    return ip === null ? [] : [formatIp(ip)];
  });
  const four = savedRulesets(snapshot, 4);
  const six = savedRulesets(snapshot, 6);
  const tables = [
    ...[four.legacy, four.modern].flatMap((ruleset) => savedTables(ruleset, 4)),
    ...[six.legacy, six.modern].flatMap((ruleset) => savedTables(ruleset, 6)),
    ...four.nft.tables.map(nativeTable),
  ].map(saidBy);
  const named = tables.flatMap((table) => table.named);
  const vips = new Set([...kernel, ...singlesOf(named)]);
  const guards = tables.flatMap((table) => table.guards);
  const guarded = new Set(singlesOf(guards));
  const networks = [
    ...new Map([...named, ...guards].filter(({ single }) => !single).map((one) => [one.text, one])).values(),
  ];
  const open = tables.some((table) => table.open);
  const dropped = new Set(singlesOf(tables.flatMap((table) => table.dropped)));
  // With another destination given to packets, an address that no rule near the cluster names may come to it.
  const any = open || sendsOn(snapshot);
  return {
    clustered: kernel.length > 0 || tables.some(({ shares }) => shares),
    vips: [...vips],
    guarded: [...guarded],
    networks,
    open,
    mayShare: (address) =>
      any || vips.has(address) || guarded.has(address) || networkOf(address, networks) !== undefined,
    mayDrop: (address) => dropped.has(address),
  };
});

/** The first of some networks that an address is in. */
export function networkOf(address: string, networks: readonly Named[]): Named | undefined {
  const ip = parseIp(address);
  return ip === null
    ? undefined
    : networks.find(({ family, low, high }) => family === ip.family && low <= ip.value && ip.value <= high);
}

/** A rule as far as it is looked at here, whichever tool wrote it. */
type Step = {
  /** Whether it looks at a hash itself. */
  readonly shares: boolean;
  /** The chains that it leads to. */
  readonly to: readonly string[];
  /** Whether it ends the way of packets through its chain, and whether it looks at nothing but their destination. */
  readonly ends: boolean;
  readonly plain: boolean;
  /** The families of the packets that it can meet. */
  readonly families: readonly Family[];
  /** The destinations that it drops packets to by their names. */
  dropped(): readonly Named[];
  /** What it says of the destination, where those count that `leads` tells of the chains that verdicts lead to. */
  destinations(leads: (chain: string) => boolean): Destinations;
};

/** Who calls a chain: the kernel for packets to this host, or for others alone, or rules. */
type Caller = 'way in' | 'other ways' | 'rules';

/** A table's chains, and their rules. */
type Chains = ReadonlyMap<string, { readonly calledBy: Caller; readonly steps: readonly Step[] }>;

/** Hooks of nft, chains of iptables. */
const waysIn = /^(?:prerouting|input|ingress)$/i;

function callerOf(hook: string | null): Caller {
  if (hook === null) return 'rules';
  return waysIn.test(hook) ? 'way in' : 'other ways';
}

function savedTables(ruleset: Ruleset, family: Family): readonly Chains[] {
  return [...ruleset.values()].map(
    (table) =>
      new Map(
        [...table.values()].map(({ name, policy, rules }) => [
          name,
          { calledBy: callerOf(policy === null ? null : name), steps: rules.map((rule) => savedStep(rule, family)) },
        ]),
      ),
  );
}

function savedStep(rule: RuleLine, family: Family): Step {
  const at = rule.words.findIndex((word) => word === '-j' || word === '-g');
  const target = at < 0 ? '' : (rule.words[at + 1] ?? '');
  const shares =
    target === 'CLUSTERIP' || rule.words.some((word, i) => word === 'cluster' && rule.words[i - 1] === '-m');
  return {
    shares,
    to: at < 0 ? [] : [target],
    ends: /^(?:ACCEPT|DROP|REJECT|RETURN)$/.test(target) || rule.words[at] === '-g',
    plain: rule.words.length === (rule.words[0] === '!' ? 5 : 4),
    families: [family],
    // What drops some port of an address leaves the rest of it.
    dropped: () =>
      target === 'DROP' && !rule.words.some((word) => /^--[sd]ports?$/.test(word))
        ? (savedDestinations(rule).only ?? [])
        : [],
    destinations: () => savedDestinations(rule),
  };
}

function nativeTable(table: NftTable): Chains {
  // A map may be large, and many rules may name it.
  const byMap = new Map([...table.sets].map(([name, elements]) => [name, targetsIn(JSON.stringify(elements))]));
  return new Map(
    [...table.chains.values()].map(({ name, hook, rules }) => [
      name,
      { calledBy: callerOf(hook), steps: rules.map((rule) => nativeStep(rule, table, byMap)) },
    ]),
  );
}

function nativeStep(rule: NftRule, table: NftTable, byMap: ReadonlyMap<string, readonly string[]>): Step {
  const text = JSON.stringify(rule.expr);
  const kinds = rule.expr.map((statement) => Object.keys(fieldsOf(statement) ?? {})[0] ?? '');
  const shares = hashes.test(text);
  const linksIn = (part: string) => [
    ...targetsIn(part),
    ...[...part.matchAll(/"@([^"]+)"/g)].flatMap(([, name = '']) => byMap.get(name) ?? []),
  ];
  const at = kinds.indexOf('vmap');
  const [until, behind] = [JSON.stringify(rule.expr.slice(0, at + 1)), JSON.stringify(rule.expr.slice(at + 1))];
  const guard = at < 0 ? null : letOnBy(rule, table);
  return {
    shares,
    to: linksIn(text),
    ends: guard !== null || kinds.some((kind) => ending.has(kind)),
    plain: kinds.every((kind, i) => ending.has(kind) || kind === 'counter' || kind === 'log' || i === 0),
    families: ([4, 6] as const).filter((family) => {
      const other = family === 4 ? 'ip6' : 'ip';
      return table.family !== other && !text.includes(`"protocol":"${other}"`);
    }),
    dropped: () =>
      (kinds.includes('drop') || text.includes('"vmap"')) && !/"[sd]port"/.test(text)
        ? (nativeDestinations(
            rule,
            table,
            (verdict) => has(verdict, 'drop') || (has(verdict, 'continue') && kinds.includes('drop')),
          ).only ?? [])
        : [],
    destinations: (leads) => {
      // Of a map before the hash or the jump, that part comes there which goes on in the rule.
      const onward = at >= 0 && (hashes.test(behind) || linksIn(behind).some(leads));
      const { only, except } = nativeDestinations(
        rule,
        table,
        (verdict) =>
          hashes.test(until) ||
          targetsIn(JSON.stringify(verdict) ?? '').some(leads) ||
          (onward && has(verdict, 'continue')),
      );
      return { only, except: [...except, ...(guard ?? [])] };
    },
  };
}

const hashes = /"(?:jhash|symhash|numgen)":/;

function has(verdict: unknown, kind: string): boolean {
  return kind in (fieldsOf(verdict) ?? {});
}

const ending: ReadonlySet<string> = new Set(['accept', 'drop', 'reject', 'return', 'goto']);

/** The chains that a rule or an element of a map jumps to. */
function targetsIn(text: string): readonly string[] {
  return [...text.matchAll(/"(?:jump|goto)":\{"target":"([^"]*)"/g)].map(([, name = '']) => name);
}

/** What a table's rules say of VIPs. */
type Said = Pick<NamedVips, 'open'> & {
  readonly shares: boolean;
  readonly named: readonly Named[];
  readonly guards: readonly Named[];
  readonly dropped: readonly Named[];
};

function saidBy(chains: Chains): Said {
  const sharing = closure(chains);
  const leads = (name: string) => sharing.has(name);
  const all = [...chains.values()].flatMap(({ steps }) => steps);
  const inward = [...chains.values()].flatMap(({ calledBy, steps }) => (calledBy === 'other ways' ? [] : steps));
  const leading = all.filter((step) => isLeading(step, sharing));
  const guards = [...chains.values()].flatMap(({ steps }) => guardsOf(steps, sharing));
  return {
    shares: leading.length > 0,
    named: leading.flatMap((step) => step.destinations(leads).only ?? []),
    guards: guards.flatMap((step) => step.destinations(leads).except),
    dropped: inward.flatMap((step) => step.dropped()),
    open: isOpen(chains, sharing),
  };
}

function isLeading({ shares, to }: Step, sharing: ReadonlySet<string>): boolean {
  return shares || to.some((name) => sharing.has(name));
}

/** Rules before a leading one that end the way of what is not for some destination: `ip daddr != 192.0.2.1 return`. */
function guardsOf(steps: readonly Step[], sharing: ReadonlySet<string>): readonly Step[] {
  const last = steps.map((step) => isLeading(step, sharing)).lastIndexOf(true);
  return steps.slice(0, Math.max(0, last)).filter((step) => step.ends && !isLeading(step, sharing));
}

/** Whether packets come to a look at a hash by rules none of which names their destination. */
function isOpen(chains: Chains, sharing: ReadonlySet<string>): boolean {
  const jumped = new Set([...chains.values()].flatMap(({ steps }) => steps.flatMap(({ to }) => to)));
  const begins = [...chains].filter(
    ([name, { calledBy }]) => calledBy === 'way in' || (calledBy === 'rules' && !jumped.has(name)),
  );
  const reached = new Set(begins.map(([name]) => name));
  const leads = (name: string) => sharing.has(name);
  // A set also gives what is added to it on the way.
  for (const name of reached) {
    // `ip daddr != VIP return` of an inet table keeps no packet of IPv6.
    const kept = new Set<Family>();
    for (const step of chains.get(name)?.steps ?? []) {
      const leading = isLeading(step, sharing);
      if (!leading && !(step.ends && step.plain)) continue;
      const { only, except } = step.destinations(leads);
      if (!leading) for (const { family } of except) kept.add(family);
      if (!leading || only !== null || step.families.every((family) => kept.has(family))) continue;
      if (step.shares) return true;
      for (const to of step.to) if (leads(to)) reached.add(to);
    }
  }
  return false;
}

/** The names of the chains that share traffic themselves or lead to one that does. */
function closure(chains: Chains): ReadonlySet<string> {
  const callers = new Map<string, string[]>();
  const found = new Set<string>();
  for (const [name, { steps }] of chains) {
    if (steps.some(({ shares }) => shares)) found.add(name);
    for (const to of steps.flatMap((step) => step.to)) {
      const known = callers.get(to) ?? [];
      known.push(name);
      callers.set(to, known);
    }
  }
  for (const name of found) for (const caller of callers.get(name) ?? []) found.add(caller);
  return found;
}
