import { expect, test } from 'vitest';
import { answerOf, recorded, reportOf, reportOn } from './replay.ts';

const labels = (report: ReturnType<typeof reportOf>) => report.perfdata?.map(({ label }) => label);

test.each([
  ['sensorprobe2', ['Room', 'Room humidity']],
  ['sensorprobe2-no-names', ['temperature_1', 'temperature_2', 'humidity_2']],
  [
    'sensorprobe2-duplicate-names',
    ['Sensor temperature_1', 'Sensor temperature_2', 'Sensor humidity_1', 'Sensor humidity_2'],
  ],
])('%s has the labels %j', (recording, expected) => {
  expect(labels(reportOf(recording))).toEqual(expected);
});

test('labels from kind and port', () => {
  expect(labels(reportOf('sensorprobe2', {}, { byPort: true }))).toEqual(['temperature_1', 'humidity_2']);
  expect(labels(reportOf('sensorprobe4', { kinds: ['temperature', 'power', 'energy'] }, { byPort: true }))).toEqual([
    'temperature_1_1',
    'temperature_1_2',
    'temperature_1_3',
    'power_1',
    'energy_1',
  ]);
});

test('a label stays what it is when another sensor of that name is pulled out', () => {
  const cells = recorded('sensorprobe2-duplicate-names').map((cell) =>
    cell.oid.endsWith('.16.1.5.1') ? { ...cell, value: '2' } : cell,
  );
  expect(labels(reportOn([answerOf(cells)]))?.[0]).toBe('Sensor temperature_1');
});
