import { type Fault, fault } from '../findings/index.ts';
import { listOf } from '../plugin/index.ts';
import { attachCommand } from './attach.ts';
import { type Backend, isInUse, isStreaming, isUp, nameOf, placeOf } from './backend.ts';
import type { Settings } from './pool.ts';
import type { Wishes } from './wishes.ts';

/** Everything needed to judge the backends. */
export type Facts = {
  readonly backends: readonly Backend[];
  readonly settings: Settings;
  /** When a backend last answered a health check, by its number. */
  readonly lastHealthy: ReadonlyMap<number, string>;
};

/** All faults of the backends together: no primary, several, too few, or not those that were expected. */
export function judgeTogether({ backends, settings }: Facts, wishes: Wishes): readonly Fault[] {
  if (backends.length === 0) return [fault('UNKNOWN', 'pool-no-backends', 'Pgpool lists no backend')];
  return [
    ...(isStreaming(backends) ? judgePrimaries(backends) : []),
    ...judgeCount(backends, wishes),
    ...judgeExpected(backends, wishes),
    ...(isStreaming(backends) && settings.srCheckPeriod === 0 ? [blind] : []),
  ];
}

const blind = fault(
  'WARNING',
  'replication-blind',
  'sr_check_period is 0: delay, replication and roles are not looked at',
  'sr_check_period is 0: Pgpool does not look at replication, so delay, replication state and the roles that PostgreSQL has are not known. Set sr_check_period and sr_check_user, then reload',
);

/**
 * Whether PostgreSQL there takes writes: it calls itself a primary, or Pgpool uses it as one and its own role is not
 * known. One that is detached still accepts writes from anybody who reaches it.
 */
function takesWrites(backend: Backend): boolean {
  const { role, pgRole, pgStatus } = backend;
  if (pgStatus === 'down' || pgRole === 'standby') return false;
  return pgRole === 'primary' || (role === 'primary' && isInUse(backend));
}

/** Primaries as Pgpool sees them: one whose status is down does not count. */
export function poolPrimaries(backends: readonly Backend[]): readonly Backend[] {
  return backends.filter((one) => one.role === 'primary' && isInUse(one));
}

function judgePrimaries(backends: readonly Backend[]): readonly Fault[] {
  const writable = backends.filter(takesWrites);
  const faults: Fault[] = [];
  if (writable.length > 1) faults.push(manyPrimaries(writable));
  if (poolPrimaries(backends).length === 0) faults.push(noPrimary(backends, writable));
  return faults;
}

function manyPrimaries(writable: readonly Backend[]): Fault {
  const count = writable.length === 2 ? 'two' : String(writable.length);
  const places = listOf(writable.map((one) => `${one.id} (${placeOf(one)})`));
  return fault(
    'CRITICAL',
    'primaries-several',
    `${count} primaries: ${places}; stop all but one`,
    `${count} primaries, each of which accepts writes: ${places}. Find out which of them has the data that counts, stop the others, and rebuild them as standbys (pg_rewind or pcp_recovery_node)`,
  );
}

function noPrimary(backends: readonly Backend[], writable: readonly Backend[]): Fault {
  const former = backends.filter(({ role }) => role === 'primary');
  const what =
    former.length > 0 ? `: ${listOf(former.map((one) => `${one.id} (${placeOf(one)}) is ${one.status}`))}` : '';
  const [hidden] = writable;
  const todo =
    hidden === undefined
      ? 'Start the primary, or promote a standby'
      : `PostgreSQL on ${hidden.id} (${placeOf(hidden)}) is a primary that Pgpool does not use as one`;
  return fault(
    'CRITICAL',
    'primary-missing',
    `no primary${what}`,
    `no primary${what}, so nothing can be written through Pgpool. ${todo}`,
  );
}

function judgeCount(backends: readonly Backend[], { minUp, expectNodes }: Wishes): readonly Fault[] {
  const up = backends.filter(isUp).length;
  const few = `${up} of ${backends.length} backends up, ${minUp} needed`;
  return [
    ...(up < minUp ? [fault('CRITICAL', 'backends-few', few, `${few} (--min-up)`)] : []),
    ...(expectNodes === undefined || expectNodes === backends.length
      ? []
      : [fault('CRITICAL', 'backends-unexpected', `${backends.length} backends configured, ${expectNodes} expected`)]),
  ];
}

function judgeExpected(backends: readonly Backend[], { expectPrimary: wanted }: Wishes): readonly Fault[] {
  if (wanted === undefined) return [];
  if (!isStreaming(backends))
    return [
      fault('UNKNOWN', 'pool-limit-open', 'Pgpool is in a mode without a primary, so --expect-primary judges nothing'),
    ];
  const seen = poolPrimaries(backends);
  const isWanted = ({ host, port }: Backend) =>
    host.toLowerCase() === wanted.host.toLowerCase() && (wanted.port === undefined || wanted.port === port);
  if (seen.length === 0 || seen.some(isWanted)) return [];
  const where = wanted.port === undefined ? wanted.host : `${wanted.host}:${wanted.port}`;
  return [fault('CRITICAL', 'primary-unexpected', `the primary is ${listOf(seen.map(placeOf))}, expected ${where}`)];
}

/**
 * What to say about each backend: what Pgpool does with it comes before its role and its replication, since a backend
 * that is down may be the reason for those; healthy ones come last.
 */
export function judgeBackends(facts: Facts, wishes: Wishes): readonly Fault[] {
  const { backends } = facts;
  const judges = [
    (one: Backend) => judgeStatus(one, facts, wishes),
    (one: Backend) => judgeRole(one, facts),
    (one: Backend) => judgeReplication(one, facts),
  ];
  const well = backends.filter((one) => judges.every((judge) => judge(one).length === 0));
  return [...judges.flatMap((judge) => backends.flatMap(judge)), ...well.map((one) => wellFault(one, facts))];
}

function judgeStatus(backend: Backend, facts: Facts, wishes: Wishes): readonly Fault[] {
  const { status, pgStatus, role } = backend;
  const name = nameOf(backend);
  const strange: readonly Fault[] =
    pgStatus === null || ['up', 'down', 'unknown', ''].includes(pgStatus)
      ? []
      : [fault('UNKNOWN', 'pool-word-unknown', `${name}: pg_status ${pgStatus} is unknown to this plugin`)];
  if (isInUse(backend)) {
    if (pgStatus !== 'down') return strange;
    const leads = role === 'primary' || role === 'main';
    return [
      fault(
        leads ? 'CRITICAL' : 'WARNING',
        'backend-dead',
        `${name} is ${status}, but its PostgreSQL is down`,
        `${name} is ${status}, but its PostgreSQL is down: Pgpool still sends clients there${healthy(backend, facts)}. Start PostgreSQL there`,
      ),
    ];
  }
  if (status === 'down' && pgStatus === 'up') return [...strange, attachFault(backend, facts, wishes)];
  if (status === 'down' || status === 'quarantine') return [...strange, downFault(backend, facts)];
  return [
    ...strange,
    fault('UNKNOWN', 'pool-word-unknown', `${name}: status ${status || '(empty)'} is unknown to this plugin`),
  ];
}

function downFault(backend: Backend, facts: Facts): Fault {
  const { status, pgStatus } = backend;
  const name = nameOf(backend);
  const what = status === 'down' ? 'down' : 'quarantined';
  const since = sinceWords(backend);
  const why =
    pgStatus === 'down'
      ? 'PostgreSQL does not answer'
      : pgStatus === 'up'
        ? 'PostgreSQL is running'
        : 'Pgpool does not say whether PostgreSQL is running';
  const todo =
    status === 'quarantine'
      ? 'The watchdog had no quorum for a failover; it comes back by itself once this Pgpool reaches it'
      : 'Start PostgreSQL there, then attach it again';
  return fault(
    'WARNING',
    'backend-down',
    `${name} is ${what}, ${why}`,
    `${name} is ${what}${since}: ${why}${healthy(backend, facts)}. ${todo}`,
  );
}

/**
 * A backend that was detached although its PostgreSQL is running; with the command that attaches it, unless that does
 * harm.
 */
function attachFault(backend: Backend, { backends }: Facts, wishes: Wishes): Fault {
  const { pgRole, replication } = backend;
  const brief = `${nameOf(backend)} detached though PostgreSQL is running`;
  const others = backends.filter((one) => one !== backend && takesWrites(one));
  const text = `${brief}${sinceWords(backend)}`;
  if (pgRole === 'primary' && others.length > 0)
    return fault(
      'WARNING',
      'backend-second-primary',
      `${brief}: it is a second primary`,
      `${text}: it is a second primary. Do not attach it: stop it, and rebuild it as a standby (pg_rewind or pcp_recovery_node)`,
    );
  const command = attachCommand(backend.id, wishes.pcp);
  const doubt =
    pgRole === null || pgRole === 'unknown'
      ? 'Make sure first that it is not a second primary (SELECT pg_is_in_recovery() says t on a standby), then: '
      : pgRole === 'standby' && replication === ''
        ? 'Its replication does not appear to be running; check that first, then: '
        : '';
  return fault(
    'WARNING',
    'backend-detached',
    `${brief}: ${doubt === '' ? '' : 'look at it, then '}${attachCommand(backend.id, undefined)}`,
    `${text}. ${doubt}${command}`,
  );
}

function judgeRole(backend: Backend, { backends, settings }: Facts): readonly Fault[] {
  const { role, pgRole, pgStatus } = backend;
  const name = nameOf(backend);
  if (!['primary', 'standby', 'main', 'replica'].includes(role))
    return [fault('UNKNOWN', 'pool-word-unknown', `${name}: role ${role || '(empty)'} is unknown to this plugin`)];
  if (!isStreaming(backends) || pgRole === null || pgRole === '') return [];
  if (pgRole === 'unknown') {
    if (!isInUse(backend) || pgStatus !== 'up' || !(Number(settings.srCheckPeriod) > 0)) return [];
    return [
      fault(
        'WARNING',
        'role-unknown',
        `${name}: Pgpool cannot ask PostgreSQL for its role`,
        `${name}: Pgpool cannot ask PostgreSQL for its role, though it is running: check sr_check_user and its password`,
      ),
    ];
  }
  if (pgRole !== 'primary' && pgRole !== 'standby')
    return [fault('UNKNOWN', 'pool-word-unknown', `${name}: pg_role ${pgRole} is unknown to this plugin`)];
  if (role === pgRole) return [];
  return [
    fault(
      'CRITICAL',
      'role-differs',
      `${name} is a ${pgRole} in PostgreSQL`,
      pgRole === 'primary'
        ? `${name} is a primary in PostgreSQL: it was promoted behind the back of Pgpool, or started without its standby.signal`
        : `${name} is a standby in PostgreSQL: what is written there is refused`,
    ),
  ];
}

/**
 * Whether a standby that Pgpool looks at has no replication state. The state is empty for a moment each time Pgpool
 * looks (2 % of questions at a period of 1 s), so it is asked for again before it counts.
 */
export function lacksReplication({ backends, settings }: Pick<Facts, 'backends' | 'settings'>): boolean {
  return settings.srCheckPeriod !== 0 && backends.some((one) => isFollowing(one) && one.replication === '');
}

function isFollowing(backend: Backend): boolean {
  return backend.role === 'standby' && backend.pgRole !== 'primary' && isUp(backend);
}

/** Only a standby that is in use is judged: Pgpool does not look at the others. */
function judgeReplication(backend: Backend, { backends, settings }: Facts): readonly Fault[] {
  const { replication } = backend;
  if (!isFollowing(backend) || replication === null || replication === 'streaming') return [];
  if (settings.srCheckPeriod === 0) return [];
  const name = nameOf(backend);
  if (replication !== '')
    return [
      ['startup', 'catchup', 'backup', 'stopping'].includes(replication)
        ? fault('WARNING', 'replication-state', `${name} does not stream yet: ${replication}`)
        : fault('UNKNOWN', 'pool-word-unknown', `${name}: replication state ${replication} is unknown to this plugin`),
    ];
  const dead = backends.filter((one) => one !== backend && isInUse(one) && one.pgStatus === 'down');
  const why =
    dead.length > 0
      ? `${listOf(dead.map(nameOf))} is down and not detached, which hides the state of all standbys`
      : 'it does not stream, sr_check_user lacks the role pg_monitor, or its backend_application_name is not that of pg_stat_replication on the primary';
  return [
    fault(
      'WARNING',
      'replication-state',
      `${name} has no replication state`,
      `${name} has no replication state: ${why}`,
    ),
  ];
}

/** The line of a healthy backend, with what is not known about it. */
function wellFault(backend: Backend, { backends, settings }: Facts): Fault {
  const { status, pgStatus, pgRole, delay, replication, sync } = backend;
  const facts = [status === 'waiting' ? 'waiting for its first client' : status];
  if (backend.role === 'standby' && settings.srCheckPeriod !== 0) {
    if (delay !== null) facts.push(`delay ${delay.value} ${delay.unit}`);
    if (replication !== null && replication !== '') facts.push(`${replication}${sync === '' ? '' : ` (${sync})`}`);
  }
  const unknown = [
    ...(pgStatus === 'unknown' || pgStatus === '' ? ['whether PostgreSQL answers'] : []),
    ...((pgRole === 'unknown' || pgRole === '') && isStreaming(backends) ? ['its own role'] : []),
  ];
  const why = settings.healthChecked === false ? ' (health_check_period is 0)' : '';
  const note = unknown.length === 0 ? '' : `; not known: ${unknown.join(', ')}${why}`;
  return fault('OK', 'backend-up', `${nameOf(backend)} is ${facts.join(', ')}${note}`);
}

function sinceWords({ since }: Backend): string {
  return since === '' ? '' : `, since ${since}`;
}

function healthy({ id }: Backend, { lastHealthy }: Facts): string {
  const time = lastHealthy.get(id);
  return time === undefined ? '' : `, last healthy ${time}`;
}
