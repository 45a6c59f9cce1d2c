import { encode, integer, type Message, objectId, octets, pdu, tag, tlv, type Varbind } from './ber.ts';

/** What a lie knows: the request as it came, what would be the honest answer, and how many lies were told before. */
export type Occasion = {
  readonly request: Message;
  readonly raw: Buffer;
  readonly answer: Message;
  readonly turn: number;
};

/** A datagram, and when it goes out, in milliseconds after the request; from another port than asked if `foreign`. */
export type Datagram = { readonly bytes: Buffer; readonly afterMs?: number; readonly foreign?: boolean };

/** A lie: what is sent in place of the honest answer. */
export type Lie = (occasion: Occasion) => readonly (Buffer | Datagram)[];

const akcp = '1.3.6.1.4.1.3854';

/** An honest answer with something changed. */
function but(change: (answer: Message, occasion: Occasion) => Partial<Message>): Lie {
  return (occasion) => [encode({ ...occasion.answer, ...change(occasion.answer, occasion) })];
}

/** An honest answer whose every value is another. */
function values(lie: (value: Buffer, oid: string) => Buffer): Lie {
  return but(({ varbinds }) => ({ varbinds: varbinds.map(({ oid, value }) => ({ oid, value: lie(value, oid) })) }));
}

/** An honest answer whose every whole number is another. */
function numbers(lie: (value: number) => Buffer): Lie {
  return values((value) => (value[0] === tag.integer ? lie(value.readIntBE(2, value.length - 2)) : value));
}

/** An honest answer whose every OID is another. */
function oids(lie: (oid: string, i: number, occasion: Occasion) => string): Lie {
  return but((answer, occasion) => ({
    varbinds: answer.varbinds.map(({ oid, value }, i) => ({ oid: lie(oid, i, occasion), value })),
  }));
}

/** An honest answer as bytes, changed. */
function bytes(lie: (honest: Buffer) => Buffer): Lie {
  return ({ answer }) => [lie(encode(answer))];
}

/** A message whose list of varbinds is made of these bytes. */
function list(lie: (varbinds: readonly Varbind[]) => readonly Buffer[]): Lie {
  return ({ answer: { version, community, id, varbinds } }) => [
    tlv(
      tag.sequence,
      integer(version),
      octets(community),
      tlv(pdu.response, integer(id), integer(0), integer(0), tlv(tag.sequence, ...lie(varbinds))),
    ),
  ];
}

function honestly({ answer }: Occasion): Buffer {
  return encode(answer);
}

/** Bytes that look random and are the same in every run. */
function noise(count: number): Buffer {
  let state = 20_260_101;
  return Buffer.from(
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state >> 16;
    }),
  );
}

const noiseOf60 = noise(60);

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** No SNMP message at all, or one that breaks off. */
const malformed: Readonly<Record<string, Lie>> = {
  'an empty datagram': () => [Buffer.alloc(0)],
  'a single byte': () => [Buffer.from([tag.sequence])],
  noise: () => [noise(1400)],
  zeros: () => [Buffer.alloc(1400)],
  'bytes of 0xff': () => [Buffer.alloc(1400, 0xff)],
  'a line of HTTP': () => [Buffer.from('HTTP/1.0 400 Bad Request\r\n\r\n')],
  'half of a message': bytes((honest) => honest.subarray(0, honest.length >> 1)),
  'a message that lacks its last byte': bytes((honest) => honest.subarray(0, -1)),
  'a message that lacks its first byte': bytes((honest) => honest.subarray(1)),
  'a message that is no sequence': bytes((honest) => Buffer.concat([Buffer.from([0x31]), honest.subarray(1)])),
  'a length of 4 GiB': bytes((honest) =>
    Buffer.concat([Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), honest.subarray(4)]),
  ),
  'a length of 127 bytes': () => [Buffer.concat([Buffer.from([0x30, 0xff]), Buffer.alloc(200, 1)])],
  'an indefinite length': bytes((honest) => Buffer.concat([Buffer.from([0x30, 0x80]), honest.subarray(4)])),
  'sequences in sequences, ten thousand deep': () => {
    let nested = tlv(tag.null);
    for (let depth = 0; depth < 10_000 && nested.length < 60_000; depth++) nested = tlv(tag.sequence, nested);
    return [nested];
  },
  'varbinds without a value': list((varbinds) => varbinds.map(({ oid }) => tlv(tag.sequence, objectId(oid)))),
  'varbinds that are no sequences': list((varbinds) => varbinds.map(({ oid }) => objectId(oid))),
  'varbinds with empty OIDs': list((varbinds) =>
    varbinds.map(({ value }) => tlv(tag.sequence, tlv(tag.objectId), value)),
  ),
  'OIDs that break off': list((varbinds) =>
    varbinds.map(({ value }) => tlv(tag.sequence, tlv(tag.objectId, Buffer.from([0x2b, 6, 1, 0x9e])), value)),
  ),
  'OIDs with endless numbers': list((varbinds) =>
    varbinds.map(({ value }) =>
      tlv(tag.sequence, tlv(tag.objectId, Buffer.from([0x2b, 6, ...Array(40).fill(0xff), 1])), value),
    ),
  ),
};

/** A message that is no answer to this request. */
const foreign: Readonly<Record<string, Lie>> = {
  'another version': but(({ version }) => ({ version: 1 - version })),
  'version 3 in the form of version 2': but(() => ({ version: 3 })),
  'version 99': but(() => ({ version: 99 })),
  'a negative version': but(() => ({ version: -1 })),
  'another request id': but(({ id }) => ({ id: id + 1 })),
  'request id 0': but(() => ({ id: 0 })),
  'a negative request id': but(({ id }) => ({ id: -id })),
  'the request itself': ({ raw }) => [raw],
  'a request of its own': but(() => ({ type: pdu.getNext })),
  'a SET': but(() => ({ type: pdu.set })),
  'an old trap': but(() => ({ type: pdu.trap1 })),
  'a trap': but(() => ({ type: pdu.trap2 })),
  'an inform': but(() => ({ type: pdu.inform })),
  'a Report': but(() => ({ type: pdu.report })),
  'a PDU nobody knows': but(() => ({ type: 0xaf })),
  'OIDs of another vendor': oids((oid) => oid.replace(akcp, '1.3.6.1.4.1.8072').replace(/^1\.3\.6\.1\.2/, '1.3.6.1.5')),
  'OIDs of another table': oids((oid) =>
    oid.replace(/\.(\d+)\.1\.(\d+\.[\d.]*)$/, (_, table, rest) => `.${Number(table) + 40}.1.${rest}`),
  ),
  'the OIDs in another order': but(({ varbinds }) => ({
    varbinds: varbinds.map(({ value }, i) => ({ oid: varbinds[varbinds.length - 1 - i]?.oid ?? '', value })),
  })),
};

/** Errors in place of data. */
const refusals: Readonly<Record<string, Lie>> = {
  tooBig: but(() => ({ error: 1, index: 0, varbinds: [] })),
  'tooBig with the varbinds': but((_, { request }) => ({ error: 1, index: 0, varbinds: request.varbinds })),
  noSuchName: but((_, { request }) => ({ error: 2, index: 1, varbinds: request.varbinds })),
  genErr: but((_, { request }) => ({ error: 5, index: 1, varbinds: request.varbinds })),
  authorizationError: but((_, { request }) => ({ error: 16, index: 0, varbinds: request.varbinds })),
  'error 99': but(() => ({ error: 99, index: 1 })),
  'a negative error': but(() => ({ error: -1, index: -1 })),
  'an error at a varbind that is not there': but(() => ({ error: 2, index: 5000 })),
};

/** Well-formed answers to the question with nothing true in them. */
const wrongData: Readonly<Record<string, Lie>> = {
  'no varbinds': but(() => ({ varbinds: [] })),
  'noSuchObject for all': values(() => tlv(tag.noSuchObject)),
  'noSuchInstance for all': values(() => tlv(tag.noSuchInstance)),
  'the end of the tree for all': but((_, { request }) => ({
    varbinds: request.varbinds.map(({ oid }) => ({ oid, value: tlv(tag.endOfMibView) })),
  })),
  'null for all': values(() => tlv(tag.null)),
  'texts for numbers': numbers((value) => octets(`${value}`)),
  'OIDs for all': values(() => objectId('1.3.6.1.4.1.3854.1')),
  'Opaque for numbers': numbers((value) => octets(Buffer.from([value & 0xff]), tag.opaque)),
  'empty Opaques for all': values(() => octets('', tag.opaque)),
  'numbers of no bytes': numbers(() => tlv(tag.integer)),
  'numbers of 9 bytes': numbers((value) => tlv(tag.integer, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, value & 0xff]))),
  // 2 in their last 32 bits: a normal status to a reader that cuts them off.
  'numbers beyond 32 bits that end in 2': numbers(() => tlv(tag.integer, Buffer.from([1, 0, 0, 0, 2]))),
  'Counter64 beyond 32 bits that end in 2': numbers(() => tlv(tag.counter64, Buffer.from([1, 0, 0, 0, 2]))),
  'numbers beyond 64 bits': numbers(() => tlv(tag.integer, Buffer.alloc(20, 0x7f))),
  'negative numbers': numbers((value) => integer(-Math.abs(value) - 1)),
  'texts of 60,000 bytes': but(({ varbinds }) => ({
    varbinds: varbinds.slice(0, 1).map(({ oid }) => ({ oid, value: octets('x'.repeat(60_000)) })),
  })),
  'values of a type nobody knows': values(() => tlv(0x5f, Buffer.from([1, 2]))),
  'rows without an index': oids((oid) => oid.replace(/\.\d+$/, '')),
  'rows with an index of 100 parts': oids((oid) => `${oid}${'.1'.repeat(100)}`),
  'rows with the largest index': oids((oid) => oid.replace(/\d+$/, '4294967295')),
};

/** Answers that never end, or too many of them. */
const endless: Readonly<Record<string, Lie>> = {
  'the same OIDs for ever': but((answer, { request }) => ({
    varbinds: answer.varbinds.map(({ value }, i) => ({
      oid: request.varbinds[i % request.varbinds.length]?.oid ?? '',
      value,
    })),
  })),
  'OIDs that go back': oids((oid) => oid.replace(/\d+$/, '0')),
  'rows without end': but((answer, { request, turn }) => ({
    varbinds: answer.varbinds.map(({ value }, i) => {
      const asked = request.varbinds[i % request.varbinds.length]?.oid ?? '';
      const column = /^(.*\.1\.\d+)(?:\.\d+)*$/.exec(asked)?.[1] ?? asked;
      return { oid: `${column}.${1000 * (turn + 1) + Math.floor(i / request.varbinds.length)}`, value };
    }),
  })),
  'a thousand datagrams of noise': () => upTo(1000).map((i) => ({ bytes: noiseOf60, afterMs: Math.floor(i / 50) })),
  'a thousand answers to other requests': ({ answer }) =>
    upTo(1000).map((i) => ({ bytes: encode({ ...answer, id: answer.id + 1 + i }), afterMs: Math.floor(i / 50) })),
  'noise that drips on': () => upTo(400).map((i) => ({ bytes: noiseOf60, afterMs: i * 20 })),
  'wrong answers that drip on': ({ answer }) =>
    upTo(400).map((i) => ({ bytes: encode({ ...answer, id: answer.id + 1 }), afterMs: i * 20 })),
  'a Report, then the answer': (occasion) => [
    encode({ ...occasion.answer, type: pdu.report }),
    { bytes: honestly(occasion), afterMs: 20 },
  ],
  nothing: () => [],
};

/** Lies after which no data is left to judge: a verdict of OK would be invented. */
export const lies: Readonly<Record<string, Lie>> = { ...malformed, ...foreign, ...refusals, ...wrongData, ...endless };

/** The honest answer comes as well, among other things. */
export const disturbances: Readonly<Record<string, Lie>> = {
  'the answer fifty times': (occasion) => upTo(50).map(() => honestly(occasion)),
  'the answer again, later': (occasion) => [honestly(occasion), { bytes: honestly(occasion), afterMs: 30 }],
  'numbers for names': values((value, oid) => (/\.1[678]\.1\.1\.\d+$/.test(oid) ? integer(2) : value)),
  'noise, then the answer': (occasion) => [noise(300), honestly(occasion)],
  'another id, then the answer': (occasion) => [
    encode({ ...occasion.answer, id: occasion.answer.id + 1 }),
    { bytes: honestly(occasion), afterMs: 20 },
  ],
  'another port speaks first': (occasion) => [
    { bytes: encode({ ...occasion.answer, id: occasion.answer.id - 1 }), foreign: true },
    { bytes: honestly(occasion), afterMs: 20 },
  ],
  'every second request lost': (occasion) => (occasion.turn % 2 === 0 ? [] : [honestly(occasion)]),
  'an answer after 300 ms': (occasion) => [{ bytes: honestly(occasion), afterMs: 300 }],
  'a byte behind the message': (occasion) => [Buffer.concat([honestly(occasion), Buffer.from([0])])],
};
