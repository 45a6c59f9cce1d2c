import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Cipher, Engine } from 'net-snmp';

const block = 8;

/**
 * DES privacy for SNMPv3 (RFC 3414, 8.1.1). OpenSSL 3 no longer offers DES by itself, and AKCP devices may offer nothing
 * else: triple DES with one key three times is the same cipher (encrypting, decrypting and encrypting with K).
 */
export function desCipher(
  passwordToKey: (protocol: number, password: string, engineId: Uint8Array) => Uint8Array,
): Cipher {
  /** Bytes 1 to 8 of the localised key are the DES key, 9 to 16 are mixed with the salt to make the start vector. */
  const keyAndVector = (protocol: number, password: string, { engineID }: Engine, salt: Uint8Array) => {
    const localised = Buffer.from(passwordToKey(protocol, password, engineID));
    const key = localised.subarray(0, block);
    const vector = Buffer.from(salt).map((byte, i) => byte ^ (localised[block + i] ?? 0));
    return { key: Buffer.concat([key, key, key]), vector };
  };
  return {
    encryptPdu(scopedPdu, _, password, authProtocol, engine) {
      const salt = randomBytes(block);
      const { key, vector } = keyAndVector(authProtocol, password, engine, salt);
      const cipher = createCipheriv('des-ede3-cbc', key, vector).setAutoPadding(false);
      const padded = Buffer.alloc(Math.ceil(scopedPdu.length / block) * block);
      padded.set(scopedPdu);
      return { encryptedPdu: Buffer.concat([cipher.update(padded), cipher.final()]), msgPrivacyParameters: salt };
    },
    decryptPdu(encryptedPdu, _, salt, password, authProtocol, engine) {
      if (salt.length !== block) throw new RangeError('the salt is not 8 bytes');
      const { key, vector } = keyAndVector(authProtocol, password, engine, salt);
      const decipher = createDecipheriv('des-ede3-cbc', key, vector).setAutoPadding(false);
      return Buffer.concat([decipher.update(encryptedPdu), decipher.final()]);
    },
  };
}
