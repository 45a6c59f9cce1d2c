import { isIndex, wordsOf } from './address.ts';
import { parseMac } from './mac.ts';

/** One interface of a node, from a line of `ip -o link show` (with `-d` or without). */
export type Link = {
  readonly ifname: string;
  /** The interface below a VLAN, macvlan or veth (`eth0` of `vrrp.51@eth0`); null when there is none in this namespace. */
  readonly parent: string | null;
  /** The bond, bridge or VRF that this interface belongs to. */
  readonly master: string | null;
  /** `UP`, `LOWER_UP`, `NO-CARRIER`, `SLAVE` ... as between the angle brackets. */
  readonly flags: readonly string[];
  /** `UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN`, `DORMANT` ... */
  readonly state: string;
  readonly mac: string | null;
  /** `vlan`, `macvlan`, `bond`, `bridge`, `vrf`, `veth`, `dummy` ...; null for a card, and where `-d` was not understood. */
  readonly kind: string | null;
  /** What it is to its master: `bridge`, `bond`, `vrf`. */
  readonly memberOf: string | null;
  /** `bridge`, `private`, `vepa`, `passthru` or `source` of a macvlan. */
  readonly mode: string | null;
  /** The table of a VRF, or of the one that it is a member of. */
  readonly table: string | null;
  /** How a program that may drop packets is attached: `xdp`, `xdpgeneric`, `xdpoffload`, `xdpmulti`. */
  readonly xdp: string | null;
};

/** Why an interface carries no traffic, in words that follow its name, and what may help (null where there is nothing to add). */
export type Down = { readonly what: string; readonly hint: string | null };

/** `eth0.51@eth0:` */
const named = /^([^:@]+)(?:@([^:]+))?:$/;
/** `<BROADCAST,UP>` */
const bracketed = /^<([^>]*)>$/;

/**
 * Reads `ip -o link show`, with `-d` or without: each `\\` in a line begins another part of it. Lines of another
 * form are skipped.
 */
export function parseLinks(lines: readonly string[]): readonly Link[] {
  return lines.flatMap((line) => parseLink(line) ?? []);
}

function parseLink(line: string): Link | null {
  const [first = '', below = '', ...parts] = line.split('\\');
  const [index = '', name = '', word = '', ...words] = wordsOf(first);
  const [, ifname, parent] = named.exec(name) ?? [];
  const [, flags] = bracketed.exec(word) ?? [];
  if (ifname === undefined || flags === undefined || !isIndex(index)) return null;
  const [, address = ''] = wordsOf(below);
  return {
    ifname,
    // `eth0@if3` names an interface of another namespace by its number; nothing can be looked up there.
    parent: parent === undefined || /^if\d+$/.test(parent) || parent === 'NONE' ? null : parent,
    master: after(words, 'master'),
    flags: flags.split(','),
    state: after(words, 'state') ?? 'UNKNOWN',
    mac: parseMac(address),
    ...detailsOf(words, parts.map(wordsOf)),
  };
}

type Details = Pick<Link, 'kind' | 'memberOf' | 'mode' | 'table' | 'xdp'>;

/** The parts after the addresses: `veth`, `macvlan mode bridge ...`, `vrf table 10`, `bridge_slave state ...`, `prog/xdp id 7`. */
function detailsOf(words: readonly string[], parts: readonly (readonly string[])[]): Details {
  const own = parts.find(([first = '']) => /^[a-z]/.test(first) && !isOfEveryKind(first));
  const member = parts.find(([first = '']) => first.endsWith('_slave'));
  const program = words[words.indexOf('mtu') + 2] ?? '';
  return {
    kind: own?.[0] ?? null,
    memberOf: member?.[0]?.replace(/_slave$/, '') ?? null,
    mode: own?.[0]?.startsWith('macv') ? after(own, 'mode') : null,
    table: own?.[0] === 'vrf' ? after(own, 'table') : member?.[0] === 'vrf_slave' ? after(member, 'table') : null,
    xdp: words.includes('mtu') && program.startsWith('xdp') ? (program.split('/')[0] ?? null) : null,
  };
}

/** What may begin a part of any interface: not its kind. */
function isOfEveryKind(word: string): boolean {
  return word.endsWith('_slave') || word.startsWith('prog/') || ofEveryKind.includes(word);
}

const ofEveryKind = ['alias', 'altname', 'addrgenmode', 'numtxqueues', 'vf'];

function after(words: readonly string[] | undefined, key: string): string | null {
  return words?.includes(key) ? (words[words.indexOf(key) + 1] ?? null) : null;
}

/**
 * Whether no client's frame comes in by an interface: by loopback, and by a dummy, which stands for addresses that come in
 * by another card (`kube-ipvs0`, real servers of LVS).
 */
export function isInternal(links: readonly Link[], ifname: string): boolean {
  const link = links.find((one) => one.ifname === ifname);
  return ifname === 'lo' || link?.kind === 'dummy' || (link?.flags.includes('LOOPBACK') ?? false);
}

/**
 * Why an interface carries no traffic; null when it does. A dummy carries none anyway: other cards answer for its
 * addresses even while it is down (measured).
 * `state UNKNOWN` is normal on lo and on some virtual interfaces. A bond without miimon stays UP with all its slaves
 * down (measured), so its slaves are looked at, also from what stands upon it (VLAN, macvlan). An address on a member of
 * a VRF is not answered for while the VRF is down (measured).
 */
export function whyDown(links: readonly Link[], ifname: string): Down | null {
  const link = links.find((candidate) => candidate.ifname === ifname);
  if (link === undefined || link.kind === 'dummy') return null;
  if (!link.flags.includes('UP')) return { what: 'is down', hint: `ip link set ${ifname} up` };
  if (link.flags.includes('NO-CARRIER') || link.state === 'LOWERLAYERDOWN')
    return { what: 'has no carrier', hint: 'cable, switch port or lower interface' };
  if (link.state === 'DOWN') return { what: 'is up but its state is DOWN', hint: null };
  const master = links.find((candidate) => candidate.ifname === link.master);
  if (master !== undefined && !master.flags.includes('UP'))
    return { what: `belongs to ${master.ifname}, which is down`, hint: `ip link set ${master.ifname} up` };
  const below = lowerLinks(links, link).find((name) => deadBond(links, name));
  return below === undefined ? null : { what: `has no live slave below ${below}`, hint: null };
}

/** The interface itself and those below it, down to the card: `bond0.10`, `bond0`. */
function lowerLinks(links: readonly Link[], link: Link): readonly string[] {
  const names: string[] = [];
  for (let at: Link | undefined = link; at !== undefined && !names.includes(at.ifname); ) {
    names.push(at.ifname);
    const { parent }: Link = at;
    at = links.find(({ ifname }) => ifname === parent);
  }
  return names;
}

function deadBond(links: readonly Link[], bond: string): boolean {
  const slaves = links.filter((link) => link.master === bond && link.flags.includes('SLAVE'));
  return (
    slaves.length > 0 &&
    slaves.every(
      (slave) => !slave.flags.includes('UP') || slave.flags.includes('NO-CARRIER') || !slave.flags.includes('LOWER_UP'),
    )
  );
}
