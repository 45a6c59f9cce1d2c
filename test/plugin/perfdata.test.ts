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

describe('plain labels', () => {
  const plain = (...labels: readonly string[]) =>
    formatPerfdata(
      labels.map((label, value) => ({ label, value })),
      'plain',
    );
  test.each<[string, readonly string[], string]>([
    ['letters, digits and _ stay', ['held_n1', 'a__b_'], 'held_n1=0 a__b_=1'],
    [
      'a blank and what is no letter become one _',
      ['rack temp', 'held_n1.example.org', 'C:/'],
      'rack_temp=0 held_n1_example_org=1 C=2',
    ],
    ['_ is no beginning', ['_a'], 'a=0'],
    ['an umlaut loses its dots', ['Tür außen'], 'Tur_aussen=0'],
    ['without any letter it has a mark', ['温度', '湿度'], 'value_0h85=0 value_5ugw=1'],
    ['the same after the change: the one that needs none stays', ['a b', 'a_b', 'a+b'], 'a_b_7u2a=0 a_b=1 a_b_r9yd=2'],
    ['two that were the same before are two', ['a b', 'a b', 'a b_2'], 'a_b=0 a_b_2=1 a_b_2_2=2'],
  ])('%s', (_, labels, text) => {
    expect(plain(...labels)).toBe(text);
  });

  test('a mark does not hang on the order, nor on who else is there', () => {
    const metrics = (labels: readonly string[]) =>
      new Set(
        plain(...labels)
          .split(' ')
          .map((one) => one.replace(/=.*/, '')),
      );
    expect(metrics(['a+b', 'x', 'a b'])).toEqual(metrics(['a b', 'a+b', 'x']));
  });

  test('no metric is lost, whatever the labels are', () => {
    const parts = ['a', 'b', ' ', '_', '-', 'ä', '温', '2', "'"];
    const labels = parts.flatMap((one) => parts.flatMap((two) => parts.map((three) => one + two + three)));
    const text = plain(...labels).split(' ');
    expect(new Set(text.map((one) => one.replace(/=.*/, ''))).size).toBe(labels.length);
    for (const one of text) expect(one).toMatch(/^[A-Za-z0-9_]+=\d+$/);
    expect(text.map((one) => Number(one.replace(/.*=/, '')))).toEqual(labels.map((_, i) => i));
  });
});
