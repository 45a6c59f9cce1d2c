/** What a rule of policy routing requires of the content of a packet. */
export type Selector = {
  readonly field: 'protocol' | 'sport' | 'dport';
  readonly low: bigint;
  readonly high: bigint;
};

/** Names that `ip rule` prints for protocols (from /etc/protocols, or built in). */
const protocols: ReadonlyMap<string, bigint> = new Map([
  ['icmp', 1n],
  ['tcp', 6n],
  ['udp', 17n],
  ['dccp', 33n],
  ['ipv6-icmp', 58n],
  ['sctp', 132n],
  ['udplite', 136n],
]);

/**
 * Reads `ipproto tcp`, `ipproto 47`, `sport 80`, `dport 1000-2000` (without a mask: newer ones have `80/0xff`). Null
 * for any other selector, such as `uidrange 0-99` or `tos 0x10`.
 */
export function readSelector(text: string): Selector | null {
  const [word = '', value = '', more] = text.split(' ');
  if (more !== undefined) return null;
  if (word === 'ipproto') {
    const number = /^\d{1,3}$/.test(value) ? BigInt(value) : protocols.get(value);
    return number === undefined ? null : { field: 'protocol', low: number, high: number };
  }
  const [, low, high] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value) ?? [];
  if ((word !== 'sport' && word !== 'dport') || low === undefined) return null;
  return { field: word, low: BigInt(low), high: BigInt(high ?? low) };
}

/** A condition of a case: all of the selectors, or with `not` any other packet; null for a selector that is not read. */
export type CaseCondition = { readonly not: boolean; readonly selectors: readonly (Selector | null)[] };

/** Reads one of the conditions that `routeFor` gives: `sport 80`, `not ipproto tcp dport 80`, `fwmark 0x1/0xff`. */
export function readCondition(text: string): CaseCondition {
  const words = text.split(' ');
  const not = words[0] === 'not';
  const rest = not ? words.slice(1) : words;
  const pairs = Array.from({ length: Math.ceil(rest.length / 2) }, (_, i) => rest.slice(2 * i, 2 * i + 2).join(' '));
  return { not, selectors: pairs.map(readSelector) };
}
