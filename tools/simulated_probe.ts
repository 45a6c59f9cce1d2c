import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import library from 'net-snmp';
import { type Cell, parseRecording } from '../test/fixtures/sensorprobe/recording.ts';
import { type Outcome, runScript } from './child.ts';

/**
 * Runs check_sensorprobe against a simulated probe. `-H probe1` among the arguments is that probe, and stands in the output
 * in place of its address.
 */
export function checkProbe(recording: string, args: readonly string[]): Promise<Outcome> {
  return withProbe(recording, async (port) => {
    const real = args.map((arg) => (arg === 'probe1' ? '127.0.0.1' : arg));
    const { stdout, ...rest } = await runScript(['dist/check_sensorprobe', ...real, '-p', String(port)]);
    return { stdout: stdout.replaceAll('127.0.0.1', 'probe1').replaceAll(String(port), '161'), ...rest };
  });
}

/** Serves the cells of a recording, by net-snmp's own agent on a free port of 127.0.0.1, while the work is done. */
export async function withProbe<T>(recording: string, work: (port: number) => Promise<T>): Promise<T> {
  const port = await freePort();
  const agent = await serveProbe(recording, port);
  try {
    return await work(port);
  } finally {
    agent.close();
  }
}

function serveProbe(recording: string, port: number) {
  const cells = parseRecording(readFileSync(recording, 'utf8'));
  return new Promise<ReturnType<typeof library.createAgent>>((resolve, reject) => {
    const { MibProviderType, MaxAccess, ObjectType, AccessControlModelType } = library;
    const options = {
      address: '127.0.0.1',
      port,
      disableAuthorization: true,
      accessControlModelType: AccessControlModelType['None'] ?? 0,
    };
    // It calls back for every request, and with an error for what it cannot read.
    const agent = library.createAgent(options, (error) => (error === null ? undefined : reject(error)));
    const mib = agent.getMib();
    for (const oid of ['1.3.6.1.2.1.1', '1.3.6.1.4.1.3854']) {
      const [type, maxAccess] = [MibProviderType['Scalar'] ?? 0, MaxAccess['read-only'] ?? 0];
      mib.addProviderToNode({ name: oid, type, oid, maxAccess });
    }
    for (const cell of cells) {
      const node = mib.addNodesForOid(cell.oid);
      const [type, value] = contentOf(cell);
      node.valueType = ObjectType[type] ?? 0;
      node.value = value;
    }
    resolve(agent);
  });
}

function contentOf({ type, value }: Cell): readonly [type: string, value: unknown] {
  if (type === 'integer') return ['Integer', Number(value)];
  if (type === 'gauge') return ['Gauge', Number(value)];
  if (type === 'objectid') return ['OID', value];
  if (type === 'string') return ['OctetString', value];
  return [type === 'opaque' ? 'Opaque' : 'OctetString', Buffer.from(value.replaceAll(' ', ''), 'hex')];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
