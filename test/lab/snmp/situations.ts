/** What a sensor is expected to be: `kind port name`, its value and unit as shown, its state. */
export type Expected = readonly [sensor: string, value: string, state: 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN'];

/** A recording, the exit code of a plain check of it, and what every sensor that is not offline comes to. */
export type Situation = readonly [recording: string, code: 0 | 1 | 2 | 3, sensors: readonly Expected[]];

const rackTemperatures: readonly Expected[] = [
  ['temperature 1 Rack A front', '19.9 C', 'OK'],
  ['temperature 2 Rack A rear', '26.2 C', 'OK'],
  ['temperature 3 Zuluft Kältegang', '18.4 C', 'OK'],
];
const rackHumidities: readonly Expected[] = [
  ['humidity 1 Humidity rack A 1', '42 %', 'OK'],
  ['humidity 2 Humidity rack A 2', '38 %', 'OK'],
  ['humidity 3 Humidity rack A 3', '47 %', 'OK'],
];
const rackContacts: readonly Expected[] = [
  ['drycontact 4 Tür Serverraum', '', 'OK'],
  ['drycontact 5 UPS on battery', '', 'OK'],
  ['drycontact 6 Klimagerät Störung', '', 'OK'],
  ['drycontact 7 Fire alarm panel', '', 'OK'],
  ['drycontact 8 Water under floor', '', 'OK'],
];

const room: Expected = ['temperature 1 Room', '22.1 C', 'OK'];
const roomHumidity: Expected = ['humidity 2 Room humidity', '42 %', 'OK'];

const spx: readonly Expected[] = [
  ['temperature 1 Cold aisle', '23.1 C', 'OK'],
  ['humidity 1 Cold aisle humidity', '44 %', 'OK'],
  ['temperature 2 Hot aisle', '31.4 C', 'OK'],
  ['airflow 3 Fan tray', '71 %', 'OK'],
  ['motion 4 Motion aisle', '', 'OK'],
  ['door 5 Rack door', '', 'OK'],
  ['drycontact 6 UPS on battery', '', 'OK'],
  ['power 7 PDU A', '1240 W', 'OK'],
  ['water 8 Water spot', '', 'OK'],
  ['rope 9 Water rope', '', 'OK'],
  ['smoke 10 Smoke', '', 'OK'],
  ['siren 11 Siren', '', 'OK'],
  ['relay 12 Relay 1', '', 'OK'],
];

const hall: readonly Expected[] = [
  ['temperature 1 Hall north', '22.4 C', 'OK'],
  ['humidity 1 Hall north humidity', '51 %', 'OK'],
  ['temperature 2 Hall south', '23.9 C', 'OK'],
  ['drycontact 3 Gate', '', 'OK'],
  ['water 4 Sump', '', 'OK'],
  ['smoke 5 Smoke hall', '', 'OK'],
  ['dcvoltage 6 Battery', '53 V', 'OK'],
  ['thermostat 7 Thermostat', '21', 'OK'],
  ['door 8 Hall door', '', 'OK'],
];

/** The list with one sensor, found by its name, otherwise. */
function but(sensors: readonly Expected[], name: string, value: string, state: Expected[2]): readonly Expected[] {
  return sensors.map(([sensor, ...rest]) => (sensor.endsWith(` ${name}`) ? [sensor, value, state] : [sensor, ...rest]));
}

/** What each recording means, after the MIB's words and the rules of the design. */
export const situations: readonly Situation[] = [
  ['sensorprobe8', 0, [...rackTemperatures, ...rackHumidities, ...rackContacts]],
  ['sensorprobe8-all-offline', 3, []],
  [
    'sensorprobe8-several-faults',
    2,
    [
      ...but(rackTemperatures, 'Rack A rear', '41.2 C', 'CRITICAL'),
      ...but(rackHumidities, 'Humidity rack A 2', '14 %', 'WARNING'),
      ...but(rackContacts, 'Tür Serverraum', '', 'CRITICAL'),
    ],
  ],
  [
    'sensorprobe8-missing-cells',
    3,
    [
      // One lacks its status, the other its limits.
      ...but(but(rackTemperatures, 'Rack A front', '19.9 C', 'UNKNOWN'), 'Rack A rear', '26.2 C', 'UNKNOWN'),
      ...but(rackHumidities, 'Humidity rack A 3', 'none %', 'UNKNOWN'),
      ...but(rackContacts, 'UPS on battery', '', 'UNKNOWN'),
    ],
  ],
  [
    'sensorprobe4',
    0,
    [
      ['temperature 1 Shelf top', '24.3 C', 'OK'],
      ['temperature 1 Shelf middle', '23.3 C', 'OK'],
      ['temperature 1 Shelf bottom', '22.3 C', 'OK'],
      ['motion 3 Motion hall', '', 'OK'],
      ['siren 4 Siren', '', 'OK'],
      ['drycontact 2 Generator running', '', 'OK'],
      ['drycontact 2 Fuel low', '', 'OK'],
      ['relay 3 Lights', '', 'OK'],
      ['relay 3 Pump', '', 'OK'],
      ['current 1 Feed A current', '12', 'OK'],
      ['acvoltage 1 Feed A voltage', '231', 'OK'],
      ['power 1 Feed A energy', '1840', 'OK'],
      ['energy 1 Feed A watt-hours', '5120', 'OK'],
      ['virtual 1 Average shelf', '', 'OK'],
      ['virtual 1 Any door open', '', 'OK'],
    ],
  ],
  [
    'sensorprobe4-six-sensors',
    0,
    [
      ...rackTemperatures.slice(0, 2),
      ...rackHumidities.slice(0, 2),
      ['drycontact 3 Door', '', 'OK'],
      ['drycontact 4 UPS on battery', '', 'OK'],
    ],
  ],
  ['sensorprobe2', 0, [room, roomHumidity]],
  ['ethernetprobe2-rebadged', 0, [room, roomHumidity]],
  ['sensorprobe2-plain-description', 0, [room, roomHumidity]],
  ['sensorprobe2-too-hot', 2, [['temperature 1 Room', '35.2 C', 'CRITICAL'], roomHumidity]],
  ['sensorprobe2-too-warm', 1, [['temperature 1 Room', '29.1 C', 'WARNING'], roomHumidity]],
  ['sensorprobe2-too-cold', 2, [['temperature 1 Room', '3.4 C', 'CRITICAL'], roomHumidity]],
  ['sensorprobe2-sensor-error', 2, [['temperature 1 Room', '-51.2 C', 'CRITICAL'], roomHumidity]],
  ['sensorprobe2-status-0-online', 3, [['temperature 1 Room', '22.1 C', 'UNKNOWN'], roomHumidity]],
  ['sensorprobe2-no-status-online', 3, [['temperature 1 Room', '22.1 C', 'UNKNOWN'], roomHumidity]],
  ['sensorprobe2-unknown-status', 3, [['temperature 1 Room', '22.1 C', 'UNKNOWN'], roomHumidity]],
  ['sensorprobe2-switch-status-3', 3, [room, roomHumidity, ['water 2 Water', '', 'UNKNOWN']]],
  // The device says normal; its limits are its own affair.
  ['sensorprobe2-low-above-high', 0, [room, roomHumidity]],
  ['sensorprobe2-limit-of-0', 0, [['temperature 1 Freezer', '-18.4 C', 'OK'], roomHumidity]],
  ['sensorprobe2-low-limit-0', 0, [['temperature 1 Fridge', '4.1 C', 'OK'], roomHumidity]],
  ['sensorprobe2-fahrenheit', 0, [['temperature 1 Room', '72.4 F', 'OK'], roomHumidity]],
  ['sensorprobe2-without-raw', 0, [['temperature 1 Room', '22 C', 'OK'], roomHumidity]],
  ['sensorprobe2-raw-is-0', 0, [['temperature 1 Room', '22 C', 'OK'], roomHumidity]],
  ['sensorprobe2-humidity-0', 2, [room, ['humidity 2 Room humidity', '0 %', 'CRITICAL']]],
  [
    'sensorprobe2-duplicate-names',
    0,
    [
      ['temperature 1 Sensor', '21 C', 'OK'],
      ['temperature 2 Sensor', '22 C', 'OK'],
      ['humidity 1 Sensor', '42 %', 'OK'],
      ['humidity 2 Sensor', '42 %', 'OK'],
    ],
  ],
  [
    'sensorprobe2-contacts-in-normal-state',
    0,
    [room, roomHumidity, ['drycontact 1 Open when well', '', 'OK'], ['drycontact 2 Closed when well', '', 'OK']],
  ],
  [
    'sensorprobe2-contacts-against-normal-state',
    2,
    [
      room,
      roomHumidity,
      ['drycontact 1 Open when well', '', 'CRITICAL'],
      ['drycontact 2 Closed when well', '', 'CRITICAL'],
    ],
  ],
  ['sensorprobe2-contact-without-normal-state', 3, [room, roomHumidity, ['drycontact 1 Contact', '', 'UNKNOWN']]],
  ['sensorprobe2-relay-on', 0, [room, roomHumidity, ['relay 1 Relay', '', 'OK'], ['siren 2 Siren', '', 'OK']]],
  ['sensorprobe2-empty', 3, []],
  ['spx-plus', 0, spx],
  ['spx-plus-too-hot', 1, but(spx, 'Cold aisle', '28.7 C', 'WARNING')],
  ['spx-plus-acknowledged-alarm', 2, but(but(spx, 'Hot aisle', '43.1 C', 'CRITICAL'), 'Smoke', '', 'CRITICAL')],
  ['spx-plus-door-held-open', 1, but(spx, 'Rack door', '', 'WARNING')],
  ['spx-plus-door-opened', 1, but(spx, 'Rack door', '', 'WARNING')],
  ['spx-plus-door-forced', 2, but(spx, 'Rack door', '', 'CRITICAL')],
  ['spx-plus-door-fire', 2, but(spx, 'Rack door', '', 'CRITICAL')],
  ['spx-plus-door-error', 2, but(spx, 'Rack door', '', 'CRITICAL')],
  ['spx-plus-door-unknown-status', 3, but(spx, 'Rack door', '', 'UNKNOWN')],
  ['spx-plus-buzzer-critical', 2, [...spx, ['other 14 Buzzer', '', 'CRITICAL']]],
  ['spx-plus-water-found', 2, but(spx, 'Water rope', '', 'CRITICAL')],
  ['spx-plus-airflow-lost', 2, but(spx, 'Fan tray', '4 %', 'CRITICAL')],
  ['spx-plus-airflow-status-3', 3, but(spx, 'Fan tray', '71 %', 'UNKNOWN')],
  ['spx-plus-fridge', 0, [['temperature 1 Fridge', '0.4 C', 'OK']]],
  [
    'spx-plus-fahrenheit',
    0,
    [
      ['temperature 1 Cold aisle', '73.6 F', 'OK'],
      ['humidity 1 Cold aisle humidity', '44 %', 'OK'],
    ],
  ],
  [
    'spx-plus-missing-cells',
    3,
    [
      ['temperature 1 Cold aisle', '23.1 C', 'UNKNOWN'],
      ['humidity 1 Cold aisle humidity', 'none %', 'UNKNOWN'],
      ['temperature 2 Hot aisle', '31.4 C', 'UNKNOWN'],
      ['door 5 Rack door', '', 'OK'],
    ],
  ],
  [
    'spx-plus-virtual-units',
    0,
    [
      ['temperature 1 Cold aisle', '23.1 C', 'OK'],
      ['temperature 2 Outside', '68 F', 'OK'],
      ['humidity 1 Cold aisle humidity', '44 %', 'OK'],
    ],
  ],
  ['spx-plus-opaque-floats', 0, spx],
  [
    'spx-plus-dry-contact-8-and-9',
    2,
    [
      ['drycontact 1 Closed, closed is well', '', 'OK'],
      ['drycontact 2 Open, closed is well', '', 'CRITICAL'],
      ['drycontact 3 Nobody knows', '', 'UNKNOWN'],
    ],
  ],
  ['spx-plus-all-offline', 3, []],
  ['securityprobe', 0, hall],
  // Its rows count themselves from 0, and so do its ports.
  ['securityprobe-only-2-3', 0, hall.map(([sensor, ...rest], i) => [sensor.replace(/ \d+ /, ` ${i + 1} `), ...rest])],
  ['securityprobe-whole-limits', 0, hall],
  ['securityprobe-whole-limits-fahrenheit', 0, [['temperature 1 Boiler', '98.1 F', 'OK']]],
  ['securityprobe-tenths-fahrenheit', 0, [['temperature 1 Boiler', '98.1 F', 'OK']]],
  ['securityprobe-too-humid', 2, but(hall, 'Hall north humidity', '84 %', 'CRITICAL')],
  ['linux-host', 3, []],
  ['says-nothing-of-itself', 3, []],
];

/** The limits that a sensor is expected to show, in the unit of its value: low critical to high critical. */
export const limits: readonly [recording: string, name: string, limits: readonly number[]][] = [
  ['sensorprobe8', 'Rack A front', [5, 15, 28, 32]],
  ['sensorprobe8', 'Humidity rack A 1', [10, 15, 75, 85]],
  ['sensorprobe2-limit-of-0', 'Freezer', [-30, -25, -5, 0]],
  ['sensorprobe2-low-limit-0', 'Fridge', [0, 2, 8, 10]],
  ['sensorprobe2-fahrenheit', 'Room', [41, 59, 82, 90]],
  ['sensorprobe4', 'Shelf top', [5, 15, 28, 32]],
  ['spx-plus', 'Cold aisle', [10, 15, 28, 32]],
  ['spx-plus', 'Cold aisle humidity', [10, 20, 70, 80]],
  ['spx-plus', 'PDU A', [0, 100, 2500, 3000]],
  ['spx-plus-fridge', 'Fridge', [0, 2, 8, 10]],
  ['spx-plus-fahrenheit', 'Cold aisle', [50, 59, 82.4, 89.6]],
  ['securityprobe', 'Hall north', [10, 15, 28, 32]],
  ['securityprobe-whole-limits', 'Hall north', [10, 15, 28, 32]],
  ['securityprobe-whole-limits-fahrenheit', 'Boiler', [50, 60, 105, 115]],
  ['securityprobe-tenths-fahrenheit', 'Boiler', [50, 60, 105, 115]],
];
