/** How to speak to an agent. */
export type Access =
  | { readonly version: '1' | '2c'; readonly community: string }
  | {
      readonly version: '3';
      readonly user: string;
      readonly context: string;
      readonly auth?: { readonly protocol: AuthProtocol; readonly password: string };
      readonly priv?: { readonly protocol: PrivProtocol; readonly password: string };
    };

/** How SNMPv3 messages are authenticated, and net-snmp's word for it (RFC 3414, RFC 7860). */
export const authProtocols = {
  MD5: 'md5',
  SHA: 'sha',
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
} as const;

/** How they are encrypted: DES (RFC 3414), AES-128 (RFC 3826), AES-256 by Blumenthal's draft, AES-256C by Reeder's. */
export const privProtocols = { DES: 'des', AES: 'aes', 'AES-256': 'aes256b', 'AES-256C': 'aes256r' } as const;

export type AuthProtocol = keyof typeof authProtocols;
export type PrivProtocol = keyof typeof privProtocols;

export const authNames: readonly AuthProtocol[] = ['MD5', 'SHA', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'];
export const privNames: readonly PrivProtocol[] = ['DES', 'AES', 'AES-256', 'AES-256C'];
