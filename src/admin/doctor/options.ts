import { formatIp, parseIp } from '../../address/index.ts';
import { nodeOption, wayOptions } from '../../node/index.ts';
import { failure, type Options, type Result, success, type Values } from '../../plugin/index.ts';
import { snmpOptions } from '../../snmp/index.ts';

const { saveSnapshots: _, ...ways } = wayOptions;
// -N is the node here.
const { short: __, ...context } = snmpOptions.context;

/** What the doctor is asked: the options of the plugins, under their names. */
export const doctorOptions = {
  node: { ...nodeOption.node, help: nodeOption.node.help.replace('a node to ask', 'a cluster node'), default: [] },
  vip: {
    value: 'ADDRESS',
    help: 'an address that the nodes share; else those that they show',
    repeat: true,
    default: [],
    parse: readAddress,
  },
  probe: { value: 'HOST', help: 'name or address of a sensor probe', repeat: true, default: [], parse: readHost },
  account: {
    value: 'ACCOUNT',
    help: 'the account that runs the checks, if it is not icinga, nagios or naemon',
    parse: readAccount,
  },
  timeout: {
    short: 't',
    value: 'SECONDS',
    help: 'time limit of the whole run',
    type: 'integer',
    min: 3,
    max: 3600,
    default: 20,
  },
  outputFormat: {
    value: 'FORMAT',
    help: 'text, or json for the same as data',
    type: ['text', 'json'],
    default: 'text',
  },
  ...ways,
  ...snmpOptions,
  context,
} as const satisfies Options;

export type DoctorValues = Values<typeof doctorOptions>;

/** An address, with the length of its network or without. */
function readAddress(text: string): Result<string> {
  const [address = '', length, ...more] = text.split('/');
  const ip = parseIp(address);
  if (ip === null || more.length > 0) return failure(`"${text}" is not an address`);
  if (length === undefined) return success(formatIp(ip));
  const most = ip.family === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(length) || Number(length) > most)
    return failure(`"${text}": a network's length is 0 to ${most}`);
  return success(`${formatIp(ip)}/${Number(length)}`);
}

/** A name or an address; IPv6 with or without brackets. */
function readHost(text: string): Result<string> {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  return /^[A-Za-z0-9_.:%-]{1,255}$/.test(host) && !host.startsWith('-')
    ? success(host)
    : failure(`"${text}" is not a host name or address`);
}

function readAccount(text: string): Result<string> {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@\\+-]{0,254}$/.test(text) ? success(text) : failure(`"${text}" is not an account`);
}
