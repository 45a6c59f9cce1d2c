import { setMaxListeners } from 'node:events';
import {
  type Examination,
  examine,
  type HostOptions,
  isWell,
  isWrongAccount,
  renderJson,
  renderText,
} from '../../doctor/index.ts';
import { nodeTrouble, type Request, wayOptions } from '../../node/index.ts';
import { givenIn, longName, now, type Option, optionLines, success, valuesIn, wrap } from '../../plugin/index.ts';
import { type Access, accessOf, inTurns, readCredentials, snmpOptions, snmpTrouble } from '../../snmp/index.ts';
import { type Call, type Subcommand, UsageError } from '../subcommand.ts';
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
    const wrong = nodeTrouble(values) ?? snmpTrouble(values);
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
  const here = await lookHere(call.self, given.args, values.account, { limitMs: 3000, signal });
  const onlyFiles = values.probe.length === 0 && values.node.every(({ target }) => target.kind === 'file');
  const facts = {
    here,
    vip: values.vip ?? null,
    clusterOptions: hostOptions(wayOptions, values, given),
    probeOptions: hostOptions(snmpOptions, values, given),
  };
  if (!onlyFiles && isWrongAccount(here)) return examine({ ...facts, nodes: [], probes: [] });
  const { access, secretFrom } = accessIn(values, given);
  const asking = { request: requestOf(values, signal), home: here.home, until };
  const { port, snmpTimeout, snmpRetries, useIpv4, useIpv6 } = values;
  const probing = {
    ...{ access, secretFrom, port, signal },
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

/** The VIP is told to the script without a prefix. */
function requestOf(values: DoctorValues, signal: AbortSignal): Omit<Request, 'limitMs'> {
  const { vip, sshConfig, sshIdentity, remoteCommand, checkNrpe, nrpeNoSsl, nrpeCa, nrpeCert, nrpeKey } = values;
  const address = vip?.split('/')[0];
  return {
    ...(address === undefined ? {} : { vip: address }),
    signal: () => signal,
    ...{ sshConfig, sshIdentity, remoteCommand, checkNrpe, nrpeNoSsl, nrpeCa, nrpeCert, nrpeKey },
  };
}

function accessIn(values: DoctorValues, given: Given): { access: Access; secretFrom: 'default' | 'options' | 'file' } {
  const file = values.credentials === undefined ? success({}) : readCredentials(values.credentials);
  if (!file.ok && values.probe.length > 0) throw new UsageError(`--credentials: ${file.reason}`);
  const access = accessOf(values, file.ok ? file.value : {});
  if (!access.ok) throw new UsageError(access.reason);
  const secrets = [values.community, values.authpasswd, values.privpasswd];
  const typed = secrets.some((one) => one !== undefined);
  return {
    access: access.value,
    secretFrom: typed ? 'options' : given.of('credentials').length > 0 ? 'file' : 'default',
  };
}

/** The options that were given, as a host in Icinga carries them; secrets are in none. */
function hostOptions(options: Readonly<Record<string, Option>>, values: DoctorValues, given: Given): HostOptions {
  const known = new Map<string, unknown>(Object.entries(values));
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, { secret, type }]) => {
      if (secret !== undefined || given.of(key).length === 0) return [];
      return [[longName(key).replaceAll('-', '_'), type === 'flag' ? true : String(known.get(key))] as const];
    }),
  );
}
