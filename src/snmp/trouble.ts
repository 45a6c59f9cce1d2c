import type { Access } from './access.ts';

/**
 * Why an agent cannot be read: nothing at all came from there (`silent`), it stopped answering or says no
 * (`unreachable`), or what it says is not a sound answer (`broken`). `text` is a sentence fragment that follows the
 * host's name.
 */
export type Trouble = { readonly kind: 'silent' | 'unreachable' | 'broken'; readonly text: string };

/** What the system's code for a failed datagram means. */
export function unreachable(code: string, port: number): string {
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: `no SNMP agent listens on UDP port ${port} (connection refused)`,
    EHOSTUNREACH: 'no route to the host, or it is down',
    ENETUNREACH: 'no route to its network',
    EACCES: 'sending to it is not permitted',
    EPERM: 'sending to it is forbidden by this host, perhaps its firewall',
    EADDRNOTAVAIL: 'this host has no address that could reach it',
    EAFNOSUPPORT: 'this host does not support its address family',
    EINVAL: 'its address cannot be reached from this host',
  };
  return known[code] ?? `cannot be reached (${code})`;
}

/**
 * Why the library gave up a request. Its own messages quote communities and digests: only what they are is used, and
 * the words of the Reports that RFC 3414 (section 5, usmStats) has.
 */
export function refusal(error: unknown, access: Access): string {
  if (!(error instanceof Error)) return 'cannot be asked';
  const { user, context } = access.version === '3' ? access : { user: '', context: '' };
  const reports: Readonly<Record<string, string>> = {
    unprotected: 'gave an answer without the protection that was asked for; it is not trusted',
    'Unknown User Name': `does not know the SNMPv3 user "${user}"`,
    'Wrong Digest (incorrect password, community or key)': 'refuses the authentication password or its protocol',
    'Unsupported Security Level': `does not accept user "${user}" at this security level`,
    'Not In Time Window': 'refuses the request as too old: its SNMPv3 clock jumped',
    'Decryption Error': 'cannot decrypt the request: wrong privacy password or protocol',
    'Unknown Engine ID': 'refuses its own SNMPv3 engine ID',
  };
  const report = reports[error.message];
  if (report !== undefined) return report;
  const codes: Readonly<Record<string, string>> = {
    ECouldNotDecrypt: 'gave an answer that cannot be decrypted: wrong privacy password or protocol',
    EAuthFailure: 'gave an answer with a wrong signature; it is not trusted',
    EVersionNoMatch: 'answers in another SNMP version',
    ECommunityNoMatch: 'answers with another community',
    // It is about no user (those are told apart above), and the library does not say what it is about.
    EUnexpectedReport:
      context === ''
        ? 'answers with an SNMPv3 report that is not about the user: it may want a context (--context)'
        : `does not know the SNMPv3 context "${context}"`,
    ENotInTimeWindow: 'gave an answer that is too old; it is not trusted',
    EUnknownPduType: 'answers with something that is not an answer',
  };
  const code = 'code' in error ? codes[codeNames[Number(error.code)] ?? ''] : undefined;
  return code ?? `cannot be asked (${error.name})`;
}

/**
 * Whether an agent took a request for one from before its last restart: it was restarted since it reported its SNMPv3
 * engine and time, and has to be asked for them again.
 */
export function isStale(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.message === 'Unknown Engine ID' || error.message === 'Not In Time Window') return true;
  return 'code' in error && codeNames[Number(error.code)] === 'ENotInTimeWindow';
}

/** net-snmp's ResponseInvalidCode, as far as a request can end with it. */
const codeNames: Readonly<Record<number, string>> = {
  3: 'EUnknownPduType',
  4: 'ECouldNotDecrypt',
  5: 'EAuthFailure',
  9: 'EVersionNoMatch',
  10: 'ECommunityNoMatch',
  11: 'EUnexpectedReport',
  14: 'ENotInTimeWindow',
};

/** The error-status of an answer (RFC 3416, 3; RFC 1157 has the first six). */
export const errorStatus = {
  tooBig: 1,
  noSuchName: 2,
  genErr: 5,
  noAccess: 6,
  authorizationError: 16,
} as const;

const errorNames: readonly string[] =
  'noError tooBig noSuchName badValue readOnly genErr noAccess wrongType wrongLength wrongEncoding wrongValue noCreation inconsistentValue resourceUnavailable commitFailed undoFailed authorizationError notWritable inconsistentName'.split(
    ' ',
  );

/** The word for an error-status. */
export function errorName(status: number): string {
  return errorNames[status] ?? `error ${status}`;
}
