import { failure, type Result, success } from './result.ts';

/** Labels of a metric in the openmetrics format, by their names. */
export type Labels = Readonly<Record<string, string>>;

/** Names of labels that the plugins use themselves. */
export const ownLabels = [
  ...(['plugin', 'state', 'code', 'level', 'end', 'alert', 'unit', 'metric', 'nr'] as const),
  ...(['vip', 'source', 'node', 'probe', 'sensor', 'kind', 'port', 'pgpool', 'backend', 'server'] as const),
] as const;

/** Reads `NAME=VALUE`. */
export function parseMetricLabel(text: string): Result<readonly [name: string, value: string]> {
  const [, name = '', value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(text) ?? [];
  if (name === '' || name.startsWith('__')) return failure(`"${text}" is not a label such as site=berlin`);
  return ownLabels.some((own) => own === name)
    ? failure(`"${text}": plugins use ${name} themselves`)
    : success([name, value]);
}

/** The labels that can be read from some texts; for each name, the last one. */
export function labelsIn(texts: readonly string[]): Labels {
  return Object.fromEntries(
    texts.flatMap((text) => {
      const label = parseMetricLabel(text);
      return label.ok ? [label.value] : [];
    }),
  );
}
