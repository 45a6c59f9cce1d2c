import { isWorthAnotherLook, type Told } from '../pgpool/index.ts';
import { now, type Result, success } from '../plugin/index.ts';
import { resolve } from '../resolver/index.ts';
import { pause } from './pause.ts';
import type { Access, Patience, Session, Target } from './session.ts';
import type { Trouble } from './trouble.ts';

/** The outcome of SQL: answers, why some are missing, and how it went. */
export type Asked = { readonly told: Told; readonly trouble: Trouble | undefined; readonly notes: readonly string[] };

/** Questions in order: first what others depend on, last what waits for each backend that does not answer. */
const questions = [
  ['version', 'SHOW pool_version'],
  ['status', 'SHOW pool_status'],
  ['processes', 'SHOW pool_processes'],
  ['health', 'SHOW pool_health_check_stats'],
  ['nodes', 'SHOW pool_nodes'],
] as const;

/** Children restart after a failover and end their sessions: how often it is retried, and after how long. */
const restart = { tries: 2, milliseconds: 500 };

/** How long after an empty replication state it is asked again, and how often, at most. */
const blink = { milliseconds: 250, times: 2 };

const tooLate: Trouble = {
  kind: 'refusal',
  text: 'was not asked before the time limit: this host is too busy (raise --timeout)',
};

/** Asks a Pgpool by SQL for everything, in one session; `signal` ends the lookup of its name. Never rejects. */
export async function askSql(
  host: string,
  port: number,
  access: Access,
  patience: Patience,
  signal: () => AbortSignal,
): Promise<Asked> {
  const began = now();
  if (began >= patience.until) return { told: {}, trouble: tooLate, notes: [] };
  const targets = await targetsOf(host, port, patience, signal);
  if (!targets.ok) return { told: {}, trouble: { kind: 'unreachable', text: targets.reason }, notes: [] };
  const { openSession } = await import('#postgres');
  for (let tries = 1; ; tries++) {
    const opened = await openSession(targets.value, access, patience);
    const asked = opened.ok ? await askAll(opened.session, patience) : { told: {}, trouble: opened.trouble };
    if (opened.ok) await opened.session.close();
    if (
      asked.trouble?.kind === 'closed' &&
      tries < restart.tries &&
      patience.until - now() > 3 * restart.milliseconds
    ) {
      await pause(restart.milliseconds);
      continue;
    }
    if (!opened.ok) return { ...asked, notes: [] };
    const way = opened.session.encrypted ? 'with TLS' : 'without TLS';
    return { ...asked, notes: [`asked by SQL ${way} as ${access.user} in ${Math.round(now() - began)} ms`] };
  }
}

async function askAll(session: Session, { until }: Patience): Promise<Omit<Asked, 'notes'>> {
  const told: { -readonly [Name in keyof Told]: Told[Name] } = {};
  for (const [name, text] of questions) {
    const answer = await session.query(text);
    if (answer.ok) told[name] = answer.rows;
    // An older Pgpool does not have all of them, and its settings may be guarded.
    else if (answer.trouble.kind !== 'server' || name === 'version' || name === 'nodes')
      return { told, trouble: answer.trouble };
  }
  for (let times = 0; times < blink.times && isWorthAnotherLook(told); times++) {
    if (until - now() < 3 * blink.milliseconds) break;
    await pause(blink.milliseconds);
    const again = await session.query('SHOW pool_nodes');
    if (!again.ok) break;
    told.nodes = again.rows;
  }
  return { told, trouble: undefined };
}

async function targetsOf(
  host: string,
  port: number,
  { until }: Patience,
  signal: () => AbortSignal,
): Promise<Result<readonly Target[]>> {
  if (host.startsWith('/')) return success([{ kind: 'unix', directory: host.replace(/(?<=.)\/+$/, ''), port }]);
  const places = await resolve(host, undefined, port, { limitMs: until - now(), signal });
  return places.ok ? success(places.value.map(({ address }) => ({ kind: 'tcp', address, port }))) : places;
}
