import { parseIp } from './ip.ts';

/** Why the kernel would send nothing: no route at all, a route of this type that refuses, or no address to send from. */
export type Refusal = 'none' | 'unreachable' | 'prohibit' | 'blackhole' | 'sourceless';

/** What the kernel would do now with a packet to one target. */
export type Route =
  | {
      readonly kind: 'sent';
      /** The address it would leave with, as the kernel prints it. */
      readonly source: string;
      /** Null where it was not told. */
      readonly ifname: string | null;
      readonly gateway: string | null;
    }
  /** The target is an address of the host itself. */
  | { readonly kind: 'own' }
  /** The target is not a single host: `broadcast`, `multicast` or `anycast`. */
  | { readonly kind: 'group'; readonly what: string }
  | { readonly kind: 'refused'; readonly why: Refusal };

const groups = ['broadcast', 'multicast', 'anycast'];
const refusals: readonly Refusal[] = ['unreachable', 'prohibit', 'blackhole'];

/**
 * Reads what `ip -o route get TARGET` says (iproute2 of every age, BusyBox): its output, or its error. Null when neither
 * says anything about a route.
 *
 * Lines: `198.51.100.1 via 192.0.2.1 dev eth0 src 192.0.2.100 uid 0 \    cache`, `local 192.0.2.11 dev lo src ...`, and
 * for IPv6 `2001:db8:ffff::1 from :: via 2001:db8::1 dev eth0 src ...`. Old kernels answer for IPv6 without a route
 * `unreachable 2001:db8:1::1 dev lo ... error -101`.
 */
export function parseRoute(lines: readonly string[], errors: readonly string[]): Route | null {
  const line = lines.find((one) => one.trim() !== '');
  if (line === undefined) return errors.map(refusalOf).find((route) => route !== null) ?? null;
  const words = line.replaceAll('\\', ' ').trim().split(/\s+/);
  const [first = '', second = ''] = words;
  const typed = parseIp(first) === null;
  if (typed && parseIp(second) === null) return null;
  if (typed && first === 'local') return { kind: 'own' };
  if (typed && groups.includes(first)) return { kind: 'group', what: first };
  const why = refusals.find((type) => typed && type === first);
  // -101 is ENETUNREACH, which Linux gives where there is no route at all.
  if (why !== undefined) return { kind: 'refused', why: after(words, 'error') === '-101' ? 'none' : why };
  if (typed && first !== 'unicast') return null;
  const source = after(words, 'src');
  if (source === null || parseIp(source) === null) return null;
  // The gateway of an IPv4 route may be of IPv6: `via inet6 fe80::1`.
  const via = after(words, 'via');
  const gateway = via === 'inet6' ? after(words, 'inet6') : via;
  return { kind: 'sent', source, ifname: after(words, 'dev'), gateway };
}

/** The kernel's errors, in the words of `strerror` (BusyBox's and iproute2's are the same). */
const sayings: readonly (readonly [RegExp, Refusal])[] = [
  [/RTNETLINK answers: Network is unreachable/, 'none'],
  [/RTNETLINK answers: No route to host/, 'unreachable'],
  [/RTNETLINK answers: Permission denied/, 'prohibit'],
  [/RTNETLINK answers: Invalid argument/, 'blackhole'],
  [/RTNETLINK answers: Cannot assign requested address/, 'sourceless'],
];

function refusalOf(error: string): Route | null {
  const found = sayings.find(([pattern]) => pattern.test(error));
  return found === undefined ? null : { kind: 'refused', why: found[1] };
}

function after(words: readonly string[], key: string): string | null {
  const at = words.indexOf(key);
  return at < 0 ? null : (words[at + 1] ?? null);
}
