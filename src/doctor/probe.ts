import { listOf } from '../plugin/index.ts';
import type { Here, ProbeFacts } from './facts.ts';
import { asRoot, type Line, note, ok, type Subject, thisMachine, todo } from './line.ts';
import { nameLine } from './node.ts';
import { quoted } from './shell.ts';
import { timeLines } from './time.ts';

/** What is said of a probe. */
export function judgeProbe(probe: ProbeFacts, here: Here): Subject {
  return { title: `${probe.host} (probe)`, lines: linesOf(probe, here) };
}

function linesOf(probe: ProbeFacts, here: Here): readonly Line[] {
  const name = nameLine(probe.hostName);
  if (name.state === 'todo') return [name];
  const answered = probe.tries.find(({ reason }) => reason === null);
  if (answered === undefined) return [name, ...troubleLines(probe)];
  return [
    name,
    ok('port', `UDP ${probe.port} at ${answered.address} answers after ${probe.firstMs ?? 0} ms`),
    ok('SNMP', `version ${probe.version}, ${who(probe)}`),
    ...familyLines(probe),
    ...speedLines(probe),
    ...secretLines(probe, here),
  ];
}

function who({ version, user, secret }: ProbeFacts): string {
  if (version === '3') return `user ${user ?? ''}`;
  return secret.kind === 'default' ? 'community public' : 'the community that was given';
}

function troubleLines(probe: ProbeFacts): readonly Line[] {
  const { tries, port, otherVersion, version, host } = probe;
  if (otherVersion !== null)
    return [
      todo(
        'SNMP',
        `${host} answers in version ${otherVersion} and not in ${version}: give --protocol ${otherVersion}, or turn version ${version} on in the probe's web interface`,
      ),
    ];
  return tries.map(({ address, reason, silent }) => {
    if (silent && /no SNMP agent listens/.test(reason ?? ''))
      return todo(
        'port',
        `UDP ${port} at ${address} is closed: turn SNMP on in the probe's web interface, or give --port`,
      );
    if (silent && /no answer/.test(reason ?? '')) return todo('SNMP', `${address}: ${reason}; ${allowed(probe)}`);
    return todo('SNMP', `${address}: ${reason}`);
  });
}

/** Where a device that says nothing is looked at. */
function allowed({ version }: ProbeFacts): string {
  const what = version === '3' ? 'the user and its passwords' : 'the community';
  return `in the probe's web interface, compare ${what}, and see which addresses may ask`;
}

function familyLines({ family, description, sensors }: ProbeFacts): readonly Line[] {
  if (family === null)
    return [
      todo('family', `not an AKCP device: it calls itself "${description}", so this is another address or device`),
    ];
  const called = description === '' ? '' : `, which calls itself "${description}"`;
  if (sensors === null || sensors.online === 0)
    return [
      ok('family', `${family}${called}`),
      todo('sensors', `none is online among ${sensors?.rows ?? 0} rows: is one plugged in and switched on?`),
    ];
  return [ok('family', `${family}${called}`), ok('sensors', `${sensors.online} online among ${sensors.rows} rows`)];
}

/** A check loses an answer that takes longer than it waits for one, and the whole probe where its own time runs out. */
function speedLines({ totalMs, firstMs, requests, patienceMs }: ProbeFacts): readonly Line[] {
  const slow = timeLines(totalMs, `the whole answer, of ${requests} ${requests === 1 ? 'request' : 'requests'}, came`);
  const text = `${totalMs} ms for everything, in ${requests} ${requests === 1 ? 'request' : 'requests'}`;
  const first =
    (firstMs ?? 0) > patienceMs / 2
      ? [
          note(
            'time',
            `the first answer took ${firstMs} ms of at most ${patienceMs}: raise --snmp-timeout if the check loses it`,
          ),
        ]
      : [];
  return [...(slow.length + first.length === 0 ? [ok('time', text)] : slow), ...first];
}

/** Where Icinga's host gets the secrets from, if they were typed here. Nobody types them into a shell, which remembers. */
function secretLines({ secret }: ProbeFacts, { account, user }: Here): readonly Line[] {
  if (secret.kind !== 'typed') return [];
  const { file, names, trouble } = secret;
  if (trouble === null) return [ok('secret', `${file} has ${listOf(names)}`)];
  const group = `"$(id -gn ${quoted(account ?? user)})"`;
  const make = `[ -e ${quoted(file)} ] || install -m 0640 -g ${group} /dev/null ${quoted(file)}`;
  return [
    todo(
      'secret',
      `Icinga's host takes the secrets from a file, and ${trouble}: write ${listOf(names.map((name) => `${name}=...`))} into it with an editor, a line each`,
      asRoot(thisMachine, make, `chgrp ${group} ${quoted(file)} && chmod 0640 ${quoted(file)}`),
    ),
  ];
}

/** The file of credentials that the printed host names where none was given. */
export const probeSecrets = '/etc/icinga2/probes.secret';
