import { sanitise, tableLines } from '../plugin/index.ts';
import type { Backend } from './backend.ts';

/** The backends as a table for the people who read `-vv`, as Pgpool describes them; nothing without any. */
export function backendLines(backends: readonly Backend[]): readonly string[] {
  if (backends.length === 0) return [];
  const head = ['backend', 'place', 'status', 'PostgreSQL', 'role', 'its own role', 'delay', 'replication', 'since'];
  const cells = backends.map(({ id, host, port, status, pgStatus, role, pgRole, delay, replication, sync, since }) => [
    String(id),
    `${host}:${port}`,
    status,
    pgStatus ?? '',
    role,
    pgRole ?? '',
    delay === null ? '' : `${delay.value} ${delay.unit}`,
    `${replication ?? ''}${sync === '' ? '' : ` (${sync})`}`,
    since,
  ]);
  return tableLines([head, ...cells.map((row) => row.map((cell) => sanitise(cell) || '-'))]);
}
