import type { Code } from '../src/findings/index.ts';
import { type Context, definePlugin, failure, now, type Report, type Result, success } from '../src/plugin/index.ts';
import { type Place, resolve } from '../src/resolver/index.ts';
import {
  type Answer,
  type Family,
  judgeProbe,
  kinds,
  type ProbeVerdict,
  parseKindRange,
  parseKinds,
  parsePattern,
  rangedKinds,
  reportProbes,
  survey,
  twice,
  type Wishes,
  wholeTable,
} from '../src/sensorprobe/index.ts';
import {
  type Access,
  Agent,
  accessOf,
  inTurns,
  type Patience,
  readCredentials,
  snmpOptions,
  snmpTrouble,
  type Trouble,
} from '../src/snmp/index.ts';

/** `temperature=` and so on. */
const rangeStarts = rangedKinds.map((kind) => `${kind}=`);

export default definePlugin({
  name: 'check_sensorprobe',
  summary: 'Checks that the sensors of AKCP SensorProbes are in range',
  description:
    'Finds out the family of each probe, reads every sensor that is online in a handful of requests, and judges it by the state and the limits that are set on the device, or by your own ranges: temperature, humidity, airflow, contacts, doors, water, power and more.',
  options: {
    hostname: {
      short: 'H',
      value: 'HOST',
      help: 'a probe: name or address; several are asked at once',
      required: true,
      repeat: true,
      parse: readHost,
      metricLabel: { name: 'probe' },
    },
    warning: {
      short: 'w',
      value: 'RANGE',
      help: 'WARNING outside this range, for all sensors with a value or KIND=RANGE for one kind, in the unit shown',
      repeat: true,
      default: [],
      parse: parseKindRange,
      words: rangeStarts,
    },
    critical: {
      short: 'c',
      value: 'RANGE',
      help: 'CRITICAL outside this range; your ranges replace the limits set on the device',
      repeat: true,
      default: [],
      parse: parseKindRange,
      words: rangeStarts,
    },
    sensor: { value: 'REGEX', help: 'only sensors whose name matches', parse: parsePattern },
    exclude: { value: 'REGEX', help: 'no sensors whose name matches', parse: parsePattern },
    kind: { value: 'KIND,...', help: 'only these kinds', repeat: true, default: [], parse: parseKinds, words: kinds },
    sensorPort: {
      value: 'N',
      help: 'only sensors on this port, from 1',
      type: 'integer',
      min: 1,
      repeat: true,
      default: [],
    },
    expect: {
      value: 'NAME',
      help: 'a sensor that must be online on every probe that has it, and on at least one; HOST:NAME: on that probe; else CRITICAL',
      repeat: true,
      default: [],
    },
    minSensors: { value: 'N', help: 'CRITICAL when a probe has fewer sensors online', type: 'integer', min: 1 },
    offline: {
      value: 'STATE',
      help: 'how to judge a row without a sensor: ignore, warning or critical',
      type: ['ignore', 'warning', 'critical'],
      default: 'ignore',
    },
    relay: { value: 'STATE', help: 'outputs must be on or off, else CRITICAL', type: ['on', 'off'] },
    unit: { value: 'UNIT', help: 'show temperatures and their limits in C or F', type: ['C', 'F'] },
    dewPoint: {
      help: 'add the dew point of ports with temperature and humidity (kinds dewpoint, dewspread)',
      type: 'flag',
    },
    list: { help: 'list every row, offline ones too', type: 'flag' },
    label: {
      value: 'WHAT',
      help: 'perfdata labels from name or from kind and port',
      type: ['name', 'port'],
      default: 'name',
    },
    family: {
      value: 'FAMILY',
      help: 'do not detect the family: classic, securityprobe or plus',
      type: ['classic', 'securityprobe', 'plus'],
    },
    ...snmpOptions,
  },
  examples: [
    { text: 'judged by the device itself', args: '--hostname probe1 --community public' },
    {
      text: 'your own ranges for two kinds',
      args: '--hostname probe1 -w temperature=18:27 -c temperature=10:35 -w humidity=30:60',
    },
    { text: 'list the sensors of a probe', args: '--hostname probe1 --list' },
  ],
  check: (options) => {
    const host = options.hostname.find((one, i) => options.hostname.indexOf(one) !== i);
    if (host !== undefined) return `--hostname: ${host} was given twice`;
    const warning = twice(options.warning);
    if (warning !== undefined) return `--warning has two ranges for ${warning}`;
    const critical = twice(options.critical);
    if (critical !== undefined) return `--critical has two ranges for ${critical}`;
    const computed = [...options.warning, ...options.critical].find(
      ({ kind }) => kind === 'dewpoint' || kind === 'dewspread',
    );
    if (computed !== undefined && !options.dewPoint) return `--dew-point is needed for a range of ${computed.kind}`;
    return snmpTrouble(options);
  },
  run: async (options, context) => {
    const secrets = options.credentials === undefined ? success({}) : readCredentials(options.credentials);
    if (!secrets.ok) return refused(`--credentials: ${secrets.reason}`);
    const access = accessOf(options, secrets.value);
    if (!access.ok) return refused(access.reason);
    context.stage(`asking ${options.hostname.join(', ')}`);
    const question: Question = {
      access: access.value,
      ipVersion: options.useIpv4 ? 4 : options.useIpv6 ? 6 : undefined,
      port: options.port,
      family: options.family,
      patience: patienceOf(options, context),
      signal: () => context.signal,
    };
    const asking = inTurns(options.hostname, probesAtOnce, (host) => ask(host, question));
    // Once the late package is loaded: a code cache is for the flags that it was made with.
    if (options.hostname.length >= manyProbes) setImmediate(sparing);
    const answers = await asking;
    context.stage('judging');
    const wishes: Wishes = {
      ...options,
      kinds: options.kind.flat(),
      ports: options.sensorPort,
      expected: options.expect,
      leastSensors: options.minSensors,
    };
    const verdicts = answers.map((answer) => judgeProbe(answer, wishes));
    const more = [
      ...(context.verbosity >= 1 ? verdicts.flatMap((verdict) => [askedBy(verdict), ...unreadBy(verdict)]) : []),
      ...(context.verbosity >= 2 ? wholeTable(verdicts) : []),
    ];
    return reportProbes(verdicts, wishes, { byPort: options.label === 'port', list: options.list }, more);
  },
});

/**
 * From this many probes on, V8 would optimise dozens of functions that are called some thousand times each, and take twice
 * the time for it that it wins before all is done. `--no-opt` is known to V8 in every Node from 18 to 26.
 */
const manyProbes = 50;

async function sparing(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--no-opt');
}

/** More at once lose answers in the socket's buffer. */
const probesAtOnce = 20;

type Question = {
  readonly access: Access;
  readonly ipVersion: 4 | 6 | undefined;
  readonly port: number;
  readonly family: Family | undefined;
  readonly patience: Patience;
  /** Asked for when a name is looked up: what makes and aborts it takes 2 ms to load. */
  readonly signal: () => AbortSignal;
};

/** The code of each kind of trouble that an agent has. */
const troubleCodes = {
  silent: 'probe-silent',
  unreachable: 'probe-unreadable',
  broken: 'probe-nonsense',
} as const satisfies Record<Trouble['kind'], Code>;

/** Asks one probe for everything that is wanted. Never rejects; trouble with one probe does not affect another. */
async function ask(host: string, question: Question): Promise<Answer> {
  const { ipVersion, port, patience, signal } = question;
  const start = now();
  const left = patience.until - start;
  const unheard = (code: Code, text: string): Answer => ({
    host,
    survey: undefined,
    trouble: { state: 'CRITICAL', code, text },
    requests: 0,
    milliseconds: Math.round(now() - start),
  });
  if (left <= 0)
    return unheard(
      'probe-not-asked',
      'was not asked before the time limit: earlier hosts or a busy poller used it up (raise --timeout)',
    );
  const places = await resolve(host, ipVersion, port, { limitMs: left, signal });
  if (!places.ok) return unheard('probe-unresolved', places.reason);
  const { told, trouble, requests } = await askInTurn(places.value, question);
  return { host, survey: told, trouble, requests, milliseconds: Math.round(now() - start) };
}

/** The outcome of asking at one address. */
type Asked = {
  readonly told: Answer['survey'];
  readonly trouble: Answer['trouble'];
  readonly requests: number;
  /** Nothing at all came from there. */
  readonly silent: boolean;
};

/**
 * Asks at each address of a host until one answers: a name may have an IPv6 address where the device has
 * only IPv4. Each gets its share of the time for its first answer.
 */
async function askInTurn(places: readonly Place[], question: Question): Promise<Asked> {
  const reasons: string[] = [];
  let requests = 0;
  let last: Asked = { told: undefined, trouble: undefined, requests: 0, silent: true };
  for (const [i, place] of places.entries()) {
    const { until } = question.patience;
    const share = (until - now()) / (places.length - i);
    last = await askAt(place, question, { ...question.patience, firstBy: now() + share });
    requests += last.requests;
    if (!last.silent) return { ...last, requests };
    reasons.push(`${place.address}: ${last.trouble?.text ?? ''}`);
  }
  if (reasons.length < 2) return last;
  const text = `no answer from any of its ${reasons.length} addresses: ${reasons.join('; ')}`;
  return { ...last, requests, trouble: { state: 'CRITICAL', code: 'probe-silent', text } };
}

async function askAt(place: Place, { access, family }: Question, patience: Patience): Promise<Asked> {
  const agent = await Agent.open(place, access, patience);
  const reader = survey(family);
  let step = reader.next();
  let trouble: Answer['trouble'];
  let silent = false;
  while (step.done !== true) {
    const reading = await agent.read(step.value);
    const { kind, text } = reading.trouble ?? {};
    if (kind !== undefined && text !== undefined)
      trouble = { state: kind === 'broken' ? 'UNKNOWN' : 'CRITICAL', code: troubleCodes[kind], text };
    silent = kind === 'silent';
    step = reader.next(reading);
  }
  agent.close();
  return { told: step.value, trouble, requests: agent.requests, silent };
}

/** The probes get a shorter time than the plugin, `-t` less 1.5 s and at least two thirds of it. */
function patienceOf(
  options: { readonly snmpTimeout: number; readonly snmpRetries: number },
  context: Context,
): Patience {
  const reserve = Math.min(1500, context.timeoutMs / 3);
  return {
    timeoutMs: options.snmpTimeout * 1000,
    retries: options.snmpRetries,
    until: now() + Math.max(0, context.timeLeft() - reserve),
  };
}

function askedBy({ host, answer: { survey: told, trouble, requests, milliseconds } }: ProbeVerdict): string {
  const what = `${told?.family ?? 'no family'}, ${told?.rows.length ?? 0} rows`;
  return `${host}: ${trouble?.text ?? what}; ${requests} ${requests === 1 ? 'request' : 'requests'} in ${milliseconds} ms`;
}

/** What the device has and the plugin does not know: tables of newer firmware. */
function unreadBy({ host, unread }: ProbeVerdict): readonly string[] {
  return unread === undefined ? [] : [`${host}: ${unread}`];
}

function refused(reason: string): Report {
  return { state: 'UNKNOWN', code: 'usage-error', summary: `${reason} (see --help)`, findings: [] };
}

/** A name or an address; IPv6 with or without brackets. */
function readHost(text: string): Result<string> {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  return /^[A-Za-z0-9_.:%-]{1,255}$/.test(host) && !host.startsWith('-')
    ? success(host)
    : failure(`"${text}" is not a host name or address`);
}
