import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Recorded, recordedRows } from '../test/fixtures/pgpool/recording.ts';
import { type Outcome, runScript } from './child.ts';
import { authenticationOk, errorResponse, kindOf, ready, rows } from './postgres_messages.ts';

const folder = 'test/fixtures/pgpool';

/**
 * Runs check_pgpool against a simulated Pgpool: what `SHOW pool_nodes` said is recorded in one file and, where the name of
 * a second follows behind a comma, what `pcp_watchdog_info -v` said. `-H pgpool1` among the arguments is that Pgpool, and
 * stands in the output in place of its address; its backends are called db1, db2, ...
 */
export function checkPgpool(recording: string, args: readonly string[]): Promise<Outcome> {
  const [nodes = '', watchdog] = recording.split(',');
  return withPgpool(nodes, async (port) => {
    const programs = mkdtempSync(path.join(tmpdir(), 'rackwatch-pcp-'));
    try {
      if (watchdog !== undefined)
        writeFileSync(path.join(programs, 'pcp_watchdog_info'), `#!/bin/sh\ncat '${path.resolve(watchdog)}'\n`, {
          mode: 0o755,
        });
      const real = args.map((arg) => (arg === 'pgpool1' ? '127.0.0.1' : arg));
      const env = { ...process.env, PATH: `${programs}:${process.env['PATH']}` };
      const { stdout, ...rest } = await runScript(['dist/check_pgpool', ...real, '-p', String(port)], env);
      return { stdout: stdout.replaceAll('127.0.0.1', 'pgpool1').replaceAll(String(port), '9999'), ...rest };
    } finally {
      rmSync(programs, { recursive: true });
    }
  });
}

/** Serves a recording of `SHOW pool_nodes`, and beside it those of a healthy Pgpool, while the work is done. */
export async function withPgpool<T>(recording: string, work: (port: number) => Promise<T>): Promise<T> {
  const read = (file: string) => recordedRows(readFileSync(file, 'utf8'));
  const answers: Readonly<Record<string, readonly Recorded[]>> = {
    'SHOW pool_nodes': read(recording).map((row, i) => ({ ...row, hostname: `db${i + 1}`, port: '5432' })),
    'SHOW pool_version': read(`${folder}/healthy-pool-version.psv`),
    'SHOW pool_status': read(`${folder}/healthy-pool-status.psv`),
    'SHOW pool_processes': read(`${folder}/healthy-pool-processes.psv`),
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', (bytes) => socket.write(answerTo(bytes, answers)));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  try {
    return await work(port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

function answerTo(bytes: Buffer, answers: Readonly<Record<string, readonly Recorded[]>>): Buffer {
  const kind = kindOf(bytes);
  if (kind === 'ssl') return Buffer.from('N');
  if (kind === 'startup') return Buffer.concat([authenticationOk, ready]);
  const found = answers[bytes.subarray(5, -1).toString('utf8')];
  const answer = found === undefined ? errorResponse('42704', 'unrecognized configuration parameter') : rows(found);
  return Buffer.concat([answer, ready]);
}
