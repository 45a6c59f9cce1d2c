import { formatIp, parseIp } from '../address/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';

/**
 * The address that a trap came from, out of what snmptrapd gives a `traphandle`: the second line, its own word for the
 * transport, `UDP: [192.0.2.50]:161->[192.0.2.1]:162` or `UDP/IPv6: [2001:db8::1]:161`. Nothing that the trap itself says
 * is looked at; the first line is a name that whoever owns the address's reverse zone has chosen, and is not either.
 * Source: snmptrapd.conf(5), and what Net-SNMP 5.9 was seen to give.
 */
export function senderOf(input: string): Result<string> {
  const [, line = ''] = input.split('\n', 2);
  const [, address] = /^[A-Za-z0-9/]{2,20}: \[([0-9A-Fa-f:.]{2,45})(?:%[^\]]{1,20})?\]/.exec(line) ?? [];
  if (address === undefined)
    return failure(
      'standard input is not what snmptrapd gives: its second line has no address such as UDP: [192.0.2.50]:161',
    );
  return readAddress(address);
}

/** Reads an address as an option or snmptrapd has it, and gives its one spelling; an IPv4 one that was mapped is IPv4. */
export function readAddress(text: string): Result<string> {
  const ip = parseIp(/^\[(.*)\]$/.exec(text)?.[1] ?? text);
  if (ip === null) return failure(`"${text}" is not an IP address`);
  const mapped = ip.family === 6 && ip.value >> 32n === 0xffffn;
  return success(formatIp(mapped ? { family: 4, value: ip.value & 0xffffffffn } : ip));
}

/**
 * The spellings of an address that Icinga may have for it, the usual one first: it compares texts. An IPv6 address can
 * be written short or with all its groups, each in small or capital letters.
 */
export function spellings(address: string): readonly string[] {
  const ip = parseIp(address);
  if (ip === null || ip.family === 4) return [address];
  const groups = Array.from({ length: 8 }, (_, i) => ((ip.value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const full = groups.map((group) => group.padStart(4, '0')).join(':');
  const all = [formatIp(ip), groups.join(':'), full];
  return [...new Set(all.flatMap((one) => [one, one.toUpperCase()]))];
}
