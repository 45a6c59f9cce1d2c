const golden = 0xdeadbeef;

/**
 * The kernel's hash of one, two or three 32-bit words: Bob Jenkins' lookup3 with the golden ratio 0xdeadbeef
 * (`include/linux/jhash.h`: jhash_1word, jhash_2words, jhash_3words). Words, seed and result are unsigned 32-bit numbers.
 */
export function jhashWords(words: readonly number[], seed: number): number {
  const start = (golden + (words.length << 2) + seed) | 0;
  return finalMix((start + (words[0] ?? 0)) | 0, (start + (words[1] ?? 0)) | 0, (start + (words[2] ?? 0)) | 0);
}

/**
 * The kernel's hash of bytes of any length (`include/linux/jhash.h`: jhash), as a little-endian machine computes it.
 * For 4, 8 and 12 bytes it equals `jhashWords` of their little-endian words.
 */
export function jhashBytes(bytes: readonly number[], seed: number): number {
  let a = (golden + bytes.length + seed) | 0;
  let [b, c] = [a, a];
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + wordAt(bytes, at)) | 0;
    b = (b + wordAt(bytes, at + 4)) | 0;
    c = (c + wordAt(bytes, at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (at === bytes.length) return c >>> 0;
  return finalMix((a + wordAt(bytes, at)) | 0, (b + wordAt(bytes, at + 4)) | 0, (c + wordAt(bytes, at + 8)) | 0);
}

/** Four bytes as a little-endian word; what is beyond the end counts as 0. */
function wordAt(bytes: readonly number[], at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** The kernel's reciprocal scaling of a 32-bit hash to 0 ... total - 1 (`(h * n) >> 32`, `include/linux/kernel.h`). */
export function scale(hash: number, total: number): number {
  // A product above 2^53 would lose its low bits.
  if (total > 0x20_0000) return Number((BigInt(hash) * BigInt(total)) >> 32n);
  return Math.floor((hash * total) / 0x1_0000_0000);
}

/** The hashes that are scaled to `residue` of `total`: from low to high, both included. */
export function hashesOf(residue: number, total: number): { readonly low: number; readonly high: number } {
  const bound = (r: number) => Math.ceil((r * 0x1_0000_0000) / total);
  return { low: bound(residue), high: bound(residue + 1) - 1 };
}

function finalMix(a0: number, b0: number, c0: number): number {
  let [a, b, c] = [a0, b0, c0];
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
