import { type IpBlock, parseMac } from '../../address/index.ts';
import { type Fields, fieldsOf, listOf, type NftRule, type NftTable, textOf } from '../nft/ruleset.ts';
import { nftText } from '../nft/text.ts';
import { addresses, elementsOf, mapOf, mapsIn, numbers, plainElement } from '../nft/value.ts';
import {
  isNamedPeer,
  openness,
  operationNumber,
  operationOf,
  tellsMac,
  throughInterface,
  withinBlocks,
} from './field.ts';
import {
  type ArpBase,
  type ArpCase,
  type ArpCondition,
  type ArpPart,
  type ArpRule,
  type ArpVerdict,
  allMet,
  anyMet,
  type Open,
  opposite,
} from './program.ts';

const hooks = ['output', 'egress', 'ingress', 'input'] as const;

/** Writes the tables of nft that ARP packets pass (`arp`, and `netdev` on the interface) as chains. */
export function nftArpChains(tables: readonly NftTable[]): readonly ArpBase[] {
  return tables
    .filter(({ family, dormant }) => (family === 'arp' || family === 'netdev') && !dormant)
    .flatMap((table) => {
      const chains = new Map(
        [...table.chains.values()].map(
          ({ name, rules }) => [name, rules.map((rule) => readRule(rule, table))] as const,
        ),
      );
      return [...table.chains.values()].flatMap((chain): readonly ArpBase[] => {
        const hook = hooks.find((one) => one === chain.hook);
        if (hook === undefined) return [];
        const onDevice = hook === 'egress' || hook === 'ingress';
        return [
          {
            hook,
            priority: chain.priority,
            devices: !onDevice ? [] : chain.devices.length === 0 ? null : chain.devices,
            rules: chains.get(chain.name) ?? [],
            policy: chain.policy === 'drop' ? `policy drop of ${table.family} ${table.name} ${chain.name}` : null,
            table: chains,
            place: table.family === 'arp' ? `${table.name} ${chain.name}` : null,
          },
        ];
      });
    });
}

function readRule({ expr, comment }: NftRule, table: NftTable): ArpRule {
  const parts = expr.flatMap((one) => readStatement(fieldsOf(one) ?? {}, table));
  return { text: nftText(expr, comment), parts };
}

/** Statements that let a packet go on as it is, as far as ARP is concerned. */
const passing = new Set(['counter', 'log', 'continue', 'dup', 'last', 'set', 'map', 'secmark']);

function readStatement(statement: Fields, table: NftTable): readonly ArpPart[] {
  const [[kind, body] = ['', null]] = Object.entries(statement);
  const fields = fieldsOf(body) ?? {};
  if (kind === 'match') return [readMatch(fields, table)];
  if (kind === 'vmap') return readVerdictMap(fields, table);
  return [...mapsIn(body).map((map) => lookedUp(map, table)), ...readOther(kind, fields, statement)];
}

/** A map from which a statement takes a value: what it has none for leaves the rule. */
function lookedUp({ key, data }: Fields, table: NftTable): ArpPart {
  const values = mapOf(data, table)?.map(([value]) => value) ?? null;
  const { equals, open } = operandOf(key);
  if (values === null) return { kind: 'when', met: () => null, open: 'other' };
  return { kind: 'when', met: values.includes('*') ? () => true : anyValue(values, equals), open: open(values) };
}

function readOther(kind: string, fields: Fields, statement: Fields): readonly ArpPart[] {
  if (kind === 'mangle') return readMangle(fields);
  if (passing.has(kind)) return [];
  if (['limit', 'quota', 'meter'].includes(kind) || (kind === 'xt' && fields['type'] === 'match'))
    return [{ kind: 'when', met: () => null, open: 'other' }];
  // nft does not show what mangling in the style of iptables writes.
  if (kind === 'xt' && fields['name'] === 'mangle')
    return [
      { kind: 'tell', mac: null },
      { kind: 'end', verdict: { kind: 'unknown' } },
    ];
  return [{ kind: 'end', verdict: verdictOf(statement) }];
}

function verdictOf(statement: unknown): ArpVerdict {
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(statement) ?? {});
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { kind };
    case 'jump':
    case 'goto':
      return { kind, chain: textOf(fieldsOf(body)?.['target']) };
    default:
      return { kind: 'unknown' };
  }
}

function readMangle({ key, value }: Fields): readonly ArpPart[] {
  const payload = fieldsOf(fieldsOf(key)?.['payload']);
  if (payload?.['protocol'] !== 'arp') return [];
  if (payload['field'] === 'saddr ether') return [{ kind: 'tell', mac: parseMac(textOf(value)) }];
  return payload['field'] === 'daddr ether' ? [] : [{ kind: 'end', verdict: { kind: 'unknown' } }];
}

/** `arp operation vmap { request : accept, reply : jump told }`: packets without an entry leave the rule. */
function readVerdictMap({ key, data }: Fields, table: NftTable): readonly ArpPart[] {
  const pairs = mapOf(data, table);
  if (pairs === null) return [{ kind: 'end', verdict: { kind: 'unknown' } }];
  const { equals, open } = operandOf(key);
  const all = pairs.filter(([value]) => value !== '*');
  const others = pairs.filter(([value]) => value === '*');
  const cases = [...all, ...others].map(([value, end]): ArpCase => {
    const met = value === '*' ? () => true : equals(value);
    return { met, open: value === '*' ? 'other' : open([value]), verdict: verdictOf(end) };
  });
  return [{ kind: 'choose', cases }];
}

/** What a rule looks at: whether it has a value, and what it leaves open where the value is a peer's. */
type Operand = {
  readonly equals: (value: unknown) => ArpCondition;
  readonly open: (values: readonly unknown[]) => Open;
};

function readMatch({ op, left, right }: Fields, table: NftTable): ArpPart {
  const { equals, open } = operandOf(left);
  const values = elementsOf(right, table);
  if (values === null) return { kind: 'when', met: () => null, open: 'other' };
  const one = values.includes('*') ? allOthers(op) : anyValue(values, equals);
  if (op === '==' || op === 'in') return { kind: 'when', met: one, open: open(values) };
  const other: ArpCondition = (packet, told) => opposite(one(packet, told));
  return { kind: 'when', met: op === '!=' ? other : () => null, open: op === '!=' ? open(values) : 'other' };
}

/** All others are in the set. Of the opposite, kernels make everything or nothing. */
function allOthers(op: unknown): ArpCondition {
  return () => (op === '==' || op === 'in' ? true : null);
}

function anyValue(values: readonly unknown[], equals: Operand['equals']): ArpCondition {
  const conditions = values.map(equals);
  return (packet, told) => anyMet(conditions.map((met) => met(packet, told)));
}

function operandOf(expr: unknown): Operand {
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(expr) ?? {});
  const fields = fieldsOf(body) ?? {};
  if (kind === 'concat') return concatOf(listOf(body));
  if (kind === 'meta') return metaOf(textOf(fields['key']));
  if (kind !== 'payload') return notKnown;
  if (fields['protocol'] === 'arp') return arpFieldOf(textOf(fields['field']));
  if (fields['protocol'] === 'ether') return etherOf(textOf(fields['field']));
  // Another protocol's header is not in an ARP packet.
  return fields['protocol'] === undefined ? notKnown : plain(() => () => false);
}

const notKnown = plain(() => () => null);

function plain(equals: Operand['equals']): Operand {
  return { equals, open: () => 'other' };
}

/** Something that is the same for every ARP packet of IPv4 on Ethernet. */
function fixed(...values: readonly unknown[]): Operand {
  return plain((value) => {
    const span = numbers(value);
    const within =
      span !== null && values.some((one) => typeof one === 'number' && span.low <= one && one <= span.high);
    return () => within || values.includes(value);
  });
}

function concatOf(exprs: readonly unknown[]): Operand {
  const operands = exprs.map(operandOf);
  const partsOf = (value: unknown) => listOf(fieldsOf(value)?.['concat']).map(plainElement);
  return {
    equals: (value) => {
      const parts = partsOf(value);
      if (parts.length !== operands.length) return () => null;
      const conditions = operands.map(({ equals }, i) => equals(parts[i]));
      return (packet, told) => allMet(conditions.map((met) => met(packet, told)));
    },
    open: () => 'other',
  };
}

function arpFieldOf(field: string): Operand {
  switch (field) {
    case 'htype':
      return fixed(1, 'ether');
    case 'ptype':
      return fixed('ip', 2048, 8);
    case 'hlen':
      return fixed(6);
    case 'plen':
      return fixed(4);
    case 'operation':
      return plain((value) => {
        const span = numbers(value);
        const number = operationNumber(textOf(value));
        if (span !== null) return (packet) => span.low <= operationOf(packet) && operationOf(packet) <= span.high;
        return number === null ? () => null : (packet) => operationOf(packet) === number;
      });
    case 'saddr ip':
      return addressOf('sender');
    case 'daddr ip':
      return addressOf('target');
    case 'saddr ether':
      return { equals: (value) => tellsMac(parseMac(textOf(value))), open: () => 'host' };
    case 'daddr ether':
      return { equals: (value) => (parseMac(textOf(value)) === null ? () => null : isNamedPeer), open: () => 'host' };
    default:
      return notKnown;
  }
}

function addressOf(side: 'sender' | 'target'): Operand {
  return {
    equals: (value) => {
      const block = blockOf(value);
      return block === null ? () => null : withinBlocks(side, [block]);
    },
    open: (values) => {
      const blocks = values.map(blockOf);
      return blocks.includes(null) ? 'other' : openness(blocks.filter((block) => block !== null));
    },
  };
}

function blockOf(value: unknown): IpBlock | null {
  const span = addresses(value);
  return span === null ? null : { family: 4, ...span };
}

/** The frame's own header. Requests come as broadcast, and what is sent to another group is not ARP for this node. */
function etherOf(field: string): Operand {
  if (field === 'type') return fixed('arp', 2054, 1544);
  if (field !== 'daddr') return notKnown;
  return plain((value) => ({ hook, operation }) => {
    if (hook === 'output') return null;
    return operation === 'request' ? parseMac(textOf(value)) === 'ff:ff:ff:ff:ff:ff' : null;
  });
}

function metaOf(key: string): Operand {
  switch (key) {
    case 'oif':
    case 'oifname':
      return plain((value) => throughInterface('output', textOf(value), '*'));
    case 'iif':
    case 'iifname':
      return plain((value) => throughInterface('input', textOf(value), '*'));
    case 'protocol':
      return fixed('arp', 2054, 1544);
    case 'oiftype':
    case 'iiftype':
      return fixed('ether', 1);
    case 'l4proto':
    case 'nfproto':
      return plain(() => () => false);
    default:
      return notKnown;
  }
}
