import { type Row, wholeOf, wordOf } from './row.ts';

/** What was asked of Pgpool by SQL and answered; undefined where a question was not answered, or does not exist there. */
export type Told = {
  readonly version?: readonly Row[] | undefined;
  readonly status?: readonly Row[] | undefined;
  readonly processes?: readonly Row[] | undefined;
  readonly health?: readonly Row[] | undefined;
  readonly nodes?: readonly Row[] | undefined;
};

/** Pgpool's children: each serves one client at a time. */
export type Children = {
  /** The most that clients can use at once. */
  readonly most: number;
  /** In use, the session of the check left out. */
  readonly used: number;
};

/** Settings of `SHOW pool_status` that decide how much Pgpool knows; null where they are not given. */
export type Settings = {
  /** Seconds between its looks at streaming replication; 0: it never looks. */
  readonly srCheckPeriod: number | null;
  /** Whether it checks the health of every backend; null where that is not given. */
  readonly healthChecked: boolean | null;
  readonly reserved: number;
  /** Whether it has a watchdog; null where that is not given. */
  readonly watchdog: boolean | null;
};

/** `4.3.5 (tamahomeboshi)` as `4.3.5`; empty where it is not given. */
export function readVersion({ version }: Told): string {
  return /\d+(?:\.\d+)+\w*/.exec(version?.[0]?.['pool_version'] ?? '')?.[0] ?? '';
}

/** Reads the settings. Those of a single backend's health check end in its number. */
export function readSettings({ status }: Told): Settings {
  const items = (status ?? []).map((row) => [wordOf(row['item']) ?? '', row['value']] as const);
  const values = new Map(items);
  const periods = items.filter(([name]) => /^health_check_period\d*$/.test(name)).map(([, value]) => wholeOf(value));
  const enabled = wordOf(values.get('use_watchdog'));
  return {
    srCheckPeriod: wholeOf(values.get('sr_check_period')),
    healthChecked: periods.length === 0 ? null : periods.every((period) => period !== 0),
    reserved: wholeOf(values.get('reserved_connections')) ?? 0,
    watchdog: enabled === null ? null : enabled === '1' || enabled === 'on',
  };
}

/**
 * Counts children in `SHOW pool_processes`, which has a row for each that may be started (dynamic ones of 4.4 that are
 * not, with the pid 0). A child is free while it waits for a connection; before 4.3, which has no column for that,
 * while it has no client's database. Clients beyond those that `reserved_connections` leaves are refused.
 */
export function readChildren(told: Told, { reserved }: Settings): Children | null {
  const rows = told.processes;
  if (rows === undefined || rows.length === 0 || rows.every((row) => row['pool_pid'] === undefined)) return null;
  const used = rows.filter((row) => wholeOf(row['pool_pid']) !== 0 && isInUse(row)).length;
  return { most: Math.max(1, rows.length - reserved), used: Math.max(0, used - 1) };
}

function isInUse(row: Row): boolean {
  const status = wordOf(row['status']);
  return status === null ? (row['database'] ?? '') !== '' : status !== '' && status !== 'wait for connection';
}

/** When a backend last answered a health check, by its number: from `SHOW pool_health_check_stats` (4.2 and later). */
export function readLastHealthy({ health }: Told): ReadonlyMap<number, string> {
  return new Map(
    (health ?? []).flatMap((row) => {
      const id = wholeOf(row['node_id']);
      const time = row['last_successful_health_check'] ?? '';
      return id === null || time === '' ? [] : [[id, time] as const];
    }),
  );
}
