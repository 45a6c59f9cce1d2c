import { describe, expect, test } from 'vitest';
import { stateOf } from '../../src/plugin/index.ts';
import { parseKindRange, parsePattern, type Wishes } from '../../src/sensorprobe/index.ts';
import { answerOf, recorded, reportOf, reportOn, textOf } from './replay.ts';

/** Own ranges as they are typed. */
function ranges(...texts: readonly string[]): Wishes['warning'] {
  return texts.map((text) => {
    const result = parseKindRange(text);
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  });
}

/** A regular expression as it is typed. */
function pattern(text: string): Wishes['sensor'] {
  const result = parsePattern(text);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** The lines of a report, without the perfdata. */
function lines(...asked: Parameters<typeof textOf>): readonly string[] {
  return textOf(...asked)
    .replace(/ \| .*/, '')
    .split('\n');
}

describe("the device's own state", () => {
  test('a probe that is well is one line a sensor, and says what was not looked at', () => {
    expect(textOf('sensorprobe2')).toBe(
      [
        "[OK] probe1: 2 sensors OK, 4 offline rows ignored | Room=22.1C;15:28;5:32 'Room humidity'=42%;15:75;10:85;0;100",
        '\\_ [OK] Room: 22.1 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)',
        '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
      ].join('\n'),
    );
  });

  test('the first line names the worst sensor, its value and the limit', () => {
    expect(lines('sensorprobe8-several-faults')[0]).toBe(
      '[CRITICAL] probe1: Rack A rear 41.2 C, highCritical (limit 40), and 2 more',
    );
  });

  test('a sensor in error shows no value, and has no metric', () => {
    expect(textOf('sensorprobe2-sensor-error')).toContain(
      '[CRITICAL] Room: sensorError (device: warning 15:28, critical 5:32; temperature, port 1)',
    );
    expect(textOf('sensorprobe2-sensor-error')).not.toContain('-51.2');
  });

  test.each([
    ['sensorprobe2-status-0-online', 'Room: 22.1 C, status 0, which the MIB does not define for temperature'],
    ['sensorprobe2-no-status-online', 'Room: 22.1 C, noStatus while online'],
    ['sensorprobe2-switch-status-3', 'Water: status 3, which the MIB does not define for water'],
    ['spx-plus-airflow-status-3', 'Fan tray: 71 %, status 3, which the MIB does not define for airflow'],
    ['sensorprobe8-missing-cells', "Rack A front: status missing from the probe's answer"],
    ['sensorprobe8-missing-cells', "UPS on battery: online missing from the probe's answer"],
    ['sensorprobe2-contact-without-normal-state', 'Contact: high (open), and the probe does not say what is normal'],
  ])('%s is UNKNOWN: %s', (recording, text) => {
    expect(textOf(recording)).toContain(`[UNKNOWN] ${text}`);
    expect(stateOf(reportOf(recording))).toBe('UNKNOWN');
  });

  test('limits the wrong way round are shown, and no threshold of a metric', () => {
    expect(textOf('sensorprobe2-low-above-high')).toContain('limits 30 28 15 5 are the wrong way round');
    expect(textOf('sensorprobe2-low-above-high')).toContain(' Room=22.1C ');
  });

  test('an acknowledged alarm says so and stays an alarm', () => {
    expect(textOf('spx-plus-acknowledged-alarm')).toMatch(
      /\[CRITICAL\] Hot aisle: .*; acknowledged; temperature, port 2/,
    );
  });
});

describe('own ranges', () => {
  test('take the place of the limits, and the line says so', () => {
    const wishes = { warning: ranges('temperature=18:20'), critical: ranges('temperature=10:35') };
    expect(textOf('sensorprobe2', wishes)).toContain(
      '[WARNING] Room: 22.1 C, outside 18:20 (range: warning 18:20, critical 10:35; device says normal; temperature, port 1)',
    );
    expect(textOf('sensorprobe2', wishes)).toContain(' Room=22.1C;18:20;10:35 ');
  });

  test('can make good what the device calls critical, but not an error', () => {
    const wishes = { warning: ranges('5:60') };
    expect(lines('sensorprobe2-too-hot', wishes)[1]).toBe(
      '\\_ [OK] Room: 35.2 C, in range (range: warning 5:60, critical not judged; device says highCritical; temperature, port 1)',
    );
    expect(stateOf(reportOf('sensorprobe2-sensor-error', { warning: ranges('~:') }))).toBe('CRITICAL');
    expect(stateOf(reportOf('sensorprobe2-status-0-online', { warning: ranges('~:') }))).toBe('UNKNOWN');
    expect(stateOf(reportOf('sensorprobe8-missing-cells', { warning: ranges('~:') }))).toBe('UNKNOWN');
  });

  test('of a kind come before the one for all, and switches have none', () => {
    const found = textOf('spx-plus', { critical: ranges('1:50', 'power=:2000', 'airflow=10:') });
    expect(found).toMatch(/\[OK\] PDU A: 1240 W, in range \(range: warning not judged, critical 2000;/);
    expect(found).toMatch(/\[OK\] Fan tray: 71 %, in range/);
    expect(found).toMatch(/\[OK\] Rack door: closed \(device;/);
  });

  test.each([
    ['motion=1', /a motion has no value/],
    ['warmth=1', /"warmth" is not a kind/],
    ['temperature=27:18', /low end 27 is above/],
    ['', /not a range/],
  ])('%s is refused', (text, reason) => {
    const result = parseKindRange(text);
    expect(result.ok ? '' : result.reason).toMatch(reason);
  });
});

describe('selection', () => {
  const judged = (wishes: Partial<Wishes>) => lines('sensorprobe8', wishes).slice(1).length;

  test.each<[string, Partial<Wishes>, number]>([
    ['by name', { sensor: pattern('^Rack A') }, 2],
    ['all but a name', { exclude: pattern('[Hh]umidity') }, 8],
    ['by kind', { kinds: ['humidity', 'drycontact'] }, 8],
    ['by port', { ports: [1] }, 2],
    ['by kind and port', { kinds: ['temperature'], ports: [2, 3] }, 2],
  ])('%s', (_, wishes, count) => {
    expect(judged(wishes)).toBe(count);
  });

  test.each<[string, Partial<Wishes>, string]>([
    ['that matches nothing', { sensor: pattern('nobody') }, '[UNKNOWN] probe1: none of its 84 sensor rows is selected'],
    ['of what is offline', { ports: [20] }, '[UNKNOWN] probe1: the one row selected, Switch20 Description, is offline'],
  ])('a selection %s is UNKNOWN, never OK', (_, wishes, summary) => {
    expect(lines('sensorprobe8', wishes)[0]).toBe(summary);
  });

  test('a sensor whose name the probe left out cannot slip through a selection by name', () => {
    const cells = recorded('sensorprobe2-too-hot').filter(({ oid }) => !oid.endsWith('.16.1.1.0'));
    const report = reportOn([answerOf(cells)], { sensor: pattern('humidity') });
    expect(report.summary).toMatch(/highCritical.*; name missing/);
    expect(stateOf(report)).toBe('CRITICAL');
  });
});

test('a sensor of a plus device that lacks name and status in its own table is UNKNOWN, not one of the common table', () => {
  const row = '1.3.6.1.4.1.3854.3.5.2.1';
  const cells = recorded('spx-plus-too-hot').filter(
    ({ oid }) => oid !== `${row}.2.0.0.0.0.0` && oid !== `${row}.6.0.0.0.0.0`,
  );
  expect(reportOn([answerOf(cells)]).findings).toContainEqual({
    state: 'UNKNOWN',
    code: 'sensor-unknown',
    text: "temperature 1: name, status missing from the probe's answer (device; temperature, port 1)",
  });
});

describe('what must be there', () => {
  test.each<[string, string, Partial<Wishes>, string]>([
    ['sensorprobe8', 'CRITICAL', { expected: ['Rack B'] }, 'expected sensor "Rack B" is not on probe1'],
    [
      'sensorprobe8',
      'CRITICAL',
      { expected: ['Temperature5 Description'] },
      'expected sensor "Temperature5 Description" is offline on probe1 (temperature, port 5)',
    ],
    ['sensorprobe8', 'OK', { expected: ['Rack A front'] }, ''],
    ['sensorprobe8', 'CRITICAL', { leastSensors: 12 }, 'probe1: 11 sensors online, at least 12 needed'],
    ['sensorprobe8', 'OK', { leastSensors: 11 }, ''],
    ['sensorprobe8-all-offline', 'CRITICAL', { leastSensors: 1 }, 'probe1: 0 sensors online, at least 1 needed'],
    [
      'sensorprobe2',
      'WARNING',
      { offline: 'warning' },
      'Temperature2 Description: offline (device; temperature, port 2)',
    ],
    ['sensorprobe2', 'CRITICAL', { offline: 'critical', kinds: ['humidity'] }, 'Humidity1 Description: offline'],
    ['sensorprobe2-relay-on', 'CRITICAL', { relay: 'off' }, 'Relay: on, expected off'],
    ['sensorprobe2-relay-on', 'CRITICAL', { relay: 'on' }, 'Siren: off, expected on'],
    ['sensorprobe2-relay-on', 'OK', { relay: 'on', kinds: ['relay'] }, 'Relay: on'],
  ])('%s is %s with %j', (recording, state, wishes, text) => {
    expect(textOf(recording, wishes)).toContain(text);
    expect(stateOf(reportOf(recording, wishes))).toBe(state);
  });

  test('an output that is neither on nor off is UNKNOWN when one of them is expected', () => {
    const cells = recorded('sensorprobe2-relay-on').map((cell) =>
      cell.oid.endsWith('.18.1.3.0') ? { ...cell, value: '2' } : cell,
    );
    expect(reportOn([answerOf(cells)], { relay: 'on', kinds: ['relay'] }).summary).toMatch(
      /does not say whether it is on/,
    );
  });
});

test('temperatures and limits turn into the other scale, and so does nothing else', () => {
  expect(textOf('sensorprobe2', { unit: 'F' })).toContain("| Room=71.8F;59:82.4;41:89.6 'Room humidity'=42%;");
  expect(textOf('sensorprobe2-fahrenheit', { unit: 'C' })).toContain('| Room=22.4C;15:27.8;5:32.2 ');
});

describe('rows of the common table alone', () => {
  test('are left out while all is well, unless they are asked for', () => {
    expect(textOf('spx-plus')).not.toContain('Buzzer');
    expect(textOf('spx-plus', { kinds: ['other'] })).toContain('Buzzer');
  });

  test('count when they are critical', () => {
    expect(lines('spx-plus-buzzer-critical')[0]).toBe('[CRITICAL] probe1: Buzzer highCritical');
  });
});

test('several probes stand in one report, each line with its host, and one that is dead hides nothing', () => {
  const dead = {
    host: 'probe2',
    survey: undefined,
    trouble: { state: 'CRITICAL', code: 'probe-silent', text: 'no answer on UDP port 161 within 4 s' },
    requests: 2,
    milliseconds: 4000,
  } as const;
  const report = reportOn([answerOf(recorded('sensorprobe2')), dead], { kinds: ['temperature'] });
  expect(report.summary).toBe('probe2: no answer on UDP port 161 within 4 s');
  expect(report.findings.map(({ state, text }) => `${state} ${text.split(' (')[0]}`)).toEqual([
    'CRITICAL probe2: no answer on UDP port 161 within 4 s',
    'OK probe1: Room: 22.1 C, normal',
  ]);
  expect(report.perfdata?.map(({ label }) => label)).toEqual(['probe1_Room']);
});

test('what was read before a probe fell silent is judged beside it', () => {
  const answer = {
    ...answerOf(recorded('sensorprobe2')),
    trouble: { state: 'CRITICAL', code: 'probe-unreadable', text: 'stopped answering' },
  } as const;
  const report = reportOn([answer], {});
  expect(stateOf(report)).toBe('CRITICAL');
  expect(report.findings.length).toBe(3);
});

describe('the list', () => {
  test('shows every row, offline ones too', () => {
    expect(lines('sensorprobe2', {}, { list: true }).slice(1)).toEqual([
      'probe1: classic, sensorProbe2 v2.0 SP2468 161014',
      'kind         port  name                      value   limits       status',
      'temperature  1     Room                      22.1 C  5 15 28 32   normal',
      'temperature  2     Temperature2 Description  0 F     55 60 80 85  offline',
      'humidity     1     Humidity1 Description     0 %     10 15 75 85  offline',
      'humidity     2     Room humidity             42 %    10 15 75 85  normal',
      'other        1     -                         -       -            offline',
      'drycontact   2     Switch2 Description       -       -            offline',
    ]);
  });

  test('says what no real device has proven', () => {
    const unproven = lines('spx-plus', {}, { list: true }).filter((line) => line.includes('(unproven)'));
    expect(unproven.map((line) => line.split(' ')[0]).sort()).toEqual(['power', 'relay', 'rope', 'siren', 'smoke']);
  });
});

test('the data hold every selected row, with what decided', () => {
  const { data } = reportOf('sensorprobe2', { kinds: ['temperature'], warning: ranges('temperature=18:27') });
  expect(data).toMatchObject({
    sensors: [
      {
        host: 'probe1',
        family: 'classic',
        kind: 'temperature',
        port: 1,
        index: '0',
        name: 'Room',
        value: 22.1,
        unit: 'C',
        status: 'normal',
        statusNumber: 2,
        state: 'OK',
        online: true,
        limits: { lowCritical: 5, lowWarning: 15, highWarning: 28, highCritical: 32 },
        decidedBy: 'range',
      },
      { name: 'Temperature2 Description', status: 'unknown', statusNumber: 0, online: false, state: null },
    ],
  });
});
