import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../poller/until.ts';
import { freePort } from '../ssh/sshd.ts';

/** A real InfluxDB with one database. */
export type InfluxdbServer = {
  write(lines: readonly string[]): Promise<void>;
  /** The series that a query gives, each as its rows; throws what the server says against it. */
  query(text: string): Promise<readonly Series[]>;
  close(): Promise<void>;
};

export type Series = {
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
};

type Reply = {
  readonly error?: string;
  readonly results?: readonly { readonly error?: string; readonly series?: readonly Series[] }[];
};

/** Starts it in a folder, on ports of loopback. */
export async function startInfluxdb(folder: string): Promise<InfluxdbServer> {
  const port = await freePort();
  const file = path.join(folder, 'influxdb.conf');
  for (const one of ['meta', 'data', 'wal']) mkdirSync(path.join(folder, one));
  writeFileSync(
    file,
    `reporting-disabled = true
bind-address = "127.0.0.1:${await freePort()}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
`,
  );
  const daemon = spawn('influxd', ['-config', file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  const ask = async (text: string, method: 'GET' | 'POST' = 'GET') => {
    const response = await fetch(`${url}/query?db=icinga2&q=${encodeURIComponent(text)}`, { method });
    const reply: Reply = JSON.parse(await response.text());
    const error = reply.error ?? reply.results?.[0]?.error;
    if (error !== undefined) throw new Error(`${text}: ${error}`);
    return reply.results?.[0]?.series ?? [];
  };
  await until('InfluxDB', 30, async () => (await fetch(`${url}/ping`)).status === 204);
  await ask('CREATE DATABASE icinga2', 'POST');
  return {
    write: async (lines) => {
      const { status } = await fetch(`${url}/write?db=icinga2&precision=s`, { method: 'POST', body: lines.join('\n') });
      if (status !== 204) throw new Error(`InfluxDB refuses what is written: ${status}`);
    },
    query: (text) => ask(text),
    close: async () => {
      daemon.kill();
      await ended;
    },
  };
}
