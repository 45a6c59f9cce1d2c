import type { Trouble } from '../pgpool/index.ts';

export type { Trouble };

/** What a failed connect means, by the code of the system; `where` is the port or the socket. */
export function connectTrouble(code: string, where: string): Trouble {
  switch (code) {
    case 'ECONNREFUSED':
      return { kind: 'unreachable', text: `connection refused on ${where}: nothing listens there` };
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'unreachable', text: `there is no ${where}: not running, or another socket directory` };
    case 'EACCES':
    case 'EPERM':
      return { kind: 'refusal', text: `this user may not connect to ${where} (${code})` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { kind: 'unreachable', text: `no route to ${where} (${code})` };
    default:
      return { kind: 'unreachable', text: `no connection to ${where} (${code})` };
  }
}

/** An error that TLS ends with, in words: a certificate by its own, a handshake by OpenSSL's reason. */
export function tlsWords(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const reason = 'reason' in error ? String(error.reason) : error.message;
    return `its certificate is for another name (${reason.replace(/\.$/, '')})`;
  }
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired';
  if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet';
  if (/^(?:ERR_SSL|EPROTO|ERR_OSSL)/.test(code)) {
    const reason = 'reason' in error ? String(error.reason) : code;
    return `the TLS handshake fails (${reason})`;
  }
  if (/^(?:ECONNRESET|EPIPE)$/.test(code)) return 'the connection ends during the TLS handshake';
  return `its certificate does not verify (${error.message})`;
}

/** The name of a server that does not speak PostgreSQL's protocol, by the first bytes that it sends. */
export function foreignName(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  if (text.startsWith('HTTP/')) return 'a server that speaks HTTP';
  if (text.startsWith('SSH-')) return 'a server that speaks SSH';
  // An alert or a handshake record (RFC 8446, 5.1).
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3) return 'a server that speaks TLS from the start';
  const words = /^[\x20-\x7e]{3,40}/.exec(text)?.[0];
  return words === undefined ? 'a server of another protocol' : `a server that says "${words.trim()}"`;
}
