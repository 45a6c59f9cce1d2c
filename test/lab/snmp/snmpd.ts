import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { parseRecording } from '../../fixtures/sensorprobe/recording.ts';
import { freeUdpPort } from './udp.ts';

const program = '/usr/sbin/snmpd';
/** What a probe answers: the group `system`, and AKCP's tree. */
const trees = ['1.3.6.1.2.1.1', '1.3.6.1.4.1.3854'];

/** What this machine lacks for the lab, as a sentence fragment; null when it has everything. */
export function whyNoSnmpd(): string | null {
  try {
    accessSync(program);
  } catch {
    return `${program} missing`;
  }
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  return addresses.includes('::1') ? null : 'loopback has no ::1';
}

/** A running snmpd; it answers on 127.0.0.1 and ::1 unless told otherwise, on this port. */
export type Snmpd = {
  readonly port: number;
  /** Stops it in its tracks (SIGSTOP): the socket stays open, and nobody answers. `stop` still works. */
  freeze(): void;
  stop(): Promise<void>;
};

/** A user of SNMPv3: the protocols by snmpd's names. Without a protocol, that layer is not used. */
export type User = {
  readonly name: string;
  readonly auth?: string;
  readonly authPassword?: string;
  readonly priv?: string;
  readonly privPassword?: string;
};

/**
 * Starts a real snmpd that answers with a recording (`test/fixtures/sensorprobe/NAME.snmp`) to the community `public`
 * over v1 and v2c, and to the users over v3. It serves nothing else, and keeps to Net-SNMP's cap of 100 varbinds an
 * answer. With `listen`, it is on these IPv4 addresses and this port alone. A script gives it each value as it is asked
 * for; with `ownValues`, for recordings of numbers, texts and OIDs, they stand in its configuration, and it answers at once.
 */
export async function startSnmpd(
  recording: string,
  {
    users = [],
    listen,
    ownValues = false,
  }: {
    readonly users?: readonly User[];
    readonly ownValues?: boolean;
    readonly listen?: { readonly addresses: readonly string[]; readonly port: number };
  } = {},
): Promise<Snmpd> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-snmpd-'));
  const file = path.resolve(`test/fixtures/sensorprobe/${recording}.snmp`);
  writeFileSync(path.join(folder, 'snmpd.conf'), configuration(ownValues ? valuesOf(file) : servedBy(file), users));
  for (let tries = 0; tries < 5; tries++) {
    const port = listen?.port ?? (await freeUdpPort());
    const sockets = listen?.addresses.map((address) => `udp:${address}:${port}`);
    const running = await launch(folder, sockets ?? [`udp:127.0.0.1:${port}`, `udp6:[::1]:${port}`]);
    if (running !== null) return { port, ...running };
  }
  throw new Error('snmpd did not start');
}

/** Starts snmpd with the configuration of a folder, which goes with it; null when a socket is taken. */
async function launch(folder: string, sockets: readonly string[]): Promise<Omit<Snmpd, 'port'> | null> {
  const daemon = spawn(
    program,
    ['-f', '-Le', '-C', '-c', path.join(folder, 'snmpd.conf'), '-I', '-system_mib,-sysORTable', ...sockets],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: '/usr/bin:/bin', SNMP_PERSISTENT_DIR: folder, MIBS: '' } },
  );
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
  });
  if (!(await isReady(daemon))) return null;
  const stop = async () => {
    daemon.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { freeze: () => daemon.kill('SIGSTOP'), stop };
}

/** Lines that have a script asked for everything. */
function servedBy(file: string): readonly string[] {
  const serve = path.resolve('test/lab/snmp/serve');
  return trees.map((tree) => `pass_persist .${tree} ${serve} ${file} ${tree}`);
}

/** Lines that hold the values themselves. Throws where one is of another type. */
function valuesOf(file: string): readonly string[] {
  return parseRecording(readFileSync(file, 'utf8')).map(({ oid, type, value }) => {
    if (type === 'integer') return `override .${oid} integer ${value}`;
    if (type === 'objectid') return `override .${oid} object_id .${value}`;
    if (type === 'string') return `override .${oid} octet_str "${value}"`;
    throw new Error(`${oid} is of type ${type}`);
  });
}

function configuration(values: readonly string[], users: readonly User[]): string {
  const lines = [
    // A probe has nothing behind its own values, where snmpd has tables of its own.
    ...trees.map((tree) => `view probe included .${tree}`),
    'rocommunity public 127.0.0.0/8 -V probe',
    'rocommunity6 public ::1 -V probe',
    'maxGetbulkResponses 100',
    // Its log is a pipe, which nobody may be there to empty.
    'dontLogTCPWrappersConnects yes',
    ...values,
    ...users.flatMap(({ name, auth, authPassword, priv, privPassword }) => [
      auth === undefined
        ? `createUser ${name}`
        : `createUser ${name} ${auth} "${authPassword}"${priv === undefined ? '' : ` ${priv} "${privPassword}"`}`,
      `rouser ${name} ${priv !== undefined ? 'priv' : auth !== undefined ? 'auth' : 'noauth'} -V probe`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Waits for the line that snmpd writes once it listens; false when it ends before, as on a port that is taken. */
function isReady(daemon: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    let log = '';
    daemon.stderr?.on('data', (chunk) => {
      log += chunk;
      if (log.includes('NET-SNMP version')) resolve(true);
    });
    daemon.once('exit', () => resolve(false));
  });
}
