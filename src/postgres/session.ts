import { connect as connectSocket, type Socket } from 'node:net';
import Client from 'pg/lib/client.js';
import { now } from '../plugin/index.ts';
import { pause } from './pause.ts';
import { type SslMode, secure } from './tls.ts';
import { connectTrouble, type Trouble } from './trouble.ts';
import { Wire } from './wire.ts';

/** Where a server listens: an address and a port, or a Unix socket by its directory and the port in its name. */
export type Target =
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number }
  | { readonly kind: 'unix'; readonly directory: string; readonly port: number };

/** How a server is logged in to. */
export type Access = {
  /** As the user gave it: the name that a certificate must match. */
  readonly host: string;
  readonly user: string;
  readonly database: string;
  /** Looked up only when the server asks for it; the reason where there is none. */
  readonly password: () => string | { readonly reason: string };
  readonly sslmode: SslMode;
  readonly ca: string | undefined;
};

/** Until when everything must be over, on the clock of `now()`, and how long that is in all, for sentences. */
export type Patience = { readonly until: number; readonly limitMs: number };

/** A row by the names of its columns; all values are text. */
export type Row = Readonly<Record<string, string | null>>;

/**
 * The outcome of a question: its rows, or why there are none. After trouble other than an error, nothing more can be
 * asked.
 */
export type Told =
  | { readonly ok: true; readonly rows: readonly Row[] }
  | { readonly ok: false; readonly trouble: Trouble };

/** A session with a server. Nothing in it throws or rejects. */
export type Session = {
  /** Whether TLS protects it. */
  readonly encrypted: boolean;
  query(text: string): Promise<Told>;
  /** Says goodbye, so that the server's side ends at once. */
  close(): Promise<void>;
};

export type Opened =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly trouble: Trouble };

/** Settings of other programs that would affect ours: npm `pg` reads them by itself. */
const foreignSettings = ['PGOPTIONS', 'PGREPLICATION', 'PGCLIENT_ENCODING', 'PGSSLNEGOTIATION', 'PGSSLMODE'];

/**
 * Opens a session at the first target where something listens; each gets its share of the time to be connected. With
 * sslmode prefer it is tried again without TLS when that goes wrong: an error or a lost connection in place of an
 * answer to the SSLRequest says nothing about its reason.
 */
export async function openSession(targets: readonly Target[], access: Access, patience: Patience): Promise<Opened> {
  for (const name of foreignSettings) delete process.env[name];
  const reasons: string[] = [];
  let trouble: Trouble = { kind: 'unreachable', text: 'there is no address to ask' };
  for (const [i, target] of targets.entries()) {
    const share = (patience.until - now()) / (targets.length - i);
    const first = await connect(target, now() + share, patience);
    if (first.ok) return startWith(first.socket, target, access, patience);
    trouble = first.trouble;
    if (trouble.kind === 'unreachable' && target.kind === 'tcp') reasons.push(`${target.address}: ${trouble.text}`);
  }
  if (reasons.length > 1) trouble = { kind: 'unreachable', text: `no connection: ${reasons.join('; ')}` };
  return { ok: false, trouble };
}

async function startWith(socket: Socket, target: Target, access: Access, patience: Patience): Promise<Opened> {
  const silent: Trouble = { kind: 'silent', limitMs: patience.limitMs };
  // As libpq: a Unix socket needs no TLS, and Pgpool offers none there.
  const mode = target.kind === 'unix' ? 'disable' : access.sslmode;
  const secured = await within(secure(socket, access.host, { mode, ca: access.ca }), patience.until);
  if (secured === late) {
    socket.destroy();
    return { ok: false, trouble: silent };
  }
  if (secured.kind === 'trouble') return { ok: false, trouble: secured.trouble };
  if (secured.kind === 'ready') return login(secured.socket, access, patience, secured.socket !== socket);
  const again = await connect(target, patience.until, patience);
  return again.ok ? login(again.socket, access, patience, false) : again;
}

type Connected = { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly trouble: Trouble };

function connect(target: Target, until: number, { limitMs }: Patience): Promise<Connected> {
  const { port } = target;
  const where = target.kind === 'tcp' ? `port ${port}` : `socket ${target.directory}/.s.PGSQL.${port}`;
  return new Promise((resolve) => {
    const socket =
      target.kind === 'tcp'
        ? connectSocket({ host: target.address, port })
        : connectSocket({ path: `${target.directory}/.s.PGSQL.${port}` });
    const failed = (trouble: Trouble) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ok: false, trouble });
    };
    const timer = setTimeout(
      () =>
        failed({
          kind: 'unreachable',
          text: `no connection to ${where} within ${seconds(limitMs)}: host down, or a firewall`,
        }),
      Math.max(0, until - now()),
    );
    const refused = (error: NodeJS.ErrnoException) => failed(connectTrouble(error.code ?? error.message, where));
    socket.once('error', refused);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', refused);
      // The next listener decides what a later error means.
      socket.on('error', () => {});
      resolve({ ok: true, socket });
    });
  });
}

async function login(socket: Socket, access: Access, patience: Patience, encrypted: boolean): Promise<Opened> {
  const { user, database, host } = access;
  socket.on('error', () => {});
  const wire = new Wire(socket);
  let noPassword: string | undefined;
  const client = new Client({
    ...{ host, port: 1, user, database, stream: wire, ssl: false, sslnegotiation: 'postgres' },
    application_name: 'check_pgpool',
    password: async () => {
      const password = access.password();
      if (typeof password === 'string') return password;
      noPassword = password.reason;
      throw new Error(password.reason);
    },
  });
  client.on('error', () => {});
  const outcome = await within(attempt(client.connect()), patience.until);
  if (outcome !== late && outcome.ok) return { ok: true, session: sessionOf(client, wire, patience, encrypted) };
  wire.destroy();
  if (outcome === late) return { ok: false, trouble: { kind: 'silent', limitMs: patience.limitMs } };
  if (noPassword !== undefined) return { ok: false, trouble: { kind: 'refusal', text: noPassword } };
  return { ok: false, trouble: wire.trouble ?? troubleOf(outcome.error, null) };
}

function sessionOf(client: Client, wire: Wire, { until, limitMs }: Patience, encrypted: boolean): Session {
  const query = async (text: string): Promise<Told> => {
    const types = { getTypeParser: () => (value: string) => value };
    const outcome = await within(attempt(client.query({ text, types })), until);
    if (outcome === late) {
      wire.destroy();
      return { ok: false, trouble: { kind: 'stalled', limitMs, asking: text } };
    }
    if (!outcome.ok) return { ok: false, trouble: wire.trouble ?? troubleOf(outcome.error, text) };
    const results = [outcome.value].flat();
    return { ok: true, rows: results.at(-1)?.rows ?? [] };
  };
  const close = async () => {
    await Promise.race([attempt(client.end()), pause(100)]);
    wire.destroy();
  };
  return { encrypted, query, close };
}

/** What an error of npm `pg` means: an ErrorResponse has a severity, everything else is about the connection. */
function troubleOf(error: unknown, asking: string | null): Trouble {
  if (!(error instanceof Error)) return { kind: 'closed', asking };
  const { code, severity, detail } = error as Error & { code?: unknown; severity?: unknown; detail?: unknown };
  if (typeof severity === 'string' && typeof code === 'string') {
    const message = typeof detail === 'string' && detail !== '' ? `${error.message}: ${detail}` : error.message;
    return { kind: 'server', code, message, asking };
  }
  if (
    /^(?:Connection terminated|Client has encountered a connection error)/.test(error.message) ||
    typeof code === 'string'
  )
    return { kind: 'closed', asking };
  if (/^received invalid response/.test(error.message))
    return { kind: 'foreign', what: 'a server of another protocol' };
  return { kind: 'refusal', text: `the login fails on this side: ${error.message}` };
}

const late = Symbol('late');

/** The outcome of work, or `late` at a time of the clock of `now()`. */
async function within<T>(work: Promise<T>, until: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), Math.max(0, until - now()));
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

function attempt<T>(work: Promise<T>): Promise<Attempt<T>> {
  return work.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  );
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
