import { invalid, remember, tag } from './ber_known.ts';

/** The bytes of OIDs that were written, and varbinds of requests, which have no value, by their OID. */
const encodings = new Map<string, Uint8Array>();
const questions = new Map<string, Uint8Array>();

/** Writes BER into a buffer that grows. */
export class Writer {
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
