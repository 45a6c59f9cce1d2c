import { spawnSync } from 'node:child_process';

type Metric = {
  readonly label: string;
  readonly value: number;
  readonly warn: string | null;
  readonly crit: string | null;
  readonly min: number | null;
  readonly max: number | null;
};

/**
 * The values that Icinga must write for what a plugin says as data, by their paths: `buckets_lost.value` and, for what
 * Icinga can hold of the rest, `buckets_lost.crit` and so on. A threshold that is no plain number it cannot hold.
 */
export function writtenFor(plugin: string, args: readonly string[]): Readonly<Record<string, number>> {
  const { stdout } = spawnSync(process.execPath, [`dist/${plugin}`, ...args, '--output-format', 'json'], {
    encoding: 'utf8',
  });
  const { perfdata }: { readonly perfdata: readonly Metric[] } = JSON.parse(stdout);
  const fields = perfdata.flatMap(({ label, ...fields }) =>
    (['value', 'warn', 'crit', 'min', 'max'] as const).flatMap((field) => {
      const value = fields[field];
      const held = value !== null && Number.isFinite(Number(value));
      // A blank would end the path in Graphite's protocol.
      return held ? [[`${label.replaceAll(' ', '_')}.${field}`, Number(value)] as const] : [];
    }),
  );
  return Object.fromEntries(fields);
}
