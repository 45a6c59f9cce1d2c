import { createServer } from 'node:http';
import { until } from '../poller/until.ts';

/** A point as Icinga writes it: its measurement, its tags and its fields. */
export type Point = {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
};

/** Something that listens where an InfluxDB would, and keeps all points. */
export type Influxdb = {
  readonly port: number;
  /** The points with a tag `metric` of a measurement; waits until there are as many as wanted. */
  points(measurement: string, atLeast: number): Promise<readonly Point[]>;
  /** All that was written, as it came. */
  lines(): readonly string[];
  close(): Promise<void>;
};

/** Starts to listen on a free port of loopback. */
export async function listenAsInfluxdb(): Promise<Influxdb> {
  const lines: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      if (request.url?.startsWith('/write')) lines.push(...text.split('\n').filter((line) => line !== ''));
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP server');
  const found = (measurement: string) =>
    lines.map(readPoint).filter((point) => point.measurement === measurement && 'metric' in point.tags);
  return {
    port: address.port,
    points: (measurement, atLeast) =>
      until(`${atLeast} points of ${measurement}`, 15, () => {
        const all = found(measurement);
        return all.length >= atLeast && all;
      }),
    lines: () => lines,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** `MEASUREMENT,TAG=VALUE,... FIELD=VALUE,... TIME`, with a backslash before what would part it. */
function readPoint(line: string): Point {
  const [key = '', fields = ''] = parted(line, ' ');
  const [measurement = '', ...tags] = parted(key, ',');
  const pairs = (texts: readonly string[]) => Object.fromEntries(texts.map((text) => parted(text, '=').map(plain)));
  return { measurement: plain(measurement), tags: pairs(tags), fields: pairs(parted(fields, ',')) };
}

function parted(text: string, sign: string): readonly string[] {
  return text.split(new RegExp(`(?<!\\\\)${sign}`));
}

function plain(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}
