import { type Fault, fault } from '../findings/index.ts';
import { listOf, type State } from '../plugin/index.ts';
import { blocksOf, complaintOf, type PcpOutput } from './pcp.ts';
import { wholeOf, wordOf } from './row.ts';

/** Whether the watchdog must be enabled, is judged where it is, or is left alone. */
export type WatchdogWish = 'require' | 'auto' | 'ignore';

/** The outcome of asking for the watchdog: its state, that there is none, or why it could not be read. */
export type WatchdogReading =
  | ({ readonly kind: 'read' } & Watchdog)
  | { readonly kind: 'disabled' }
  | { readonly kind: 'failed'; readonly reason: string };

/** The watchdog as one Pgpool sees it. */
export type Watchdog = {
  /** Pgpools that are configured. */
  readonly total: number;
  /** `quorum exist`, `quorum absent`, `quorum is on the edge`, `no leader node`; another word of a newer version. */
  readonly quorum: string;
  /** The name of the leader; empty without one. */
  readonly leader: string;
  readonly nodes: readonly WatchdogNode[];
};

/** A Pgpool of the watchdog. */
export type WatchdogNode = { readonly name: string; readonly state: string; readonly membership: string };

/** States of a member that does its work. LEADER was MASTER before 4.2. */
const alive: ReadonlySet<string> = new Set(['leader', 'standby']);
const lost: ReadonlySet<string> = new Set(['dead', 'lost', 'shutdown', 'in network trouble', 'network isolation']);
const coming: ReadonlySet<string> = new Set([
  ...['loading', 'joining', 'initializing', 'participating in election', 'standing for leader', 'add message sent'],
]);

/** Reads what `pcp_watchdog_info -v` says; by its text only, since its exit code is 0 even without a watchdog. */
export function readWatchdog(output: PcpOutput): WatchdogReading {
  const complaint = complaintOf(output);
  // Spelt watcdhog by 4.1 and 4.2.
  if (/watc\w+ is not enabled/i.test(`${output.stderr}\n${output.stdout}`)) return { kind: 'disabled' };
  const blocks = blocksOf(output.stdout);
  const cluster = blocks.find((block) => block.has('Quorum state'));
  const total = wholeOf(cluster?.get('Total Nodes'));
  if (cluster === undefined || total === null)
    return { kind: 'failed', reason: complaint ?? 'pcp_watchdog_info gave no answer' };
  const leader = (cluster.get('Leader Node Name') ?? cluster.get('Master Node Name') ?? '').trim();
  return {
    kind: 'read',
    total,
    quorum: wordOf(cluster.get('Quorum state')) ?? '',
    leader: /^not[_ ]set$/i.test(leader) ? '' : leader,
    nodes: blocks
      .filter((block) => block.has('Node Name') && block.has('Status Name'))
      .map((block) => ({
        name: block.get('Node Name') ?? '',
        state: (wordOf(block.get('Status Name')) ?? '').replace('master', 'leader'),
        membership: wordOf(block.get('Membership Status')) ?? 'member',
      })),
  };
}

/** How many Pgpools do their work: leader and standbys. */
export function aliveCount({ nodes }: Watchdog): number {
  return nodes.filter(({ state }) => alive.has(state)).length;
}

/** Everything to report about the watchdog; the last line says that all is well, if it is. */
export function judgeWatchdog(reading: WatchdogReading, wish: WatchdogWish): readonly Fault[] {
  if (reading.kind === 'failed')
    return [
      fault('UNKNOWN', 'watchdog-unread', `the watchdog could not be read: ${reading.reason.replace(/\.$/, '')}`),
    ];
  if (reading.kind === 'disabled')
    return [
      wish === 'require'
        ? fault(
            'CRITICAL',
            'watchdog-off',
            'the watchdog is not enabled',
            'the watchdog is not enabled (use_watchdog): --watchdog require',
          )
        : fault('OK', 'watchdog-off', 'no watchdog is enabled'),
    ];
  const faults = [...judgeQuorum(reading), ...judgeLeader(reading), ...judgeNodes(reading)];
  return faults.length > 0
    ? faults
    : [fault('OK', 'watchdog-well', `watchdog: quorum exists, leader ${reading.leader}${others(reading)}`)];
}

function others(watchdog: Watchdog): string {
  return `, ${aliveCount(watchdog)} of ${watchdog.total} Pgpools alive`;
}

function judgeQuorum(watchdog: Watchdog): readonly Fault[] {
  const seen = `${aliveCount(watchdog)} of ${watchdog.total} Pgpools are alive here`;
  switch (watchdog.quorum) {
    case 'quorum exist':
      return [];
    case 'quorum absent':
      return [
        fault(
          'CRITICAL',
          'quorum-lost',
          'the watchdog has lost its quorum: no failover, no virtual address',
          `the watchdog has lost its quorum: ${seen}, so this side holds no virtual address, and by default does no failover. Start the Pgpools that are lost, or repair the network between them`,
        ),
      ];
    case 'quorum is on the edge':
      return [
        fault(
          'WARNING',
          'quorum-edge',
          'the watchdog is on the edge of its quorum',
          `the watchdog is on the edge of its quorum: ${seen}, and losing one more loses the quorum. Start the Pgpools that are lost`,
        ),
      ];
    case 'no leader node':
      return [];
    default:
      return [
        fault(
          'UNKNOWN',
          'pool-word-unknown',
          `the state of the watchdog's quorum is unknown to this plugin: ${watchdog.quorum || 'empty'}`,
        ),
      ];
  }
}

function judgeLeader({ quorum, leader, nodes }: Watchdog): readonly Fault[] {
  const leaders = nodes.filter(({ state }) => state === 'leader').map(({ name }) => name);
  if (leaders.length > 1)
    return [
      fault(
        'CRITICAL',
        'watchdog-leader',
        `the watchdog has ${leaders.length} leaders`,
        `the watchdog has ${leaders.length} leaders: ${listOf(leaders)}. Repair the network between them`,
      ),
    ];
  if (quorum !== 'no leader node' && leader !== '') return [];
  return [
    fault(
      'CRITICAL',
      'watchdog-leader',
      'the watchdog has no leader',
      'the watchdog has no leader: nobody holds the virtual address or decides on a failover. If no election ends this within seconds, look at the network between the Pgpools and at their logs',
    ),
  ];
}

function judgeNodes({ nodes, total }: Watchdog): readonly Fault[] {
  const untold: readonly Fault[] =
    nodes.length >= total
      ? []
      : [fault('UNKNOWN', 'watchdog-unread', `the watchdog has ${total} Pgpools, but lists ${nodes.length} of them`)];
  return [...untold, ...nodes.flatMap(judgeNode)];
}

function judgeNode({ name, state, membership }: WatchdogNode): readonly Fault[] {
  const removed = membership === 'member' ? '' : ` (${membership})`;
  const said = (level: State, what: string, advice = '') => [
    fault(
      level,
      level === 'UNKNOWN' ? 'pool-word-unknown' : 'watchdog-member',
      `Pgpool ${name} ${what}`,
      `Pgpool ${name} ${what}${removed}${advice}`,
    ),
  ];
  if (lost.has(state))
    return said(
      'WARNING',
      `is lost to the watchdog${state === 'lost' ? '' : ` (${state})`}`,
      '. Start it, or look at its network',
    );
  if (coming.has(state)) return said('WARNING', `is not yet a member of the watchdog: ${state}`);
  if (!alive.has(state)) return said('UNKNOWN', `is in a state that is unknown to this plugin: ${state || 'empty'}`);
  return removed === '' ? [] : said('WARNING', 'does not count for the quorum');
}
