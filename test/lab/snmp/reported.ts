import type { Situation } from './situations.ts';

const fine = (kind: string, names: readonly string[], value: string) =>
  names.map((name, i) => [`${kind} ${i + 1} ${name}`, value, 'OK'] as const);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** What devices that keep the phenomenon of a public report come to: `test/fixtures/sensorprobe/reported`. */
export const reported: readonly Situation[] = [
  [
    'reported/plus-virtual-only-warning',
    1,
    [
      ['temperature 1 Rack 1', '22.1 C', 'OK'],
      ['virtual 65 Mean cold aisle', '31.2 C', 'WARNING'],
    ],
  ],
  [
    'reported/securityprobe-virtual-critical',
    2,
    [
      ['temperature 1 Rack 1', '22.1 C', 'OK'],
      ['virtual 65 Delta warm/cold aisle', '18 C', 'CRITICAL'],
    ],
  ],
  [
    'reported/hhms-serial-power-critical',
    2,
    [
      ['temperature 1 Rack A', '21 C', 'OK'],
      ['other 1 UPS serial', '', 'CRITICAL'],
      ['other 1 PDU', '', 'CRITICAL'],
      ['relay 1 out1', '', 'OK'],
      ['power 1 Meter', '812', 'CRITICAL'],
    ],
  ],
  [
    'reported/summary-says-critical',
    1,
    [
      ['temperature 1 Room', '22.1 C', 'OK'],
      ['humidity 1 Room RH', '42 %', 'OK'],
    ],
  ],
  [
    'reported/x20-contacts-without-type-critical',
    2,
    [
      ['temperature 1 Rack 1', '20.1 C', 'OK'],
      ['temperature 2 Rack 2', '20.1 C', 'OK'],
      ...upTo(20).map((n) => [`drycontact ${n + 8} Breaker ${n}`, '', n === 5 ? 'CRITICAL' : 'OK'] as const),
    ],
  ],
  [
    'reported/four-part-index',
    2,
    [
      ['temperature 2 Halle Nord', '41.2 C', 'CRITICAL'],
      ['humidity 2 Halle Nord Feuchte', '44 %', 'OK'],
      ['relay 4 Lampe', '', 'OK'],
    ],
  ],
  [
    'reported/plain-index-over-4096',
    2,
    [
      ['temperature 256 Rack 1', '22.1 C', 'OK'],
      ['temperature 16640 Erweiterung 1 Rack 9', '39.1 C', 'CRITICAL'],
    ],
  ],
  [
    'reported/thermostat-without-unit',
    0,
    [
      ['temperature 1 Rack 1', '22.1 C', 'OK'],
      ['thermostat 2 Kuehlung', '21', 'OK'],
    ],
  ],
  [
    'reported/watt-hours-without-status',
    1,
    [
      ...fine('temperature', ['T0', 'T1'], '20.1 C'),
      ['current 1 Feed A A', '7', 'WARNING'],
      ['acvoltage 1 Feed A V', '231', 'OK'],
      ['power 1 Feed A W', '1530', 'OK'],
      ['energy 1 Feed A kWh', '4711', 'OK'],
    ],
  ],
  [
    'reported/expansion-contacts-levels',
    2,
    [
      ...fine(
        'temperature',
        upTo(8).map((n) => `T${n - 1}`),
        '20.1 C',
      ),
      ['drycontact 2 Tuer 1', '', 'OK'],
      ['drycontact 2 Tuer 2', '', 'OK'],
      ['drycontact 2 Tuer 3', '', 'CRITICAL'],
      ['drycontact 2 Horn', '', 'OK'],
      ['drycontact 2 Tuer 5', '', 'OK'],
      ['drycontact 2 Tuer 6', '', 'CRITICAL'],
    ],
  ],
  [
    'reported/classic-analog-not-humidity',
    0,
    [
      ...fine('temperature', ['T0', 'T1', 'T2', 'T3'], '20.1 C'),
      ['humidity 1 Rack RH', '42 %', 'OK'],
      ['current 2 Diesel level', '640 litre', 'OK'],
      ['dcvoltage 3 48 V battery', '-53 V', 'OK'],
      ['airflow 4 Rack air', '63 %', 'OK'],
    ],
  ],
  [
    'reported/sound-detector-highwarning',
    2,
    [
      ...fine('temperature', ['T0', 'T1'], '20.1 C'),
      ['camera 2 Cam 1 signal', '', 'CRITICAL'],
      ['sound 1 Sound', '71', 'WARNING'],
    ],
  ],
  [
    'reported/rope-and-power-float',
    2,
    [
      ['rope 3 Rope under floor', '', 'CRITICAL'],
      ['power 4 Feed A', '230.4 W', 'CRITICAL'],
    ],
  ],
  [
    'reported/index-from-1',
    0,
    fine(
      'temperature',
      upTo(4).map((n) => `Port ${n} temp`),
      '20.1 C',
    ),
  ],
  [
    'reported/critical-with-missing-limit',
    2,
    [
      ['temperature 1 Room', '41.2 C', 'CRITICAL'],
      ['temperature 2 Rack', '22.1 C', 'OK'],
    ],
  ],
  [
    'reported/water-relay-off',
    2,
    [
      ['water 1 Wasser Lager', '', 'OK'],
      ['water 2 Wasser Klima', '', 'CRITICAL'],
      ['smoke 3 Rauch USV', '', 'OK'],
      ['acvoltage 4 AC feed', '', 'OK'],
    ],
  ],
];
