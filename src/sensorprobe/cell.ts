import type { Value } from './survey.ts';

/**
 * A text of a device: UTF-8 where it is that, otherwise latin1, which devices with German or French names send (seen).
 * Padding bytes and blanks around it are removed. A cell that is missing or not a text is empty.
 */
export function textOf(value: Value | undefined): string {
  if (!(value instanceof Uint8Array)) return '';
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const text = bytes.toString('utf8');
  return (text.includes('\ufffd') ? bytes.toString('latin1') : text).replaceAll('\0', ' ').trim();
}

/** A cell as a number; null when it is missing or not a number. */
export function numberOf(value: Value | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
