import { describe, expect, test } from 'vitest';
import { stateOf } from '../../src/plugin/index.ts';
import { parseKindRange, parsePattern, type Wishes } from '../../src/sensorprobe/index.ts';
import { akcp, type Cell, integer, text } from '../fixtures/sensorprobe/recording.ts';
import { answerOf, reportOn } from './replay.ts';

/** A row: its table's entry, its index, and what its columns hold. */
function row(entry: string, index: string, columns: Readonly<Record<number, number | string>>): readonly Cell[] {
  return Object.entries(columns).map(([column, value]) => {
    const oid = `${akcp}.${entry}.${column}.${index}`;
    return typeof value === 'number' ? integer(oid, value) : text(oid, value);
  });
}

const degrees = { 7: 28, 8: 32, 9: 15, 10: 5, 12: 1 };
/** A classic temperature, normal at 20 degrees unless said. */
const warm = (index: number, columns: Readonly<Record<number, number | string>> = {}) =>
  row('1.2.2.1.16.1', String(index), { 1: `Rack ${index + 1}`, 3: 20, 4: 2, 5: 1, 14: 200, ...degrees, ...columns });
const contact = (index: number, columns: Readonly<Record<number, number | string>>) =>
  row('1.2.2.1.18.1', String(index), { 1: `Contact ${index + 1}`, 4: 1, 9: 10, ...columns });
/** A row of a plus device in its own table and in the common one. */
const plus = (table: number, index: string, columns: Readonly<Record<number, number | string>>) => [
  ...row(`3.5.${table}.1`, index, columns),
  ...row('3.5.1.1', index, { 2: columns[2] ?? '', 4: columns[4] ?? 0, 6: columns[6] ?? 0, 8: columns[8] ?? 1 }),
];
const cold = (index: string, columns: Readonly<Record<number, number | string>> = {}) =>
  plus(2, index, { 2: 'Cold', 4: 23, 5: 'C', 6: 2, 8: 1, 9: 50, 10: 150, 11: 280, 12: 320, 20: 231, ...columns });
const alone = (columns: Readonly<Record<number, number | string>>) =>
  row('3.5.1.1', '0.0.0.13.0', { 2: 'Buzzer', 3: 87, 4: 0, 8: 1, ...columns });

function said(cells: readonly (readonly Cell[])[], wishes: Partial<Wishes> = {}): string {
  const report = reportOn([answerOf(cells.flat())], wishes);
  return `${stateOf(report)} ${report.summary}`;
}

function range(given: string): Wishes['warning'] {
  const result = parseKindRange(given);
  return result.ok ? [result.value] : [];
}

function pattern(given: string): Wishes['sensor'] {
  const result = parsePattern(given);
  return result.ok ? result.value : undefined;
}

test('a range neither silences a buzzer that the device cries about nor wakes one that is well', () => {
  const calm = { critical: range('10:35') };
  expect(said([cold('0.0.0.0.0'), alone({ 6: 4 })], { critical: range('0:50') })).toMatch(
    /^CRITICAL probe1: Buzzer highCritical/,
  );
  expect(said([cold('0.0.0.0.0'), alone({ 6: 2 })], calm)).toBe('OK probe1: 1 sensor OK');
  expect(said([cold('0.0.0.0.0'), alone({ 6: 2 })], { ...calm, kinds: ['other'] })).toMatch(/^UNKNOWN no sensor/);
  expect(said([cold('0.0.0.0.0'), alone({ 3: 90, 6: 2 })], calm)).toMatch(/^CRITICAL .*outside 10:35/);
});

test('a buzzer or a tower light that is on or off is for information', () => {
  expect(said([cold('0.0.0.0.0'), alone({ 6: 9 })], { kinds: ['other'] })).toBe('OK probe1: 1 sensor OK');
  const light = plus(29, '0.0.0.12.0', { 2: 'Light', 6: 8, 8: 1 });
  expect(said([cold('0.0.0.0.0'), light])).toBe('OK probe1: 1 sensor OK');
  expect(said([cold('0.0.0.0.0'), plus(29, '0.0.0.12.0', { 2: 'Light', 6: 4, 8: 1 })])).toMatch(/^CRITICAL .*Light/);
});

test('what the probe left out of its only row cannot deselect it', () => {
  const nameless = row('1.2.2.1.16.1', '0', { 3: 40, 4: 4, 5: 1, 14: 400, ...degrees });
  expect(said([nameless, warm(1)], { sensor: pattern('Rack') })).toMatch(/^(?:CRITICAL|UNKNOWN) /);
  const humid = row('1.2.2.1.17.1', '0', { 1: 'Rack humidity', 3: 40, 4: 2, 5: 1, 7: 75, 8: 85, 9: 15, 10: 10 });
  expect(said([nameless, humid], { sensor: pattern('Rack') })).toMatch(/^CRITICAL .*temperature 1 40 C, highCritical/);
  expect(said([nameless, humid], { exclude: pattern('temp') })).toMatch(/^CRITICAL .*temperature 1 40 C, highCritical/);
  const typeless = row('1.2.2.1.18.1', '0', { 1: 'Alarm', 3: 4, 4: 1 });
  expect(said([warm(0), typeless], { kinds: ['temperature', 'drycontact'] })).toMatch(/^CRITICAL .*Alarm/);
});

test('a water sensor counts as one whatever its row says of a rope', () => {
  const water = contact(0, { 1: 'Floor', 3: 4, 9: 4, 49: 0 });
  expect(said([warm(0), water], { kinds: ['temperature', 'water'] })).toMatch(/^CRITICAL .*Floor/);
});

test('tenths that are another temperature than the whole degrees do not count', () => {
  const high = { 7: 0, 8: 5, 9: -20, 10: -30 };
  expect(said([warm(0, { 3: 1, 4: 3, 14: 0, ...high })], { critical: range('~:0') })).toMatch(/^CRITICAL .* 1 C/);
  expect(said([warm(0, { 3: -1, 14: 0, ...high })], { critical: range('0:') })).toMatch(/^CRITICAL .* -1 C/);
});

test('an expected sensor is not there by another one of its name', () => {
  const two = [warm(0, { 1: 'Rack 1', 5: 2 }), row('1.2.2.1.17.1', '0', { 1: 'Rack 1', 3: 40, 4: 2, 5: 1 })];
  expect(said(two, { expected: ['Rack 1'] })).toBe(
    'CRITICAL expected sensor "Rack 1" is offline on probe1 (temperature, port 1)',
  );
});

describe('an expected sensor with several probes', () => {
  const probe = (host: string, ...cells: readonly (readonly Cell[])[]) => answerOf(cells.flat(), host);
  const expects = (name: string, ...answers: readonly ReturnType<typeof probe>[]) => {
    const report = reportOn(answers, { expected: [name] });
    return `${stateOf(report)} ${report.summary}`;
  };
  const both = [probe('p1', warm(0), warm(1)), probe('p2', warm(0, { 5: 2 }), warm(2))] as const;

  test.each([
    ['Rack 1', 'CRITICAL expected sensor "Rack 1" is offline on p2 (temperature, port 1)'],
    ['Rack 2', 'OK 2 probes: 3 sensors OK, 1 offline row ignored'],
    ['p1:Rack 1', 'OK 2 probes: 3 sensors OK, 1 offline row ignored'],
    ['p2:Rack 1', 'CRITICAL expected sensor "Rack 1" is offline on p2 (temperature, port 1)'],
    ['p2:Rack 2', 'CRITICAL expected sensor "Rack 2" is not on p2'],
    ['p3:Rack 1', 'CRITICAL expected sensor "p3:Rack 1" is not on any of 2 probes'],
  ])('%s: %s', (name, said_) => {
    expect(expects(name, ...both)).toBe(said_);
  });

  test('with a colon in its name is found by it, and with an address of IPv6 before it', () => {
    const colon = probe('p1', warm(0, { 1: 'p1:Rack' }));
    expect(expects('p1:Rack', colon)).toMatch(/^OK/);
    expect(expects('[::1]:Rack 1', probe('::1', warm(0)))).toMatch(/^OK/);
    expect(expects('::1:Rack 9', probe('::1', warm(0)))).toBe('CRITICAL expected sensor "Rack 9" is not on ::1');
  });
});

test('names compare in one form, however their letters are written', () => {
  const composed = 'T\u00fcr';
  const apart = 'Tu\u0308r';
  const utf8 = (name: string): readonly Cell[] => [
    ...warm(1),
    ...warm(0, { 3: 40, 4: 4, 14: 400 }).map((cell) =>
      cell.oid.includes('.16.1.1.')
        ? { ...cell, type: 'hex' as const, value: Buffer.from(name).toString('hex') }
        : cell,
    ),
  ];
  for (const [on, typed] of [
    [composed, apart],
    [apart, composed],
  ] as const) {
    expect(said([utf8(on)], { sensor: pattern(`^${typed}$`) })).toMatch(/^CRITICAL /);
    expect(said([utf8(on)], { exclude: pattern(typed) })).toBe('OK probe1: 1 sensor OK');
    expect(said([utf8(on)], { expected: [typed], exclude: pattern(typed) })).toMatch(/^OK /);
  }
});

test.each([
  ['power=10:20', /^UNKNOWN no power sensor with a value is online, so the range for power judges nothing$/],
  ['temperature=10:30', /^OK /],
  ['10:30', /^OK /],
])('a range that judges nothing is UNKNOWN: %s', (given, expected) => {
  expect(said([warm(0)], { warning: range(given) })).toMatch(expected);
});

test('a range for a kind that only a lost sensor had is UNKNOWN', () => {
  expect(said([warm(0), warm(1, { 5: 2 })], { critical: range('humidity=20:80') })).toMatch(
    /^UNKNOWN no humidity sensor/,
  );
  expect(said([contact(0, { 3: 2 })], { warning: range('10:30') })).toMatch(
    /^UNKNOWN no sensor with a value is online/,
  );
});

test('a pattern that goes astray on a name ends, and hides nothing', () => {
  const long = warm(0, { 1: 'x'.repeat(40), 4: 4, 3: 40, 14: 400 });
  expect(said([long, warm(1)], { sensor: pattern('(x+x+)+z') })).toMatch(/^CRITICAL .*highCritical.*, and 1 more$/);
  expect(said([warm(0, { 1: 'x'.repeat(40) })], { exclude: pattern('(x+x+)+z') })).toMatch(
    /^UNKNOWN probe1: the pattern "\(x\+x\+\)\+z" takes too long/,
  );
});

test('an object that cannot be does not hide the sensors', () => {
  const odd = integer(`${akcp}.1.1.2.0.1`, 2);
  const report = reportOn([answerOf([...warm(0, { 3: 40, 4: 4, 14: 400 }), odd])]);
  expect(report.summary).toBe('probe1: Rack 1 40 C, highCritical (limit 32), and 1 more');
  expect(report.findings.map(({ text: line }) => line).join('\n')).toContain(`there is no object ${akcp}.1.1.2.0.1`);
});

test('fewer sensors than wanted are CRITICAL, also when nothing is selected', () => {
  expect(said([warm(0)], { leastSensors: 1, kinds: ['water'] })).toBe(
    'CRITICAL probe1: 0 sensors online, at least 1 needed',
  );
});

test('a contact that is driven is for information, unless a state is expected', () => {
  const driven = contact(0, { 1: 'Beacon', 3: 8, 6: 1, 7: 1 });
  expect(said([warm(0), driven])).toBe('OK probe1: 2 sensors OK');
  expect(said([warm(0), driven], { relay: 'off' })).toBe('CRITICAL probe1: Beacon on (low), expected off');
  expect(said([warm(0), contact(0, { 1: 'Door', 3: 8, 6: 0, 7: 1 })])).toMatch(/^CRITICAL .*Door low \(closed\)/);
});

test('an expected state of outputs that there are none of is UNKNOWN', () => {
  expect(said([warm(0)], { relay: 'on' })).toBe('UNKNOWN no output is online that could be on (--relay)');
});

test('the row that only holds the place of an analog sensor is never missed', () => {
  const place = row('1.2.2.1.18.1', '0', { 1: '', 3: 0, 4: 2, 9: 1 });
  expect(said([warm(0), place], { offline: 'critical' })).toBe('OK probe1: 1 sensor OK, 1 offline row ignored');
});

test('degrees of no scale are held against no range', () => {
  expect(said([warm(0, { 12: 2 })])).toBe('OK probe1: 1 sensor OK');
  expect(said([warm(0, { 12: 2 })], { warning: range('18:27') })).toMatch(
    /^UNKNOWN .*does not say Celsius or Fahrenheit/,
  );
});

test('limits of a securityProbe are what its status says, also without the raw cell', () => {
  const security = (index: string, value: number, [a, b, c, d]: readonly number[]) =>
    row('2.5.2.1', index, { 2: index, 4: value, 5: 'C', 6: 2, 8: 1, 9: a ?? 0, 10: b ?? 0, 11: c ?? 0, 12: d ?? 0 });
  const cells = [
    ...security('0.0.0.0.0', 6, [20, 40, 80, 100]),
    ...security('0.0.0.1.0', -18, [-300, -250, -100, -50]),
    ...security('0.0.0.2.0', 190, [100, 120, 220, 240]),
  ];
  const warn = reportOn([answerOf(cells)]).perfdata?.map((metric) => [metric.warn?.low, metric.warn?.high]);
  expect(warn).toEqual([
    [4, 8],
    [-25, -10],
    [120, 220],
  ]);
});

test('two pairs on one port have a dew point each', () => {
  const at = (sub: number) => `0.0.0.0.${sub}`;
  const humid = (index: string, value: number) => plus(3, index, { 2: `H${index}`, 4: value, 6: 2, 8: 1 });
  const cells = [
    ...cold(at(0), { 2: 'T1', 4: 20, 20: 200 }),
    ...humid(at(1), 50),
    ...cold(at(2), { 2: 'T2', 4: 30, 20: 300 }),
    ...humid(at(3), 95),
  ];
  const report = reportOn([answerOf(cells)], { dewPoint: true }, { byPort: true });
  const points = report.perfdata?.filter(({ label }) => label.endsWith('dewpoint'));
  expect(points?.map(({ label, value }) => [label, value])).toEqual([
    ['temperature_1_1_dewpoint', 9.3],
    ['temperature_1_3_dewpoint', 29.1],
  ]);
});

test('a name of which nothing can be printed is none, and two names that are printed alike are told apart', () => {
  const labels = (...cells: readonly (readonly Cell[])[]) =>
    reportOn([answerOf(cells.flat())]).perfdata?.map(({ label }) => label);
  const named = (index: number, bytes: string) =>
    warm(index).map((cell) => (cell.oid.includes('.16.1.1.') ? { ...cell, type: 'hex' as const, value: bytes } : cell));
  expect(labels(named(0, '01'), warm(1, { 1: 'value' }))).toEqual(['temperature_1', 'value']);
  expect(labels(named(0, '41 42'), named(1, '41 01 42'))).toEqual(['AB temperature_1', 'AB temperature_2']);
});

test('a buzzer that was selected by name is not called offline', () => {
  expect(said([cold('0.0.0.0.0'), alone({ 6: 2 })], { sensor: pattern('Buzzer') })).toBe(
    'UNKNOWN probe1: nothing is judged: Buzzer would count with --kind other',
  );
});

test('an online cell that says neither is not missing, and is UNKNOWN', () => {
  expect(said([warm(0, { 5: 0 })])).toBe('UNKNOWN probe1: Rack 1, the probe does not say whether it is online');
});

test('two modules with a sensor of the same name can be told apart by its lines', () => {
  const report = reportOn([answerOf([...cold('0.0.0.0.0'), ...cold('0.1.0.0.0')])]);
  expect(report.findings.map(({ text: line }) => line.split(':')[0])).toEqual(['Cold [0.0.0.0.0]', 'Cold [0.1.0.0.0]']);
});
