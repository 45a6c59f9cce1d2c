/** A message of PostgreSQL's protocol: its letter, its length, its body. */
export function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const authenticationOk = message('R', int32(0));
export const ready = message('Z', 'I');
export const wantsPassword = message('R', int32(3));

export function errorResponse(code: string, text: string, detail = ''): Buffer {
  return message('E', 'SFATAL\0', `C${code}\0`, `M${text}\0`, detail === '' ? '' : `D${detail}\0`, '\0');
}

/** The description of rows with text columns. */
export function description(names: readonly string[]): Buffer {
  const column = (name: string) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]);
  return message('T', int16(names.length), ...names.map(column));
}

/** Rows with their description, and that they were all. */
export function rows(all: readonly Readonly<Record<string, string | null | undefined>>[]): Buffer {
  const names = Object.keys(all[0] ?? {});
  const cell = (text: string) => Buffer.concat([int32(Buffer.byteLength(text)), Buffer.from(text)]);
  return Buffer.concat([
    description(names),
    ...all.map((row) => message('D', int16(names.length), ...names.map((name) => cell(row[name] ?? '')))),
    message('C', 'SELECT\0'),
  ]);
}

/** What a client has sent: an SSLRequest, a startup message, or anything else. */
export type Sent = 'ssl' | 'startup' | 'other';

export function kindOf(bytes: Buffer): Sent {
  if (bytes.length < 8) return 'other';
  const code = bytes.readUInt32BE(4);
  return code === 80877103 ? 'ssl' : code === 196608 ? 'startup' : 'other';
}
