import { invalid, remember, tag } from './ber_known.ts';

/** An OID and what is there, as net-snmp has it. */
export type Varbind = { readonly oid: string; readonly type: number; readonly value: unknown };

/** OIDs that were seen, by their bytes as latin1. */
const texts = new Map<string, string>();

const empty = Buffer.alloc(0);

/** Reads BER from its start. Where the bytes end too soon, methods give null; what cannot be BER is thrown. */
export class Reader {
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
