/**
 * The part of BER that SNMP needs (ITU-T X.690; RFC 3416), written for the peer that lies: it writes whatever it is told
 * to, right or wrong, and reads what the plugin asks.
 */
export const tag = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  objectId: 0x06,
  sequence: 0x30,
  ipAddress: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

export const pdu = {
  get: 0xa0,
  getNext: 0xa1,
  response: 0xa2,
  set: 0xa3,
  trap1: 0xa4,
  getBulk: 0xa5,
  inform: 0xa6,
  trap2: 0xa7,
  report: 0xa8,
} as const;

/** Tag, length, contents. */
export function tlv(type: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([type]), length(body.length), body]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  if (bytes < 0x100) return Buffer.from([0x81, bytes]);
  return Buffer.from([0x82, bytes >> 8, bytes & 0xff]);
}

export function integer(value: number, type: number = tag.integer): Buffer {
  const bytes = [value & 0xff];
  for (let rest = value >> 8; !isSignOf(rest, bytes[0] ?? 0); rest >>= 8) bytes.unshift(rest & 0xff);
  return tlv(type, Buffer.from(bytes));
}

/** Whether nothing but the sign is left, and the byte before shows that sign. */
function isSignOf(rest: number, byte: number): boolean {
  return byte < 0x80 ? rest === 0 : rest === -1;
}

export function octets(value: string | Buffer, type: number = tag.octetString): Buffer {
  return tlv(type, typeof value === 'string' ? Buffer.from(value, 'latin1') : value);
}

export function objectId(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  return tlv(tag.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(part: number): readonly number[] {
  const bytes = [part % 128];
  for (let rest = Math.floor(part / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80);
  return bytes;
}

/** A variable: its OID, and its value as it goes on the wire. */
export type Varbind = { readonly oid: string; readonly value: Buffer };

/** A message of v1 or v2c, field by field. */
export type Message = {
  readonly version: number;
  readonly community: string;
  readonly type: number;
  readonly id: number;
  /** error-status; non-repeaters in a GETBULK. */
  readonly error: number;
  /** error-index; max-repetitions in a GETBULK. */
  readonly index: number;
  readonly varbinds: readonly Varbind[];
};

export function encode({ version, community, type, id, error, index, varbinds }: Message): Buffer {
  return tlv(
    tag.sequence,
    integer(version),
    octets(community),
    tlv(
      type,
      integer(id),
      integer(error),
      integer(index),
      tlv(tag.sequence, ...varbinds.map(({ oid, value }) => tlv(tag.sequence, objectId(oid), value))),
    ),
  );
}

/** Reads a message of v1 or v2c. Throws on anything else: the plugin's requests are well-formed, or a test fails. */
export function decode(datagram: Buffer): Message {
  const [message] = items(datagram);
  const [version, community, body] = items(contents(message));
  const [id, error, index, list] = items(contents(body));
  return {
    version: readInteger(version),
    community: contents(community).toString('latin1'),
    type: body?.type ?? 0,
    id: readInteger(id),
    error: readInteger(error),
    index: readInteger(index),
    varbinds: items(contents(list)).map((pair) => {
      const [oid, value] = items(contents(pair));
      return { oid: readObjectId(contents(oid)), value: value?.whole ?? Buffer.alloc(0) };
    }),
  };
}

/** A tag with its contents; `whole` is both as they came. */
export type Item = { readonly type: number; readonly body: Buffer; readonly whole: Buffer };

function contents(item: Item | undefined): Buffer {
  if (item === undefined) throw new Error('a field is missing');
  return item.body;
}

/** What stands one behind the other in these bytes. Throws when they break off. */
export function items(data: Buffer): readonly Item[] {
  const found: Item[] = [];
  for (let at = 0; at < data.length; ) {
    const short = data.readUInt8(at + 1);
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    const bytes = lengthBytes === 0 ? short : data.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    if (start + bytes > data.length) throw new Error('a field is longer than the datagram');
    found.push({
      type: data.readUInt8(at),
      body: data.subarray(start, start + bytes),
      whole: data.subarray(at, start + bytes),
    });
    at = start + bytes;
  }
  return found;
}

function readInteger(item: Item | undefined): number {
  const body = contents(item);
  return body.readIntBE(0, body.length);
}

function readObjectId(body: Buffer): string {
  const [first = 0, ...rest] = body;
  const parts = first < 80 ? [Math.floor(first / 40), first % 40] : [2, first - 80];
  let part = 0;
  for (const byte of rest) {
    part = part * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    parts.push(part);
    part = 0;
  }
  return parts.join('.');
}
