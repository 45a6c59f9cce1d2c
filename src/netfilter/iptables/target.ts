import { parseIp } from '../../address/index.ts';
import { type Carried, changeMark, type Packets } from '../model/packet.ts';
import type { Part, Rewriting, Verdict } from '../model/program.ts';
import type { Option } from './options.ts';

/** Targets that look at a packet or change what no cluster rule looks at, and let it go on. */
const passing = new Set(
  'LOG ULOG NFLOG TCPMSS TCPOPTSTRIP CLASSIFY DSCP TOS TTL HL TRACE AUDIT ACCOUNT LOGMARK SECMARK CONNSECMARK SET CHECKSUM IDLETIMER LED RATEEST TEE ECN CT MASQUERADE SNAT'.split(
    ' ',
  ),
);

const verdicts: ReadonlyMap<string, Exclude<Verdict['kind'], 'jump' | 'goto'>> = new Map(
  Object.entries({
    ACCEPT: 'accept',
    DROP: 'drop',
    RETURN: 'return',
    REJECT: 'reject',
    TARPIT: 'reset',
    DNAT: 'redirect',
    REDIRECT: 'redirect',
    NETMAP: 'redirect',
    TPROXY: 'redirect',
    NFQUEUE: 'queue',
    QUEUE: 'queue',
    SYNPROXY: 'queue',
  } as const),
);

const bareTargets = new Set(['ACCEPT', 'DROP', 'RETURN']);

/** What a rule does to the packets that meet it; `known`: whether its table has a chain of that name. */
export function targetOf(target: Option | null, known: (chain: string) => boolean, packets: Packets): readonly Part[] {
  const [name, ...words] = target?.words ?? [];
  if (target === null || name === undefined || name === 'CLUSTERIP') return [];
  // These take no arguments: anything after them is damage.
  if (words.length > 0 && (known(name) || bareTargets.has(name))) return [end({ kind: 'unknown' })];
  if (known(name)) return [end({ kind: target.name === '-g' ? 'goto' : 'jump', chain: name })];
  // For what the host opens itself, another source ends the walk; requests and answers keep theirs.
  if (packets.direction === 'departures' && rewritingOf(target) !== null) return [end({ kind: 'redirect' })];
  const verdict = words.includes('tcp-reset') ? 'reset' : verdicts.get(name);
  if (verdict === 'redirect') return [end(redirectTo(name, words, packets))];
  if (verdict !== undefined) return [end({ kind: verdict })];
  if (name === 'NOTRACK' || (name === 'CT' && words.includes('--notrack'))) return [{ kind: 'untrack' }];
  if (name === 'CT' && words.some((word) => word.startsWith('--zone'))) return [{ kind: 'zone' }];
  if (name === 'MARK') return [{ kind: 'set', change: setMark(words) }];
  if (name === 'CONNMARK') return [{ kind: 'set', change: setConnmark(words) }];
  if (name === 'HMARK') return [{ kind: 'set', change: (carried) => ({ ...carried, mark: null }) }];
  return passing.has(name) ? [] : [end({ kind: 'unknown' })];
}

/** What a target turns the source of outgoing packets into: `SNAT --to-source 192.0.2.100-192.0.2.103:1024-2047`. */
export function rewritingOf(target: Option | null): Rewriting | null {
  const [name, ...words] = target?.words ?? [];
  if (name === 'MASQUERADE') return { kind: 'masquerade' };
  if (name !== 'SNAT') return null;
  const text = words[words.indexOf('--to-source') + 1] ?? '';
  // Ports follow a colon; an IPv6 address is then in brackets.
  const bare = /^\[([^\]]+)\]/.exec(text)?.[1] ?? (text.includes('.') ? text.split(':')[0] : text);
  const [low, high = low] = (bare ?? '').split('-').map(parseIp);
  return low && high ? { kind: 'address', low: low.value, high: high.value } : { kind: 'unknown' };
}

/** True when what a rule matches is lost. */
export function refuses(end: readonly Part[]): boolean {
  const [last] = end.slice(-1);
  return last?.kind === 'end' && ['drop', 'reject', 'reset'].includes(last.verdict.kind);
}

/** `REDIRECT --to-ports 8080`, `DNAT --to-destination VIP:8080`: followed where that is one port of this host's own. */
function redirectTo(name: string, words: readonly string[], { vip }: Packets): Verdict {
  const elsewhere: Verdict = { kind: 'redirect' };
  const option = name === 'REDIRECT' ? '--to-ports' : '--to-destination';
  if ((name !== 'REDIRECT' && name !== 'DNAT') || (words.length > 0 && (words[0] !== option || words.length > 2)))
    return elsewhere;
  const own = parseIp(vip)?.value;
  const { host, port } = name === 'REDIRECT' ? { host: '', port: words[1] ?? '' } : endOf(words[1] ?? '');
  if (own === undefined || !/^\d*$/.test(port) || (host !== '' && parseIp(host)?.value !== own)) return elsewhere;
  const address = name === 'REDIRECT' ? null : own;
  return { kind: 'redirect', to: { address, port: port === '' ? null : BigInt(port) } };
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`, `:80`, or an address alone. */
function endOf(text: string): { readonly host: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? '' };
  const [host = '', port = ''] = text.includes('.') || /^:\d/.test(text) ? text.split(':') : [text];
  return { host, port };
}

function end(verdict: Verdict): Part {
  return { kind: 'end', verdict };
}

/** `--set-xmark VALUE/MASK` clears the mask's bits and flips the value's; the other spellings are its special cases. */
function maskedChange(words: readonly string[]): ((value: number) => number) | null {
  const [option = '', text = ''] = words;
  const [value = Number.NaN, mask = 0xffffffff] = text.split('/').map(Number);
  if (Number.isNaN(value) || Number.isNaN(mask)) return null;
  if (option === '--set-xmark') return (old) => (old & ~mask) ^ value;
  if (option === '--set-mark') return (old) => (old & ~(mask | value)) | value;
  if (option === '--and-mark') return (old) => old & value;
  if (option === '--or-mark') return (old) => old | value;
  return option === '--xor-mark' ? (old) => old ^ value : null;
}

function setMark(words: readonly string[]): (carried: Carried) => Carried {
  const change = maskedChange(words);
  return (carried) => ({ ...carried, mark: change === null ? null : changeMark(carried.mark, change) });
}

function setConnmark(words: readonly string[]): (carried: Carried) => Carried {
  const masks = words.filter((_, i) => /^--(nf|ct)?mask$/.test(words[i - 1] ?? ''));
  const masked = masks.some((mask) => Number(mask) !== 0xffffffff);
  if (words[0] === '--save-mark') return (carried) => ({ ...carried, connmark: masked ? null : carried.mark });
  if (words[0] === '--restore-mark') return (carried) => ({ ...carried, mark: masked ? null : carried.connmark });
  const change = maskedChange(words);
  return (carried) => ({ ...carried, connmark: change === null ? null : changeMark(carried.connmark, change) });
}
