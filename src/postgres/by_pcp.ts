import { type Answer, readPcpNodes, readWatchdog, type WatchdogWish } from '../pgpool/index.ts';
import { now, type Result, success } from '../plugin/index.ts';
import type { Asked } from './by_sql.ts';
import type { Pcp } from './pcp.ts';
import type { Patience } from './session.ts';

/** The outcome of PCP; undefined where it was not asked. */
export type Watched = Pick<Answer, 'pcpNodes' | 'watchdog'>;

/**
 * Asks by PCP for the watchdog at once. For the backends only where SQL fails or is slow, since that is all they are
 * needed for, and pcp_node_info can hang; or where the watchdog is not asked for, and nothing else would show that PCP
 * can be asked.
 */
export async function askPcp(
  opened: Result<Pcp>,
  sql: Promise<Asked>,
  wish: WatchdogWish,
  patience: Patience,
  signal: AbortSignal,
): Promise<Watched> {
  const left = () => Math.max(1, patience.until - now());
  if (!opened.ok)
    return wish === 'ignore'
      ? { pcpNodes: opened, watchdog: undefined }
      : { pcpNodes: undefined, watchdog: { kind: 'failed', reason: opened.reason } };
  const pcp = opened.value;
  const ended = new AbortController();
  signal.addEventListener('abort', () => ended.abort());
  const watchdog = async () => {
    if (wish === 'ignore') return undefined;
    const output = await pcp.ask('pcp_watchdog_info', ['-v'], { limitMs: left(), signal });
    return output.ok ? readWatchdog(output.value) : ({ kind: 'failed', reason: output.reason } as const);
  };
  const nodes = async () => {
    if (wish !== 'ignore' && (await isWell(sql, left() / 3))) return undefined;
    const asking = askNodes(pcp, () => ({ limitMs: left(), signal: ended.signal }));
    if (wish === 'ignore') return asking;
    const well = sql.then(({ told }) => (told.nodes === undefined ? asking : undefined));
    return Promise.race([well, asking]);
  };
  const [pcpNodes, read] = await Promise.all([nodes(), watchdog()]);
  ended.abort();
  pcp.close();
  // Slow SQL may have reported them in the end.
  const isNeeded = wish === 'ignore' || (await sql).told.nodes === undefined;
  return { pcpNodes: isNeeded ? pcpNodes : undefined, watchdog: read };
}

/** Whether SQL reports the backends within this many milliseconds. */
async function isWell(sql: Promise<Asked>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const well = await Promise.race([sql.then(({ told }) => told.nodes !== undefined), slow]);
  clearTimeout(timer);
  return well;
}

/** Before 4.3, pcp_node_info reports one backend at a time. */
async function askNodes(pcp: Pcp, limits: () => Parameters<Pcp['ask']>[2]): Promise<Answer['pcpNodes']> {
  const all = await pcp.ask('pcp_node_info', ['-a', '-v'], limits());
  if (!all.ok) return all;
  if (!/(?:invalid|unrecognized) option/.test(all.value.stderr)) return readPcpNodes(all.value);
  const counted = await pcp.ask('pcp_node_count', [], limits());
  if (!counted.ok) return counted;
  const count = /^\d{1,3}$/m.exec(counted.value.stdout)?.[0];
  if (count === undefined) return readPcpNodes(counted.value);
  const rows = [];
  for (let id = 0; id < Number(count); id++) {
    const one = await pcp.ask('pcp_node_info', ['-v', '-n', String(id)], limits());
    const read = one.ok ? readPcpNodes(one.value, id) : one;
    if (!read.ok) return read;
    rows.push(...read.value);
  }
  return success(rows);
}
