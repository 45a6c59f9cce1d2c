import { type Family, parseIp } from '../../address/index.ts';
import { failure, type Result, success } from '../../plugin/index.ts';
import { type Hash, type HashField, nftHash, useId } from '../model/hash.ts';
import type { ClusterUse } from '../model/program.ts';
import { protocolNumbers, type Traffic, type TrafficSpace } from '../model/traffic.ts';
import { type Fields, fieldsOf, listOf, textOf } from './ruleset.ts';
import { nftExpression } from './text.ts';

/** More residues than any cluster has; a larger number means that the hash is used for something else. */
const mostResidues = 65_536;

/** A hash, a number generator or the like that a rule looks at. */
export type NftHash = {
  readonly use: Omit<ClusterUse, 'claims'>;
  /** What the kernel checks before it hashes: `tcp sport` is of TCP only. */
  readonly needs: Traffic;
};

/** True for an expression that chooses by a hash or a generator, understood or not. */
export function choosesNode(value: unknown): boolean {
  return /"(jhash|symhash|numgen)"/.test(JSON.stringify(value) ?? '');
}

/**
 * Reads `jhash`, `symhash` and `numgen`: null where it is none of these, a failure where it is one and cannot be used.
 * `spot` tells one rule from another, because each rule without a seed draws its own.
 */
export function readNftHash(value: unknown, space: TrafficSpace, spot: string): Result<NftHash | null> {
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(value) ?? {});
  if (kind !== 'jhash' && kind !== 'symhash' && kind !== 'numgen') return success(null);
  const fields = fieldsOf(body) ?? {};
  const { mod: total, seed = null, offset = 0 } = fields;
  if (typeof total !== 'number' || typeof offset !== 'number' || total < 1)
    return failure(`no number of buckets in ${nftExpression(value)}`);
  if (total > mostResidues) return failure(`${total} buckets`);
  const hashed =
    kind === 'jhash' ? readFields(fields['expr'], space) : success({ fields: [], needs: space.all, tracked: false });
  if (!hashed.ok) return hashed;
  const known = typeof seed === 'number' ? seed : null;
  const hash: Hash =
    kind === 'jhash' ? nftHash(hashed.value.fields, known, hashed.value.tracked) : generator(kind, fields);
  const id = known !== null ? useId(hash, total) : `${spot} ${kind} ${total}`;
  return success({ use: { backend: 'nftables', id, hash, total, offset }, needs: hashed.value.needs });
}

function generator(kind: 'symhash' | 'numgen', { mode }: Fields): Hash {
  const formula = kind === 'symhash' ? 'symhash' : mode === 'inc' ? 'numgen inc' : 'numgen random';
  return { formula, fields: [], seed: null, name: formula, tracked: false };
}

type Hashed = { readonly fields: readonly HashField[]; readonly needs: Traffic; readonly tracked: boolean };

function readFields(expr: unknown, space: TrafficSpace): Result<Hashed> {
  const { family } = space;
  const parts = fieldsOf(expr)?.['concat'];
  const read = (Array.isArray(parts) ? parts : [expr]).map((part) => readField(part, family));
  const unread = read.find((one) => !one.ok);
  if (unread !== undefined) return unread;
  const known = read.flatMap((one) => (one.ok ? [one.value] : []));
  const protocols = [...new Set(known.flatMap(({ protocol }) => protocol ?? []))];
  const [only] = protocols;
  const wrong = known.some((one) => one.family !== null && one.family !== family) || protocols.length > 1;
  const needs = wrong ? space.none : only === undefined ? space.all : space.only({ protocol: only });
  return success({ fields: known.map(({ field }) => field), needs, tracked: known.some(({ tracked }) => tracked) });
}

type ReadField = {
  readonly field: HashField;
  readonly protocol: bigint | null;
  readonly family: Family | null;
  readonly tracked: boolean;
};

function readField(expr: unknown, family: Family): Result<ReadField> {
  const fields = fieldsOf(expr) ?? {};
  const masked = listOf(fields['&']);
  if (masked.length === 2) return withMask(readField(masked[0], family), masked[1], family, nftExpression(expr));
  const payload = fieldsOf(fields['payload']);
  if (payload !== null) return payloadField(payload, expr);
  const ct = fieldsOf(fields['ct']);
  if (ct !== null) return conntrackField(ct, expr, family);
  const meta = fieldsOf(fields['meta']);
  if (meta === null) return notUnderstood(nftExpression(expr));
  const key = textOf(meta['key']);
  const lengths: Readonly<Record<string, number>> = {
    l4proto: 1,
    iif: 4,
    iifname: 16,
    mark: 4,
    protocol: 2,
    nfproto: 1,
  };
  const part = key === 'l4proto' ? 'protocol' : null;
  const length = lengths[key] ?? 4;
  return success<ReadField>({
    field: { name: nftExpression(expr), part, length, mask: null },
    protocol: null,
    family: null,
    tracked: false,
  });
}

/** The header that a field is of; nft 0.9.0 called it the payload's name. */
export function protocolOf(payload: Fields): string {
  return textOf(payload['protocol'] ?? payload['name']);
}

/** Bytes by their place in a header, as `@nh,96,32` says them. */
const rawFields: Readonly<Record<string, { readonly part: HashField['part']; readonly family: Family | null }>> = {
  'nh 96 32': { part: 'saddr', family: 4 },
  'nh 128 32': { part: 'daddr', family: 4 },
  'nh 64 128': { part: 'saddr', family: 6 },
  'nh 192 128': { part: 'daddr', family: 6 },
  'th 0 16': { part: 'sport', family: null },
  'th 16 16': { part: 'dport', family: null },
};

function rawField(payload: Fields, name: string): ReadField {
  const { base, offset, len } = payload;
  const known = rawFields[`${textOf(base)} ${textOf(offset)} ${textOf(len)}`];
  const field = { name, part: known?.part ?? null, length: Math.ceil(Number(len) / 8), mask: null };
  return { field, protocol: null, family: known?.family ?? null, tracked: false };
}

function payloadField(payload: Fields, expr: unknown): Result<ReadField> {
  if ('base' in payload) return success(rawField(payload, nftExpression(expr)));
  const [protocol, field] = [protocolOf(payload), textOf(payload['field'])];
  const name = nftExpression(expr);
  if (protocol === '' || field === '') return notUnderstood(JSON.stringify(payload));
  const family = protocol === 'ip' ? 4 : protocol === 'ip6' ? 6 : null;
  if (family !== null) {
    const address = field === 'saddr' || field === 'daddr' ? field : null;
    const part = address ?? (field === 'protocol' || field === 'nexthdr' ? 'protocol' : null);
    const length = address === null ? 1 : family === 4 ? 4 : 16;
    return success({ field: { name, part, length, mask: null }, protocol: null, family, tracked: false });
  }
  const port = field === 'sport' || field === 'dport' ? field : null;
  const number = protocolNumbers.get(protocol);
  if (number === undefined && !['th', 'ether'].includes(protocol)) return notUnderstood(name);
  const length = port === null ? 6 : 2;
  const read: HashField = { name, part: port, length, mask: null };
  return success({ field: read, protocol: number ?? null, family: null, tracked: false });
}

/**
 * `ct original ip saddr`; nft before 1.0 says the family beside the key, and `ct original saddr` leaves it to the
 * table.
 */
function conntrackField(ct: Fields, expr: unknown, own: Family): Result<ReadField> {
  const key = textOf(ct['key']);
  const said = textOf(ct['family']) || (key.includes(' ') ? (key.split(' ')[0] ?? '') : '');
  const word = key.split(' ').at(-1) ?? '';
  const family = said === 'ip' ? 4 : said === 'ip6' ? 6 : null;
  const parts: Readonly<Record<string, HashField['part']>> = {
    saddr: 'saddr',
    daddr: 'daddr',
    'proto-src': 'sport',
    'proto-dst': 'dport',
    protocol: 'protocol',
  };
  const part = parts[word];
  if (part === undefined || part === null || textOf(ct['dir']) === 'reply') return notUnderstood(nftExpression(expr));
  const address = part === 'saddr' || part === 'daddr';
  const length = address ? ((family ?? own) === 6 ? 16 : 4) : part === 'protocol' ? 1 : 2;
  const field: HashField = { name: nftExpression(expr), part, length, mask: null };
  return success({ field, protocol: null, family, tracked: true });
}

function withMask(read: Result<ReadField>, mask: unknown, family: Family, name: string): Result<ReadField> {
  if (!read.ok) return read;
  const prefix = fieldsOf(fieldsOf(mask)?.['prefix']);
  const value = typeof mask === 'number' ? BigInt(mask) : (parseIp(textOf(prefix?.['addr'] ?? mask))?.value ?? null);
  if (value === null) return notUnderstood(`${name} (IPv${family})`);
  return success({ ...read.value, field: { ...read.value.field, name, mask: value } });
}

function notUnderstood(what: string): Result<never> {
  return failure(`what it hashes is not understood: ${what}`);
}
