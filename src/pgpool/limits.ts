import { type Fault, fault } from '../findings/index.ts';
import { alerts, formatNumber, formatRange, type Metric, type Range, type State } from '../plugin/index.ts';
import { type Backend, isStreaming, isUp, nameOf, placeOf } from './backend.ts';
import type { Children, Settings } from './pool.ts';
import type { Limit, Wishes } from './wishes.ts';

/** The values that ranges of `-w` and `-c` are for. */
export type Values = {
  readonly backends: readonly Backend[];
  readonly settings: Settings;
  readonly children: Children | null;
};

/** Compares values with ranges: reports a value outside its range, and a range that has no value to judge. */
export function judgeLimits(values: Values, wishes: Wishes): readonly Fault[] {
  const levels = [
    ['CRITICAL', wishes.critical],
    ['WARNING', wishes.warning],
  ] as const;
  const found = levels.flatMap(([state, limits]) => limits.flatMap((limit) => judgeLimit(state, limit, values)));
  // What is critical is not also a warning; what cannot be judged is reported once.
  return found.filter(({ item }, i) => found.findIndex((other) => other.item === item) === i).map(({ fault }) => fault);
}

type Found = { readonly item: string; readonly fault: Fault };

function judgeLimit(state: State, limit: Limit, values: Values): readonly Found[] {
  if (limit.what === 'delay') return judgeDelay(state, limit, values);
  if (limit.what === 'up') {
    const { backends } = values;
    const up = backends.filter(isUp).length;
    return outside(state, 'up', limit.range, up, `${up} of ${backends.length} backends up`);
  }
  const { children } = values;
  if (children === null)
    return [
      {
        item: 'children',
        fault: fault(
          'UNKNOWN',
          'pool-limit-open',
          'Pgpool does not report its children, so their range judges nothing',
        ),
      },
    ];
  const percent = (children.used / children.most) * 100;
  const shown = `${Math.round(percent)} % of the children in use (${children.used} of ${children.most})`;
  return outside(state, 'children', limit.range, percent, shown);
}

function judgeDelay(
  state: State,
  { range, unit }: Extract<Limit, { readonly what: 'delay' }>,
  { backends, settings }: Values,
): readonly Found[] {
  const nothing = (why: string): readonly Found[] => [
    { item: 'delay', fault: fault('UNKNOWN', 'pool-limit-open', `${why}, so the range for delay judges nothing`) },
  ];
  if (!isStreaming(backends)) return nothing('Pgpool is in a mode without delays');
  if (settings.srCheckPeriod === 0) return nothing('sr_check_period is 0');
  const standbys = backends.filter(({ role }) => role === 'standby');
  if (standbys.length === 0) return nothing('there is no standby');
  return measured(standbys).flatMap((one) => {
    const item = `delay ${one.id}`;
    const { delay } = one;
    if (delay === null)
      return [{ item, fault: fault('UNKNOWN', 'pool-limit-open', `${nameOf(one)}: its delay cannot be read`) }];
    if (delay.unit !== unit) {
      const words = { B: 'bytes', s: 'seconds' } as const;
      const why = `Pgpool reports delays in ${words[delay.unit]}, and the range is in ${words[unit]}`;
      return [{ item: 'unit', fault: fault('UNKNOWN', 'pool-limit-open', why, `${why}: ${unitAdvice[delay.unit]}`) }];
    }
    return outside(state, item, range, delay.value, `${nameOf(one)}: delay ${formatNumber(delay.value)} ${unit}`);
  });
}

const unitAdvice = {
  B: 'drop the s at its end, or set delay_threshold_by_time',
  s: 'write it with an s at its end, as in delay=10s',
} as const;

/** Standbys whose delay is meaningful: Pgpool does not measure those that it does not use. */
function measured(standbys: readonly Backend[]): readonly Backend[] {
  return standbys.filter((one) => one.role === 'standby' && one.pgRole !== 'primary' && isUp(one));
}

function outside(state: State, item: string, range: Range, value: number, shown: string): readonly Found[] {
  if (!alerts(range, value)) return [];
  return [
    {
      item,
      fault: fault(state, 'pool-limit', `${shown}, ${range.inside ? 'inside' : 'outside'} ${formatRange(range)}`),
    },
  ];
}

/** The metrics of backends and children, with the ranges that judge them. */
export function metricsOf({ backends, settings, children }: Values, wishes: Wishes): readonly Metric[] {
  const rangeOf = (limits: readonly Limit[], what: Limit['what'], unit?: 'B' | 's') =>
    limits.find((limit) => limit.what === what && (limit.what !== 'delay' || limit.unit === unit))?.range;
  const both = (what: Limit['what'], unit?: 'B' | 's') => ({
    warn: rangeOf(wishes.warning, what, unit),
    crit: rangeOf(wishes.critical, what, unit),
  });
  const isMeasured = isStreaming(backends) && settings.srCheckPeriod !== 0;
  const delays = (isMeasured ? measured(backends) : []).flatMap((one): readonly Metric[] => {
    const { id, delay } = one;
    if (delay === null) return [];
    const series = {
      name: 'pgpool_backend_delay',
      help: 'How far a standby is behind its primary',
      labels: { backend: String(id), server: placeOf(one) },
    };
    return [
      { label: `delay_${id}`, value: delay.value, uom: delay.unit, ...both('delay', delay.unit), min: 0, series },
    ];
  });
  const up = backends.filter(isUp).length;
  return [
    ...(backends.length === 0
      ? []
      : [
          {
            label: 'backends',
            value: backends.length,
            min: 0,
            series: { name: 'pgpool_backends', help: 'Backends that are configured' },
          },
          {
            label: 'backends_up',
            value: up,
            ...both('up'),
            min: 0,
            max: backends.length,
            series: { name: 'pgpool_backends_up', help: 'Backends that are up' },
          },
        ]),
    ...delays,
    ...(children === null ? [] : childMetrics(children, both('children'))),
  ];
}

/** The ranges are in percent, the number in use is not. */
function childMetrics({ most, used }: Children, { warn, crit }: Pick<Metric, 'warn' | 'crit'>): readonly Metric[] {
  const scaled = (range: Range | undefined): Range | undefined =>
    range === undefined ? undefined : { ...range, low: (range.low * most) / 100, high: (range.high * most) / 100 };
  return [
    {
      label: 'children',
      value: most,
      min: 0,
      series: { name: 'pgpool_children', help: 'Connections of clients that there is room for' },
    },
    {
      label: 'children_used',
      value: used,
      warn: scaled(warn),
      crit: scaled(crit),
      min: 0,
      max: most,
      series: { name: 'pgpool_children_used', help: 'Connections of clients' },
    },
  ];
}
