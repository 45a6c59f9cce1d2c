import { failure, type Options, type Result, success, type Values } from '../plugin/index.ts';
import { type Access, type AuthProtocol, authNames, type PrivProtocol, privNames } from './access.ts';
import type { Secrets } from './credentials.ts';

const levels = ['noAuthNoPriv', 'authNoPriv', 'authPriv'] as const;

/** How an agent is asked, with the option names of check_snmp; for every plugin that asks one. */
export const snmpOptions = {
  protocol: { short: 'P', value: 'VERSION', help: 'SNMP version: 1, 2c or 3', type: ['1', '2c', '3'], default: '2c' },
  community: {
    short: 'C',
    value: 'TEXT',
    help: 'community for v1 and v2c; public where none is given anywhere',
    secret: { env: 'SNMP_COMMUNITY' },
  },
  port: { short: 'p', value: 'PORT', help: 'UDP port of the agent', type: 'integer', min: 1, max: 65535, default: 161 },
  seclevel: {
    short: 'L',
    value: 'LEVEL',
    help: 'v3: noAuthNoPriv, authNoPriv or authPriv; else what the given passwords allow',
    parse: readLevel,
    words: levels,
  },
  secname: { short: 'U', value: 'USER', help: 'v3: user name' },
  authproto: {
    short: 'a',
    value: 'PROTOCOL',
    help: 'v3: MD5, SHA, SHA-224, SHA-256, SHA-384 or SHA-512',
    parse: readAuthProtocol,
    words: authNames,
    default: 'SHA',
  },
  authpasswd: {
    short: 'A',
    value: 'PASSWORD',
    help: 'v3: authentication password, 8 characters or more',
    secret: { env: 'SNMP_AUTH_PASSWORD' },
  },
  privproto: {
    short: 'x',
    value: 'PROTOCOL',
    help: 'v3: DES, AES, AES-256 (Blumenthal) or AES-256C (Reeder, Cisco)',
    parse: readPrivProtocol,
    words: privNames,
    default: 'AES',
  },
  privpasswd: {
    short: 'X',
    value: 'PASSWORD',
    help: 'v3: privacy password, 8 characters or more',
    secret: { env: 'SNMP_PRIV_PASSWORD' },
  },
  context: { short: 'N', value: 'NAME', help: 'v3: context' },
  credentials: {
    value: 'FILE',
    help: 'file with SNMP_COMMUNITY=, SNMP_AUTH_PASSWORD= and SNMP_PRIV_PASSWORD= lines that others cannot read',
  },
  useIpv4: { short: '4', help: 'IPv4 only', type: 'flag' },
  useIpv6: { short: '6', help: 'IPv6 only', type: 'flag' },
  snmpTimeout: {
    value: 'SECONDS',
    help: 'how long to wait for one answer',
    type: 'number',
    min: 0.05,
    max: 600,
    default: 2,
  },
  snmpRetries: {
    value: 'N',
    help: 'how often to repeat a request that gets no answer',
    type: 'integer',
    min: 0,
    max: 20,
    default: 1,
  },
} as const satisfies Options;

type SnmpValues = Values<typeof snmpOptions>;
type Level = (typeof levels)[number];

/** The usage error in a combination of these options; undefined when there is none. */
export function snmpTrouble({ protocol, secname, useIpv4, useIpv6 }: SnmpValues): string | undefined {
  if (useIpv4 && useIpv6) return '--use-ipv4 and --use-ipv6 leave no address';
  if (protocol === '3' && secname === undefined) return '--secname is required with SNMP version 3';
  if (protocol !== '3' && secname !== undefined) return '--secname is for SNMP version 3: give --protocol 3';
  return undefined;
}

/**
 * The access that options and a credentials file (what stands in both counts as in the options) give. No secret is in a
 * reason.
 */
export function accessOf(values: SnmpValues, file: Secrets): Result<Access> {
  const { protocol, secname = '', context = '' } = values;
  if (protocol !== '3')
    return success({ version: protocol, community: values.community ?? file.community ?? 'public' });
  const authPassword = values.authpasswd ?? file.authPassword;
  const privPassword = values.privpasswd ?? file.privPassword;
  const level =
    values.seclevel ??
    (authPassword === undefined ? 'noAuthNoPriv' : privPassword === undefined ? 'authNoPriv' : 'authPriv');
  const base = { version: '3', user: secname, context } as const;
  if (level === 'noAuthNoPriv') {
    if (privPassword !== undefined && values.seclevel === undefined)
      return failure('--privpasswd needs an authentication password too');
    return success(base);
  }
  const wrong =
    passwordTrouble('--authpasswd', level, authPassword) ??
    (level === 'authPriv' ? passwordTrouble('--privpasswd', level, privPassword) : undefined);
  if (wrong !== undefined || authPassword === undefined) return failure(wrong ?? '');
  const auth = { protocol: values.authproto, password: authPassword };
  if (level === 'authNoPriv' || privPassword === undefined) return success({ ...base, auth });
  return success({ ...base, auth, priv: { protocol: values.privproto, password: privPassword } });
}

/** RFC 3414, 11.2: a password has at least 8 characters; agents refuse shorter ones. */
function passwordTrouble(option: string, level: Level, password: string | undefined): string | undefined {
  if (password === undefined) return `${option} is required for ${level}`;
  return password.length < 8 ? `${option} has fewer than 8 characters` : undefined;
}

function readLevel(text: string): Result<Level> {
  const level = levels.find((word) => word.toLowerCase() === text.toLowerCase());
  return level === undefined ? failure(`"${text}" is not one of ${levels.join(', ')}`) : success(level);
}

/** `SHA256`, `sha-256` and `SHA-256` are one protocol; `SHA1` is SHA. */
function readAuthProtocol(text: string): Result<AuthProtocol> {
  const word = wordOf(text);
  for (const name of authNames) if (word === wordOf(name) || (name === 'SHA' && word === 'SHA1')) return success(name);
  return failure(`"${text}" is not one of ${authNames.join(', ')}`);
}

function readPrivProtocol(text: string): Result<PrivProtocol> {
  const word = wordOf(text);
  for (const name of privNames)
    if (word === wordOf(name) || (name === 'AES' && word === 'AES128')) return success(name);
  return failure(`"${text}" is not one of ${privNames.join(', ')}`);
}

function wordOf(text: string): string {
  return text.toUpperCase().replace(/[-_]/g, '');
}
