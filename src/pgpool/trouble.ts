import { type Fault, fault } from '../findings/index.ts';

/** Why SQL failed or ended early. Nothing in it is secret. */
export type Trouble =
  /** The host's name, a refused or missing connection: nothing serves there. */
  | { readonly kind: 'unreachable'; readonly text: string }
  /** A session was asked for, and nothing came within so many milliseconds. */
  | { readonly kind: 'silent'; readonly limitMs: number }
  /** There was a session; then nothing more came, while this was asked. */
  | { readonly kind: 'stalled'; readonly limitMs: number; readonly asking: string }
  /** The other side ended the connection; before the session where nothing was asked. */
  | { readonly kind: 'closed'; readonly asking: string | null }
  /** An error of the server; while this was asked, or before the session. */
  | { readonly kind: 'server'; readonly code: string; readonly message: string; readonly asking: string | null }
  /** What answers does not speak PostgreSQL's protocol. */
  | { readonly kind: 'foreign'; readonly what: string }
  /** The plugin's own side: no password available, TLS, a socket that may not be opened. */
  | { readonly kind: 'refusal'; readonly text: string };

/** SQLSTATEs of logins refused because of what the check presents: authorization (28), catalog (3D, 42501). */
const login = /^(?:28\w\w\w|3D000|42501)$/;

/** Pgpool's own words for the same, all under XX000, and a client that pool_hba.conf or pg_hba.conf keeps out. */
const loginWords =
  /authentication failed|password does not match|failed to authenticate|pool_hba|pg_hba|not permitted to log in|(?:role|user|database) "[^"]*" does not exist|failed authentication|unable to get password/i;

/** Pgpool cannot serve anybody: no backend, or it is stopping or starting. */
const nobody =
  /all backend nodes are down|failed to create a backend|too many clients|too many connections|shutting down|starting up|failover is in progress|invalid .* session context/i;

/**
 * Why a Pgpool accepts no session, as far as the backends that PCP shows suggest; null where nothing is known about
 * them.
 */
export type Cause = 'searching' | 'hanging' | 'busy' | 'unsure' | null;

/** What it means when a session was not established, or ended early. */
export function judgeTrouble(trouble: Trouble, cause: Cause): Fault {
  switch (trouble.kind) {
    case 'unreachable':
      return fault('CRITICAL', 'pool-unreachable', trouble.text);
    case 'silent': {
      const brief = `accepts no session within ${seconds(trouble.limitMs)} (${causeWords(cause)})`;
      return fault('CRITICAL', 'pool-no-session', brief, `${brief}. ${advice(cause)}`);
    }
    case 'stalled': {
      const brief = `gave no answer to ${trouble.asking} within ${seconds(trouble.limitMs)}`;
      return fault(
        'CRITICAL',
        'pool-stalled',
        `${brief} (a backend does not answer)`,
        `${brief}: a backend does not answer, as if its host were frozen or cut off; Pgpool waits for its connect_timeout, 10 s for each`,
      );
    }
    case 'closed':
      return trouble.asking === null
        ? fault(
            'CRITICAL',
            'pool-closed',
            'closes the connection before there is a session',
            'closes the connection before there is a session: no backend is left, or Pgpool is stopping; its log says which',
          )
        : fault('CRITICAL', 'pool-closed', `closed the connection while it was asked for ${trouble.asking}`);
    case 'server':
      return judgeError(trouble.code, trouble.message, trouble.asking);
    case 'foreign':
      return fault('UNKNOWN', 'pool-foreign', `${trouble.what} answers, not Pgpool-II`);
    case 'refusal':
      return fault('UNKNOWN', 'pool-refused', trouble.text);
  }
}

function causeWords(cause: Cause): string {
  if (cause === 'searching') return 'searching a primary';
  if (cause === 'hanging') return 'a backend in use does not answer';
  if (cause === 'unsure') return 'children busy, or a backend does not answer';
  return cause === 'busy' ? 'children busy' : 'children busy, or searching a primary';
}

function advice(cause: Cause): string {
  if (cause === 'searching') return 'Clients wait until there is a primary: start it, or promote a standby';
  if (cause === 'hanging') return 'New sessions wait for that backend until it answers or is detached';
  const busy = 'All children are in use (num_init_children) when clients hold that many sessions';
  if (cause === 'busy') return busy;
  return `${busy}. A backend host that is frozen or cut off looks the same; the log of Pgpool says which it is`;
}

function judgeError(code: string, message: string, asking: string | null): Fault {
  const said = `${message}${code === '' ? '' : ` (${code})`}`;
  if (asking !== null && code === '42704') return fault('UNKNOWN', 'pool-foreign', 'this is PostgreSQL, not Pgpool-II');
  if (asking !== null) return fault('UNKNOWN', 'pool-unread', `${asking} is refused: ${said}`);
  if (code === '53300')
    return fault(
      'CRITICAL',
      'pool-no-session',
      `accepts no session: ${said}`,
      `accepts no session: ${said}. All children are in use, or the backends' connections are: raise num_init_children, or find out who holds them`,
    );
  if (login.test(code) || loginWords.test(message))
    return fault('UNKNOWN', 'pool-refused', `refuses the login: ${said}`);
  if (/unable to get session context/i.test(message))
    return fault(
      'UNKNOWN',
      'pool-refused',
      `refuses the login: ${said}`,
      `refuses the login: ${said}. A role or database that does not exist, or a connection limit, looks like this; Pgpool's log says which`,
    );
  if (/^(?:08|57P)/.test(code) || nobody.test(message))
    return fault('CRITICAL', 'pool-no-session', `accepts no session: ${said}`);
  return fault('UNKNOWN', 'pool-no-session', `accepts no session: ${said}`);
}

/** A limit as it appears in a sentence: `8.5 s`. */
function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
