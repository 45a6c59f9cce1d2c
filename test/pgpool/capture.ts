import { existsSync, readFileSync } from 'node:fs';
import {
  type Answer,
  judgePgpool,
  parseLimit,
  type Row,
  readPcpNodes,
  readWatchdog,
  reportPgpool,
  type Told,
  type Wishes,
} from '../../src/pgpool/index.ts';
import { renderText, stateOf } from '../../src/plugin/index.ts';
import { recordedRows } from '../fixtures/pgpool/recording.ts';

const folder = 'test/fixtures/pgpool';

export function captured(name: string): string {
  return readFileSync(`${folder}/${name}`, 'utf8');
}

const known = new Map<string, readonly Row[]>();

function rowsIn(name: string): readonly Row[] {
  const rows = known.get(name) ?? recordedRows(captured(name));
  known.set(name, rows);
  return rows;
}

/** What a situation was recorded as: what SQL said, and what PCP said. */
export function capture(name: string): { readonly told: Told; readonly pcp: ReturnType<typeof readPcpNodes> } {
  const told = (file: string) => (existsSync(`${folder}/${file}.psv`) ? rowsIn(`${file}.psv`) : undefined);
  // Where psql could not connect, its complaint was recorded.
  const nodes = told(name)?.filter((row) => 'status' in row);
  return {
    told: {
      version: told('healthy-pool-version'),
      status: told('healthy-pool-status'),
      processes: told('healthy-pool-processes'),
      ...(nodes === undefined || nodes.length === 0 ? {} : { nodes }),
    },
    pcp: readPcpNodes({ stdout: captured(`${name}.pcp`), stderr: '' }),
  };
}

export function limits(...texts: readonly string[]): Wishes['warning'] {
  return texts.map((text) => {
    const limit = parseLimit(text);
    if (!limit.ok) throw new Error(limit.reason);
    return limit.value;
  });
}

export const noWishes: Wishes = {
  warning: [],
  critical: [],
  minUp: 1,
  expectNodes: undefined,
  expectPrimary: undefined,
  watchdog: 'auto',
  pcp: undefined,
};

export const noAnswer: Answer = {
  host: 'pool1',
  told: {},
  trouble: undefined,
  pcpNodes: undefined,
  watchdog: undefined,
};

/** Everything that is said of an answer. */
export function faultsOf(answer: Partial<Answer>, wishes: Partial<Wishes> = {}) {
  return judgePgpool({ ...noAnswer, ...answer }, { ...noWishes, ...wishes }).faults;
}

/** The verdict as it is printed: its state, its first line, and all of its text. */
export function judged(answer: Partial<Answer>, wishes: Partial<Wishes> = {}) {
  const all = { ...noWishes, ...wishes };
  const report = reportPgpool(judgePgpool({ ...noAnswer, ...answer }, all), all);
  const text = renderText(report);
  return { state: stateOf(report), first: text.split('\n')[0] ?? '', text };
}

/** The verdict on what pcp_watchdog_info has said, beside backends that are well. */
export function watched(stdout: string, wishes: Partial<Wishes> = {}) {
  const { told } = capture('00-healthy');
  return judged({ told, watchdog: readWatchdog({ stdout, stderr: '' }) }, wishes);
}

/** Healthy backends, a primary and a standby, with something else in their cells; `null` takes a column away. */
export function backends(...changes: readonly Readonly<Record<string, string | null>>[]): readonly Row[] {
  const healthy = rowsIn('00-healthy.psv');
  return changes.map((change, i) => {
    const model = healthy[Math.min(i, 1)] ?? {};
    const row = { ...model, node_id: String(i), hostname: `db${i + 1}`, port: '5432', ...change };
    return Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== null));
  });
}

/** What Pgpool tells with these backends, and with settings that differ from the recorded ones. */
export function telling(nodes: readonly Row[], settings: Readonly<Record<string, string>> = {}): Told {
  const { told } = capture('00-healthy');
  const status: readonly Row[] = (told.status ?? []).map((row) => ({
    ...row,
    value: settings[row['item'] ?? ''] ?? row['value'],
  }));
  const extra = Object.entries(settings).filter(([item]) => !status.some((row) => row['item'] === item));
  return { ...told, nodes, status: [...status, ...extra.map(([item, value]) => ({ item, value }))] };
}
