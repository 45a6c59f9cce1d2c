import type { Context, Options, Values } from '../plugin/index.ts';
import type { Request } from './ask.ts';
import { duplicateName, parseNodeSpec } from './spec.ts';

/** Which nodes are asked; an option of every plugin that asks nodes. */
export const nodeOption = {
  node: {
    short: 'N',
    value: 'SPEC',
    help: 'a node to ask: [NAME=]TARGET with TARGET local, [USER@]HOST, ssh://[USER@]HOST[:PORT], nrpe://HOST[:PORT][/COMMAND] or file:PATH',
    repeat: true,
    default: ['local'],
    parse: parseNodeSpec,
    words: ['local', 'ssh://', 'nrpe://', 'file:'],
  },
} as const satisfies Options;

/** How they are reached; every plugin that asks nodes has these, too. */
export const wayOptions = {
  remoteCommand: {
    value: 'COMMAND',
    help: 'run this installed command on ssh nodes instead of the script sent along',
  },
  sshConfig: { value: 'FILE', help: 'configuration file for ssh' },
  sshIdentity: { value: 'FILE', help: 'key file for ssh' },
  sshShared: {
    value: 'SECONDS',
    help: 'keep one ssh connection per node open for the next checks, until it is unused for this long',
    type: 'integer',
    min: 1,
    max: 3600,
  },
  checkNrpe: { value: 'PATH', help: 'path of the check_nrpe to ask nrpe nodes with, if it is not in a usual place' },
  nrpeNoSsl: { type: 'flag', help: 'speak to nrpe nodes without SSL' },
  nrpeCa: { value: 'FILE', help: 'CA certificate (PEM) that must have signed the certificates of nrpe nodes' },
  nrpeCert: { value: 'FILE', help: 'certificate (PEM) to show to nrpe nodes' },
  nrpeKey: { value: 'FILE', help: 'key (PEM) of that certificate' },
  saveSnapshots: {
    value: 'DIR',
    help: 'keep what each node said as DIR/NODE-TIME.txt, at most 1000 files; --node file:PATH gives it back',
  },
} as const satisfies Options;

type NodeValues = Values<typeof nodeOption>;
type WayValues = Values<typeof wayOptions>;

/** The usage error of nodes that share a name; undefined when all names differ. */
export function nodeTrouble({ node }: NodeValues): string | undefined {
  const twice = duplicateName(node);
  if (twice === null) return undefined;
  return `--node: the name ${twice} stands for two nodes; give them names as in NAME=${twice}`;
}

/**
 * What is asked of the nodes by the options of `wayOptions`. They get a shorter time than the plugin, `-t` less 1.5 s
 * and at least two thirds of it, so that a silent node is always judged as that.
 */
export function requestOf(options: WayValues, context: Context): Request {
  return {
    limitMs: Math.max(context.timeoutMs - 1500, (context.timeoutMs * 2) / 3),
    signal: () => context.signal,
    sshConfig: options.sshConfig,
    sshIdentity: options.sshIdentity,
    sshShared: options.sshShared,
    remoteCommand: options.remoteCommand,
    checkNrpe: options.checkNrpe,
    nrpeNoSsl: options.nrpeNoSsl,
    nrpeCa: options.nrpeCa,
    nrpeCert: options.nrpeCert,
    nrpeKey: options.nrpeKey,
  };
}
