import { type Ip, parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import type { SilentNode } from '../member/index.ts';
import {
  type Answered,
  answers,
  begins,
  bucketOf,
  type Client,
  type HashField,
  mayBeDenied,
  refuses,
  type Traffic,
} from '../netfilter/index.ts';
import { listOf } from '../plugin/index.ts';
import type { JudgedNode } from './node.ts';
import { servicePort } from './shares.ts';
import type { AskedClient, Wanted } from './wanted.ts';

/** Which nodes answer a client. */
export type ClientAnswer = {
  readonly client: string;
  /** The bucket it falls into; null where the nodes do not hash alike, or its hash needs what was not said. */
  readonly bucket: number | null;
  readonly nodes: readonly string[];
  /** Nodes for which that is not known. */
  readonly unknown: readonly string[];
  /** Of the nodes that answer, those whose firewall may deny it by a list or a rate. */
  readonly denying: readonly string[];
  /** Further nodes that answer the packet that opens a TCP connection, and no later one. */
  readonly intruding: readonly string[];
  /** Further nodes that refuse a TCP connection which one of them accepts: the client takes what it hears first. */
  readonly refusing: readonly string[];
  /** False where the cluster does not share that traffic, so that every node is to answer it. */
  readonly shared: boolean;
};

/** Determines for each client asked about which nodes answer it. */
export function judgeClients(
  nodes: readonly JudgedNode[],
  silent: readonly SilentNode[],
  total: number | null,
  { vip, clients }: Wanted,
): readonly ClientAnswer[] {
  return clients.map((asked) => judgeClient(asked, nodes, silent, total, parseIp(vip) ?? { family: 4, value: 0n }));
}

function judgeClient(
  asked: AskedClient,
  nodes: readonly JudgedNode[],
  silent: readonly SilentNode[],
  total: number | null,
  to: Ip,
): ClientAnswer {
  const rules = nodes.flatMap(({ rule }) => (rule === null || rule.shared.isEmpty ? [] : [rule]));
  const shared = rules[0]?.shared ?? null;
  const { client, open } = complete(asked, nodes, shared, to);
  const fields = nodes.flatMap(({ answered }) =>
    answered === null || answered === 'nothing' ? [] : answered.hashes.flatMap(({ hash }) => hash.fields),
  );
  const missing = fields.some((field) => isOpen(field, open));
  const said = nodes.map(({ name, answered }) => {
    if (answered === 'nothing') return { name, answer: false };
    if (answered === null || missing) return { name, answer: null };
    return { name, answer: answers(answered, client) };
  });
  const hash = rules.find((rule) => rule.hash !== null)?.hash ?? null;
  const bucket = hash === null || total === null || missing ? null : bucketOf(hash, total, client);
  return {
    client: asked.text,
    bucket,
    nodes: said.filter(({ answer }) => answer === true).map(({ name }) => name),
    denying: nodes
      .filter(({ answered }) => answered !== null && answered !== 'nothing' && mayBeDenied(answered, client))
      .map(({ name }) => name)
      .filter((name) => said.some((one) => one.name === name && one.answer === true)),
    intruding:
      client.protocol !== 6 || missing
        ? []
        : nodes.filter((one) => interferes(one, said, (answered) => begins(answered, client))).map(({ name }) => name),
    refusing:
      client.protocol !== 6 || missing
        ? []
        : nodes.filter((one) => interferes(one, said, (answered) => refuses(answered, client))).map(({ name }) => name),
    unknown: [...said.filter(({ answer }) => answer === null), ...silent].map(({ name }) => name),
    shared: shared !== null && isShared(shared, client),
  };
}

/**
 * Whether a node that does not answer a client says something to it all the same while another one answers: its SYN+ACK or
 * its refusal may be what the client takes.
 */
function interferes(
  { name, answered }: JudgedNode,
  said: readonly { readonly name: string; readonly answer: boolean | null }[],
  speaks: (answered: Answered) => boolean,
): boolean {
  if (answered === null || answered === 'nothing') return false;
  const own = said.find((one) => one.name === name)?.answer;
  return own === false && said.some(({ answer }) => answer === true) && speaks(answered);
}

/** Fills in ports that were not given: one of the shared service, and one that clients use. */
function complete(
  { protocol, saddr, sport, dport }: AskedClient,
  nodes: readonly JudgedNode[],
  shared: Traffic | null,
  to: Ip,
): { readonly client: Client; readonly open: readonly ('sport' | 'dport')[] } {
  const ported = protocol !== 1 && protocol !== 58;
  const own = shared?.and(shared.space.only({ protocol: BigInt(protocol) }));
  const port = () => (own === undefined || own.isEmpty ? 443 : Number(servicePort(known, own)));
  const known = nodes.flatMap(({ name, answered }) => (answered === null ? [] : [{ node: name, answered }]));
  const client = {
    family: to.family,
    saddr,
    daddr: to.value,
    protocol,
    sport: ported ? (sport ?? 49152) : 0,
    dport: ported ? (dport ?? port()) : 0,
  } as const;
  const open = (['sport', 'dport'] as const).filter((port) => ported && { sport, dport }[port] === null);
  return { client, open };
}

function isOpen({ part }: HashField, open: readonly ('sport' | 'dport')[]): boolean {
  return (part === 'sport' || part === 'dport') && open.includes(part);
}

/** Whether any packet of a client is among what the cluster shares. */
function isShared(shared: Traffic, { protocol, saddr, sport, dport }: Client): boolean {
  const [source, from, to] = [saddr, BigInt(sport), BigInt(dport)];
  return shared.meets(shared.space.only({ protocol: BigInt(protocol), source, sport: from, dport: to }));
}

/** Clients that no node or several nodes answer, for the first line to name. Those answered by one are listed, and change nothing. */
export function clientFaults(clients: readonly ClientAnswer[]): readonly Fault[] {
  return clients.map((one) => {
    const text = clientText(one);
    const certain = one.unknown.length === 0;
    const lost = certain && one.nodes.length === 0;
    const doubled = one.shared && (one.nodes.length > 1 || one.intruding.length > 0 || one.refusing.length > 0);
    if (lost) return fault('CRITICAL', 'client-lost', text);
    if (doubled) return fault('CRITICAL', 'client-doubled', text);
    return one.nodes.length > 0 ? fault('OK', 'client-answered', text) : fault('UNKNOWN', 'client-unknown', text);
  });
}

function clientText({ client, bucket, nodes, unknown, denying, intruding, refusing, shared }: ClientAnswer): string {
  const where = bucket === null ? '' : ` (bucket ${bucket})`;
  const doubt = unknown.length === 0 ? '' : `; unknown for ${listOf(unknown)}`;
  const unless = denying.length === 0 ? '' : `, unless a list or a rate limit on ${listOf(denying)} denies it`;
  const outside = shared ? '' : ', as it is not shared by the cluster';
  if (nodes.length === 0)
    return `client ${client}${where} is answered by ${unknown.length === 0 ? 'no node' : 'no other node'}${doubt}`;
  const begun =
    intruding.length === 0
      ? ''
      : `, but ${listOf(intruding)} ${intruding.length === 1 ? 'answers' : 'answer'} its first packet too, so the connection may hang`;
  const refused =
    refusing.length === 0
      ? ''
      : `, but ${listOf(refusing)} ${refusing.length === 1 ? 'refuses' : 'refuse'} it too, so the connection may fail`;
  if (nodes.length === 1)
    return `client ${client}${where} is answered by ${nodes[0]}${begun}${refused}${unless}${doubt}`;
  return `client ${client}${where} is answered by ${listOf(nodes)}${outside}${refused}${unless}${doubt}`;
}
