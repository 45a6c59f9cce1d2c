import { isDeepStrictEqual } from 'node:util';
import { Ber as Original, type Reader, type Writer } from 'asn1-ber';
import { expect, test } from 'vitest';
import { Ber } from '../../tools/lean/ber.ts';
import type { Varbind } from '../../tools/lean/ber_reader.ts';
import { integer, objectId, octets, tag, tlv } from '../lab/snmp/ber.ts';

type Either = Reader | InstanceType<typeof Ber.Reader>;

/** A message as agents send it, with a value of every kind. */
const message = tlv(
  tag.sequence,
  integer(1),
  octets('public'),
  tlv(
    0xa2,
    integer(0x12345678),
    integer(0),
    integer(-129),
    tlv(
      tag.sequence,
      ...[
        integer(-1),
        integer(199),
        integer(2 ** 31 - 1),
        octets('Rack A front'),
        octets(''),
        octets('x'.repeat(150)),
        objectId('1.3.6.1.4.1.3854.1'),
        tlv(tag.ipAddress, Buffer.from([192, 0, 2, 1])),
        tlv(tag.counter64, Buffer.alloc(8, 0x7f)),
        tlv(0x02, Buffer.alloc(5, 0x7f)),
        tlv(tag.noSuchInstance),
        tlv(tag.endOfMibView),
        tlv(tag.null),
        tlv(0x01, Buffer.from([1])),
        tlv(0x03, Buffer.from([2, 0xfc])),
      ].map((value, i) => tlv(tag.sequence, objectId(`1.3.6.1.4.1.3854.1.2.2.1.16.1.${i + 120}.4294967295`), value)),
    ),
  ),
);

/** Reads a message as net-snmp does; `usual` takes a varbind in one step, or does not. */
function read(reader: Either, usual: (varbinds: Varbind[]) => boolean): unknown {
  const varbinds: Varbind[] = [];
  try {
    const head = [
      reader.readSequence(),
      reader.readInt(),
      reader.readString(),
      reader.readSequence(),
      reader.readInt(),
      reader.readInt(),
      reader.readInt(),
      reader.readSequence(),
    ];
    // What cannot be read any further is met again and again.
    while (varbinds.length < 50) {
      if (usual(varbinds)) continue;
      if (reader.readSequence() === null || reader.peek() !== tag.objectId) break;
      const oid = reader.readOID();
      const type = reader.peek();
      if (oid === null || type === null) break;
      varbinds.push({ oid, type, value: readValue(reader, type) });
    }
    return { head, varbinds };
  } catch (error) {
    return { varbinds, error: error instanceof Error ? error.name : error };
  }
}

function readValue(reader: Either, type: number): unknown {
  if (type === 0x01) return reader.readBoolean();
  if (type === 0x03) return reader.readBitString();
  if (type === tag.objectId) return reader.readOID();
  if (type === tag.integer || (type >= 0x41 && type <= 0x43)) return reader.readInt();
  if (type === tag.null || type >= 0x80) {
    reader.readByte();
    reader.readByte();
    return null;
  }
  return reader.readString(type, true);
}

function expectTheSame(bytes: Buffer): void {
  const wanted = read(new Original.Reader(bytes), () => false);
  const own = new Ber.Reader(bytes);
  for (const found of [read(new Ber.Reader(bytes), () => false), read(own, (varbinds) => own.readUsual(varbinds))]) {
    // Faster than vitest's own comparison, of which there would be ten thousand.
    if (!isDeepStrictEqual(found, wanted)) expect(found).toEqual(wanted);
  }
}

test('every kind of value is read as asn1-ber reads it', () => {
  expectTheSame(message);
  expect(read(new Ber.Reader(message), () => false)).toMatchObject({
    head: [0x30, 1, 'public', 0xa2, 0x12345678, 0, -129, 0x30],
  });
});

test('a message that is cut short anywhere is read as asn1-ber reads it', () => {
  for (let length = 0; length < message.length; length++) expectTheSame(message.subarray(0, length));
});

test('a message with any byte changed is read as asn1-ber reads it', () => {
  for (let at = 0; at < message.length; at++) {
    for (const byte of [0, 1, 2, 4, 5, 6, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff, (message[at] ?? 0) + 1]) {
      const changed = Buffer.from(message);
      changed[at] = byte;
      expectTheSame(changed);
    }
  }
});

test('more OIDs than are remembered are read as asn1-ber reads them', () => {
  for (let i = 0; i < 20_000; i++) {
    const oid = `1.3.6.1.4.1.${i * 7919}.${i % 5}`;
    expect(new Ber.Reader(objectId(oid)).readOID()).toBe(oid);
  }
});

test('a request is written as asn1-ber writes it', () => {
  const oids = ['1.3.6.1.4.1.3854.1.2.2.1.16.1.1.0', '1.3', '0.0.127.128.16383.16384.2097151.268435455.4294967295'];
  const write = (writer: Writer | InstanceType<typeof Ber.Writer>, usual: (oid: string) => boolean): Buffer => {
    writer.startSequence();
    for (const value of [0, 1, 127, 128, -1, -128, -129, 65_536, 2 ** 31 - 1, -(2 ** 31)]) writer.writeInt(value);
    writer.writeString('public');
    writer.writeString('ü'.repeat(100));
    writer.writeBoolean(true);
    writer.startSequence(0xa5);
    // Long enough for every form of length, and to outgrow the first buffer.
    for (let i = 0; i < 200; i++) {
      for (const oid of oids) {
        if (usual(oid)) continue;
        writer.startSequence();
        writer.writeOID(oid);
        writer.writeNull();
        writer.endSequence();
      }
    }
    writer.endSequence();
    writer.startSequence();
    writer.writeBuffer(Buffer.alloc(200, 1), 4);
    writer.writeBuffer(Buffer.from([5, 0]));
    writer.endSequence();
    writer.startSequence();
    writer.endSequence();
    writer.endSequence();
    return writer.buffer;
  };
  const wanted = write(new Original.Writer(), () => false);
  expect(write(new Ber.Writer(), () => false)).toEqual(wanted);
  const own = new Ber.Writer();
  expect(write(own, (oid) => own.writeUsual({ oid }))).toEqual(wanted);
});
