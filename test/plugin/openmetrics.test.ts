import { describe, expect, test } from 'vitest';
import { type Metric, type Report, renderOpenMetrics } from '../../src/plugin/index.ts';

const about = { plugin: 'check_sample', vip: '192.0.2.1' };

function samples(perfdata: readonly Metric[], report: Partial<Report> = {}): readonly string[] {
  const text = renderOpenMetrics({ state: 'OK', summary: '', findings: [], ...report, perfdata }, about);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('rackwatch_check'));
}

function metric(value: number, uom: string | undefined, more: Partial<Metric> = {}, series = {}): Metric {
  return {
    label: 'x',
    value,
    ...(uom === undefined ? {} : { uom }),
    series: { name: 'x', help: 'An x', ...series },
    ...more,
  };
}

const common = 'plugin="check_sample",vip="192.0.2.1"';

describe('a report for Prometheus', () => {
  test('has the state, what is not OK, metrics with their limits, and an end', () => {
    const report: Report = {
      summary: 'so so',
      findings: [
        { state: 'CRITICAL', code: 'lost', text: 'one' },
        { state: 'OK', code: 'held', text: 'two' },
        { state: 'CRITICAL', code: 'lost', text: 'three' },
      ],
      perfdata: [
        metric(21.5, 'C', { warn: { low: 10, high: 30, inside: false } }),
        { ...metric(22, 'C', {}, { labels: { node: 'n2' } }), label: 'y' },
      ],
    };
    expect(
      renderOpenMetrics(report, about),
    ).toBe(`# HELP rackwatch_check_state State of the check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
# TYPE rackwatch_check_state gauge
rackwatch_check_state{${common}} 2
# HELP rackwatch_check_findings Findings of the check that are not OK, by state and code.
# TYPE rackwatch_check_findings gauge
rackwatch_check_findings{${common},state="CRITICAL",code="lost"} 2
# HELP rackwatch_x_celsius An x.
# TYPE rackwatch_x_celsius gauge
# UNIT rackwatch_x_celsius celsius
rackwatch_x_celsius{${common}} 21.5
rackwatch_x_celsius{${common},node="n2"} 22
# HELP rackwatch_x_limit_celsius Limits of rackwatch_x_celsius, by which side of them alerts.
# TYPE rackwatch_x_limit_celsius gauge
# UNIT rackwatch_x_limit_celsius celsius
rackwatch_x_limit_celsius{${common},level="warning",end="low",alert="outside"} 10
rackwatch_x_limit_celsius{${common},level="warning",end="high",alert="outside"} 30
# EOF
`);
  });

  test('a usage error is a finding, too', () => {
    const text = renderOpenMetrics({ state: 'UNKNOWN', code: 'usage-error', summary: 'x', findings: [] }, about);
    expect(text).toContain(`rackwatch_check_state{${common}} 3\n`);
    expect(text).toContain('state="UNKNOWN",code="usage-error"} 1\n# EOF\n');
  });

  test.each<[string, Metric, string]>([
    ['a percentage is a ratio', metric(57, '%'), 'rackwatch_x_ratio{} 0.57'],
    ['Fahrenheit becomes Celsius', metric(71.6, 'F'), 'rackwatch_x_celsius{} 22'],
    ['a distance has no zero', metric(9, 'F', {}, { distance: true }), 'rackwatch_x_celsius{} 5'],
    ['milliseconds', metric(12, 'ms'), 'rackwatch_x_seconds{} 0.012'],
    ['the device’s own word', metric(1.5, undefined, {}, { unit: 'kWh' }), 'rackwatch_x_joules{} 5400000'],
    ['a word that nobody knows', metric(3, undefined, {}, { unit: 'VA' }), 'rackwatch_x{unit="VA"} 3'],
    ['a word like a property', metric(3, undefined, {}, { unit: 'constructor' }), 'rackwatch_x{unit="constructor"} 3'],
    ['no unit', metric(3, undefined), 'rackwatch_x{} 3'],
    ['no exponent', metric(1e-7, undefined), 'rackwatch_x{} 0.0000001'],
    ['a metric without a series', { label: 'rack temp', value: 4 }, 'rackwatch_value{metric="rack temp"} 4'],
  ])('%s', (_, one, expected) => {
    expect(samples([one]).map((line) => line.replace(/plugin="[^"]*",vip="[^"]*",?/, ''))).toEqual([expected]);
  });

  test.each<[string, string]>([
    ['say "please"', 'say \\"please\\"'],
    ['C:\\rack\\n', 'C:\\\\rack\\\\n'],
    ['two\nlines', 'two lines'],
    ['Tür 温度 🙂', 'Tür 温度 🙂'],
    ['a|b<c>{d}="e",f', 'a¦b‹c›{d}=\\"e\\",f'],
    ['half \ud83d of a pair', 'half ? of a pair'],
  ])('%j as the value of a label', (text, written) => {
    expect(samples([metric(1, undefined, {}, { labels: { sensor: text } })])).toEqual([
      `rackwatch_x{${common},sensor="${written}"} 1`,
    ]);
  });

  test('what would be the same series twice is told apart by a number', () => {
    expect(samples([metric(1, undefined), { ...metric(2, undefined), label: 'y' }])).toEqual([
      `rackwatch_x{${common}} 1`,
      `rackwatch_x{${common},nr="2"} 2`,
    ]);
  });

  test('limits are scaled with their metric; an end that no value can be beyond is none', () => {
    const limits = { crit: { low: 0, high: 90, inside: false }, warn: { low: 40, high: 60, inside: true }, min: 0 };
    expect(samples([metric(50, '%', limits)]).slice(1)).toEqual([
      `rackwatch_x_limit_ratio{${common},level="warning",end="low",alert="inside"} 0.4`,
      `rackwatch_x_limit_ratio{${common},level="warning",end="high",alert="inside"} 0.6`,
      `rackwatch_x_limit_ratio{${common},level="critical",end="high",alert="outside"} 0.9`,
    ]);
    const open = { warn: { low: Number.NEGATIVE_INFINITY, high: 5, inside: false } };
    expect(samples([metric(1, undefined, open)]).slice(1)).toEqual([
      `rackwatch_x_limit{${common},level="warning",end="high",alert="outside"} 5`,
    ]);
  });

  test('what is no number is left out', () => {
    expect(samples([metric(Number.NaN, undefined)])).toEqual([]);
  });
});
