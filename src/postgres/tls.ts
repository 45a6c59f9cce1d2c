import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { foreignName, type Trouble, tlsWords } from './trouble.ts';

/**
 * How much of TLS is wanted, as libpq means it: `prefer` and `require` verify nothing, `verify-ca` the certificate by
 * the given CA, `verify-full` its name too.
 */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** What a server is asked with, once connected. `ca` is PEM, for the modes that verify. */
export type TlsWish = { readonly mode: SslMode; readonly ca: string | undefined };

/** The socket to go on with; trouble; or that the same is to be tried again without TLS, which gives the real reason. */
export type Secured =
  | { readonly kind: 'ready'; readonly socket: Socket }
  | { readonly kind: 'again' }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

/** SSLRequest: its length, then 1234 and 5679 (PostgreSQL's documentation, "SSL Session Encryption"). */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Asks a server for TLS and begins it. The server may say no, answer with an error (a Pgpool whose children are in use
 * does), or hang up. Waits as long as the server is silent: the caller has the limit, and destroys the socket.
 */
export async function secure(socket: Socket, host: string, { mode, ca }: TlsWish): Promise<Secured> {
  if (mode === 'disable') return { kind: 'ready', socket };
  const said = await ask(socket);
  const first = said.subarray(0, 1).toString('latin1');
  const optional = mode === 'prefer';
  if (first === 'S' && said.length === 1) return begin(socket, host, { mode, ca });
  if (first === 'N' && said.length === 1)
    return optional ? { kind: 'ready', socket } : refusal('it offers no TLS, but --sslmode wants it');
  if (first === '' || first === 'E') {
    socket.destroy();
    if (optional) return { kind: 'again' };
    return { kind: 'trouble', trouble: first === '' ? { kind: 'closed', asking: null } : errorOf(said) };
  }
  socket.destroy();
  return { kind: 'trouble', trouble: { kind: 'foreign', what: foreignName(said) } };
}

/** What comes as the answer to an SSLRequest; nothing where the connection ends. */
function ask(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    const done = (bytes: Buffer) => {
      socket.off('data', done).off('close', ended).off('error', ended).off('end', ended);
      resolve(bytes);
    };
    const ended = () => done(Buffer.alloc(0));
    socket.on('data', done).once('close', ended).once('error', ended).once('end', ended);
    socket.write(sslRequest);
  });
}

async function begin(socket: Socket, host: string, { mode, ca }: TlsWish): Promise<Secured> {
  // Where the server offers it, and not before: it takes some milliseconds to load.
  const { checkServerIdentity, connect: connectTls } = await import('node:tls');
  const verifies = mode === 'verify-ca' || mode === 'verify-full';
  return new Promise((resolve) => {
    let secured: TLSSocket;
    const failed = (error?: Error) => {
      secured?.destroy();
      socket.destroy();
      if (mode === 'prefer') resolve({ kind: 'again' });
      else resolve(refusal(error === undefined ? 'the connection ends during the TLS handshake' : tlsWords(error)));
    };
    try {
      secured = connectTls({
        socket,
        // A name for SNI; an address must not stand there (RFC 6066, 3).
        ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
        ...(verifies && ca !== undefined ? { ca } : {}),
        rejectUnauthorized: verifies,
        checkServerIdentity: (_, certificate) =>
          mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
      });
    } catch (error) {
      failed(error instanceof Error ? error : undefined);
      return;
    }
    const ended = () => failed();
    secured.once('error', failed).once('close', ended);
    secured.once('secureConnect', () => {
      secured.off('error', failed).off('close', ended);
      resolve({ kind: 'ready', socket: secured });
    });
  });
}

function refusal(text: string): Secured {
  return { kind: 'trouble', trouble: { kind: 'refusal', text } };
}

/** Reads an ErrorResponse: fields of a letter and a text, of which C is the SQLSTATE, M the message, D the detail. */
function errorOf(bytes: Buffer): Trouble {
  const fields = new Map(
    bytes
      .subarray(5)
      .toString('utf8')
      .split('\0')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
  const message = [fields.get('M'), fields.get('D')].filter((part) => part !== undefined && part !== '').join(': ');
  return {
    kind: 'server',
    code: fields.get('C') ?? '',
    message: message || 'an error without a message',
    asking: null,
  };
}
