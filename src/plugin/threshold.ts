import { alerts, type Range } from './range.ts';
import type { State } from './state.ts';

/** The ranges of `-w` and `-c`; one that is not given never alerts. */
export type Thresholds = { readonly warning?: Range | undefined; readonly critical?: Range | undefined };

/** Judges a value: critical first, then warning. A value that is not a number cannot be judged and is UNKNOWN. */
export function judge(value: number, { warning, critical }: Thresholds): State {
  if (Number.isNaN(value)) return 'UNKNOWN';
  if (critical !== undefined && alerts(critical, value)) return 'CRITICAL';
  if (warning !== undefined && alerts(warning, value)) return 'WARNING';
  return 'OK';
}
