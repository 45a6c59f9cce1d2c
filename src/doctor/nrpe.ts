import { allowCommands } from './allowed_hosts.ts';
import { explained } from './explained.ts';
import type { AnswerFact, Here, NodeFacts, NrpeFacts } from './facts.ts';
import { asRoot, type Line, ok, type Step, thisMachine, todo } from './line.ts';
import { byHand, copyScript, destinationAt, usualScript } from './script.ts';
import { installCommand, quoted, shellQuoted } from './shell.ts';
import { snapshotLines } from './snapshot_lines.ts';
import { accountBy, refusedLine } from './sudoers.ts';
import { timeLines } from './time.ts';

/** Debian and Ubuntu call the service by the first name, Red Hat and SUSE by the second. */
const reload = 'systemctl reload nagios-nrpe-server || systemctl reload nrpe';
const configuration = '/etc/nagios/nrpe.cfg';
/** What the daemon has said, and what decides whom it talks to, and how. Only looks. */
const look = [
  'journalctl -u nagios-nrpe-server -u nrpe -n 20 --no-pager || true',
  `grep -rnE --include='*.cfg' '^[[:blank:]]*(allowed_hosts|ssl_[a-z_]+)[[:blank:]]*=' /etc/nagios /etc/nrpe.d || true`,
];
/** Who NRPE runs commands as. */
const daemon = accountBy(`sed -n 's/^nrpe_user=//p' ${configuration}`);
/** The first release whose protocol carries more than 1023 bytes. */
const leastRelease = 4;

const installPlugin = asRoot(thisMachine, installCommand('nagios-nrpe-plugin', 'nagios-plugins-nrpe'));

/** Lines about a node behind NRPE, once its port has been found open. */
export function nrpeLines(node: NodeFacts, way: NrpeFacts, here: Here): readonly Line[] {
  const { name, answer } = node;
  const version = versionLines(name, way);
  if (answer === null) return version;
  if (!answer.reached) return [...version, troubleLine(node, way, answer.reason, here)];
  return [
    ...version,
    ok('command', `${way.command} is defined and answers after ${answer.milliseconds} ms`),
    ...timeLines(answer.milliseconds, 'the answer came'),
    lengthLine(way, answer),
    ...snapshotLines(answer.snapshot, name, here, destinationAt(way.host)),
  ];
}

function versionLines(name: string, way: NrpeFacts): readonly Line[] {
  const { version } = way;
  if (version === null || !version.ok) return [];
  if (releaseOf(way) >= leastRelease) return [ok('version', `${version.value}, which carries a whole snapshot`)];
  return [
    todo('version', `${name} has ${version.value}, which carries 1023 bytes: a snapshot needs NRPE 4 there and here`),
  ];
}

/** The first number of the daemon's release; 0 where it does not say it. */
function releaseOf({ version }: NrpeFacts): number {
  return version?.ok === true ? Number(/\d+/.exec(version.value)?.[0]) : 0;
}

function lengthLine(way: NrpeFacts, answer: Extract<AnswerFact, { readonly reached: true }>): Line {
  const share = `${answer.bytes} of at most ${way.longestAnswer} bytes`;
  return answer.bytes < way.longestAnswer * 0.9
    ? ok('length', share)
    : todo('length', `${share}: ask this node by ssh, before its answer is cut`);
}

/** What the plugins' reason means and what to do: those of docs/nodes.md. */
function troubleLine(node: NodeFacts, way: NrpeFacts, reason: string, here: Here): Line {
  const { name } = node;
  if (/check_nrpe is not installed/.test(reason)) return todo('check_nrpe', reason, installPlugin);
  if (/closed the connection|no SSL connection/.test(reason)) return closedLine(node, way, reason);
  if (/has no command/.test(reason))
    return todo(
      'command',
      `${name} has no NRPE command ${way.command}. If you have pasted that before, nrpe.cfg does not include that folder (include_dir)`,
      ...defineCommand(name, way.command),
    );
  if (/^sudo on the node wants a (?:password|terminal)|Sorry, user |is not in the sudoers file/.test(reason)) {
    const text = `NRPE's account may not run the script on ${name}`;
    return refusedLine({ owner: name, account: daemon, commands: [`${usualScript} ""`], text, said: reason });
  }
  if (/^sudo on the node refused: .*command not found/.test(reason)) {
    const destination = destinationAt(way.host);
    const text = `the script is not on ${name}${byHand(destination, here)}`;
    return todo('script', text, ...copyScript(destination, here));
  }
  if (/\bsudo: (?:command )?not found/.test(reason))
    return todo('sudo', `sudo is not installed on ${name}`, asRoot(name, installCommand('sudo', 'sudo')));
  if (/gave no output/.test(reason))
    return todo('command', `${reason}. The shipped line ends so`, ...defineCommand(name, way.command));
  if (/1023 bytes/.test(reason))
    return releaseOf(way) < leastRelease
      ? todo('version', reason)
      : todo('check_nrpe', `${reason}. ${name} has it, so check_nrpe here is too old`, installPlugin);
  return todo('answer', explained(reason));
}

/** From outside, a wrong SSL mode and a host that is not allowed look alike, unless the other way answers. */
function closedLine({ name, ports }: NodeFacts, way: NrpeFacts, reason: string): Line {
  if (way.otherWay)
    return todo(
      'SSL',
      way.ssl
        ? `${name} does not use SSL: give --nrpe-no-ssl, or turn SSL on there`
        : `${name} uses SSL: leave --nrpe-no-ssl out`,
    );
  if (/certificate/.test(reason) && !/allowed_hosts/.test(reason)) return todo('SSL', reason);
  const speaker = ports.find(({ greeting }) => greeting !== '');
  if (speaker !== undefined)
    return todo(
      'port',
      `what listens at ${speaker.port} is no NRPE: it says "${speaker.greeting}". Another port: nrpe://HOST:PORT`,
    );
  // The zone of an address is this machine's alone.
  const own = ports.find((port) => port.source !== null)?.source?.replace(/%.*$/, '');
  const source = own ?? 'ADDRESS-OF-THIS-MACHINE';
  return todo(
    'allowed_hosts',
    `${reason}. This machine asks from ${source}. If you have pasted that before, the last two commands show what NRPE says and goes by`,
    asRoot(name, ...allowCommands(source), reload, ...look),
  );
}

function defineCommand(name: string, command: string): readonly Step[] {
  const line = `command[${command}]=sudo -n ${usualScript} 2>&1`;
  const file = quoted(`${command}.cfg`);
  const folder = '[ -d /etc/nagios/nrpe.d ] && cd /etc/nagios/nrpe.d || cd /etc/nrpe.d';
  // On a reload NRPE reads it as its own account.
  return [asRoot(name, `({ ${folder}; } && echo ${shellQuoted(line)} >${file} && chmod 0644 ${file})`, reload)];
}
