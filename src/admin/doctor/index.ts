import { setMaxListeners } from 'node:events';
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import {
  type Examination,
  examine,
  type HostOptions,
  isWell,
  isWrongAccount,
  renderJson,
  renderText,
} from '../../doctor/index.ts';
import { answering, nodeTrouble, type Request, sharedFolder, wayOptions } from '../../node/index.ts';
import {
  failure,
  givenIn,
  longName,
  now,
  type Option,
  optionLines,
  type Result,
  valuesIn,
  wrap,
} from '../../plugin/index.ts';
import { inTurns, snmpOptions, snmpTrouble } from '../../snmp/index.ts';
import { type Call, type Subcommand, UsageError } from '../subcommand.ts';
import { accessIn } from './access.ts';
import { lookHere } from './here.ts';
import { lookAtNode } from './node.ts';
import { type DoctorValues, doctorOptions } from './options.ts';
import { lookAtProbe } from './probe.ts';

/** What is left of the limit for judging and printing, in milliseconds. */
const reserve = 500;
/** More probes at once lose answers in the socket's buffer. */
const probesAtOnce = 20;

export const doctor: Subcommand = {
  summary: 'says for every node and probe what works, and what to paste where it does not',
  options: doctorOptions,
  usage: [
    'Usage: rackwatch doctor [--node SPEC]... [--probe HOST]... [OPTIONS]',
    '',
    ...wrap(
      'Looks at the way to each node and probe as the plugins would go it: name, port, host key, account, key, sudoers, NRPE, SNMP. Each line says what works (ok), or what has to be done (TODO) and what to paste for it, on which machine and as whom. It ends with the host objects for Icinga 2. It changes nothing. Run it as the account that runs the checks.',
      0,
    ),
    '',
    ...optionLines(doctorOptions),
    '',
    'Exit codes: 0 all works, 1 something is left to do, 2 wrong call',
  ].join('\n'),

  async run(call) {
    const given = givenIn(call.args, doctorOptions);
    const values = read(given);
    if (values.node.length + values.probe.length === 0) throw new UsageError('give a --node or a --probe');
    const wrong = nodeTrouble(values) ?? probeTrouble(values) ?? snmpTrouble(values);
    if (wrong !== undefined) throw new UsageError(wrong);
    const ending = new AbortController();
    // Every child and connection listens.
    setMaxListeners(0, ending.signal);
    const end = () => ending.abort();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
    const examination = await look(values, given, call, ending.signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, end);
    if (ending.signal.aborted) throw new Error('ended before everything was looked at');
    call.say(values.outputFormat === 'json' ? renderJson(examination) : renderText(examination));
    return isWell(examination) ? 0 : 1;
  },
};

type Given = ReturnType<typeof givenIn>;

// A method, as the kit's plugins have it: the values are built from the very declarations that typed them.
const typed: { as(values: Readonly<Record<string, unknown>>): DoctorValues } = { as: (values: DoctorValues) => values };

function read(given: Given): DoctorValues {
  const values = valuesIn(given, doctorOptions, process.env);
  if (!values.ok) throw new UsageError(values.reason);
  return typed.as(values.value);
}

async function look(values: DoctorValues, given: Given, call: Call, signal: AbortSignal): Promise<Examination> {
  const limitMs = Math.max(1000, values.timeout * 1000 - reserve - process.uptime() * 1000);
  const [until, snmpUntil] = [now() + limitMs, now() + limitMs];
  const found = await lookHere(call.self, given.args, values.account, { limitMs: 3000, signal });
  const here = {
    ...found,
    sharedFolder: values.sshShared === undefined ? null : await sharedFolderOf(found.home, signal),
  };
  const onlyFiles = values.probe.length === 0 && values.node.every(({ target }) => target.kind === 'file');
  const facts = {
    here,
    vips: [...new Set(values.vip)],
    clusterOptions: hostOptions(wayOptions, values, given),
    probeOptions: hostOptions(snmpOptions, values, given),
  };
  if (!onlyFiles && isWrongAccount(here)) return examine({ ...facts, nodes: [], probes: [] });
  const { access, secret } = accessIn(values);
  const client = { user: here.user, uid: process.geteuid?.() ?? 0, home: here.home, machine: hostname() };
  const asking = { request: requestOf(values, signal), client, isShared: values.sshShared !== undefined, until };
  const { port, snmpTimeout, snmpRetries, useIpv4, useIpv6 } = values;
  const probing = {
    ...{ access, secret, port, signal },
    family: useIpv4 ? 4 : useIpv6 ? 6 : undefined,
    patience: { timeoutMs: snmpTimeout * 1000, retries: snmpRetries },
    until: snmpUntil,
  } as const;
  const [nodes, probes] = await Promise.all([
    Promise.all(values.node.map((spec) => lookAtNode(spec, asking))),
    inTurns(values.probe, probesAtOnce, (host) => lookAtProbe(host, probing)),
  ]);
  return examine({ ...facts, nodes, probes });
}

/** The VIPs are told to the script without a prefix. */
function requestOf(values: DoctorValues, signal: AbortSignal): Omit<Request, 'limitMs'> {
  const { vip, sshConfig, sshIdentity, remoteCommand, checkNrpe, nrpeNoSsl, nrpeCa, nrpeCert, nrpeKey } = values;
  const vips = vip.map((one) => one.split('/')[0] ?? one);
  return {
    ...{ vips, signal: () => signal },
    ...{ sshConfig, sshIdentity, remoteCommand, checkNrpe, nrpeNoSsl, nrpeCa, nrpeCert, nrpeKey },
  };
}

/** How long the file systems that sharing needs may take to answer, in milliseconds. */
const patience = 3000;

/** Where the plugins would keep connections open; nothing is made and nothing taken away. */
async function sharedFolderOf(home: string, signal: AbortSignal): Promise<Result<string>> {
  const uid = process.geteuid?.() ?? 0;
  const answers = answering(patience, () => signal);
  // runuser leaves root's environment, which no daemon has.
  const names = ['XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'HOME'] as const;
  const late = failure(`no answer within ${patience / 1000} s from the file system of ${names.join(', ')} or /tmp`);
  if (!(await answers(names.map((name) => process.env[name] ?? '')))) return late;
  const own = names.flatMap((name) => (ownerOf(process.env[name]) === uid ? [[name, process.env[name]] as const] : []));
  const account = { uid, env: Object.fromEntries(own), home: () => home };
  return (await sharedFolder(account, Date.now(), { onlyLook: true, answers })) ?? late;
}

function ownerOf(folder: string | undefined): number | undefined {
  try {
    return statSync(folder ?? '').uid;
  } catch {
    return undefined;
  }
}

/** Two hosts of one name would be one too many for Icinga. */
function probeTrouble({ probe }: DoctorValues): string | undefined {
  const twice = probe.find((one, i) => probe.indexOf(one) !== i);
  return twice === undefined ? undefined : `--probe: ${twice} was given twice`;
}

/** The options that were given, as a host in Icinga carries them; secrets are in none. */
function hostOptions(options: Readonly<Record<string, Option>>, values: DoctorValues, given: Given): HostOptions {
  const known = new Map<string, unknown>(Object.entries(values));
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, { secret, type }]) => {
      if (secret !== undefined || given.of(key).length === 0) return [];
      const value = type === 'flag' ? true : fromAnywhere(key, String(known.get(key)), options[key]?.value);
      return [[longName(key).replaceAll('-', '_'), value] as const];
    }),
  );
}

/** A file by its whole path: Icinga runs its checks in a folder of its own. What ssh itself reads in a path stays as it is. */
function fromAnywhere(key: string, value: string, kind: string | undefined): string {
  if (kind !== 'FILE' && kind !== 'PATH') return value;
  const isForSsh = (key === 'sshConfig' && value === 'none') || (key.startsWith('ssh') && value.startsWith('~'));
  return isForSsh ? value : path.resolve(value);
}
