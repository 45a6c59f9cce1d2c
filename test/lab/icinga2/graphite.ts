import { type AddressInfo, createServer, type Socket } from 'node:net';
import { until } from '../poller/until.ts';

/** Something that listens where a Graphite server would, and keeps every value by its path. */
export type Graphite = {
  readonly port: number;
  /** The latest values below a path, that path and its dot taken away; waits until there are as many as wanted. */
  below(path: string, atLeast: number): Promise<Readonly<Record<string, number>>>;
  forget(): void;
  close(): Promise<void>;
};

/** Starts to listen on a free port of loopback. A line is `PATH VALUE TIME`. */
export async function listenAsGraphite(): Promise<Graphite> {
  const values = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    let rest = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [path = '', value] = line.split(' ');
        values.set(path, Number(value));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const found = (path: string) =>
    [...values]
      .filter(([one]) => one.startsWith(`${path}.`))
      .map(([one, value]) => [one.slice(path.length + 1), value]);
  return {
    port: portOf(server.address()),
    below: (path, atLeast) =>
      until(`${atLeast} values below ${path} (${found(path).length} are there)`, 10, () => {
        const all = found(path);
        return all.length >= atLeast && Object.fromEntries(all);
      }),
    forget: () => values.clear(),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no TCP server');
  return address.port;
}
