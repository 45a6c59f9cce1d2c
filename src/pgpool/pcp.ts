import { failure, type Result, success } from '../plugin/index.ts';
import type { Row } from './row.ts';

/** What a pcp program wrote. Its exit code means nothing: it is 0 also where the socket was lost after the login. */
export type PcpOutput = { readonly stdout: string; readonly stderr: string };

/** The names of `pcp_node_info -v`, and the columns of `SHOW pool_nodes` that hold the same. */
const columns: Readonly<Record<string, string>> = {
  Hostname: 'hostname',
  Port: 'port',
  'Status Name': 'status',
  'Backend Status Name': 'pg_status',
  Role: 'role',
  'Backend Role': 'pg_role',
  'Replication Delay': 'replication_delay',
  'Replication State': 'replication_state',
  'Replication Sync State': 'replication_sync_state',
  'Last Status Change': 'last_status_change',
};

/**
 * Reads what pcp_node_info says of backends, as rows of `SHOW pool_nodes`: with `-v` (lines of a name and a value), or
 * in its short form. The number of a backend is its place, or `first` and so on. Fails with the program's complaint
 * where there is no row.
 */
export function readPcpNodes(output: PcpOutput, first = 0): Result<readonly Row[]> {
  const named = blocksOf(output.stdout).filter((block) => block.has('Status Name'));
  const rows =
    named.length > 0
      ? named.map((block) => Object.fromEntries([...block].map(([name, value]) => [columns[name] ?? name, value])))
      : output.stdout.split('\n').flatMap(shortRow);
  if (rows.length === 0) return failure(complaintOf(output) ?? 'it gave no backend');
  return success(rows.map((row, i) => ({ node_id: String(first + i), ...withoutNone(row) })));
}

/**
 * `db2 5433 2 0.500000 up up standby standby 0 streaming async 2026-11-22 08:13:22`; before 4.3 without the status and
 * the role that PostgreSQL itself has. The host of an unused slot is empty.
 */
function shortRow(line: string): readonly Row[] {
  const words =
    /^(\S*) (\d+) \d+ [\d.]+ (\w+) (?:(\w+) )?(\w+) (?:(\w+) )?([\d.]+) (\w+) (\w+) (\S+ \S+)$/.exec(line.trimEnd()) ??
    [];
  const [whole, hostname, port, status, pgStatus, role, pgRole, delay, state, sync, changed] = words;
  if (whole === undefined) return [];
  const own = pgStatus === undefined || pgRole === undefined ? {} : { pg_status: pgStatus, pg_role: pgRole };
  return [
    {
      ...{ hostname, port, status, role, ...own, replication_delay: delay },
      ...{ replication_state: state, replication_sync_state: sync, last_status_change: changed },
    },
  ];
}

/** PCP writes `none` where SQL leaves a cell empty. */
function withoutNone(row: Row): Row {
  const states = ['replication_state', 'replication_sync_state'];
  const none = Object.entries(row).filter(([name, value]) => states.includes(name) && value === 'none');
  return { ...row, ...Object.fromEntries(none.map(([name]) => [name, ''])) };
}

/** The blocks of `Name : value` lines, which an empty line separates. */
export function blocksOf(text: string): readonly ReadonlyMap<string, string>[] {
  return text.split(/\n\s*\n/).map((block) => {
    const lines = block.split('\n').map((line) => /^([A-Z][\w ]*?)\s*:\s?(.*)$/.exec(line));
    return new Map(lines.flatMap((found) => (found === null ? [] : [[found[1] ?? '', (found[2] ?? '').trim()]])));
  });
}

/** What a pcp program complains about, in one line; null where it says nothing. */
export function complaintOf({ stdout, stderr }: PcpOutput): string | null {
  const lines = `${stderr}\n${stdout}`
    .split('\n')
    .map((line) => line.trim().replace(/^(?:ERROR|FATAL|DETAIL|WARNING):\s*/, ''))
    .filter((line) => line !== '' && !/^Try "/.test(line));
  const [first, ...rest] = lines;
  return first === undefined ? null : [first, ...rest.slice(0, 1)].join(': ');
}
