// What net-snmp takes of asn1-ber, made for many small messages that all name the same few OIDs: those are read and
// written once and then known, and nothing is built on the way that is thrown away at once. It reads and writes what
// asn1-ber 1.2 does, also where bytes are cut short or lie (test/snmp/ber.test.ts holds one against the other).
// Varbinds of the usual form are taken in one step each: see tools/lean/index.ts for where net-snmp asks for it.

const tag = { boolean: 1, integer: 2, bitString: 3, octetString: 4, null: 5, oid: 6, sequence: 16, constructor: 32 };

/** OIDs that were seen, by their bytes as latin1; and their bytes by the OID. An agent may send any number of them. */
const texts = new Map<string, string>();
const encodings = new Map<string, Uint8Array>();
/** Varbinds of requests, which have no value, by their OID. */
const questions = new Map<string, Uint8Array>();
const mostKnown = 8192;

function remember<Value>(known: Map<string, Value>, key: string, value: Value): Value {
  if (known.size >= mostKnown) known.clear();
  known.set(key, value);
  return value;
}

function invalid(message: string): Error {
  const error = new Error(message);
  error.name = 'InvalidAsn1Error';
  return error;
}

/** An OID and what is there, as net-snmp has it. */
export type Varbind = { readonly oid: string; readonly type: number; readonly value: unknown };

const empty = Buffer.alloc(0);

/** Reads BER from its start. Where the bytes end too soon, methods give null; what cannot be BER is thrown. */
class Reader {
  readonly #bytes: Buffer;
  #offset = 0;
  /** The bytes as latin1. */
  #text: string | undefined;
  /** The length of the value that was met last. */
  #length = 0;

  constructor(bytes: Buffer) {
    if (!Buffer.isBuffer(bytes)) throw new TypeError('data must be a node Buffer');
    this.#bytes = bytes;
  }

  peek(): number | null {
    return this.#bytes[this.#offset] ?? null;
  }

  readByte(): number | null {
    const byte = this.peek();
    if (byte !== null) this.#offset += 1;
    return byte;
  }

  /** Reads a tag and a length, and stands then before the content. */
  readSequence(wanted?: number): number | null {
    const found = this.peek();
    if (found === null) return null;
    expect(wanted, found);
    const at = this.#contentAt();
    if (at === null) return null;
    this.#offset = at;
    return found;
  }

  readInt(): number | null {
    return this.#integer(undefined);
  }

  readBoolean(): boolean {
    return this.#integer(tag.boolean) !== 0;
  }

  readString(wanted?: number | null, asBytes?: false): string | null;
  readString(wanted: number | null | undefined, asBytes: true): Buffer | null;
  readString(wanted?: number | null, asBytes?: boolean): string | Buffer | null {
    const at = this.#skip(wanted || tag.octetString);
    if (at === null) return null;
    if (!asBytes) return this.#length === 0 ? '' : this.#bytes.toString('utf8', at, this.#offset);
    return this.#length === 0 ? Buffer.alloc(0) : this.#bytes.subarray(at, this.#offset);
  }

  /** An OID in dotted numbers. */
  readOID(wanted: number = tag.oid): string | null {
    const at = this.#skip(wanted);
    if (at === null) return null;
    return this.#oid(at, this.#offset);
  }

  /**
   * Takes one varbind of the usual form, and adds it to the others: lengths of one byte that agree, and a number of up to
   * four bytes, a text or the word that there is nothing. False, and nothing read, where it is another: then the methods
   * above read it piece by piece.
   */
  readUsual(varbinds: Varbind[]): boolean {
    const bytes = this.#bytes;
    const start = this.#offset;
    const names = bytes[start + 3] ?? 0x80;
    const at = start + 4 + names;
    const size = bytes[at + 1] ?? 0x80;
    const content = at + 2;
    const end = content + size;
    if (names > 0x7f || size > 0x7f || end > bytes.length) return false;
    if (bytes[start] !== 0x30 || bytes[start + 1] !== names + size + 4 || names + size + 4 > 0x7f) return false;
    if (bytes[start + 2] !== tag.oid) return false;
    const type = bytes[at] ?? 0;
    let value: number | Buffer | null = null;
    if (type === tag.integer) {
      if (size === 0 || size > 4) return false;
      value = ((bytes[content] ?? 0) << 24) >> 24;
      for (let i = content + 1; i < end; i++) value = value * 256 + (bytes[i] ?? 0);
    } else if (type === tag.octetString) value = size === 0 ? empty : bytes.subarray(content, end);
    else if (type < 0x80 || type > 0x82 || size > 0) return false;
    varbinds.push({ oid: this.#oid(start + 4, at), type, value });
    this.#offset = end;
    return true;
  }

  #oid(from: number, to: number): string {
    // A part of this text takes no copying, but keeps all of it alive: what is remembered is a copy.
    this.#text ??= this.#bytes.toString('latin1');
    return (
      texts.get(this.#text.substring(from, to)) ??
      remember(texts, this.#bytes.toString('latin1', from, to), this.#decoded(from, to))
    );
  }

  #decoded(from: number, to: number): string {
    let text = '';
    let number = 0;
    for (let i = from; i < to; i++) {
      const byte = this.#bytes[i] ?? 0;
      number = (number << 7) + (byte & 0x7f);
      if ((byte & 0x80) !== 0) continue;
      number >>>= 0;
      // The first two numbers stand in one.
      text += text === '' ? `${Math.floor(number / 40) | 0}.${number % 40}` : `.${number}`;
      number = 0;
    }
    return text === '' ? '0.NaN' : text;
  }

  readBitString(wanted: number = tag.bitString): string | null {
    const at = this.#skip(wanted);
    if (at === null || this.#length === 0) return at === null ? null : '';
    const ignored = this.#bytes[at] ?? 0;
    const octets = this.#bytes.subarray(at + 1, this.#offset);
    const bits = Number.parseInt(octets.toString('hex'), 16)
      .toString(2)
      .padStart(octets.length * 8, '0');
    return bits.substring(0, bits.length - ignored);
  }

  #integer(wanted: number | undefined): number | null {
    const found = this.peek();
    if (found === null) return null;
    expect(wanted, found);
    const at = this.#contentAt();
    if (at === null) return null;
    if (this.#length === 0) throw invalid('Zero-length integer');
    if (this.#length > this.#bytes.length - at) return null;
    let value = ((this.#bytes[at] ?? 0) << 24) >> 24;
    this.#offset = at + this.#length;
    for (let i = at + 1; i < this.#offset; i++) value = value * 256 + (this.#bytes[i] ?? 0);
    if (!Number.isSafeInteger(value)) throw invalid('Integer not representable as javascript number');
    return value;
  }

  /** Reads a whole value, gives where its content begins, and stands then behind it. */
  #skip(wanted: number): number | null {
    const found = this.peek();
    if (found === null) return null;
    expect(wanted, found);
    const at = this.#contentAt();
    if (at === null || this.#length > this.#bytes.length - at) return null;
    this.#offset = at + this.#length;
    return at;
  }

  /** Reads the length behind the tag; where the content begins, null when the bytes end before. */
  #contentAt(): number | null {
    let at = this.#offset + 1;
    const first = this.#bytes[at++];
    if (first === undefined) return null;
    if (first < 0x80) {
      this.#length = first;
      return at;
    }
    const size = first & 0x7f;
    if (size === 0) throw invalid('Indefinite length not supported');
    if (this.#bytes.length - at < size) return null;
    this.#length = 0;
    for (const end = at + size; at < end; at++) this.#length = this.#length * 256 + (this.#bytes[at] ?? 0);
    return at;
  }
}

function expect(wanted: number | undefined, found: number): void {
  if (wanted !== undefined && wanted !== found)
    throw invalid(`Expected 0x${wanted.toString(16)}: got 0x${found.toString(16)}`);
}

/** Writes BER into a buffer that grows. */
class Writer {
  #bytes = Buffer.allocUnsafe(2048);
  /** Where each open sequence has left room for its length. */
  readonly #open: number[] = [];
  /** net-snmp notes where it has to sign: the only name that it knows of what is in here. */
  _offset = 0;

  get buffer(): Buffer {
    if (this.#open.length > 0) throw invalid(`${this.#open.length} unended sequence(s)`);
    return this.#bytes.subarray(0, this._offset);
  }

  writeByte(byte: number): void {
    this.#make(1);
    this.#bytes[this._offset++] = byte;
  }

  writeInt(value: number, as: number = tag.integer): void {
    let size = 1;
    for (let rest = value; rest < -0x80 || rest >= 0x80; rest = Math.floor(rest / 0x100)) size += 1;
    this.#make(2 + size);
    this.#bytes[this._offset++] = as;
    this.#bytes[this._offset++] = size;
    let rest = value;
    for (let at = this._offset + size - 1; at >= this._offset; at--) {
      this.#bytes[at] = rest & 0xff;
      rest = Math.floor(rest / 0x100);
    }
    this._offset += size;
  }

  writeNull(): void {
    this.#make(2);
    this.#bytes[this._offset++] = tag.null;
    this.#bytes[this._offset++] = 0;
  }

  writeBoolean(value: boolean): void {
    this.writeByte(tag.boolean);
    this.writeByte(1);
    this.writeByte(value ? 0xff : 0);
  }

  writeString(text: string, as: number = tag.octetString): void {
    if (typeof text !== 'string') throw new TypeError('argument must be a string');
    this.writeBuffer(Buffer.from(text, 'utf8'), as);
  }

  /** Writes bytes as a value, or as they are where no tag is given. */
  writeBuffer(bytes: Uint8Array, as?: number): void {
    if (as !== undefined) {
      this.writeByte(as);
      this.#writeLength(bytes.length);
    }
    this.#make(bytes.length);
    this.#bytes.set(bytes, this._offset);
    this._offset += bytes.length;
  }

  writeOID(oid: string, as: number = tag.oid): void {
    this.writeBuffer(encodings.get(oid) ?? remember(encodings, oid, encoded(oid)), as);
  }

  /** Writes a varbind without a value, as requests have them; false where it has one. */
  writeUsual({ oid, type }: { readonly oid: string; readonly type?: number }): boolean {
    if (type !== undefined) return false;
    this.writeBuffer(questions.get(oid) ?? remember(questions, oid, question(oid)));
    return true;
  }

  /** Opens a sequence with room for a length of three bytes. */
  startSequence(as: number = tag.sequence | tag.constructor): void {
    this.writeByte(as);
    this.#make(3);
    this.#open.push(this._offset);
    this._offset += 3;
  }

  /** Closes the sequence that was opened last. */
  endSequence(): void {
    const at = this.#open.pop() ?? 0;
    const [from, to] = [at + 3, this._offset];
    this._offset = at;
    this.#writeLength(to - from);
    this.#bytes.copyWithin(this._offset, from, to);
    this._offset += to - from;
  }

  #writeLength(length: number): void {
    // A datagram has 65,535 bytes at most.
    if (length > 0xffff) throw invalid('Sequence too long');
    this.#make(3);
    if (length > 0xff) {
      this.#bytes[this._offset++] = 0x82;
      this.#bytes[this._offset++] = length >> 8;
    } else if (length > 0x7f) this.#bytes[this._offset++] = 0x81;
    this.#bytes[this._offset++] = length & 0xff;
  }

  #make(room: number): void {
    if (this.#bytes.length - this._offset >= room) return;
    const larger = Buffer.allocUnsafe(4 * this.#bytes.length + room);
    larger.set(this.#bytes.subarray(0, this._offset));
    this.#bytes = larger;
  }
}

/** A varbind without a value. */
function question(oid: string): Uint8Array {
  const writer = new Writer();
  writer.startSequence();
  writer.writeOID(oid);
  writer.writeNull();
  writer.endSequence();
  return writer.buffer;
}

/** The bytes of an OID (X.690, 8.19): seven bits each, the first two numbers in one. */
function encoded(oid: string): Uint8Array {
  if (!/^(?:\d+\.)*\d+$/.test(oid)) throw new Error('argument is not a valid OID string');
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const bytes = [40 * first + second];
  for (const number of rest) {
    for (let shift = 28; shift > 0; shift -= 7) {
      if (number >= 2 ** shift) bytes.push(((number >>> shift) & 0x7f) | 0x80);
    }
    bytes.push(number & 0x7f);
  }
  return Uint8Array.from(bytes);
}

export const Ber = {
  Reader,
  Writer,
  OctetString: tag.octetString,
  Sequence: tag.sequence,
  Constructor: tag.constructor,
};
