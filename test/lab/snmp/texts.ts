/** What Icinga gets, to the letter, from a probe asked in this way. */
export type Text = {
  readonly what: string;
  readonly recording: string;
  readonly args: readonly string[];
  readonly code: 0 | 1 | 2 | 3;
  readonly lines: readonly string[];
};

export const texts: readonly Text[] = [
  {
    what: 'a small rack that is well',
    recording: 'sensorprobe4-six-sensors',
    args: [],
    code: 0,
    lines: [
      "[OK] 127.0.0.1: 6 sensors OK, 6 offline rows ignored | 'Rack A front'=19.9C;15:28;5:32 'Rack A rear'=26.2C;15:35;5:40 'Humidity rack A 1'=42%;15:75;10:85;0;100 'Humidity rack A 2'=38%;15:75;10:85;0;100 Door=0;;;0;1 'UPS on battery'=0;;;0;1",
      '\\_ [OK] Rack A front: 19.9 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)',
      '\\_ [OK] Rack A rear: 26.2 C, normal (device: warning 15:35, critical 5:40; temperature, port 2)',
      '\\_ [OK] Humidity rack A 1: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 1)',
      '\\_ [OK] Humidity rack A 2: 38 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
      '\\_ [OK] Door: normal (device; drycontact, port 3)',
      '\\_ [OK] UPS on battery: normal (device; drycontact, port 4)',
    ],
  },
  {
    what: 'several faults, the worst first',
    recording: 'sensorprobe8-several-faults',
    args: ['--kind', 'temperature,humidity,drycontact', '--exclude', '^Fire|^Water|UPS'],
    code: 2,
    lines: [
      "[CRITICAL] 127.0.0.1: Rack A rear 41.2 C, highCritical (limit 40), and 2 more | 'Rack A front'=19.9C;15:28;5:32 'Rack A rear'=41.2C;15:35;5:40 'Zuluft Kältegang'=18.4C;15:28;5:32 'Humidity rack A 1'=42%;15:75;10:85;0;100 'Humidity rack A 2'=14%;15:75;10:85;0;100 'Humidity rack A 3'=47%;15:75;10:85;0;100 'Tür Serverraum'=1;;;0;1 'Klimagerät Störung'=0;;;0;1",
      '\\_ [CRITICAL] Rack A rear: 41.2 C, highCritical (device: warning 15:35, critical 5:40; temperature, port 2)',
      '\\_ [CRITICAL] Tür Serverraum: highCritical (device; drycontact, port 4)',
      '\\_ [WARNING] Humidity rack A 2: 14 %, lowWarning (device: warning 15:75, critical 10:85; humidity, port 2)',
      '\\_ [OK] Rack A front: 19.9 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)',
      '\\_ [OK] Zuluft Kältegang: 18.4 C, normal (device: warning 15:28, critical 5:32; temperature, port 3)',
      '\\_ [OK] Humidity rack A 1: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 1)',
      '\\_ [OK] Humidity rack A 3: 47 %, normal (device: warning 15:75, critical 10:85; humidity, port 3)',
      '\\_ [OK] Klimagerät Störung: normal (device; drycontact, port 6)',
    ],
  },
  {
    what: 'a sensor that is broken, and no value of it',
    recording: 'sensorprobe2-sensor-error',
    args: [],
    code: 2,
    lines: [
      "[CRITICAL] 127.0.0.1: Room sensorError | 'Room humidity'=42%;15:75;10:85;0;100",
      '\\_ [CRITICAL] Room: sensorError (device: warning 15:28, critical 5:32; temperature, port 1)',
      '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'a status that no MIB has',
    recording: 'sensorprobe2-status-0-online',
    args: [],
    code: 3,
    lines: [
      "[UNKNOWN] 127.0.0.1: Room 22.1 C, status 0, which the MIB does not define for temperature | Room=22.1C;15:28;5:32 'Room humidity'=42%;15:75;10:85;0;100",
      '\\_ [UNKNOWN] Room: 22.1 C, status 0, which the MIB does not define for temperature (device: warning 15:28, critical 5:32; temperature, port 1)',
      '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'an alarm that somebody has acknowledged',
    recording: 'spx-plus-acknowledged-alarm',
    args: ['--sensor', 'aisle|Smoke'],
    code: 2,
    lines: [
      "[CRITICAL] 127.0.0.1: Hot aisle 43.1 C, highCritical (limit 42), and 1 more | 'Cold aisle'=23.1C;15:28;10:32 'Hot aisle'=43.1C;15:38;10:42 'Cold aisle humidity'=44%;20:70;10:80;0;100 'Motion aisle'=0;;;0;1 Smoke=1;;;0;1",
      '\\_ [CRITICAL] Hot aisle: 43.1 C, highCritical (device: warning 15:38, critical 10:42; acknowledged; temperature, port 2)',
      '\\_ [CRITICAL] Smoke: highCritical (device; smoke, port 10)',
      '\\_ [OK] Cold aisle: 23.1 C, normal (device: warning 15:28, critical 10:32; temperature, port 1)',
      '\\_ [OK] Cold aisle humidity: 44 %, normal (device: warning 20:70, critical 10:80; humidity, port 1)',
      '\\_ [OK] Motion aisle: normal (device; motion, port 4)',
    ],
  },
  {
    what: 'a door by force',
    recording: 'spx-plus-door-forced',
    args: ['--kind', 'door'],
    code: 2,
    lines: [
      "[CRITICAL] 127.0.0.1: Rack door forceOpened | 'Rack door'=1;;;0;1",
      '\\_ [CRITICAL] Rack door: forceOpened (device; acknowledged; door, port 5)',
    ],
  },
  {
    what: 'contacts against their normal state',
    recording: 'sensorprobe2-contacts-against-normal-state',
    args: ['--kind', 'drycontact'],
    code: 2,
    lines: [
      "[CRITICAL] 127.0.0.1: Open when well low (closed), normally open, and 1 more | 'Open when well'=1;;;0;1 'Closed when well'=1;;;0;1",
      '\\_ [CRITICAL] Open when well: low (closed), normally open (device; drycontact, port 1)',
      '\\_ [CRITICAL] Closed when well: high (open), normally closed (device; drycontact, port 2)',
    ],
  },
  {
    what: 'own ranges in place of the limits of the device',
    recording: 'sensorprobe2-too-hot',
    args: ['-w', 'temperature=18:36', '-c', 'temperature=10:40'],
    code: 0,
    lines: [
      "[OK] 127.0.0.1: 2 sensors OK, 4 offline rows ignored | Room=35.2C;18:36;10:40 'Room humidity'=42%;15:75;10:85;0;100",
      '\\_ [OK] Room: 35.2 C, in range (range: warning 18:36, critical 10:40; device says highCritical; temperature, port 1)',
      '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'only -w: critical is not judged, and that is said',
    recording: 'sensorprobe2-too-hot',
    args: ['-w', 'temperature=18:27'],
    code: 1,
    lines: [
      "[WARNING] 127.0.0.1: Room 35.2 C, outside 18:27 | Room=35.2C;18:27 'Room humidity'=42%;15:75;10:85;0;100",
      '\\_ [WARNING] Room: 35.2 C, outside 18:27 (range: warning 18:27, critical not judged; device says highCritical; temperature, port 1)',
      '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'own ranges that alert',
    recording: 'sensorprobe2',
    args: ['-w', '18:20', '-c', 'humidity=50:60'],
    code: 2,
    lines: [
      "[CRITICAL] 127.0.0.1: Room humidity 42 %, outside 50:60, and 1 more | Room=22.1C;18:20 'Room humidity'=42%;18:20;50:60;0;100",
      '\\_ [CRITICAL] Room humidity: 42 %, outside 50:60 (range: warning 18:20, critical 50:60; device says normal; humidity, port 2)',
      '\\_ [WARNING] Room: 22.1 C, outside 18:20 (range: warning 18:20, critical not judged; device says normal; temperature, port 1)',
    ],
  },
  {
    what: 'a broken sensor stays one, whatever the ranges',
    recording: 'sensorprobe2-sensor-error',
    args: ['-w', 'temperature=~:100', '-c', 'temperature=~:100', '--kind', 'temperature'],
    code: 2,
    lines: [
      '[CRITICAL] 127.0.0.1: Room sensorError',
      '\\_ [CRITICAL] Room: sensorError (device: warning 15:28, critical 5:32; temperature, port 1)',
    ],
  },
  {
    what: 'an expected sensor that is nowhere',
    recording: 'sensorprobe2',
    args: ['--expect', 'Attic', '--kind', 'temperature'],
    code: 2,
    lines: [
      '[CRITICAL] expected sensor "Attic" is not on 127.0.0.1 | Room=22.1C;15:28;5:32',
      '\\_ [CRITICAL] expected sensor "Attic" is not on 127.0.0.1',
      '\\_ [OK] Room: 22.1 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)',
    ],
  },
  {
    what: 'an expected sensor that is offline',
    recording: 'sensorprobe2',
    args: ['--expect', 'Temperature2 Description', '--kind', 'humidity'],
    code: 2,
    lines: [
      '[CRITICAL] expected sensor "Temperature2 Description" is offline on 127.0.0.1 (temperature, port 2) | \'Room humidity\'=42%;15:75;10:85;0;100',
      '\\_ [CRITICAL] expected sensor "Temperature2 Description" is offline on 127.0.0.1 (temperature, port 2)',
      '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'fewer sensors than there must be',
    recording: 'sensorprobe2',
    args: ['--min-sensors', '3'],
    code: 2,
    lines: [
      "[CRITICAL] 127.0.0.1: 2 sensors online, at least 3 needed | Room=22.1C;15:28;5:32 'Room humidity'=42%;15:75;10:85;0;100",
      '\\_ [CRITICAL] 127.0.0.1: 2 sensors online, at least 3 needed',
      '\\_ [OK] Room: 22.1 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)',
      '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'ports without a sensor that shall count',
    recording: 'sensorprobe2',
    args: ['--offline', 'warning', '--kind', 'humidity'],
    code: 1,
    lines: [
      "[WARNING] 127.0.0.1: Humidity1 Description offline | 'Room humidity'=42%;15:75;10:85;0;100",
      '\\_ [WARNING] Humidity1 Description: offline (device; humidity, port 1)',
      '\\_ [OK] Room humidity: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'an output that is on',
    recording: 'sensorprobe2-relay-on',
    args: ['--relay', 'off', '--kind', 'relay,siren'],
    code: 2,
    lines: [
      '[CRITICAL] 127.0.0.1: Relay on, expected off | Relay=1;;;0;1 Siren=0;;;0;1',
      '\\_ [CRITICAL] Relay: on, expected off (device; relay, port 1)',
      '\\_ [OK] Siren: off (device; siren, port 2)',
    ],
  },
  {
    what: 'degrees Fahrenheit',
    recording: 'spx-plus',
    args: ['--unit', 'F', '--kind', 'temperature'],
    code: 0,
    lines: [
      "[OK] 127.0.0.1: 2 sensors OK, 1 offline row ignored | 'Cold aisle'=73.6F;59:82.4;50:89.6 'Hot aisle'=88.5F;59:100.4;50:107.6",
      '\\_ [OK] Cold aisle: 73.6 F, normal (device: warning 59:82.4, critical 50:89.6; temperature, port 1)',
      '\\_ [OK] Hot aisle: 88.5 F, normal (device: warning 59:100.4, critical 50:107.6; temperature, port 2)',
    ],
  },
  {
    what: 'the dew point',
    recording: 'spx-plus',
    args: ['--dew-point', '--sensor-port', '1', '-w', 'dewspread=15:'],
    code: 1,
    lines: [
      "[WARNING] 127.0.0.1: distance to the dew point at port 1 12.9 C, outside 15: | 'Cold aisle'=23.1C;15:28;10:32 'Cold aisle humidity'=44%;20:70;10:80;0;100 'Cold aisle_dewpoint'=10.2C 'Cold aisle_dewspread'=12.9C;15:",
      '\\_ [WARNING] distance to the dew point at port 1: 12.9 C, outside 15: (Cold aisle above it)',
      '\\_ [OK] Cold aisle: 23.1 C, normal (device: warning 15:28, critical 10:32; temperature, port 1)',
      '\\_ [OK] Cold aisle humidity: 44 %, normal (device: warning 20:70, critical 10:80; humidity, port 1)',
      '\\_ [OK] dew point at port 1: 10.2 C (of Cold aisle and Cold aisle humidity)',
    ],
  },
  {
    what: 'labels from ports',
    recording: 'sensorprobe8',
    args: ['--kind', 'humidity', '--label', 'port'],
    code: 0,
    lines: [
      '[OK] 127.0.0.1: 3 sensors OK, 5 offline rows ignored | humidity_1=42%;15:75;10:85;0;100 humidity_2=38%;15:75;10:85;0;100 humidity_3=47%;15:75;10:85;0;100',
      '\\_ [OK] Humidity rack A 1: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 1)',
      '\\_ [OK] Humidity rack A 2: 38 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
      '\\_ [OK] Humidity rack A 3: 47 %, normal (device: warning 15:75, critical 10:85; humidity, port 3)',
    ],
  },
  {
    what: 'names that stand twice',
    recording: 'sensorprobe2-duplicate-names',
    args: [],
    code: 0,
    lines: [
      "[OK] 127.0.0.1: 4 sensors OK, 2 offline rows ignored | 'Sensor temperature_1'=21C;15:28;5:32 'Sensor temperature_2'=22C;15:28;5:32 'Sensor humidity_1'=42%;15:75;10:85;0;100 'Sensor humidity_2'=42%;15:75;10:85;0;100",
      '\\_ [OK] Sensor: 21 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)',
      '\\_ [OK] Sensor: 22 C, normal (device: warning 15:28, critical 5:32; temperature, port 2)',
      '\\_ [OK] Sensor: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 1)',
      '\\_ [OK] Sensor: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'no names',
    recording: 'sensorprobe2-no-names',
    args: [],
    code: 0,
    lines: [
      '[OK] 127.0.0.1: 3 sensors OK, 3 offline rows ignored | temperature_1=22.1C;15:28;5:32 temperature_2=22.1C;15:28;5:32 humidity_2=42%;15:75;10:85;0;100',
      '\\_ [OK] temperature 1: 22.1 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)',
      '\\_ [OK] temperature 2: 22.1 C, normal (device: warning 15:28, critical 5:32; temperature, port 2)',
      '\\_ [OK] humidity 2: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'names that would break the output',
    recording: 'sensorprobe2-hostile-names',
    args: [],
    code: 0,
    lines: [
      "[OK] 127.0.0.1: 3 sensors OK, 3 offline rows ignored | 'a_b_1_2 _c_'=22.1C;15:28;5:32 '_b__OK__/b_ x__y \\_ _OK_ z'=22.1C;15:28;5:32 'ÿ% $HOME `id`'=42%;15:75;10:85;0;100",
      "\\_ [OK] a¦b=1;2 'c': 22.1 C, normal (device: warning 15:28, critical 5:32; temperature, port 1)",
      '\\_ [OK] ‹b›"OK"‹/b› x::y \\_ "OK" z: 22.1 C, normal (device: warning 15:28, critical 5:32; temperature, port 2)',
      '\\_ [OK] ÿ% $HOME `id`: 42 %, normal (device: warning 15:75, critical 10:85; humidity, port 2)',
    ],
  },
  {
    what: 'a list of list the sensors of a probe',
    recording: 'sensorprobe2-hostile-names',
    args: ['--list'],
    code: 0,
    lines: [
      "[OK] 127.0.0.1: 3 sensors OK, 3 offline rows ignored | 'a_b_1_2 _c_'=22.1C;15:28;5:32 '_b__OK__/b_ x__y \\_ _OK_ z'=22.1C;15:28;5:32 'ÿ% $HOME `id`'=42%;15:75;10:85;0;100",
      '127.0.0.1: classic, sensorProbe2 v2.0 SP2468 161014',
      'kind         port  name                        value   limits       status',
      "temperature  1     a¦b=1;2 'c'                 22.1 C  5 15 28 32   normal",
      'temperature  2     ‹b›"OK"‹/b› x::y \\_ "OK" z  22.1 C  5 15 28 32   normal',
      'humidity     1     Humidity1 Description       0 %     10 15 75 85  offline',
      'humidity     2     ÿ% $HOME `id`               42 %    10 15 75 85  normal',
      'drycontact   1     Switch1 Description         -       -            offline',
      'drycontact   2     Switch2 Description         -       -            offline',
    ],
  },
  {
    what: 'a rope that is wet',
    recording: 'sensorprobe2-rope-water',
    args: ['--kind', 'rope,water'],
    code: 2,
    lines: [
      '[CRITICAL] 127.0.0.1: Rope highCritical, leak at 17 m | Rope=1;;;0;1',
      '\\_ [CRITICAL] Rope: highCritical, leak at 17 m (device; rope, port 1)',
    ],
  },
  {
    what: 'nothing selected',
    recording: 'sensorprobe2',
    args: ['--sensor', '^Attic$'],
    code: 3,
    lines: [
      '[UNKNOWN] 127.0.0.1: none of its 6 sensor rows is selected',
      '\\_ [UNKNOWN] 127.0.0.1: none of its 6 sensor rows is selected',
    ],
  },
  {
    what: 'no sensors',
    recording: 'sensorprobe8-all-offline',
    args: [],
    code: 3,
    lines: [
      '[UNKNOWN] 127.0.0.1: all 84 selected rows are offline',
      '\\_ [UNKNOWN] 127.0.0.1: all 84 selected rows are offline',
    ],
  },
  {
    what: 'no tables',
    recording: 'sensorprobe2-empty',
    args: [],
    code: 3,
    lines: [
      '[UNKNOWN] 127.0.0.1: an AKCP device without any sensor table that this plugin knows',
      '\\_ [UNKNOWN] 127.0.0.1: an AKCP device without any sensor table that this plugin knows',
    ],
  },
  {
    what: 'another device',
    recording: 'linux-host',
    args: [],
    code: 3,
    lines: [
      '[UNKNOWN] 127.0.0.1: not an AKCP sensor probe; it calls itself "Linux web1 6.1.0-28-amd64 #1 SMP Debian 6.1.119-1 x86_64"',
      '\\_ [UNKNOWN] 127.0.0.1: not an AKCP sensor probe; it calls itself "Linux web1 6.1.0-28-amd64 #1 SMP Debian 6.1.119-1 x86_64"',
    ],
  },
];
