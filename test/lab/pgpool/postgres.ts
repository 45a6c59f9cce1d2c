import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../poller/until.ts';
import { type Daemon, freePorts, type Lab, programs } from './lab.ts';

/** A PostgreSQL server. */
export type Server = {
  readonly port: number;
  start(): Promise<void>;
  /** Ends it at once, as a crash does. */
  crash(): Promise<void>;
  /** Freezes it, and lets it go on. */
  freeze(): void;
  thaw(): void;
  promote(): void;
  /** Runs SQL as the superuser, and gives the first column of the first row. */
  sql(text: string): string;
  log(): string;
};

/** A primary and its standby with streaming replication. */
export type Pair = { readonly primary: Server; readonly standby: Server };

const settings = `
listen_addresses = '127.0.0.1'
fsync = off
max_connections = 60
wal_level = replica
max_wal_senders = 6
hot_standby = on
wal_receiver_status_interval = 1
wal_retrieve_retry_interval = 100
shared_buffers = 16MB
max_wal_size = 64MB
wal_keep_size = 64MB
`;

/** pool_hba.conf decides who needs a password; what comes from Pgpool is trusted, but for one role. */
const hba = `
host all secret 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
local all all trust
host replication all 127.0.0.1/32 trust
`;

const roles = `
CREATE ROLE monitor LOGIN;
CREATE ROLE srcheck LOGIN IN ROLE pg_monitor;
CREATE ROLE poor LOGIN;
CREATE ROLE locked NOLOGIN;
CREATE ROLE secret LOGIN PASSWORD 'opensesame7';
CREATE TABLE filler (text text);
`;

/** Makes the data of a pair, to be copied for each test: `template/primary` and `template/standby`. */
export async function prepareTemplate(lab: Lab): Promise<void> {
  const [port = 0] = await freePorts(1);
  const folder = lab.folder('template');
  const data = path.join(folder, 'primary');
  lab.run(`${programs}/initdb`, ['-N', '-A', 'trust', '-U', 'postgres', '--no-instructions', '-D', data]);
  appendFileSync(path.join(data, 'postgresql.conf'), settings);
  writeFileSync(path.join(data, 'pg_hba.conf'), hba);
  lab.give();
  const server = serverOf(lab, 'template', data, port);
  await server.start();
  server.sql(roles);
  lab.run(`${programs}/pg_basebackup`, [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    'postgres',
    '-R',
    '-c',
    'fast',
    '-D',
    path.join(folder, 'standby'),
  ]);
  server.sql('CHECKPOINT');
  await server.stop();
}

/** Starts a pair of its own from the template. */
export async function startPair(lab: Lab, name: string): Promise<Pair> {
  const [first = 0, second = 0] = await freePorts(2);
  const folder = lab.folder(name);
  execFileSync('cp', ['-a', lab.file('template/primary'), lab.file('template/standby'), folder]);
  const standbyData = path.join(folder, 'standby');
  appendFileSync(
    path.join(standbyData, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${first} user=postgres application_name=standby1'\n`,
  );
  const primary = serverOf(lab, `${name}-primary`, path.join(folder, 'primary'), first);
  const standby = serverOf(lab, `${name}-standby`, standbyData, second);
  await primary.start();
  await standby.start();
  await until('streaming replication', 20, () => primary.sql('SELECT state FROM pg_stat_replication') === 'streaming');
  return { primary, standby };
}

function serverOf(lab: Lab, name: string, data: string, port: number): Server & { stop(): Promise<void> } {
  let daemon: Daemon | undefined;
  const running = () => {
    if (daemon === undefined) throw new Error(`${name} does not run`);
    return daemon;
  };
  const psql = (text: string) =>
    lab.run(`${programs}/psql`, [
      '-XAtq',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'postgres',
      '-c',
      text,
      'postgres',
    ]);
  return {
    port,
    start: async () => {
      daemon = lab.start(name, `${programs}/postgres`, ['-D', data, '-p', String(port), '-k', data]);
      await until(`${name}: a connection`, 20, () => psql('SELECT 1').trim() === '1');
    },
    stop: () => running().stop('SIGINT'),
    crash: () => running().stop('SIGQUIT'),
    freeze: () => process.kill(-running().pid, 'SIGSTOP'),
    thaw: () => process.kill(-running().pid, 'SIGCONT'),
    promote: () => lab.run(`${programs}/pg_ctl`, ['promote', '-w', '-D', data]),
    sql: (text) => psql(text).trim(),
    log: () => running().log(),
  };
}
