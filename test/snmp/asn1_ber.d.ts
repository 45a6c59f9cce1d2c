/** The parts of asn1-ber that tools/lean/ber.ts stands for. */
declare module 'asn1-ber' {
  class Reader {
    constructor(bytes: Buffer);
    peek(): number | null;
    readByte(): number | null;
    readSequence(tag?: number): number | null;
    readInt(): number | null;
    readBoolean(): boolean;
    readString(tag?: number | null): string | null;
    readString(tag: number | null | undefined, asBytes: true): Buffer | null;
    readOID(tag?: number): string | null;
    readBitString(tag?: number): string | null;
  }
  class Writer {
    readonly buffer: Buffer;
    _offset: number;
    writeByte(byte: number): void;
    writeInt(value: number, tag?: number): void;
    writeNull(): void;
    writeBoolean(value: boolean): void;
    writeString(text: string, tag?: number): void;
    writeBuffer(bytes: Buffer, tag?: number): void;
    writeOID(oid: string, tag?: number): void;
    startSequence(tag?: number): void;
    endSequence(): void;
  }
  const Ber: {
    readonly Reader: typeof Reader;
    readonly Writer: typeof Writer;
    readonly OctetString: number;
    readonly Sequence: number;
    readonly Constructor: number;
  };

  export { Ber, type Reader, type Writer };
}
