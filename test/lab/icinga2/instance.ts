import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Account, giveTo } from '../poller/account.ts';
import { daemonPath } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { freePort } from '../ssh/sshd.ts';
import { Api } from './api.ts';

const program = '/usr/sbin/icinga2';

/** What the lab needs of Icinga's packages. */
export const icingaFiles = [program, '/usr/share/icinga2/include/itl', '/usr/bin/setpriv'];

/** A shipped configuration file as it stands in the project. */
export function shippedConfiguration(file: string): string {
  return readFileSync(`icinga-conf/icinga2/${file}`, 'utf8');
}

/** An Icinga 2 to be: a tree of its own, a free port, a configuration. */
export type Setting = {
  /** NodeName, and the name in its certificate. */
  readonly name: string;
  /** An existing folder; everything of the instance goes below it. */
  readonly folder: string;
  readonly account: Account;
  /** Where the plugins are installed. */
  readonly plugins: string;
  /** Files of its tree beside the base configuration: name and text. `main.conf` is read last. */
  readonly files: Readonly<Record<string, string>>;
  /** The folder of the authority that signs its certificate; its own where there is none. */
  readonly authority?: string;
  readonly port?: number;
  /** Set in the daemon's environment, and so in that of every plugin. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command before it, such as one that enters a namespace. */
  readonly wrapper?: readonly string[];
};

/** A running Icinga 2. */
export type Instance = {
  readonly name: string;
  readonly port: number;
  readonly api: Api;
  /** Its own tree. */
  readonly tree: string;
  /** All that it has logged, at every severity. */
  log(): string;
  stop(): Promise<void>;
};

/** Where an instance keeps everything, as options that its every command takes behind the subcommand. */
function places(tree: string, { name }: Account): readonly string[] {
  const folders = ['DataDir', 'CacheDir', 'SpoolDir', 'LogDir', 'InitRunDir', 'ConfigDir'];
  const definitions = [
    ...folders.map((one) => `${one}=${tree}`),
    `ZonesDir=${tree}/zones.d`,
    `RunAsUser=${name}`,
    `RunAsGroup=${name}`,
  ];
  return definitions.flatMap((definition) => ['-D', definition]);
}

/** Makes the tree of an instance with its certificate and configuration, and starts it as its account. */
export async function startIcinga(setting: Setting): Promise<Instance> {
  const { name, folder, account, authority = path.join(folder, name), env = {}, wrapper = [] } = setting;
  const tree = path.join(folder, name);
  mkdirSync(path.join(tree, 'certs'), { recursive: true });
  chmodSync(folder, 0o755);
  const port = setting.port ?? (await freePort());
  const password = randomBytes(12).toString('hex');
  makeCertificate(name, tree, authority, account);
  const files = { 'base.conf': base(setting, tree, port, password), ...setting.files };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), text);
  }
  const all = ['base.conf', 'main.conf'].map((file) => `include "${path.join(tree, file)}"\n`);
  writeFileSync(path.join(tree, 'icinga2.conf'), all.join(''));
  giveTo(account, tree);
  const output = openSync(path.join(tree, 'console.log'), 'a');
  const line = [...wrapper, ...asAccount(account), program, 'daemon', '-c', path.join(tree, 'icinga2.conf')];
  const daemon = spawn('env', [...line, ...places(tree, account)], {
    stdio: ['ignore', output, output],
    env: { PATH: daemonPath, ...env },
    cwd: '/',
  });
  const instance = describe(name, tree, port, password, daemon);
  try {
    const ended = () => daemon.exitCode !== null;
    await until(`the API of ${name}`, 20, async () => ended() || (await instance.api.get('status')).length > 0);
    if (ended()) throw new Error(`${name} did not start`);
  } catch (error) {
    await instance.stop();
    throw new Error(`${String(error)}\n${instance.log()}`);
  }
  return instance;
}

function asAccount({ name, uid, gid }: Account): readonly string[] {
  // Not by the uid of the spawn: the supplementary groups have to go too.
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--', 'env', `USER=${name}`];
}

function describe(name: string, tree: string, port: number, password: string, daemon: ChildProcess): Instance {
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
  });
  const log = () => ['console.log', 'debug.log'].map((file) => textOf(path.join(tree, file))).join('\n');
  const stop = async () => {
    if (daemon.exitCode === null) daemon.kill('SIGTERM');
    const force = setTimeout(() => daemon.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(force);
  };
  return { name, port, api: new Api({ port, password }), tree, log, stop };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A certificate of an authority, which is made where there is none yet. */
function makeCertificate(name: string, tree: string, authority: string, account: Account): void {
  const pki = (...args: readonly string[]) =>
    execFileSync(program, ['pki', ...args, ...places(authority, account)], { stdio: 'pipe' });
  const file = (ending: string) => path.join(tree, 'certs', `${name}.${ending}`);
  giveTo(account, authority);
  giveTo(account, tree);
  if (textOf(path.join(authority, 'ca/ca.crt')) === '') pki('new-ca');
  pki('new-cert', '--cn', name, '--key', file('key'), '--csr', file('csr'));
  pki('sign-csr', '--csr', file('csr'), '--cert', file('crt'));
  writeFileSync(path.join(tree, 'certs/ca.crt'), readFileSync(path.join(authority, 'ca/ca.crt')));
}

function base({ name, plugins }: Setting, tree: string, port: number, password: string): string {
  return `
const NodeName = "${name}"
const PluginDir = "/usr/lib/nagios/plugins"
const PluginContribDir = "${plugins}"
const ManubulonPluginDir = "/usr/lib/nagios/plugins"
include <itl>
include <plugins>
include <manubulon>
object FileLogger "debug" {
  severity = "debug"
  path = "${path.join(tree, 'debug.log')}"
}
object CheckerComponent "checker" { }
object ApiListener "api" {
  bind_host = "127.0.0.1"
  bind_port = ${port}
  accept_commands = true
  accept_config = true
}
object ApiUser "lab" {
  password = "${password}"
  permissions = [ "*" ]
}
template Host "generic-host" default {
  check_command = "dummy"
  vars.dummy_state = 0
}
`;
}
