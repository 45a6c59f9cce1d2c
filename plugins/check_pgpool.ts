import {
  type Answer,
  backendLines,
  judgePgpool,
  parseLimit,
  parsePlace,
  reportPgpool,
  twice,
  type Verdict,
  type Wishes,
} from '../src/pgpool/index.ts';
import {
  type Context,
  definePlugin,
  failure,
  now,
  type Report,
  type Result,
  readSecrets,
  success,
} from '../src/plugin/index.ts';
import {
  accessOf,
  askPcp,
  askSql,
  openPcp,
  type Patience,
  postgresOptions,
  postgresTrouble,
  type Watched,
} from '../src/postgres/index.ts';

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
      metricLabel: { name: 'pgpool' },
    },
    ...postgresOptions,
    warning: {
      short: 'w',
      value: 'WHAT=RANGE',
      help: 'WARNING outside this range: delay (bytes, or seconds with an s at its end), children (percent in use), up (backends)',
      repeat: true,
      default: [],
      parse: parseLimit,
      words: ['delay=', 'children=', 'up='],
    },
    critical: {
      short: 'c',
      value: 'WHAT=RANGE',
      help: 'CRITICAL outside this range',
      repeat: true,
      default: [],
      parse: parseLimit,
      words: ['delay=', 'children=', 'up='],
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
    pcpHost: { value: 'HOST', help: 'host where PCP listens; otherwise the one of --hostname', parse: readHost },
    pcpUsername: { value: 'USER', help: 'PCP user to log in as; otherwise the one of --username' },
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
    const sql = askSql(host, options.port, access.value, patience, () => context.signal);
    const byPcp = pcp === undefined ? undefined : openPcp({ ...pcp, password: pcpPassword });
    const asked: Watched =
      byPcp === undefined
        ? { pcpNodes: undefined, watchdog: undefined }
        : await askPcp(byPcp, sql, options.watchdog, patience, context.signal);
    const { told, trouble, notes } = await sql;
    context.stage('judging');
    const answer: Answer = { host, told, trouble, pcpNodes: asked.pcpNodes, watchdog: asked.watchdog };
    const verdict = judgePgpool(answer, wishes);
    return reportPgpool(verdict, wishes, detailsOf(verdict, answer, notes, context.verbosity));
  },
});

const secretNames = { PGPASSWORD: 'postgres', PCPPASSWORD: 'pcp' } as const;
type Secrets = { readonly postgres?: string; readonly pcp?: string };

/** What is asked gets a shorter time than the plugin, `-t` less 1.5 s and at least two thirds of it. */
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
    ...(verbosity >= 2 ? backendLines(backends) : []),
    ...(verbosity >= 3 ? rows.flatMap((some) => (some ?? []).map((row) => JSON.stringify(row))) : []),
  ];
}

function refused(reason: string): Report {
  return { state: 'UNKNOWN', code: 'usage-error', summary: `${reason} (see --help)`, findings: [] };
}

/** A name, an address (IPv6 with or without brackets), or the directory of a Unix socket. */
function readHost(text: string): Result<string> {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (/^\/[^\0\n]*$/.test(host)) return success(host);
  return /^[A-Za-z0-9_.:%-]{1,255}$/.test(host) && !host.startsWith('-')
    ? success(host)
    : failure(`"${text}" is not a host name, an address or a directory`);
}
