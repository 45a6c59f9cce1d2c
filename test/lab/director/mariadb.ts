import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import type { Lab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { freePort } from '../ssh/sshd.ts';

/** A MariaDB of its own with one empty database, on a port of loopback. */
export type Database = {
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string;
};

/** Starts it in the lab, as Debian's account for it; it ends with that. */
export async function startMariadb(lab: Lab): Promise<Database> {
  const folder = lab.sub('mariadb');
  const data = path.join(folder, 'data');
  const socket = path.join(folder, 'socket');
  execFileSync('chown', ['mysql:', folder]);
  const quiet = { stdio: 'pipe' } as const;
  execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--user=mysql', '--skip-test-db'], quiet);
  const port = await freePort();
  const daemon = spawn(
    'mariadbd',
    [
      ...['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, '--user=mysql'],
      ...[
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        '--innodb-flush-log-at-trx-commit=0',
        '--innodb-fast-shutdown=2',
      ],
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  lab.undo(async () => {
    daemon.kill();
    await ended;
  });
  const sql = (text: string) => execFileSync('mariadb', ['--no-defaults', `--socket=${socket}`, '-e', text], quiet);
  await until('MariaDB', 30, () => sql('SELECT 1').length > 0);
  const database = { port, name: 'director', user: 'director', password: 'lab' };
  sql(`CREATE DATABASE director CHARACTER SET utf8;
    CREATE USER director@'127.0.0.1' IDENTIFIED BY 'lab'; CREATE USER director@localhost IDENTIFIED BY 'lab';
    GRANT ALL ON director.* TO director@'127.0.0.1'; GRANT ALL ON director.* TO director@localhost`);
  return database;
}
