import {
  type Answer,
  isWorthAnotherLook,
  judgePgpool,
  parseLimit,
  parsePlace,
  readPcpNodes,
  readWatchdog,
  reportPgpool,
  type Told,
  twice,
  type Verdict,
  type Wishes,
} from '../src/pgpool/index.ts';
import {
  type Context,
  definePlugin,
  failure,
  type Report,
  type Result,
  readSecrets,
  success,
} from '../src/plugin/index.ts';
import {
  type Access,
  accessOf,
  now,
  openPcp,
  type Patience,
  type Pcp,
  postgresOptions,
  postgresTrouble,
  type Session,
  type Target,
  type Trouble,
} from '../src/postgres/index.ts';
import { resolve } from '../src/resolver/index.ts';

export default definePlugin({
  name: 'check_pgpool',
  summary: 'Checks a Pgpool-II, its backends, their replication and its watchdog',
  description:
    'Asks one Pgpool-II (4.1 to 4.7) by SQL for its backends and children and, with --pcp-port, by the pcp programs of its package for its watchdog. It says what is wrong and changes nothing.',
  options: {
    hostname: {
      short: 'H',
      value: 'HOST',
      help: 'the Pgpool: name, address, or the directory of its Unix socket',
      required: true,
      parse: readHost,
    },
    ...postgresOptions,
    warning: {
      short: 'w',
      value: 'WHAT=RANGE',
      help: 'WARNING outside this range: delay (bytes, or seconds with an s at its end), children (percent in use), up (backends)',
      repeat: true,
      default: [],
      parse: parseLimit,
    },
    critical: {
      short: 'c',
      value: 'WHAT=RANGE',
      help: 'CRITICAL outside this range',
      repeat: true,
      default: [],
      parse: parseLimit,
    },
    minUp: { value: 'N', help: 'CRITICAL when fewer backends are up', type: 'integer', min: 0, default: 1 },
    expectNodes: { value: 'N', help: 'backends that must be configured, else CRITICAL', type: 'integer', min: 1 },
    expectPrimary: {
      value: 'HOST[:PORT]',
      help: 'the backend that must be the primary, as Pgpool names it, else CRITICAL',
      parse: parsePlace,
    },
    watchdog: {
      value: 'WHAT',
      help: 'require it, judge it where it is enabled (auto), or ignore it',
      type: ['require', 'auto', 'ignore'],
      default: 'auto',
    },
    pcpPort: { value: 'PORT', help: 'ask PCP too, on this port', type: 'integer', min: 1025, max: 65535 },
    pcpHost: { value: 'HOST', help: 'where PCP listens; else as --hostname', parse: readHost },
    pcpUsername: { value: 'USER', help: 'whom to log in to PCP as; else as --username' },
  },
  examples: [
    { text: 'backends, roles and replication', args: '--hostname pgpool1 --username monitor' },
    {
      text: 'a standby far behind, and a pool that fills up',
      args: '--hostname pgpool1 -w delay=16000000 -c delay=1e9 -w children=80 -c children=95',
    },
    {
      text: 'the watchdog too',
      args: '--hostname pgpool1 --pcp-port 9898 --pcp-username monitor --watchdog require --credentials /etc/icinga2/pgpool.secret',
    },
  ],
  check: (options) => {
    const warning = twice(options.warning);
    if (warning !== undefined) return `--warning has two ranges for ${warning}`;
    const critical = twice(options.critical);
    if (critical !== undefined) return `--critical has two ranges for ${critical}`;
    if (options.pcpPort === undefined) {
      if (options.watchdog === 'require') return '--watchdog require needs --pcp-port';
      if (options.pcpHost !== undefined) return '--pcp-host needs --pcp-port';
      if (options.pcpUsername !== undefined) return '--pcp-username needs --pcp-port';
    }
    return postgresTrouble(options);
  },
  run: async (options, context) => {
    const { hostname: host, credentials } = options;
    const secrets = credentials === undefined ? success({}) : readSecrets(credentials, secretNames);
    if (!secrets.ok) return refused(`--credentials: ${secrets.reason}`);
    const { postgres, pcp: pcpPassword }: Secrets = secrets.value;
    const access = accessOf(host, options, postgres);
    if (!access.ok) return refused(access.reason);
    const { pcpPort, pcpHost = host, pcpUsername = access.value.user } = options;
    const pcp = pcpPort === undefined ? undefined : { host: pcpHost, port: pcpPort, user: pcpUsername };
    const wishes: Wishes = { ...options, pcp };
    context.stage(`asking ${host}`);
    const patience = patienceOf(context);
    const sql = askSql(host, options.port, access.value, patience, context);
    const byPcp = pcp === undefined ? undefined : openPcp({ ...pcp, password: pcpPassword });
    const asked: Watched =
      byPcp === undefined
        ? { pcpNodes: undefined, watchdog: undefined }
        : await askPcp(byPcp, sql, wishes, patience, context);
    const { told, trouble, notes } = await sql;
    context.stage('judging');
    const answer: Answer = { host, told, trouble, pcpNodes: asked.pcpNodes, watchdog: asked.watchdog };
    const verdict = judgePgpool(answer, wishes);
    return reportPgpool(verdict, wishes, detailsOf(verdict, answer, notes, context.verbosity));
  },
});

const secretNames = { PGPASSWORD: 'postgres', PCPPASSWORD: 'pcp' } as const;
type Secrets = { readonly postgres?: string; readonly pcp?: string };

/** What came of SQL: answers, why there are not all of them, and how it went. */
type Asked = { readonly told: Told; readonly trouble: Trouble | undefined; readonly notes: readonly string[] };

/** Questions in their order: what others depend on first, and last what waits for each backend that does not answer. */
const questions = [
  ['version', 'SHOW pool_version'],
  ['status', 'SHOW pool_status'],
  ['processes', 'SHOW pool_processes'],
  ['health', 'SHOW pool_health_check_stats'],
  ['nodes', 'SHOW pool_nodes'],
] as const;

/** How long after an empty replication state it is asked again, and how often, at most. */
const blink = { milliseconds: 250, times: 2 };

const tooLate: Trouble = {
  kind: 'refusal',
  text: 'was not asked before the time limit: this host is too busy (raise --timeout)',
};

/** Asks by SQL for everything, in one session. Never rejects. */
async function askSql(
  host: string,
  port: number,
  access: Access,
  patience: Patience,
  context: Context,
): Promise<Asked> {
  const began = now();
  if (began >= patience.until) return { told: {}, trouble: tooLate, notes: [] };
  const targets = await targetsOf(host, port, patience, context);
  if (!targets.ok) return { told: {}, trouble: { kind: 'unreachable', text: targets.reason }, notes: [] };
  const { openSession } = await import('#postgres');
  const opened = await openSession(targets.value, access, patience);
  if (!opened.ok) return { told: {}, trouble: opened.trouble, notes: [] };
  const { session } = opened;
  const asked = await askAll(session, patience);
  await session.close();
  const way = session.encrypted ? 'with TLS' : 'without TLS';
  return { ...asked, notes: [`asked by SQL ${way} as ${access.user} in ${Math.round(now() - began)} ms`] };
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
    await new Promise((resolve) => setTimeout(resolve, blink.milliseconds));
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
  context: Context,
): Promise<Result<readonly Target[]>> {
  if (host.startsWith('/')) return success([{ kind: 'unix', directory: host.replace(/(?<=.)\/+$/, ''), port }]);
  const places = await resolve(host, undefined, port, { limitMs: until - now(), signal: () => context.signal });
  return places.ok ? success(places.value.map(({ address }) => ({ kind: 'tcp', address, port }))) : places;
}

type Watched = Pick<Answer, 'pcpNodes' | 'watchdog'>;

/**
 * Asks by PCP for the watchdog at once. For the backends only where SQL fails or is slow, since that is all they are
 * needed for, and pcp_node_info can hang; or where the watchdog is not asked for, and nothing else would show that PCP
 * can be asked.
 */
async function askPcp(
  opened: Result<Pcp>,
  sql: Promise<Asked>,
  { watchdog: wish }: Wishes,
  patience: Patience,
  context: Context,
): Promise<Watched> {
  const left = () => Math.max(1, patience.until - now());
  if (!opened.ok)
    return wish === 'ignore'
      ? { pcpNodes: opened, watchdog: undefined }
      : { pcpNodes: undefined, watchdog: { kind: 'failed', reason: opened.reason } };
  const pcp = opened.value;
  const ended = new AbortController();
  context.signal.addEventListener('abort', () => ended.abort());
  const watchdog = async () => {
    if (wish === 'ignore') return undefined;
    const output = await pcp.ask('pcp_watchdog_info', ['-v'], { limitMs: left(), signal: context.signal });
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
  return { pcpNodes, watchdog: read };
}

/** Whether SQL tells of the backends within so many milliseconds. */
async function isWell(sql: Promise<Asked>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const well = await Promise.race([sql.then(({ told }) => told.nodes !== undefined), slow]);
  clearTimeout(timer);
  return well;
}

/** Before 4.3, pcp_node_info tells of one backend at a time. */
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

/** Whoever is asked gets a shorter time than the plugin, `-t` less 1.5 s and at least two thirds of it. */
function patienceOf(context: Context): Patience {
  const limitMs = Math.max(0, context.timeLeft() - Math.min(1500, context.timeoutMs / 3));
  return { until: now() + limitMs, limitMs: context.timeoutMs - Math.min(1500, context.timeoutMs / 3) };
}

/** `-v`: how it was asked; `-vv`: the backends as they were understood; `-vvv`: what came, less the settings. */
function detailsOf(
  { version, backends, source }: Verdict,
  { told, pcpNodes }: Answer,
  notes: readonly string[],
  verbosity: Context['verbosity'],
): readonly string[] {
  const from = source === 'pcp' ? ['the backends are those that PCP shows'] : [];
  const rows = [told.version, told.processes, told.health, told.nodes, pcpNodes?.ok === true ? pcpNodes.value : []];
  return [
    ...(verbosity >= 1 ? [...(version === '' ? [] : [`Pgpool-II ${version}`]), ...notes, ...from] : []),
    ...(verbosity >= 2 ? backends.map((one) => JSON.stringify(one)) : []),
    ...(verbosity >= 3 ? rows.flatMap((some) => (some ?? []).map((row) => JSON.stringify(row))) : []),
  ];
}

function refused(reason: string): Report {
  return { state: 'UNKNOWN', summary: `${reason} (see --help)`, findings: [] };
}

/** A name, an address (IPv6 with or without brackets), or the directory of a Unix socket. */
function readHost(text: string): Result<string> {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (/^\/[^\0\n]*$/.test(host)) return success(host);
  return /^[A-Za-z0-9_.:%-]{1,255}$/.test(host) && !host.startsWith('-')
    ? success(host)
    : failure(`"${text}" is not a host name, an address or a directory`);
}
