import type { Expected } from './situations.ts';

/** A device of `test/fixtures/sensorprobe/invented`, how it is asked, and what a practitioner would say of it. */
export type Invented = {
  readonly device: string;
  readonly args?: readonly string[];
  readonly code: 0 | 1 | 2 | 3;
  /** Every sensor that is not offline; left out where only the text matters. */
  readonly sensors?: readonly Expected[];
  /** What the text says. */
  readonly says?: RegExp;
};

const rack = (port = 1): Expected => [`temperature ${port} Rack ${port}`, '20.1 C', 'OK'];
const cold: Expected = ['temperature 1 Cold aisle', '20.1 C', 'OK'];

export const invented: readonly Invented[] = [
  {
    device: 'securityprobe-meters-in-common-table',
    code: 2,
    sensors: [
      cold,
      ['acvoltage 2 Feed A volts', '231 V', 'OK'],
      ['current 2 Feed A amps', '17 A', 'CRITICAL'],
      ['power 2 Feed A watts', '3900 W', 'WARNING'],
      ['energy 2 Feed A energy', '4711 kWh', 'OK'],
      ['sound 3 Hall sound', '40', 'OK'],
    ],
    says: /'Feed A volts'=231 /,
  },
  {
    device: 'securityprobe-meters-in-common-table',
    args: ['-w', 'power=:4000', '--kind', 'power'],
    code: 0,
    says: /Feed A watts: 3900 W, in range/,
  },
  {
    device: 'securityprobe-co2-in-plain-common-table',
    code: 1,
    sensors: [cold, ['other 2 CO2 meeting room', '1612 ppm', 'WARNING']],
  },
  { device: 'securityprobe-co2-in-plain-common-table', args: ['-c', 'other=:1500'], code: 2, says: /outside 1500/ },
  {
    device: 'spx-signals-that-warn',
    code: 1,
    sensors: [cold, ['other 5 Handle lock', '', 'WARNING']],
  },
  {
    device: 'spx-common-rows-without-type',
    code: 2,
    sensors: [cold, ['other 2 Something', '99', 'CRITICAL'], ['other 3 Something else', '7', 'OK']],
  },
  {
    device: 'spx-alarms-in-common-table',
    code: 2,
    sensors: [
      cold,
      ['water 2 Water cellar', '', 'CRITICAL'],
      ['water 3 Water roof', '', 'OK'],
      ['relay 4 Pump relay', '', 'OK'],
      ['door 5 Side door', '', 'CRITICAL'],
    ],
  },
  { device: 'spx-virtual-lost', code: 2, says: /\[CRITICAL\] Mean: sensorError/ },
  {
    device: 'securityprobe-virtual-factors',
    code: 2,
    sensors: [
      cold,
      ['virtual 65 Mean hall', '23.5 C', 'OK'],
      ['virtual 66 Load', '37.5 %', 'WARNING'],
      ['virtual 68 Lights', '', 'CRITICAL'],
    ],
    says: /highCritical, "Lights left on"/,
  },
  {
    device: 'sensorprobe8-virtual-sensors',
    code: 2,
    sensors: [rack(), ['virtual 1 Delta', '13 C', 'WARNING'], ['virtual 1 Any door', '', 'CRITICAL']],
    says: /"Two doors open"/,
  },
  {
    device: 'hhms-well',
    code: 0,
    sensors: [
      ['temperature 1 Rack 1', '0 C', 'OK'],
      ['drycontact 1 Water floor', '', 'OK'],
      ['drycontact 2 Door', '', 'OK'],
      ['other 1 Console', '', 'OK'],
      ['other 1 PDU', '', 'OK'],
      ['relay 1 Outlet 1', '', 'OK'],
      ['power 1 Meter', '455', 'OK'],
    ],
  },
  { device: 'hhms-well', args: ['--relay', 'on'], code: 2, says: /Outlet 1: off, expected on/ },
  { device: 'hhms-array-in-error', code: 2, says: /\[CRITICAL\] board 1: sensorError/ },
  { device: 'securityprobe-board-lost', code: 2, says: /\[CRITICAL\] Expansion 1: offline \(device; board\)/ },
  { device: 'securityprobe-board-lost', args: ['--kind', 'temperature'], code: 0 },
  {
    device: 'securityprobe-board-knows-more',
    code: 1,
    says: /own summary of the sensors on E-opto16 is highCritical, worse than any sensor that was read/,
  },
  { device: 'spx-unknown-table', code: 0, sensors: [cold] },
  {
    device: 'spx-unknown-table',
    args: ['-v'],
    code: 0,
    says: /table 1\.3\.6\.1\.4\.1\.3854\.3\.5\.30 is unknown to this plugin and was not read/,
  },
  {
    device: 'sensorprobe8-unknown-table-and-critical',
    code: 2,
    says: /own summary of all its sensors is critical.*table 1\.3\.6\.1\.4\.1\.3854\.1\.2\.2\.1\.19\.38 is unknown/,
  },
  {
    device: 'securityprobe-other-tree-critical',
    code: 2,
    sensors: [
      ['virtual 65 Lights', '', 'OK'],
      ['temperature 1 Cold aisle', '41.2 C', 'CRITICAL'],
      ['drycontact 2 Gate', '', 'OK'],
    ],
  },
  {
    device: 'securityprobe-typed-in-other-tree',
    code: 1,
    sensors: [['temperature 1 Cold aisle', '29.2 C', 'WARNING']],
    says: /warning 15:28, critical 5:32/,
  },
  {
    device: 'plus-with-classic-tables',
    code: 2,
    sensors: [cold, ['temperature 1 Old probe', '40.2 C', 'CRITICAL']],
  },
  {
    device: 'securityprobe-rows-counted-by-table',
    code: 2,
    sensors: [
      ['temperature 1 Hall', '20.1 C', 'OK'],
      ['humidity 1 Hall humidity', '44 %', 'OK'],
      ['virtual 3 Delta', '9 C', 'CRITICAL'],
    ],
  },
  {
    device: 'securityprobe-index-of-another',
    code: 2,
    sensors: [cold, ['humidity 2 Hall humidity', '44 %', 'OK'], ['virtual 2 Delta', '9 C', 'CRITICAL']],
  },
  {
    device: 'plus-same-name-other-status',
    code: 2,
    sensors: [
      ['temperature 1 Rack 1', '20.1 C', 'OK'],
      ['temperature 1 Rack 1', '40.2 C', 'CRITICAL'],
    ],
  },
  {
    device: 'securityprobe-with-a-classic-contact',
    code: 2,
    sensors: [cold, ['drycontact 2 Gate', '', 'CRITICAL']],
  },
  {
    device: 'spx-two-boards',
    args: ['--dew-point'],
    code: 2,
    says: /\[CRITICAL\] Cold aisle \[1\.0\.0\.0\.0\]: 40\.2 C.*dew point at port 1: .* \(of Cold aisle \[1\.0\.0\.0\.0\] and Humidity\)/s,
  },
  {
    device: 'spx-wrong-types',
    code: 3,
    sensors: [cold, ['water 2 Water', '', 'UNKNOWN'], ['smoke 3 ', '', 'OK'], ['virtual 4 Mean', '', 'UNKNOWN']],
  },
  { device: 'sensorprobe8-summary-warning', code: 1, says: /own summary of all its sensors is warning/ },
  { device: 'sensorprobe8-summary-warning', args: ['--kind', 'temperature'], code: 0 },
  { device: 'sensorprobe8-summary-warning', args: ['-w', 'temperature=10:30'], code: 0 },
  {
    device: 'sensorprobe8-summary-of-virtual-sensors',
    code: 1,
    says: /own summary of its virtual sensors is critical/,
  },
  { device: 'sensorprobe8-summary-error-offline', code: 1, says: /offline with a bad status: Rack 2 \(sensorError\)/ },
  {
    device: 'sensorprobe8-summary-is-explained',
    code: 2,
    says: /^(?!.*own summary)\[CRITICAL\] 127.0.0.1: Rack 1 40.2 C/,
  },
  { device: 'sensorprobe8-summary-of-a-contact', code: 2, says: /^(?!.*own summary)/ },
  {
    device: 'sensorprobe8-x60-levels',
    code: 2,
    sensors: [
      rack(),
      ['drycontact 9 Breaker 9', '', 'UNKNOWN'],
      ['drycontact 10 Breaker 10', '', 'OK'],
      ['drycontact 11 Breaker 11', '', 'CRITICAL'],
    ],
  },
  { device: 'sensorprobe8-x60-levels', args: ['--kind', 'temperature'], code: 0, sensors: [rack()] },
  { device: 'sensorprobe8-type-lost', args: ['--kind', 'water'], code: 2, says: /Water: highCritical/ },
  { device: 'sensorprobe8-type-lost', args: ['--kind', 'temperature'], code: 0, sensors: [rack()] },
  { device: 'sensorprobe8-online-lost', code: 2, says: /highCritical; online missing from the probe's answer/ },
  { device: 'sensorprobe8-limit-lost-warning', code: 1, says: /highWarning; lowCritical missing from/ },
  { device: 'sensorprobe8-limit-lost-warning', args: ['-w', 'temperature=10:35'], code: 0 },
  { device: 'spx-status-lost-common-critical', code: 2, says: /highCritical; status missing from the probe's answer/ },
  {
    device: 'spx-wireless-index',
    code: 1,
    sensors: [
      ['temperature 3 Radio 1', '14.1 C', 'WARNING'],
      ['temperature 4 Radio 2', '20.1 C', 'OK'],
    ],
  },
  {
    device: 'cameraprobe-array-from-1',
    code: 2,
    sensors: [
      ['temperature 1 Port 1', '20.1 C', 'OK'],
      ['humidity 1 Port 1 humidity', '42 %', 'OK'],
      ['drycontact 2 Gate 1', '', 'CRITICAL'],
    ],
  },
  {
    device: 'securityprobe-thermostat-too-cold',
    code: 2,
    sensors: [cold, ['thermostat 2 Cooling', '3', 'CRITICAL']],
  },
  { device: 'securityprobe-thermostat-too-cold', args: ['-c', 'thermostat=2:30', '--unit', 'F'], code: 0 },
  {
    device: 'sensorprobe8-energy-and-arrays',
    code: 2,
    sensors: [
      rack(),
      ['power 1 Feed A', '1530 VA', 'OK'],
      ['energy 1 Feed A energy', '4711', 'OK'],
      ['relay 3 Fan', '', 'OK'],
      ['sound 1 Sound', '2', 'WARNING'],
      ['motion 1 Camera motion', '', 'CRITICAL'],
    ],
    says: /Fan: off, "standing", for information/,
  },
  { device: 'sensorprobe8-energy-and-arrays', args: ['-c', 'energy=:4000', '--kind', 'energy'], code: 2 },
  {
    device: 'sensorprobe8-analogs',
    code: 2,
    sensors: [
      rack(),
      ['humidity 1 Humidity 1', '42 %', 'OK'],
      ['current 2 Tank', '40 cm', 'OK'],
      ['dcvoltage 3 Battery', '12 V', 'WARNING'],
      ['dcvoltage 4 Supply', '88 %', 'OK'],
      ['airflow 5 Air', '12 %', 'CRITICAL'],
    ],
  },
  {
    device: 'sensorprobe8-analogs',
    args: ['-w', 'humidity=50:60', '--dew-point', '--kind', 'humidity,temperature'],
    code: 1,
    says: /^(?!.*dew point at port [2-5]).*Humidity 1: 42 %, outside 50:60.*dew point at port 1/s,
  },
  { device: 'sensorprobe8-analogs', args: ['-w', 'water=1'], code: 3, says: /a water has no value for a range/ },
  {
    device: 'sensorprobe8-analogs',
    args: ['-w', 'power=10:20'],
    code: 2,
    says: /no power sensor with a value is online/,
  },
  {
    device: 'sensorprobe8-analogs',
    args: ['-w', 'power=10:20', '--sensor-port', '1'],
    code: 3,
    says: /^\[UNKNOWN\] no power sensor with a value is online, so the range for power judges nothing/,
  },
  {
    device: 'spx-alarm-relays',
    code: 2,
    sensors: [
      cold,
      ['smoke 2 Smoke', '', 'CRITICAL'],
      ['motion 3 Motion', '', 'OK'],
      ['acvoltage 4 Mains', '', 'CRITICAL'],
      ['water 5 Water', '', 'OK'],
      ['relay 6 Beacon', '', 'OK'],
    ],
    says: /Mains: highCritical, "Mains lost".*Smoke: relayOn \(device.*Water: normal, "Dry".*on, "flashing", for/s,
  },
  {
    device: 'sensorprobe8-alarm-relays',
    code: 2,
    sensors: [
      rack(),
      ['motion 1 Motion', '', 'OK'],
      ['water 2 Water', '', 'CRITICAL'],
      ['acvoltage 3 Mains', '', 'OK'],
      ['relay 4 Relay', '', 'OK'],
    ],
    says: /Relay: on, "open valve", for information/,
  },
  {
    device: 'securityprobe-power-and-rope',
    code: 2,
    sensors: [
      cold,
      ['power 2 Feed A', '230.4 W', 'OK'],
      ['power 3 Feed B', '96.8 W', 'CRITICAL'],
      ['rope 4 Rope', '', 'CRITICAL'],
      ['rope 5 Dry rope', '', 'OK'],
    ],
    says: /Rope: highCritical, leak at 12 ft \(device; rope.*acknowledged; power, port 3/s,
  },
  {
    device: 'spx-dew-point-of-a-chain',
    args: ['--dew-point'],
    code: 0,
    says: /\(of T3 and H\).*dew point at port 2 not computed: 2 temperatures/s,
  },
  {
    device: 'spx-dew-point-of-a-chain',
    args: ['--dew-point', '-w', 'dewspread=3:'],
    code: 3,
    says: /dew point at port 2 not computed: 2 temperatures are on this port, and none of them is nearest to Between/,
  },
  {
    device: 'spx-custom-statuses',
    code: 2,
    says: /Pump: customStatus2, "Pump blocked" \(highCritical\).*\[UNKNOWN\] Gate: customStatus1.*\[OK\] Valve/s,
  },
];
