// What net-snmp takes of Node's crypto, loaded at the first use: 3 ms that SNMP v1 and v2c need not pay.
type Crypto = typeof import('node:crypto');

const crypto = (): Crypto => require('node:crypto');

export const createHash: Crypto['createHash'] = (...args) => crypto().createHash(...args);
export const createHmac: Crypto['createHmac'] = (...args) => crypto().createHmac(...args);
export const randomBytes = (size: number): Buffer => crypto().randomBytes(size);
export const createCipheriv = (algorithm: string, key: Uint8Array, iv: Uint8Array) =>
  crypto().createCipheriv(algorithm, key, iv);
export const createDecipheriv = (algorithm: string, key: Uint8Array, iv: Uint8Array) =>
  crypto().createDecipheriv(algorithm, key, iv);
