import { type Cell, type Row, wordOf } from './row.ts';

/** A PostgreSQL server behind Pgpool, as Pgpool describes it. */
export type Backend = {
  /** Its number in Pgpool's configuration, which `pcp_attach_node -n` takes. */
  readonly id: number;
  readonly host: string;
  readonly port: string;
  /**
   * What Pgpool does with it: up, waiting (not contacted yet), down, quarantine, unused; another word of a newer
   * version.
   */
  readonly status: string;
  /** Whether PostgreSQL itself answers: up or down; unknown without a health check; null before 4.3. */
  readonly pgStatus: string | null;
  /** primary or standby where Pgpool follows streaming replication, main or replica in its other modes. */
  readonly role: string;
  /** The role that PostgreSQL itself has: primary, standby, or unknown; null before 4.3. */
  readonly pgRole: string | null;
  /** How far a standby is behind; null where no number is given. */
  readonly delay: Delay | null;
  /** State of pg_stat_replication, empty where there is none; null where the column is missing. */
  readonly replication: string | null;
  /** async, sync, potential, quorum, or empty. */
  readonly sync: string;
  /** When the status last changed, in the time zone of Pgpool's host; empty where it is not given. */
  readonly since: string;
};

/** A delay in bytes of WAL, or in seconds (Pgpool-II 4.4 and later with a threshold in time). */
export type Delay = { readonly value: number; readonly unit: 'B' | 's' };

/** Backends that could be read, and what could not, one sentence fragment each. */
export type Backends = { readonly backends: readonly Backend[]; readonly unread: readonly string[] };

/** Reads rows of `SHOW pool_nodes`, or what pcp_node_info says under the same names. Unused slots are left out. */
export function readBackends(rows: readonly Row[]): Backends {
  const read = rows.map((row, i) => readBackend(row, i));
  const used = read.filter(({ backend }) => backend.status !== 'unused');
  return {
    backends: used.map(({ backend }) => backend),
    unread: used.flatMap(({ backend, missing }) =>
      missing.length === 0 ? [] : [`${missing.join(' and ')} of backend ${backend.id} not given by Pgpool`],
    ),
  };
}

function readBackend(row: Row, position: number) {
  const id = /^\d+$/.test(row['node_id'] ?? '') ? Number(row['node_id']) : position;
  const backend: Backend = {
    id,
    host: row['hostname'] ?? '',
    port: row['port'] ?? '',
    status: wordOf(row['status']) ?? '',
    pgStatus: wordOf(row['pg_status']),
    role: roleOf(row['role']) ?? '',
    pgRole: roleOf(row['pg_role']),
    delay: delayOf(row['replication_delay']),
    replication: wordOf(row['replication_state']),
    sync: wordOf(row['replication_sync_state']) ?? '',
    since: row['last_status_change'] ?? '',
  };
  const missing = (['status', 'role'] as const).filter((name) => backend[name] === '');
  return { backend, missing };
}

/** Pgpool-II before 4.2 said master and slave where later ones say main and replica. */
function roleOf(cell: Cell): string | null {
  const word = wordOf(cell);
  return word === 'master' ? 'main' : word === 'slave' ? 'replica' : word;
}

/** `3333288` is in bytes, `0.123456 second` and `2.5 seconds` in seconds. PCP's short form leaves the word out. */
function delayOf(cell: Cell): Delay | null {
  const [, number = '', fraction, unit] = /^\s*(\d+(\.\d+)?)\s*(s|seconds?)?\s*$/i.exec(cell ?? '') ?? [];
  if (number === '') return null;
  return { value: Number(number), unit: unit === undefined && fraction === undefined ? 'B' : 's' };
}

/** Where a backend is: `db1:5432`; a directory for a Unix socket. */
export function placeOf({ host, port }: Backend): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A backend as it is called in sentences: `standby 1 (db2:5432)`. */
export function nameOf(backend: Backend): string {
  const { id, role } = backend;
  return `${role === '' ? 'backend' : role} ${id} (${placeOf(backend)})`;
}

/** Whether Pgpool sends clients there. */
export function isInUse({ status }: Backend): boolean {
  return status === 'up' || status === 'waiting';
}

/** Whether a backend counts as up: in use, and PostgreSQL not known to be down. */
export function isUp(backend: Backend): boolean {
  return isInUse(backend) && backend.pgStatus !== 'down';
}

/** Whether Pgpool follows streaming replication: only there does it speak of primaries and standbys. */
export function isStreaming(backends: readonly Backend[]): boolean {
  return backends.some(({ role }) => role === 'primary' || role === 'standby');
}
