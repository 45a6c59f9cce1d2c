import { type Fault, fault } from '../findings/index.ts';
import type { Result } from '../plugin/index.ts';
import { type Backend, isInUse, isStreaming, isUp, readBackends } from './backend.ts';
import { type Facts, judgeBackends, judgeTogether, lacksReplication, poolPrimaries } from './judge.ts';
import { judgeLimits } from './limits.ts';
import {
  type Children,
  readChildren,
  readLastHealthy,
  readSettings,
  readVersion,
  type Settings,
  type Told,
} from './pool.ts';
import type { Row } from './row.ts';
import { type Cause, judgeTrouble, type Trouble } from './trouble.ts';
import { judgeWatchdog, type WatchdogReading } from './watchdog.ts';
import type { Wishes } from './wishes.ts';

/** The outcome of asking one Pgpool. */
export type Answer = {
  /** As it was given. */
  readonly host: string;
  readonly told: Told;
  /** Why SQL did not give everything. */
  readonly trouble: Trouble | undefined;
  /** What pcp_node_info shows, where it was asked. */
  readonly pcpNodes: Result<readonly Row[]> | undefined;
  readonly watchdog: WatchdogReading | undefined;
};

/** The verdict on a Pgpool, and the facts that it is from. */
export type Verdict = {
  readonly host: string;
  readonly version: string;
  readonly faults: readonly Fault[];
  readonly backends: readonly Backend[];
  /** Where the backends are from: SQL or, where that gave nothing, PCP. */
  readonly source: 'sql' | 'pcp' | null;
  readonly settings: Settings;
  readonly children: Children | null;
  readonly watchdog: WatchdogReading | undefined;
};

/** Judges everything that one Pgpool reported; what could not be asked is listed beside what the rest shows. */
export function judgePgpool(answer: Answer, wishes: Wishes): Verdict {
  const { host, told, trouble, pcpNodes, watchdog } = answer;
  const fromPcp = told.nodes === undefined && pcpNodes?.ok === true ? pcpNodes.value : undefined;
  const rows = told.nodes ?? fromPcp;
  const { backends, unread } = readBackends(rows ?? []);
  const settings = readSettings(told);
  const children = readChildren(told, settings);
  const facts: Facts = { backends, settings, lastHealthy: readLastHealthy(told) };
  const values = { backends, settings, children };
  const faults = [
    ...(trouble === undefined ? [] : [troubleFault(trouble, fromPcp === undefined ? null : backends)]),
    ...(rows === undefined && trouble === undefined
      ? [fault('UNKNOWN', 'pool-unread', 'Pgpool did not report its backends')]
      : []),
    ...(rows === undefined ? [] : judgeTogether(facts, wishes)),
    ...unread.map((what) => fault('UNKNOWN', 'pool-unread', what)),
    ...(watchdog === undefined ? [] : judgeWatchdog(watchdog, wishes.watchdog)),
    ...(settings.watchdog === true && wishes.pcp === undefined && wishes.watchdog !== 'ignore' ? [unseen] : []),
    ...(pcpNodes === undefined || pcpNodes.ok || watchdog?.kind === 'failed'
      ? []
      : [
          fault(
            'UNKNOWN',
            'pool-unread',
            `PCP could not be asked for the backends: ${pcpNodes.reason.replace(/\.$/, '')}`,
          ),
        ]),
    ...(rows === undefined ? [] : judgeBackends(facts, wishes)),
    ...(told.nodes === undefined ? [] : judgeLimits(values, wishes)),
  ];
  return {
    ...{ host, version: readVersion(told), faults, backends, settings, children, watchdog },
    source: rows === undefined ? null : fromPcp === undefined ? 'sql' : 'pcp',
  };
}

const unseen = fault('OK', 'watchdog-unseen', 'the watchdog is enabled, but is not checked without --pcp-port');

/** Whether the backends should be asked for once more before they are judged. */
export function isWorthAnotherLook(told: Told): boolean {
  const { backends } = readBackends(told.nodes ?? []);
  return lacksReplication({ backends, settings: readSettings(told) });
}

/** Why SQL gave nothing or not everything, and what PCP still shows, where it was asked. */
function troubleFault(trouble: Trouble, shown: readonly Backend[] | null): Fault {
  if (shown === null) return judgeTrouble(trouble, null);
  const { state, code, brief, text } = judgeTrouble(trouble, causeOf(shown));
  const still = `; PCP still shows ${shown.filter(isUp).length} of ${shown.length} backends up`;
  return fault(
    state,
    code,
    `${brief}${still}`,
    text.startsWith(brief) ? `${brief}${still}${text.slice(brief.length)}` : text,
  );
}

/** Why a Pgpool accepts no sessions, judging by the backends that PCP shows. */
function causeOf(backends: readonly Backend[]): Cause {
  if (isStreaming(backends) && !poolPrimaries(backends).some(({ pgStatus }) => pgStatus !== 'down')) return 'searching';
  const used = backends.filter(isInUse);
  if (used.some(({ pgStatus }) => pgStatus === 'down')) return 'hanging';
  return used.every(({ pgStatus }) => pgStatus === 'up') ? 'busy' : 'unsure';
}
