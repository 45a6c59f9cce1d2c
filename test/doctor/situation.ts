import {
  examine,
  type Here,
  type NodeFacts,
  type NrpeFacts,
  type ProbeFacts,
  type SshFacts,
} from '../../src/doctor/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { type Situation, snapshotText } from '../snapshot_text.ts';

/** Facts as they are gathered, for situations that a test describes in a few words. */
export const here: Here = {
  user: 'nagios',
  home: '/var/lib/nagios',
  account: 'nagios',
  command: ['/usr/bin/rackwatch', 'doctor', '--node', 'node1'],
  hasAccount: true,
  secretsLeftOut: [],
  hadAgent: false,
  sharedFolder: null,
  scriptFile: '/usr/lib/nagios/plugins/cluster_node_snapshot',
  scriptVersion: '0.1.0',
};

export const key = 'ssh-ed25519 AAAAC3Nza rackwatch';

export const ssh: SshFacts = {
  kind: 'ssh',
  hostname: 'node1.example.net',
  user: 'rackwatch',
  port: 22,
  family: null,
  proxied: false,
  globalKnownHosts: ['/etc/ssh/ssh_known_hosts'],
  userKnownHosts: ['/var/lib/nagios/.ssh/known_hosts'],
  hostKeyAlias: null,
  jumps: [],
  hostKey: 'checked',
  knownIn: [],
  unreadable: [],
  shutFolder: null,
  keys: [{ file: '/var/lib/nagios/.ssh/id_ed25519', state: 'good', publicKey: key }],
  keyless: null,
  keyAlgorithms: ['ssh-ed25519', 'rsa-sha2-512'],
  sshArguments: ['-T', '--', 'node1'],
  controls: [],
  configFile: null,
  closedSettings: [],
  remoteCommand: null,
};

export const nrpe: NrpeFacts = {
  kind: 'nrpe',
  host: 'node1',
  port: 5666,
  command: 'cluster_node_snapshot',
  ssl: true,
  longestAnswer: 65_504,
  version: { ok: true, value: 'NRPE v4.1.0' },
  otherWay: false,
};

/** A node whose port is open; `said` is the plugins' reason, or the snapshot that it gave. */
export function nodeOf(
  said: string | Situation,
  way: NodeFacts['way'] = ssh,
  over: Partial<NodeFacts> = {},
): NodeFacts {
  const port = {
    address: '192.0.2.1',
    port: 22,
    state: 'open',
    code: '',
    greeting: way.kind === 'nrpe' ? '' : 'SSH-2.0-x',
    source: '192.0.2.9',
  } as const;
  return {
    name: 'node1',
    target: 'node1',
    spec: 'node1',
    way,
    hostName: { kind: 'found', addresses: ['192.0.2.1'] },
    ports: [port],
    answer: typeof said === 'string' ? { reached: false, reason: said } : reached(said),
    ...over,
  };
}

function reached(situation: Situation): NodeFacts['answer'] {
  const text = snapshotText(situation);
  const snapshot = parseSnapshot(text);
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return { reached: true, snapshot: snapshot.value, milliseconds: 100, bytes: text.length };
}

export const probe: ProbeFacts = {
  host: 'probe1',
  port: 161,
  hostName: { kind: 'found', addresses: ['192.0.2.50'] },
  tries: [{ address: '192.0.2.50', reason: null, silent: false }],
  version: '2c',
  user: null,
  secret: { kind: 'default' },
  patienceMs: 2000,
  otherVersion: null,
  family: 'plus',
  description: 'SP2+',
  sensors: { rows: 4, online: 2 },
  firstMs: 12,
  totalMs: 80,
  requests: 5,
};

/** What is left to do at a node, and what to paste for it. */
export function todos(node: NodeFacts, over: Partial<typeof here> = {}) {
  const facts = { here: { ...here, ...over }, nodes: [node], probes: [], vips: [] };
  const { subjects } = examine({ ...facts, clusterOptions: {}, probeOptions: {} });
  return (subjects.find(({ title }) => title.startsWith('node1 ('))?.lines ?? [])
    .filter(({ state }) => state === 'todo')
    .map(({ topic, text, steps }) => ({ topic, text, paste: steps.flatMap(({ commands }) => commands), steps }));
}
