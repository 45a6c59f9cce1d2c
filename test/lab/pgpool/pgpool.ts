import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { until } from '../poller/until.ts';
import { type Daemon, freePorts, type Lab } from './lab.ts';

/** A Pgpool-II that runs. */
export type Pgpool = {
  readonly port: number;
  readonly pcpPort: number;
  /** The directory of its Unix sockets. */
  readonly sockets: string;
  readonly daemon: Daemon;
  /** A pcp program that changes it. */
  pcp(program: string, ...args: readonly string[]): string;
};

/** Settings of pgpool.conf, in place of those below. */
export type Settings = Readonly<Record<string, string | number>>;

const pcpUser = 'pcpadmin';
/** What a pcppass file must escape is in it. */
export const pcpPassword = 'pcp:pass\\word';

const usual: Settings = {
  backend_clustering_mode: 'streaming_replication',
  listen_addresses: '127.0.0.1',
  pcp_listen_addresses: '127.0.0.1',
  num_init_children: 4,
  max_pool: 1,
  child_life_time: 0,
  reserved_connections: 0,
  enable_pool_hba: 'off',
  connection_cache: 'on',
  load_balance_mode: 'on',
  sr_check_period: 1,
  sr_check_user: 'srcheck',
  sr_check_database: 'postgres',
  delay_threshold: 10_000_000,
  health_check_period: 1,
  health_check_timeout: 2,
  health_check_user: 'srcheck',
  health_check_database: 'postgres',
  health_check_max_retries: 0,
  connect_timeout: 2000,
  failover_on_backend_error: 'off',
  failover_command: '',
  search_primary_node_timeout: 2,
  log_min_messages: 'warning',
  authentication_timeout: 10,
};

/** The lines of a backend in pgpool.conf. */
export function backend(id: number, port: number, flag = 'ALLOW_TO_FAILOVER'): Settings {
  return {
    [`backend_hostname${id}`]: '127.0.0.1',
    [`backend_port${id}`]: port,
    [`backend_weight${id}`]: 1,
    [`backend_data_directory${id}`]: '/nowhere',
    [`backend_flag${id}`]: flag,
    // What the lab's standby calls itself: without it, Pgpool finds no replication state.
    [`backend_application_name${id}`]: 'standby1',
  };
}

/** Other files beside pgpool.conf, by their names. */
export type Files = Readonly<Record<string, string>>;

/** Starts a Pgpool in front of backends, and waits until it listens. */
export async function startPgpool(
  lab: Lab,
  name: string,
  backends: Settings,
  { settings = {}, files = {}, ports }: { settings?: Settings; files?: Files; ports?: readonly number[] } = {},
): Promise<Pgpool> {
  const folder = lab.folder(name);
  const [port = 0, pcpPort = 0] = ports ?? (await freePorts(2));
  const file = (one: string) => path.join(folder, one);
  const all: Settings = {
    ...usual,
    ...{ port, pcp_port: pcpPort, socket_dir: folder, pcp_socket_dir: folder, wd_ipc_socket_dir: folder },
    ...{ pid_file_name: file('pgpool.pid'), logdir: folder, pool_passwd: 'pool_passwd' },
    ...backends,
    ...settings,
  };
  writeFileSync(
    file('pgpool.conf'),
    Object.entries(all)
      .map(([key, value]) => `${key} = '${value}'\n`)
      .join(''),
  );
  const md5 = createHash('md5').update(pcpPassword).digest('hex');
  writeFileSync(file('pcp.conf'), `${pcpUser}:${md5}\n`);
  writeFileSync(file('pcppass'), `*:*:${pcpUser}:${pcpPassword.replace(/[\\:]/g, '\\$&')}\n`, { mode: 0o600 });
  for (const [one, text] of Object.entries({ 'pool_hba.conf': '', pool_passwd: '', ...files }))
    writeFileSync(file(one), text, { mode: 0o600 });
  lab.give();
  const args = ['-n', '-f', file('pgpool.conf'), '-F', file('pcp.conf'), '-a', file('pool_hba.conf')];
  const daemon = lab.start(name, '/usr/sbin/pgpool', args, { PGPOOLKEYFILE: file('key') });
  try {
    await until(`${name} listening`, 40, async () => (await listens(port)) && listens(pcpPort));
  } catch (error) {
    throw new Error(`${String(error)}\n${daemon.log().slice(-2000)}`);
  }
  return {
    ...{ port, pcpPort, sockets: folder, daemon },
    pcp: (program, ...more) =>
      lab.run('/usr/bin/env', [
        `PCPPASSFILE=${file('pcppass')}`,
        program,
        '-w',
        '-h',
        '127.0.0.1',
        '-p',
        String(pcpPort),
        '-U',
        pcpUser,
        ...more,
      ]),
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (found: boolean) => () => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', done(true)).once('error', done(false));
  });
}
