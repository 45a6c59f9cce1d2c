import type { Socket, SocketOptions } from 'node:dgram';
import type { Callback, Session as LibrarySession, Varbind as LibraryVarbind, Message, User } from 'net-snmp';
import type { Place } from '../resolver/index.ts';
import { type Access, authProtocols, privProtocols } from './access.ts';
import { Gate } from './gate.ts';
import { loadNodeCluster } from './node_cluster.ts';
import type { Oid } from './oid.ts';
import { isStale, refusal, unreachable } from './trouble.ts';

/** What a cell holds: a number, an OID or an address as text, or the bytes of an OCTET STRING or an Opaque. */
export type Value = number | string | Uint8Array;

/** What an agent says about an OID: the cell there, or that there is none, or that the MIB ends before it. */
export type Varbind = { readonly oid: Oid } & (
  | { readonly kind: 'cell'; readonly value: Value }
  | { readonly kind: 'none' | 'end' | 'broken' }
);

/** One request: GET, GETNEXT, or GETBULK (the first `single` OIDs once, the others `repetitions` times). */
export type Call =
  | { readonly kind: 'get'; readonly oids: readonly Oid[] }
  | { readonly kind: 'next'; readonly oids: readonly Oid[] }
  | { readonly kind: 'bulk'; readonly oids: readonly Oid[]; readonly single: number; readonly repetitions: number };

/**
 * The outcome of a request. `error` is the error-status of RFC 3416 with the position (from 1) it speaks of, 0 for
 * none.
 */
export type Outcome =
  | { readonly kind: 'answer'; readonly varbinds: readonly Varbind[] }
  | { readonly kind: 'error'; readonly status: number; readonly index: number }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** The system says that nobody is there; or the agent was started again and knows this conversation no more. */
      readonly why?: 'nobody' | 'stale';
    };

/** A conversation with one agent. Nothing in it throws or rejects, whatever comes from the other end. */
export type Session = {
  /** Sends one request, and says what came of it, once; never while there is silence, nor after `close`. */
  call(call: Call, done: (outcome: Outcome) => void): void;
  /** Datagrams sent so far. */
  readonly sent: number;
  /** Datagrams received that were no SNMP. */
  readonly garbled: number;
  /** Whether an SNMPv3 engine has made itself known. */
  readonly discovered: boolean;
  close(): void;
};

// Bits of msgFlags (RFC 3412, 6.4).
const authenticated = 1;
const encrypted = 2;

let loaded: Promise<[typeof import('net-snmp'), typeof import('node:dgram'), unknown]> | undefined;

/** Opens a conversation; nothing is sent yet. net-snmp is loaded here, so that a run without SNMP does not pay for it. */
export async function openSession(place: Place, access: Access): Promise<Session> {
  loaded ??= Promise.all([import('net-snmp'), import('node:dgram'), loadNodeCluster()]);
  const [{ default: library }, { createSocket }] = await loaded;
  if (access.version === '3' && access.priv?.protocol === 'DES') {
    const { desCipher } = await import('./des.ts');
    library.Encryption.algorithms[library.PrivProtocols['des'] ?? 0] = desCipher(library.Authentication.passwordToKey);
  }
  const { family } = place;
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: asItStands(family) });
  return new Conversation(library, socket, place, access);
}

class Conversation implements Session {
  readonly #access: Access;
  readonly #gate: Gate;
  readonly #session: LibrarySession;
  readonly #waiting = new Set<(outcome: Outcome) => void>();
  #garbled = 0;

  constructor(library: Library, socket: Socket, { address, family, port }: Place, access: Access) {
    this.#access = access;
    const garbled = () => {
      this.#garbled += 1;
    };
    this.#gate = new Gate(socket, port, address, {
      unreachable: (code) => this.#fail(unreachable(code, port)),
      garbled,
    });
    const versions = { '1': library.Version1, '2c': library.Version2c, '3': library.Version3 } as const;
    const authenticator = access.version === '3' ? userOf(access, library) : access.community;
    this.#session = new library.Session(address, authenticator, {
      version: versions[access.version],
      transport: family === 6 ? 'udp6' : 'udp4',
      port,
      // Retries and time limits are the reader's: a request waits here until it is given up.
      timeout: 3_600_000,
      retries: 0,
      ...(access.version === '3' ? { context: access.context } : {}),
      // Its own engine is not an authority here; without one, net-snmp draws a random number, which loads crypto.
      engineID: Buffer.from('8000b98380', 'hex'),
      dgramModule: { createSocket: () => this.#gate },
    });
    // Without a listener a datagram that is no SNMP would end the process.
    this.#session.on('error', garbled);
    this.#session.onSimpleGetResponse = onAnswer(access);
  }

  call(call: Call, done: (outcome: Outcome) => void): void {
    const settle = (outcome: Outcome) => {
      if (this.#waiting.delete(settle)) done(outcome);
    };
    this.#waiting.add(settle);
    const answered: Callback = (error, message) => {
      if (error === null && isMessage(message)) settle(outcomeOf(message));
      else
        settle({ kind: 'failed', reason: refusal(error, this.#access), ...(isStale(error) ? { why: 'stale' } : {}) });
    };
    try {
      send(this.#session, call, answered);
    } catch (error) {
      settle({ kind: 'failed', reason: refusal(error, this.#access) });
    }
  }

  get sent(): number {
    return this.#gate.sent;
  }

  get garbled(): number {
    return this.#garbled;
  }

  get discovered(): boolean {
    return this.#session.msgSecurityParameters !== undefined;
  }

  close(): void {
    this.#waiting.clear();
    this.#session.close();
  }

  #fail(reason: string): void {
    for (const settle of this.#waiting) settle({ kind: 'failed', reason, why: 'nobody' });
  }
}

/**
 * Takes an answer as it came. The library's own reading pairs its values with the request by position, and fails on odd
 * ones; and it accepts an SNMPv3 answer without any protection to a request that had it, so that is checked here.
 */
function onAnswer(access: Access): LibrarySession['onSimpleGetResponse'] {
  const needed = access.version !== '3' ? 0 : (access.auth ? authenticated : 0) | (access.priv ? encrypted : 0);
  return ({ responseCb }, message) => {
    const flags = message.msgGlobalData?.msgFlags ?? 0;
    if ((flags & needed) === needed) responseCb(null, message);
    else responseCb(new Error('unprotected'));
  };
}

type Library = typeof import('net-snmp').default;
type Lookup = NonNullable<SocketOptions['lookup']>;

/** The address is numeric: the resolver need not be loaded for it. */
function asItStands(family: 4 | 6): Lookup {
  return (address, _, found) => found(null, address, family);
}

function send(session: LibrarySession, call: Call, answered: Callback): void {
  const oids = [...call.oids];
  if (call.kind === 'get') session.get(oids, answered);
  else if (call.kind === 'next') session.getNext(oids, answered);
  else session.getBulk(oids, call.single, call.repetitions, answered);
}

function isMessage(answer: unknown): answer is Message {
  return typeof answer === 'object' && answer !== null && 'pdu' in answer;
}

function outcomeOf({ pdu }: Message): Outcome {
  if (pdu.errorStatus !== 0) return { kind: 'error', status: pdu.errorStatus, index: pdu.errorIndex };
  return { kind: 'answer', varbinds: pdu.varbinds.map(varbindOf) };
}

/** Tags of RFC 3416 and RFC 2578: 128 and 129 say that there is nothing, 130 that the MIB ends. */
function varbindOf({ oid, type, value }: LibraryVarbind): Varbind {
  // The library turns an OID that is empty or breaks off into `0.NaN`.
  if (oid.includes('NaN')) return { oid: '', kind: 'broken' };
  if (type === 128 || type === 129) return { oid, kind: 'none' };
  if (type === 130) return { oid, kind: 'end' };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { oid, kind: 'cell', value } : { oid, kind: 'broken' };
  if (typeof value === 'string' || value instanceof Uint8Array) return { oid, kind: 'cell', value };
  return { oid, kind: 'broken' };
}

function userOf(
  { user, auth, priv }: Extract<Access, { version: '3' }>,
  { SecurityLevel, AuthProtocols, PrivProtocols }: Library,
): User {
  const level = priv === undefined ? (auth === undefined ? 'noAuthNoPriv' : 'authNoPriv') : 'authPriv';
  return {
    name: user,
    level: SecurityLevel[level] ?? 0,
    ...(auth === undefined
      ? {}
      : { authProtocol: AuthProtocols[authProtocols[auth.protocol]] ?? 0, authKey: auth.password }),
    ...(priv === undefined
      ? {}
      : { privProtocol: PrivProtocols[privProtocols[priv.protocol]] ?? 0, privKey: priv.password }),
  };
}
