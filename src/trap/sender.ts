import { formatIp, type Ip, parseIp } from '../address/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';

/**
 * The address that a trap came from, out of what snmptrapd gives a `traphandle`: the second line, its own word for the
 * transport, `UDP: [192.0.2.50]:161->[192.0.2.1]:162` or `UDP/IPv6: [2001:db8::1]:161`. Nothing that the trap itself says
 * is looked at; the first line is a name that whoever owns the address's reverse zone has chosen, and is not either.
 * Source: snmptrapd.conf(5), and what Net-SNMP 5.9 was seen to give.
 */
export function senderOf(input: string): Result<string> {
  const [, line = ''] = input.split('\n', 2);
  const [, address, zone = ''] = /^[A-Za-z0-9/]{2,20}: \[([0-9A-Fa-f:.]{2,45})(%[^\]]{1,20})?\]/.exec(line) ?? [];
  if (address === undefined)
    return failure(
      'standard input is not what snmptrapd gives: its second line has no address such as UDP: [192.0.2.50]:161',
    );
  const zoned = readAddress(address + zone);
  return zoned.ok ? zoned : readAddress(address);
}

/**
 * Reads an address as an option or snmptrapd has it, and gives its one spelling; an IPv4 one that was mapped is IPv4. A
 * link-local one may say on which link it is, `fe80::1%eth0`.
 */
export function readAddress(text: string): Result<string> {
  const [, address = '', zone = ''] =
    /^(.*?)(%[A-Za-z0-9_.-]{1,15})?$/s.exec(/^\[(.*)\]$/.exec(text)?.[1] ?? text) ?? [];
  const ip = parseIp(address);
  if (ip === null || (zone !== '' && !isLinkLocal(ip))) return failure(`"${text}" is not an IP address`);
  const mapped = ip.family === 6 && ip.value >> 32n === 0xffffn;
  return success(formatIp(mapped ? { family: 4, value: ip.value & 0xffffffffn } : ip) + zone);
}

function isLinkLocal({ family, value }: Ip): boolean {
  return family === 6 && value >> 118n === 0xfe80n >> 6n;
}

/**
 * Every way to write an address that Icinga may have for it, as a regular expression of Boost's, since Icinga compares
 * texts: an IPv6 address with or without "::", wherever it can be, with groups in full or not, in small or capital
 * letters, with an IPv4 address at its end; and one of a link with the link or without. Without its link it is found with any:
 * snmptt leaves it out.
 */
export function spellings(address: string): string {
  const [bare = '', zone] = address.split('%', 2);
  const ip = parseIp(bare);
  const link =
    zone !== undefined ? `(?:%${literal(zone)})?` : ip !== null && isLinkLocal(ip) ? '(?:%[A-Za-z0-9_.-]{1,15})?' : '';
  // Not by ^ and $, which are at every end of a line.
  return `\\A(?i:${ip?.family === 6 ? written(ip).join('|') : literal(bare)})${link}\\z`;
}

/** The spellings of an IPv6 address, as parts of a regular expression. */
function written({ value }: Ip): readonly string[] {
  const numbers = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - 16 * i)) & 0xffffn);
  const dotted = literal(formatIp({ family: 4, value: value & 0xffffffffn }));
  const groups = numbers.map((number) => inFull(number.toString(16)));
  /** From one group to another, and the same with an IPv4 address for the last two. */
  const tails = (from: number) => [
    groups.slice(from).join(':'),
    ...(from <= 6 ? [[...groups.slice(from, 6), dotted].join(':')] : []),
  ];
  const short = numbers.flatMap((_, from) =>
    numbers.flatMap((_, to) => {
      const zeros = to >= from && numbers.slice(from, to + 1).every((number) => number === 0n);
      return zeros ? tails(to + 1).map((tail) => `${groups.slice(0, from).join(':')}::${tail}`) : [];
    }),
  );
  return [...tails(0), ...short];
}

/** A group with or without zeros before it. */
function inFull(group: string): string {
  return group.length === 4 ? group : `0{0,${4 - group.length}}${group}`;
}

function literal(text: string): string {
  return text.replaceAll(/[.-]/g, '\\$&');
}
