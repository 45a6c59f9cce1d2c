import { describe, expect, test } from 'vitest';
import { formatPerfdata, type Metric } from '../../src/plugin/index.ts';

describe('perfdata as Icinga reads it', () => {
  test.each<[string, readonly Metric[], string]>([
    ['a bare number', [{ label: 'a', value: 1 }], 'a=1'],
    ['nothing behind the last field', [{ label: 'buckets_total', value: 2, min: 0 }], 'buckets_total=2;;;0'],
    [
      'all fields, ranges in their shortest form',
      [
        {
          label: 't',
          value: 21.5,
          uom: 'C',
          warn: { low: 0, high: 30, inside: false },
          crit: { low: 10, high: 40, inside: false },
          min: -55,
          max: 125,
        },
      ],
      't=21.5C;30;10:40;-55;125',
    ],
    [
      'one blank between metrics',
      [
        { label: 'a', value: 1 },
        { label: 'b', value: 2 },
      ],
      'a=1 b=2',
    ],
    ['never an exponent', [{ label: 'a', value: 1e-7, max: 1e21 }], 'a=0.0000001;;;;1000000000000000000000'],
    [
      'what is no finite number is left out',
      [
        { label: 'a', value: Number.NaN },
        { label: 'b', value: 1, max: Number.POSITIVE_INFINITY },
        { label: 'c', value: -Number.POSITIVE_INFINITY },
      ],
      'b=1',
    ],
    ['a label with a blank is quoted', [{ label: 'rack temp', value: 1 }], "'rack temp'=1"],
    ['a label with an umlaut is quoted', [{ label: 'Tür', value: 1 }], "'Tür'=1"],
    ["= ' :: ; | and dots are replaced", [{ label: "a=b'c::d;e|f.g", value: 1 }], 'a_b_c_d_e_f_g=1'],
    ['a single colon stays', [{ label: 'C:', value: 1 }], 'C:=1'],
    [
      'labels are unique',
      [
        { label: 'a.b', value: 1 },
        { label: 'a_b', value: 2 },
        { label: 'a_b', value: 3 },
      ],
      'a_b=1 a_b_2=2 a_b_3=3',
    ],
    ['an empty label has a name', [{ label: ' \n', value: 1 }], 'value=1'],
    [
      'a unit that nobody reads is left off',
      [
        { label: 'a', value: 1, uom: '°C' },
        { label: 'b', value: 2, uom: '%' },
      ],
      'a=1 b=2%',
    ],
    ['nothing', [], ''],
  ])('%s', (_, metrics, text) => {
    expect(formatPerfdata(metrics)).toBe(text);
  });
});
