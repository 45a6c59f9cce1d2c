import type { Section } from '../plugin/index.ts';
import { keepNothing, keepProbe, keepService } from './keep.ts';

/** Sensors of a probe, and the probe itself: check_sensorprobe. */
export const sensors = {
  'sensor-ok': {
    means: 'The sensor is fine, by its own limits or by the ranges of the service. The line says who decided.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'sensor-warning': {
    means: 'The sensor is past a warning limit: the one set on the device, or the range given with --warning.',
    now: 'Look at what it measures: air conditioning, doors, load. If the value is normal for that place, change the limit.',
    keep: keepProbe,
  },
  'sensor-critical': {
    means:
      'The sensor is past a critical limit, a contact or detector has tripped, or the device itself calls the sensor broken.',
    now: 'Act on what it measures first. If the line says sensorError, look at its cable and plug.',
    keep: keepProbe,
  },
  'sensor-unknown': {
    means:
      'Something that a verdict needs is missing from the answer of the probe, or its status has no meaning in the MIB. It is not called OK.',
    now: 'Run the check with --list, and look at the same sensor on the web page of the probe. A firmware update may have changed its table.',
    keep: keepProbe,
  },
  'sensor-offline': {
    means: 'The probe has a row for the sensor and calls it offline: it was unplugged, or it died.',
    now: 'Plug it in again or replace it. If it is gone for good, remove it on the web page of the probe, or use --offline ignore.',
    keep: keepProbe,
  },
  'sensor-missing': {
    means: 'A sensor named with --expect is not there, or is not online.',
    now: 'Compare the name with the output of --list; then look at the sensor and its cable.',
    keep: keepProbe,
  },
  'sensor-overlooked': {
    means:
      'The summary of the probe is worse than every sensor that was read: a sensor that this check does not see is in trouble.',
    now: 'Look at the web page of the probe. If the line names a table that is not known, please report it.',
    keep: keepProbe,
  },
  'sensors-too-few': {
    means: 'Fewer sensors are online than --min-sensors asks for.',
    now: 'Use --list to see which are offline, and check their cables.',
    keep: keepProbe,
  },
  'output-unexpected': {
    means: 'An output (a relay, a socket) is not in the state that --relay asserts.',
    now: 'Find out who switched it, and switch it back on the web page of the probe.',
    keep: 'Set the state that the output has after a reboot, and the rules that switch it, on the web page of the probe.',
  },
  'output-missing': {
    means: 'With --relay an output is to be judged, and none is online.',
    now: 'Check the selection (--kind, --sensor, --sensor-port) and the output itself.',
    keep: keepService,
  },
  'range-unused': {
    means: 'A range of --warning or --critical judges nothing, because no sensor with a value for it is online.',
    now: 'Look for the sensor that it was meant for, or remove the range.',
    keep: keepService,
  },
  'dew-point-unknown': {
    means:
      'The dew point cannot be computed: temperature or humidity of that port is missing, broken, or out of bounds.',
    now: 'Look at the two sensors of that port.',
    keep: keepProbe,
  },
  'nothing-selected': {
    means: 'The options select no row of the probe.',
    now: 'Compare --sensor, --exclude, --kind and --sensor-port with the output of --list.',
    keep: keepService,
  },
  'nothing-judged': {
    means: 'What the options select is offline, or is not judged unless its kind is asked for, so there is no verdict.',
    now: 'Ask for its kind with --kind, or find out why everything is offline.',
    keep: keepService,
  },
  'pattern-too-slow': {
    means:
      'The pattern of --sensor or --exclude takes too long to match against the names of the sensors, and was not applied.',
    now: 'Simplify the pattern: avoid repeats inside repeats.',
    keep: keepService,
  },
  'probe-silent': {
    means: 'Nothing came from the probe: it is off, unreachable, or silently drops requests with a wrong community.',
    now: 'Ping it and open its web page; then check the community, the port and any firewall in between.',
    keep: keepProbe,
  },
  'probe-not-asked': {
    means: 'The time limit expired before this probe could be asked.',
    now: 'Raise --timeout, or split the probes over several services.',
    keep: keepService,
  },
  'probe-unresolved': {
    means: 'The name of the probe has no address, or could not be looked up.',
    now: 'Check the name and the resolver of the poller; with an address instead, no lookup is needed.',
    keep: keepService,
  },
  'probe-unreadable': {
    means: 'The probe, or its host, answers but refuses: wrong credentials, no access, or it stopped in the middle.',
    now: 'The line has the reason. Compare user, protocols and passwords with the SNMP page of the probe.',
    keep: keepProbe,
  },
  'probe-nonsense': {
    means: 'What the agent answers cannot be true or is not valid SNMP, so none of it is trusted.',
    now: 'Restart the probe. If that does not help, check its firmware, and whether something else has that address.',
    keep: keepProbe,
  },
  'probe-tables-unknown': {
    means: 'It is an AKCP device, but none of its sensor tables is known to this release.',
    now: 'Try --family. If that does not help, please report the model and the firmware.',
    keep: keepService,
  },
  'not-a-probe': {
    means: 'The agent is not an AKCP sensor probe. The line says what it calls itself.',
    now: 'Check the address of the host object.',
    keep: keepService,
  },
} satisfies Record<string, Section>;
