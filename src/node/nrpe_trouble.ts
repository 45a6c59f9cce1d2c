import { linesOf, wantsTerminal } from './reply.ts';

/** How a check_nrpe came to its end. */
type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** What was asked, and how: by SSL, with an authority, with a certificate of our own. */
type Asked = { readonly command: string; readonly ssl: boolean; readonly ca: boolean; readonly certificate: boolean };

/** The most that protocol 4 carries, and protocols 2 and 3, in bytes (seen with NRPE 4.1.0, one line break less). */
export const longestAnswers = { current: 65_504, old: 1023 } as const;

/**
 * Why an NRPE answer is not a snapshot, as a fragment without a dot: from what check_nrpe and the daemon said and from
 * `why`, the parser's word on the text. The exit code says nothing: an unknown host name ends with 1.
 */
export function nrpeTrouble(ended: Ended, asked: Asked, why: string): string {
  const { signal, stdout, stderr } = ended;
  const said = linesOf(stdout);
  const complaint = linesOf(stderr).at(-1);
  const first = said[0] ?? '';
  if (signal === 'SIGPIPE') return closed(asked);
  if (signal !== null)
    return `check_nrpe was killed by ${signal}${complaint === undefined ? '' : `: ${complaint}`}${keyHint(complaint)}`;
  for (const [pattern, explain] of phrases) {
    const match = pattern.exec(first) ?? (first === '' ? pattern.exec(complaint ?? '') : null);
    if (match !== null) return explain(match, asked);
  }
  if (first === '') return complaint === undefined ? why : `check_nrpe: ${complaint.replace(/^check_nrpe: /, '')}`;
  const sudo = said.filter((line) => line.startsWith('sudo: ')).at(-1);
  if (sudo !== undefined && !stdout.includes('rackwatch-snapshot') && /must have a tty/.test(sudo))
    return wantsTerminal;
  if (sudo !== undefined && !stdout.includes('rackwatch-snapshot'))
    return /password|terminal|tty|askpass/.test(sudo)
      ? 'sudo on the node wants a password (the NRPE user needs NOPASSWD for the command in sudoers)'
      : `sudo on the node refused: ${sudo.slice('sudo: '.length)}`;
  return `${why}${cut(stdout)}`;
}

/** Why a daemon closes a connection before it has read anything. */
const notAllowed = 'this host is not in its allowed_hosts';

type Explain = (match: RegExpExecArray, asked: Asked) => string;

/** What NRPE 4.1.0 says, from the daemon (`NRPE:`) and from check_nrpe, and what it means. */
const phrases: readonly (readonly [RegExp, Explain])[] = [
  [/^NRPE: Command '(.*)' not defined/, ([, name]) => `NRPE on the node has no command ${name} (see nrpe.d there)`],
  [
    /^NRPE: Unable to read output/,
    (_, { command }) =>
      `the NRPE command ${command} gave no output (run its line on the node as the NRPE user, and end it with 2>&1)`,
  ],
  [
    /^NRPE: Command timed out after (\d+) seconds/,
    ([, limit], { command }) => `the NRPE command ${command} was ended after ${limit} s (command_timeout on the node)`,
  ],
  [/^(NRPE: .+)/, ([, text = '']) => text],
  // How a closed connection shows depends on which side was faster: the same daemon gives one or the other.
  [/Could not connect to .*: Connection reset by peer/, (_, asked) => closed(asked)],
  [
    /Receive header underflow|Error sending query to host/,
    (_, asked) => (asked.ssl ? afterHandshake(asked) : closed(asked)),
  ],
  [/Could not complete SSL handshake/, (_, asked) => noHandshake(asked)],
  [/^Error: could not use (.+?) ?'(.+)'\.?$/, ([, what, file]) => `check_nrpe cannot use the ${what} ${file}`],
  [/Invalid packet (?:version|type)|CRC32/, () => 'what answers there does not speak NRPE'],
  [/Could not resolve hostname (.+)/, ([, what]) => `check_nrpe: could not resolve ${what}`],
  [/^connect to (?:address|host) .* port (\d+): (.+)/, ([, port, reason]) => `check_nrpe: port ${port}: ${reason}`],
  [/^CHECK_NRPE(?: STATE UNKNOWN)?: (.+)/, ([, text = '']) => `check_nrpe: ${text.replace(/\.$/, '')}`],
];

function closed({ ssl }: Asked): string {
  const other = ssl ? 'its NRPE does not use SSL (--nrpe-no-ssl)' : 'its NRPE wants SSL (give no --nrpe-no-ssl)';
  return `the node closed the connection: ${notAllowed}, or ${other}`;
}

function noHandshake({ ca, certificate }: Asked): string {
  const reasons = [
    ...(ca ? ['its certificate is not signed by the authority of --nrpe-ca'] : []),
    'it does not use SSL (--nrpe-no-ssl)',
    ...(certificate ? [] : ['it wants a certificate (--nrpe-cert)']),
  ];
  return `no SSL connection with the node: ${reasons.join(', ')}, or ${notAllowed}`;
}

/** With TLS 1.3 a client has ended its handshake before the server has seen its certificate. */
function afterHandshake({ certificate }: Asked): string {
  const wants = certificate
    ? 'it does not accept the one of --nrpe-cert'
    : 'it wants a certificate (--nrpe-cert, --nrpe-key)';
  return `the node closed the connection after the SSL handshake: ${wants}`;
}

/** check_nrpe 4.1.0 dies of a key that does not fit the certificate. */
function keyHint(complaint: string | undefined): string {
  return complaint !== undefined && /free\(\)/.test(complaint) ? ' (does --nrpe-key belong to --nrpe-cert?)' : '';
}

/** An answer as long as NRPE can carry was cut there. check_nrpe adds a line break. */
function cut(stdout: string): string {
  const length = Buffer.byteLength(stdout.replace(/\n$/, ''));
  if (length === longestAnswers.old)
    return '; it was cut at 1023 bytes, the most that NRPE 3 and older can carry: NRPE 4 is needed on both sides';
  return length >= longestAnswers.current ? '; it was cut at 65,504 bytes, the most that NRPE can carry' : '';
}
