import { type Level, type Link, levelsBelow, vrfOf } from '../../address/index.ts';
import { vague } from '../model/condition.ts';
import type { Carried } from '../model/packet.ts';
import { type BaseChain, type ChainRule, policyRule } from '../model/program.ts';
import type { TrafficSpace } from '../model/traffic.ts';

/** The interfaces through which a VIP's packets come, as each hook sees them. */
export type Path = {
  /** Those under the VIP's interface, from the card up. */
  readonly below: readonly Level[];
  /** Null where it is not known. */
  readonly ifname: string | null;
  /** The VRF that it belongs to: prerouting is passed a second time by it, and input by it alone (Linux: vrf_ip_rcv). */
  readonly vrf: string | null;
};

/** One hook on the way, and by which interfaces packets come there. */
export type Stage = { readonly hook: BaseChain['hook'] } & Pick<Carried, 'ifname' | 'bridge'>;

/** The way up to an interface. */
export function pathTo(links: readonly Link[], ifname: string | null): Path {
  return ifname === null
    ? { below: [], ifname, vrf: null }
    : { below: levelsBelow(links, ifname), ifname, vrf: vrfOf(links, ifname) };
}

/** The hooks that packets for this host pass, in the kernel's order. */
export function stagesOf({ below, ifname, vrf }: Path): readonly Stage[] {
  const own = (hook: BaseChain['hook'], name: string | null): Stage => ({ hook, ifname: name, bridge: null });
  return [
    ...below.flatMap(({ ifnames, bridge }): readonly Stage[] => {
      const [first = null, ...more] = ifnames;
      const on = { ifname: more.length === 0 ? first : ifnames, bridge };
      const hooks =
        bridge === null ? (['ingress'] as const) : (['ingress', 'bridge prerouting', 'bridge input'] as const);
      return hooks.map((hook) => ({ hook, ...on }));
    }),
    own('ingress', ifname),
    own('prerouting', ifname),
    ...(vrf === null ? [] : [own('prerouting', vrf)]),
    own('input', vrf ?? ifname),
  ];
}

/** The hooks that answers pass, in the kernel's order; those of nat, which sees none, are left aside. */
export function stagesBack({ below, ifname }: Path): readonly Stage[] {
  const own = (hook: BaseChain['hook']): Stage => ({ hook, ifname, bridge: null });
  return [
    ...(['output', 'postrouting', 'egress'] as const).map(own),
    ...[...below].reverse().flatMap(({ ifnames, bridge }): readonly Stage[] => {
      const [first = null, ...more] = ifnames;
      const on = { ifname: more.length === 0 ? first : ifnames, bridge };
      const hooks =
        bridge === null ? (['egress'] as const) : (['bridge output', 'bridge postrouting', 'egress'] as const);
      return hooks.map((hook) => ({ hook, ...on }));
    }),
  ];
}

/** A base chain as packets of a stage pass it; nothing if they do not pass it. */
export function atStage(base: BaseChain, stage: Stage, space: TrafficSpace): readonly BaseChain[] {
  const seen = sees(base, stage);
  if (seen === false) return [];
  return [seen === true ? base : perhaps(base, space)];
}

/** The same chain for packets of which it is not known whether they pass it. */
function perhaps(base: BaseChain, space: TrafficSpace): BaseChain {
  const { chain, policy, table, devices } = base;
  const entry = `${chain.place} of ${devices.join(' or ')}`;
  const jump: ChainRule = {
    ...policyRule('nft', 'nftables', `device ${devices.join(', ')}`),
    parts: [
      { kind: 'when', plain: true, read: () => vague(space.all) },
      { kind: 'end', verdict: { kind: 'jump', chain: entry } },
    ],
  };
  return {
    ...base,
    chain: { ...chain, rules: [jump] },
    policy: null,
    table: new Map([...table, [entry, { ...chain, rules: [...chain.rules, ...(policy === null ? [] : [policy])] }]]),
  };
}

/** Whether a base chain sees packets of a stage; null where that depends on the port by which they come. */
function sees({ hook, devices }: BaseChain, stage: Stage): boolean | null {
  if (hook !== stage.hook) return false;
  if (devices.length === 0 || stage.ifname === null) return true;
  const ifnames = [stage.ifname].flat();
  const seen = ifnames.filter((name) => devices.some((device) => isDevice(device, name)));
  return seen.length === ifnames.length ? true : seen.length === 0 ? false : null;
}

/** Newer kernels take a name with `*` at its end. */
function isDevice(device: string, name: string): boolean {
  return device.endsWith('*') ? name.startsWith(device.slice(0, -1)) : device === name;
}
