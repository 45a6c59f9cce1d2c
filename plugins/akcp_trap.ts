import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseIp } from '../src/address/index.ts';
import { defineHandler, failure, type Result, readSecrets, success, writeWhole } from '../src/plugin/index.ts';
import {
  answerTrap,
  type End,
  heedSignals,
  journals,
  keepTurn,
  note,
  ownTurn,
  readInput,
  type Setting,
  type Severity,
  Turns,
} from '../src/recheck/index.ts';
import { readAddress, recheckRequest, senderOf } from '../src/trap/index.ts';

const name = 'akcp_trap';

/** What a run ends with. */
const code = { asked: 0, failed: 1, usage: 2, stranger: 3 } as const;

const codeOf: Readonly<Record<End, number>> = { asked: code.asked, part: code.failed, stranger: code.stranger };

const handler = defineHandler({
  name,
  summary: 'Has Icinga check a probe at once when it sends a trap',
  description:
    'Called by snmptrapd (traphandle) or snmptt for each trap of an AKCP probe. It takes nothing from the trap but the address it came from: Icinga is asked to check the sensorprobe services of the host with that address, at once and once more at the end of the hold, however many traps come meanwhile. What it does is in syslog.',
  options: {
    sender: {
      value: 'ADDRESS',
      help: 'the address that the trap came from; without it, standard input is what snmptrapd gives a traphandle',
      parse: readAddress,
    },
    api: {
      value: 'ADDRESS[:PORT]',
      help: "where Icinga's API is; an address, no name",
      default: '127.0.0.1:5665',
      parse: readPlace,
    },
    apiName: {
      value: 'NAME',
      help: "the name in the API's certificate: Icinga's NodeName",
      required: true,
      parse: readName,
    },
    ca: { value: 'FILE', help: "certificate of the authority that has signed the API's", required: true },
    apiCredentials: {
      value: 'FILE',
      help: 'file with ICINGA_USER= and ICINGA_PASSWORD= lines that only its owner can read',
      required: true,
    },
    stateDir: {
      value: 'DIR',
      help: 'folder of its own, made when it is not there, for when which probe was asked about',
      required: true,
    },
    hold: {
      value: 'SECONDS',
      help: 'a probe is checked at most once in so many seconds',
      type: 'integer',
      min: 1,
      max: 3600,
      default: 10,
    },
    timeout: {
      short: 't',
      value: 'SECONDS',
      help: 'how long the API may take to answer',
      type: 'integer',
      min: 1,
      max: 60,
      default: 5,
    },
    log: { value: 'WHERE', help: 'syslog, or stderr to try it by hand', type: journals, default: 'syslog' },
    dryRun: { help: 'print what Icinga would be asked, and ask nothing', type: 'flag' },
  },
  examples: [
    {
      text: 'try it by hand',
      args: '--sender 192.0.2.50 --api-name icinga1 --ca /etc/snmp/icinga-ca.crt --api-credentials /etc/snmp/akcp_trap.secret --state-dir /var/lib/snmp/akcp_trap --log stderr',
    },
  ],
  exits: {
    [code.asked]: 'Icinga was asked, or will be at the end of the hold',
    [code.failed]: 'it was not, or will not be again at the end of the hold; the log says why',
    [code.usage]: 'usage errors, and files that cannot be used',
    [code.stranger]: 'Icinga has no such probe',
  },
  run: async (options) => {
    const hurry = heedSignals();
    const say = (severity: Severity, line: string) => note(name, options.log, severity, line);
    const refused = async (reason: string) => {
      await say('err', reason);
      return code.usage;
    };
    const sender = options.sender === undefined ? await senderOfInput() : success(options.sender);
    if (!sender.ok) return refused(sender.reason);
    if (options.dryRun) {
      writeWhole(`${JSON.stringify(recheckRequest(sender.value), null, 2)}\n`);
      return code.asked;
    }
    const ca = readCertificate(options.ca);
    if (!ca.ok) return refused(`--ca: ${ca.reason}`);
    const secrets = readSecrets(
      options.apiCredentials,
      { ICINGA_USER: 'user', ICINGA_PASSWORD: 'password' },
      { ownerAlone: true },
    );
    if (!secrets.ok) return refused(`--api-credentials: ${secrets.reason}`);
    const { user, password } = secrets.value;
    if (user === undefined || password === undefined)
      return refused(`--api-credentials: ${options.apiCredentials} needs ICINGA_USER= and ICINGA_PASSWORD=`);
    const pace = { hold: options.hold * 1000, limit: options.timeout * 1000 };
    const opened = Turns.open(options.stateDir, pace);
    if (opened.kind === 'refused') return refused(`--state-dir: ${opened.reason}`);
    const setting: Setting = {
      ...{ sender: sender.value, hurry, say, ...pace },
      api: { ...options.api, name: options.apiName, ca: ca.value, user, password },
      turns: opened.kind === 'open' ? success(opened.turns) : failure(opened.reason),
      args: argumentsFor(sender.value, options),
    };
    const own = ownTurn();
    return codeOf[await (own === null ? answerTrap(setting) : keepTurn(setting, own))];
  },
  refuse: async (reason, kind, args) => {
    const said = await note(name, args.includes('--log=stderr') ? 'stderr' : 'syslog', 'err', reason);
    // At a terminal too, where a wrong option is most likely tried.
    if (said === 'syslog' && process.stderr.isTTY) await note(name, 'stderr', 'err', reason);
    return kind === 'usage' ? code.usage : code.failed;
  },
});

export default handler;

/** What is given on to a process that is left behind. */
type Given = {
  readonly api: { readonly address: string; readonly port: number };
  readonly apiName: string;
  readonly ca: string;
  readonly apiCredentials: string;
  readonly stateDir: string;
  readonly hold: number;
  readonly timeout: number;
};

/** The arguments for the same in another folder. Its standard error is nowhere, so what it does is in syslog. */
function argumentsFor(sender: string, { api: { address, port }, ...given }: Given): readonly string[] {
  const options = {
    ...{ sender, api: `${address.includes(':') ? `[${address}]` : address}:${port}`, 'api-name': given.apiName },
    ...{ ca: path.resolve(given.ca), 'api-credentials': path.resolve(given.apiCredentials) },
    ...{ 'state-dir': path.resolve(given.stateDir), hold: given.hold, timeout: given.timeout },
  };
  return Object.entries(options).map(([option, value]) => `--${option}=${value}`);
}

async function senderOfInput(): Promise<Result<string>> {
  const input = await readInput();
  return input.ok ? senderOf(input.value) : input;
}

/** Reads `192.0.2.1`, `192.0.2.1:5665`, `2001:db8::1` or `[2001:db8::1]:5665`. */
function readPlace(text: string): Result<{ readonly address: string; readonly port: number }> {
  const [, host = text, port] = /^(\[.*\]|[^:]*):(\d{1,5})$/.exec(text) ?? [];
  const address = readAddress(host);
  if (!address.ok) return failure(`"${text}" is not ADDRESS or ADDRESS:PORT`);
  const number = Number(port ?? 5665);
  return number >= 1 && number <= 65_535
    ? success({ address: address.value, port: number })
    : failure(`"${text}": the port is not between 1 and 65535`);
}

function readName(text: string): Result<string> {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/.test(text) || parseIp(text) !== null
    ? success(text)
    : failure(`"${text}" is not a name that a certificate can have`);
}

/** Reads a file of certificates; the reason is a sentence fragment. */
function readCertificate(file: string): Result<string> {
  try {
    const state = statSync(file);
    if (!state.isFile() || state.size > 1_000_000) return failure(`${file} is not a file of certificates`);
    const text = readFileSync(file, 'utf8');
    return text.includes('-----BEGIN CERTIFICATE-----') ? success(text) : failure(`${file} has no certificate in it`);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (reason === 'ENOENT') return failure(`${file} does not exist`);
    return failure(reason === 'EACCES' ? `${file} may not be read by this user` : `${file} cannot be read (${reason})`);
  }
}
