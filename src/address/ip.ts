/** IPv4 or IPv6. */
export type Family = 4 | 6;

/** An IP address as a number, so that two spellings of one address are equal. */
export type Ip = { readonly family: Family; readonly value: bigint };

/** A block of addresses: everything from `low` to `high`, both included. */
export type IpBlock = { readonly family: Family; readonly low: bigint; readonly high: bigint };

/** Reads `192.0.2.1`, `2001:db8::1` or `::ffff:192.0.2.1`; null for anything else (a zone such as `%eth0` too). */
export function parseIp(text: string): Ip | null {
  const before = known.get(text);
  if (before !== undefined) return before;
  const ip = readIp(text);
  if (known.size >= mostKnown) known.clear();
  known.set(text, ip);
  return ip;
}

/** Texts that were read: a run asks for the same few addresses over and over. */
const known = new Map<string, Ip | null>();
const mostKnown = 4096;

function readIp(text: string): Ip | null {
  if (!text.includes(':')) {
    const value = readDotted(text);
    return value === null ? null : { family: 4, value };
  }
  const groups = readGroups(text);
  if (groups === null) return null;
  return { family: 6, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n) };
}

/** The one spelling of an address used in output: dotted for IPv4, RFC 5952 for IPv6. */
export function formatIp(ip: Ip): string {
  if (ip.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (ip.value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((ip.value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const gap = longestZeroRun(groups);
  if (gap === null) return groups.join(':');
  return `${groups.slice(0, gap.start).join(':')}::${groups.slice(gap.start + gap.length).join(':')}`;
}

/** True when both texts are the same address, however they are spelled. */
export function sameIp(a: string, b: string): boolean {
  const [left, right] = [parseIp(a), parseIp(b)];
  return left !== null && right !== null && left.family === right.family && left.value === right.value;
}

/** Reads `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32` or a single address; null for anything else. */
export function parseBlock(text: string): IpBlock | null {
  const [address = '', mask] = text.split('/');
  const ip = parseIp(address);
  if (ip === null) return null;
  const bits = ip.family === 4 ? 32 : 128;
  const length = mask === undefined ? bits : prefixLength(mask, bits);
  if (length === null) return null;
  const size = 1n << BigInt(bits - length);
  const low = (ip.value / size) * size;
  return { family: ip.family, low, high: low + size - 1n };
}

/** Every address of a family. */
export function wholeFamily(family: Family): IpBlock {
  return { family, low: 0n, high: (1n << (family === 4 ? 32n : 128n)) - 1n };
}

function prefixLength(mask: string, bits: number): number | null {
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= bits ? Number(mask) : null;
  const ip = parseIp(mask);
  if (ip === null) return null;
  const ones = ip.value.toString(2).padStart(bits, '0').replace(/0+$/, '');
  return ones.includes('0') ? null : ones.length;
}

function readDotted(text: string): bigint | null {
  const octets = text.split('.');
  if (octets.length !== 4 || octets.some((octet) => !/^\d{1,3}$/.test(octet) || Number(octet) > 255)) return null;
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

function readGroups(text: string): number[] | null {
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return null;
  const left = readHalf(head);
  if (tail === undefined) return left?.length === 8 ? left : null;
  const right = readHalf(tail);
  if (left === null || right === null || left.length + right.length > 7) return null;
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function readHalf(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes('.')) {
      const dotted = readDotted(part);
      if (dotted === null) return null;
      groups.push(Number(dotted >> 16n), Number(dotted & 0xffffn));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else return null;
  }
  return groups;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } | null {
  let best: { start: number; length: number } | null = null;
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > 1 && length > (best?.length ?? 0)) best = { start, length };
  }
  return best;
}

/** True for what is not a single host: multicast, the broadcast address of all, the unspecified address. */
export function isGroupAddress({ family, value }: Ip): boolean {
  if (value === 0n) return true;
  return family === 4 ? value >> 28n === 14n || value === 0xffffffffn : value >> 120n === 0xffn;
}

/** No group, no loopback (127.0.0.0/8, ::1) and no link-local IPv6 address (fe80::/10): what clients can ask for. */
export function isHostAddress(text: string): boolean {
  const ip = parseIp(text);
  if (ip === null || isGroupAddress(ip)) return false;
  const { family, value } = ip;
  return family === 4 ? value >> 24n !== 127n : value !== 1n && value >> 118n !== 0x3fan;
}
