import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { type AnswerFact, type Control, type NodeFacts, type SshFacts, usualLimit } from '../../doctor/index.ts';
import {
  type Answer,
  askNodes,
  longestAnswers,
  type NodeSpec,
  nrpeVersion,
  parseNodeSpec,
  type Request,
  type SshSettings,
  sshArguments,
  sshSettings,
} from '../../node/index.ts';
import { now } from '../../plugin/index.ts';
import { type Jumps, jumpsTo } from './jumps.ts';
import { knock, lookUpName } from './place.ts';
import { lookAtControl, lookAtSsh } from './ssh.ts';
import type { Client } from './ssh_file.ts';
import { type Hop, learnsInto, noAddresses, strictly, traceless, unwritten } from './traceless.ts';

/** What is asked of the nodes, and until when. */
export type Asking = {
  readonly request: Omit<Request, 'limitMs'>;
  readonly client: Client;
  /** Whether checks share connections by `--ssh-shared`, whatever ssh's own settings are. */
  readonly isShared: boolean;
  /** By `now()`. */
  readonly until: number;
};

/** How long something else than NRPE may take to say what it is, in milliseconds. */
const greetingMs = 1000;

/** The longest that a name, a port or a file may be looked at, in milliseconds. */
const step = 3000;

/** All that can be known of a node. Never rejects, and takes no longer than it may: no node holds up another. */
export async function lookAtNode(spec: NodeSpec, asking: Asking): Promise<NodeFacts> {
  const { target } = spec;
  const base = { name: spec.name, target: spec.text, spec: written(spec), hostName: null, ports: [] };
  if (target.kind === 'ssh') return { ...base, ...(await bySsh(spec, target, asking)) };
  if (target.kind === 'nrpe') return { ...base, ...(await byNrpe(spec, target, asking)) };
  return { ...base, way: { kind: target.kind }, answer: await ask(spec, asking) };
}

type Way = Pick<NodeFacts, 'way' | 'hostName' | 'ports' | 'answer'>;
type Target<Kind extends string> = Extract<NodeSpec['target'], { readonly kind: Kind }>;

async function bySsh(spec: NodeSpec, target: Target<'ssh'>, asking: Asking): Promise<Way> {
  const request = { ...asking.request, ...limitsOf(asking) };
  // A `Match exec` may take its time, as long as a check waits.
  const patient = () => ({ ...request, limitMs: Math.max(1, Math.min(usualLimit, asking.until - now())) });
  const settled = await sshSettings(target, patient());
  const nothing = { hostName: null, ports: [], answer: null };
  if (!settled.ok) return { ...nothing, way: { kind: 'unsettled', reason: settled.reason } };
  const { settings } = settled;
  const { hostname, user, port, family, proxied, hostKeyAlias, keyless, keyAlgorithms } = settings;
  const [files, control, place, passed] = await Promise.all([
    lookAtSsh(target.host, settings, asking.request.sshIdentity, asking.client, limitsOf(asking)),
    asking.isShared ? null : lookAtControl(null, settings, asking.client, limitsOf(asking)),
    proxied ? undefined : reach(hostname, port, true, asking, family ?? undefined),
    jumpsTo(target, settings, patient),
  ]);
  const [jumps, ...controls] = await Promise.all([jumpFacts(passed, asking), control, ...jumpControls(passed, asking)]);
  const way = {
    kind: 'ssh',
    ...{ hostname, user, port, family, proxied, hostKeyAlias, jumps, keyless, keyAlgorithms, ...files },
    controls: controls.flatMap((one) => one ?? []),
    sshArguments: sshArguments(target, request),
    configFile: configFile(asking),
    closedSettings: closedSettings(asking),
    hostKey: 'checked',
    remoteCommand: asking.request.remoteCommand ?? null,
  } as const;
  const isClosed = place !== undefined && !place.ports.some(({ state }) => state === 'open');
  if (isClosed) return { ...nothing, ...place, way, answer: null };
  if (!passed.ok) return { ...nothing, ...place, way, answer: { reached: false, reason: passed.reason } };
  const { answer, hostKey } = await askStrictly(spec, settings, passed.jumps, asking);
  return { ...nothing, ...place, way: { ...way, hostKey }, answer };
}

/**
 * Asks with the host key checked, whatever is configured. Where ssh refuses it that a check would take, it is asked a second
 * time as a check asks, unless the check would write the key down.
 */
async function askStrictly(
  spec: NodeSpec,
  settings: SshSettings,
  hops: readonly Hop[],
  asking: Asking,
): Promise<{ readonly answer: AnswerFact; readonly hostKey: SshFacts['hostKey'] }> {
  const files = unwritten(settings);
  const by = (...own: readonly string[]) => {
    const sshSettings = traceless([...(files ?? [noAddresses]), ...own], hops, asking.request.sshConfig);
    return ask(spec, { ...asking, request: { ...asking.request, sshSettings } });
  };
  const answer = await by(strictly, 'NoHostAuthenticationForLocalhost=no');
  const reason = answer.reached ? '' : answer.reason;
  if (settings.strict || !/^ssh: Host key verification failed/.test(reason)) return { answer, hostKey: 'checked' };
  const hostKey = / has changed$/.test(reason) ? 'changed' : 'unknown';
  const isWritten = learnsInto(settings.userKnownHosts) && (hostKey === 'unknown' || files === null);
  return { answer: isWritten ? answer : await by(), hostKey };
}

/** The keys that each jump host is shown. */
function jumpFacts(passed: Jumps, asking: Asking) {
  const settled = passed.ok ? passed.jumps : [];
  return Promise.all(
    settled.map(async ({ target: { host }, settings: jump }) => {
      const { keys } = await lookAtSsh(host, jump, undefined, asking.client, limitsOf(asking));
      const { user, hostname, port, keyless, keyAlgorithms, localCommand } = jump;
      return { user, hostname, port, keys, keyless, keyAlgorithms, localCommand };
    }),
  );
}

/** The ssh of a jump host gets no settings from that of the node, so `--ssh-shared` changes nothing there. */
function jumpControls(passed: Jumps, asking: Asking): readonly Promise<Control | null>[] {
  const jumps = passed.ok ? passed.jumps : [];
  return jumps.map(({ settings }) => lookAtControl(settings.hostname, settings, asking.client, limitsOf(asking)));
}

function configFile({ request: { sshConfig }, client: { home } }: Asking): string | null {
  const own = path.join(home, '.ssh/config');
  if (sshConfig === undefined) return existsSync(own) ? own : null;
  return sshConfig === 'none' || sshConfig.startsWith('~') ? sshConfig.replace(/^~/, home) : path.resolve(sshConfig);
}

/** ssh itself says it of a file that it is given. */
function closedSettings({ request: { sshConfig }, client: { home } }: Asking): readonly string[] {
  if (sshConfig !== undefined) return [];
  return [path.join(home, '.ssh/config'), '/etc/ssh/ssh_config'].filter(
    (file) => existsSync(file) && !isReadable(file),
  );
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function byNrpe(spec: NodeSpec, target: Target<'nrpe'>, asking: Asking): Promise<Way> {
  const { host, command } = target;
  const port = target.port ?? 5666;
  const ssl = asking.request.nrpeNoSsl !== true;
  // Three looks before the question itself, which has to keep enough of the time.
  const quarter = () => ({ ...asking, until: now() + (asking.until - now()) / 4 });
  const place = await reach(host, port, false, quarter());
  const base = { kind: 'nrpe', host, port, command, ssl, longestAnswer: longestAnswers.current } as const;
  const unasked = { way: { ...base, version: null, otherWay: false }, ...place, answer: null };
  if (!place.ports.some(({ state }) => state === 'open')) return unasked;
  const request = () => ({ ...asking.request, ...limitsOf(quarter()) });
  const version = await nrpeVersion(target, request());
  const other = version.ok ? undefined : await nrpeVersion(target, { ...request(), nrpeNoSsl: ssl });
  const speaks = version.ok || other?.ok === true;
  // NRPE never speaks first: what does is something else.
  const soon = { ...asking, until: Math.min(quarter().until, now() + greetingMs) };
  const { ports } = speaks ? place : await reach(host, port, true, soon);
  const way = { ...base, version, otherWay: other?.ok === true };
  return { ...place, ports, way, answer: await ask(spec, asking) };
}

async function reach(host: string, port: number, greeted: boolean, asking: Asking, family?: 4 | 6) {
  const { fact, places } = await lookUpName(host, port, limitsOf(asking), family);
  return { hostName: fact, ports: await knock(places, greeted, limitsOf(asking)) };
}

function limitsOf({ request, until }: Asking) {
  return { limitMs: Math.max(1, Math.min(step, until - now())), signal: request.signal() };
}

async function ask(spec: NodeSpec, { request, until }: Asking): Promise<AnswerFact> {
  const [answer] = await askNodes([spec], { ...request, limitMs: Math.max(1, until - now()) });
  return answer === undefined ? { reached: false, reason: 'was not asked' } : factOf(answer);
}

function factOf(answer: Answer): AnswerFact {
  if (!answer.reached) return { reached: false, reason: answer.reason };
  const { snapshot, milliseconds, text } = answer;
  return { reached: true, snapshot, milliseconds, bytes: Buffer.byteLength(text) };
}

/**
 * The target as it was given, with its name where that is not the one it has by itself. A file by its whole path: Icinga runs
 * its checks in a folder of its own.
 */
function written({ name, text, target }: NodeSpec): string {
  const whole = target.kind === 'file' ? `file:${path.resolve(target.path)}` : text;
  const plain = parseNodeSpec(whole);
  return plain.ok && plain.value.name === name ? whole : `${name}=${whole}`;
}
