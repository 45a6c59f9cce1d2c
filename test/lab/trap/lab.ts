import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Outcome, runPlugin, type Surroundings } from '../../run_plugin.ts';
import { type Instance, icingaFiles, shippedConfiguration, startIcinga } from '../icinga2/instance.ts';
import { type Account, accountOf, giveTo, nagios } from '../poller/account.ts';
import { daemonPath, type Lab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { type Snmpd, startSnmpd } from '../snmp/snmpd.ts';
import { freeUdpPort, startRelay } from '../snmp/udp.ts';
import { user } from './send.ts';
import { type Syslog, startSyslog } from './syslog.ts';

/** What the lab needs of this machine. */
export const trapFiles = [
  ...icingaFiles,
  ...['/usr/sbin/snmptrapd', '/usr/bin/snmptrap', '/usr/sbin/snmptt', '/usr/bin/busybox', '/usr/bin/logger'],
];

/** Senders of traps, each a host in Icinga: one for each trap that is sent to see whether it comes through. */
export const senders = Array.from({ length: 42 }, (_, i) => `127.0.1.${i + 1}`);

/** The other addresses; `proxy` and `nobody` are those of no host. */
export const addresses = {
  probe: '127.0.0.50',
  second: '127.0.0.51',
  third: '127.0.0.52',
  slow: '127.0.0.70',
  proxy: '127.0.0.61',
  nobody: '127.0.0.99',
};

/** How a host's configuration may have an IPv6 address, and the address that its traps come from. */
export const written = [
  { host: 'padded', is: 'address6 = "2001:0db8::51"', sender: '2001:db8::51' },
  { host: 'capital', is: 'vars.akcp_senders = [ "2001:DB8::52" ]', sender: '2001:db8::52' },
  {
    host: 'long',
    is: 'vars.akcp_senders = [ "192.0.2.1", "2001:0db8:0000:0000:0000:0000:0000:0053" ]',
    sender: '2001:db8::53',
  },
  { host: 'link', is: 'address6 = "fe80::54%eth0"', sender: 'fe80::54%eth0' },
  { host: 'linked', is: 'address6 = "fe80::59%br-0_a.5"', sender: 'fe80::59' },
  { host: 'linkless', is: 'vars.akcp_senders = [ "fe80::0055" ]', sender: 'fe80::55%eth0' },
  { host: 'translated', is: 'address6 = "64:ff9b::192.0.2.55"', sender: '64:ff9b::c000:237' },
  { host: 'address', is: 'address = "2001:DB8:0::57"', sender: '2001:db8::57' },
  { host: 'full', is: 'address6 = "2001:0db8:0000:0:0:0000:0:0058"', sender: '2001:db8::58' },
  // What is no text is nobody's, and keeps nobody from being found.
  {
    host: 'mixed',
    is: 'vars.akcp_senders = [ 3, null, { x = 1 }, [ ], true, "2001:db8::56" ]',
    sender: '2001:db8::56',
  },
];

/** The password of the shipped ApiUser. */
export const password = 'akcp-trap-0123456789';

/** How else `akcp_trap` is run: by another Node, from another folder; and what is done meanwhile. */
export type Way = Pick<Surroundings, 'node' | 'meanwhile'> & { readonly cwd?: string };

/** An Icinga 2 that makes no check unless it is asked to, with probes, and a real snmptrapd before it. */
export type TrapLab = {
  readonly icinga: Instance;
  readonly syslog: Syslog;
  readonly account: Account;
  /** The port of snmptrapd. */
  readonly port: number;
  /** What the shipped configuration gives `akcp_trap`, with the places of this lab; later options take the place of these. */
  args(over?: Readonly<Record<string, string>>): readonly string[];
  /** Runs `akcp_trap` as the account of snmptrapd, with a text on its standard input, none, or one that never ends. */
  run(args: readonly string[], input?: string, over?: Way): Promise<Outcome>;
  /** The probe's sensor is as it should be, or too hot. */
  show(recording: 'sensorprobe2' | 'sensorprobe2-too-hot'): Promise<void>;
  /** A folder for turns that nobody has used. */
  fresh(): string;
  readonly plugin: string;
  /** Starts another snmptrapd, which hands all to a real snmptt with the shipped events, and gives its port. */
  translate(): Promise<number>;
  /** Starts one more snmptrapd with the shipped configuration; `end` is as with KillMode=process of systemd. */
  another(): Promise<{ readonly port: number; end(): Promise<void> }>;
  /** How many processes of `akcp_trap` there are. */
  processes(): number;
  /** The numbers of these processes. */
  pids(): readonly number[];
  /** Tells those to end that wait for their time. */
  endWaiting(): Promise<void>;
  /** How many checks of a host's sensors are running. */
  checks(host: string): number;
};

/** Starts all of it in a lab that is there; it ends with that. */
export async function startTrapLab(lab: Lab): Promise<TrapLab> {
  const syslog = await startSyslog(lab);
  const account = accountOf('Debian-snmp');
  const port = await freeUdpPort();
  const agentPort = await freeUdpPort();
  const listen = { addresses: [addresses.probe, addresses.second], port: agentPort };
  let agent: Snmpd = await startSnmpd('sensorprobe2', { listen });
  lab.undo(() => agent.stop());
  const twin = await startSnmpd('sensorprobe2');
  lab.undo(() => twin.stop());
  // A check through it takes some seconds.
  const relay = await startRelay(twin.port, { delayMs: 700 });
  lab.undo(() => relay.stop());
  const icinga = await startIcinga({
    name: 'icinga1',
    folder: lab.folder,
    account: nagios(),
    plugins: lab.plugins,
    files: {
      'commands.conf': shippedConfiguration('rackwatch-commands.conf'),
      'services.conf': shippedConfiguration('rackwatch-services.conf'),
      'trap_user.conf': `const RackwatchTrapPassword = "${password}"\n${shippedConfiguration('rackwatch-trap-user.conf')}`,
      'own.conf': hosts(agentPort, relay.port, twin.port),
      'main.conf': ['commands', 'services', 'trap_user', 'own'].map((one) => `include "${one}.conf"\n`).join(''),
    },
  });
  lab.undo(icinga.stop);
  const folder = lab.sub('snmptrapd');
  const secret = path.join(folder, 'secret');
  writeFileSync(secret, `ICINGA_USER=akcp-trap\nICINGA_PASSWORD=${password}\n`);
  chmodSync(secret, 0o600);
  const ca = path.join(folder, 'ca.crt');
  copyFileSync(path.join(icinga.tree, 'certs/ca.crt'), ca);
  giveTo(account, folder);
  const plugin = path.join(lab.plugins, 'akcp_trap');
  // What the shipped files say, and where it is here.
  const places = [
    ['/usr/lib/nagios/plugins/akcp_trap', plugin],
    ['/etc/snmp/icinga-ca.crt', ca],
    ['/etc/snmp/akcp_trap.secret', secret],
    ['/var/lib/snmp/akcp_trap', `${path.join(folder, 'turns')} --api 127.0.0.1:${icinga.port}`],
    ['/var/spool/snmptt/akcp_trap', `${path.join(folder, 'translated')} --api 127.0.0.1:${icinga.port}`],
  ] as const;
  const shipped = shippedTrapd(places);
  const receive = async (name: string, text: string, where: number) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return startTrapd(lab, file, where, account, syslog);
  };
  await receive('snmptrapd.conf', shipped.text, port);
  const translate = async () => {
    const ini = path.join(folder, 'snmptt.ini');
    writeFileSync(ini, translating(path.join(folder, 'akcp.conf'), path.join(folder, 'snmptt.log')));
    const events = readFileSync('icinga-conf/snmptt/akcp.conf', 'utf8');
    writeFileSync(
      path.join(folder, 'akcp.conf'),
      places.reduce((text, [shown, own]) => text.replaceAll(shown, own), events),
    );
    giveTo(account, folder);
    const other = await freeUdpPort();
    await receive(
      'translated.conf',
      `authCommunity execute public\noutputOption n\ntraphandle default /usr/sbin/snmptt --ini=${ini}\n`,
      other,
    );
    return other;
  };
  const another = async () => {
    const other = await freeUdpPort();
    return { port: other, end: await receive('another.conf', shipped.text, other) };
  };
  const args = (over: Readonly<Record<string, string>> = {}) =>
    Object.entries({ ...shipped.options, ...over }).flatMap(([option, value]) => [`--${option}`, value]);
  const ports: Readonly<Record<string, number>> = { slow: relay.port };
  const own = () => commands().flatMap(({ pid, line }) => (line.includes(plugin) ? [pid] : []));
  lab.undo(() => {
    for (const pid of own())
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
  });
  let folders = 0;
  return {
    ...{ icinga, syslog, account, port, args, plugin, translate, another },
    processes: () => own().length,
    pids: own,
    endWaiting: async () => {
      for (const pid of own()) {
        await until('it to hear', 10, () => canHear(pid));
        process.kill(pid, 'SIGTERM');
      }
      await until('the end of what waited', 10, () => own().length === 0);
    },
    checks: (host) =>
      commands().filter(({ line }) => line.includes('check_sensorprobe') && line.includes(String(ports[host]))).length,
    run: (given, input, { cwd = '/', ...over } = {}) =>
      runPlugin(plugin, given, {
        wrapper: [...syslog.wrapper, ...asAccount(account), 'env', '-C', cwd],
        env: { PATH: daemonPath },
        ...over,
        ...(input === undefined ? {} : { input }),
      }),
    show: async (recording) => {
      await agent.stop();
      agent = await startSnmpd(recording, { listen });
    },
    fresh: () => {
      folders += 1;
      return path.join(folder, `turns-${folders}`);
    },
  };
}

/** All processes that run Node, with their command lines. */
function commands(): readonly { readonly pid: number; readonly line: string }[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return /^\S*node /.test(line) ? [{ pid: Number(pid), line }] : [];
    } catch {
      return [];
    }
  });
}

/** Whether a process can hear that it is told to end: it then catches SIGHUP, which Node itself does not. */
function canHear(pid: number): boolean {
  const [, caught = '0'] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (BigInt(`0x${caught}`) & 1n) !== 0n;
}

/** The command before a command that runs it as an account. */
export function asAccount({ uid, gid }: Account): readonly string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
}

/** The shipped snmptrapd.conf with other places in it, and the options that it gives `akcp_trap`. */
function shippedTrapd(places: readonly (readonly [string, string])[]) {
  const text = places.reduce(
    (changed, [shown, own]) => changed.replace(shown, own),
    // The lines for SNMPv3 stand there as a comment.
    readFileSync('icinga-conf/snmptrapd/snmptrapd.conf', 'utf8').replace(/^# {3}(createUser|authUser)/gm, '$1'),
  );
  for (const said of [user.engine, user.name, user.auth, user.priv])
    if (!text.includes(said)) throw new Error(`the shipped snmptrapd.conf does not have ${said}`);
  const [, line = ''] = /^traphandle .*? (--.*)$/m.exec(text) ?? [];
  const options = [...line.matchAll(/--([a-z-]+) (\S+)/g)].map(([, name = '', value = '']) => [name, value]);
  return { text, options: Object.fromEntries(options) as Readonly<Record<string, string>> };
}

/** Debian's configuration of snmptt, which is not a daemon by it, with other files. */
function translating(events: string, log: string): string {
  return readFileSync('/etc/snmp/snmptt.ini', 'utf8')
    .replace(/^snmptt_conf_files = <<END\n[\s\S]*?^END$/m, `snmptt_conf_files = <<END\n${events}\nEND`)
    .replace(/^log_file = .*/m, `log_file = ${log}`);
}

/** Gives what ends it, and it alone. */
async function startTrapd(lab: Lab, file: string, port: number, account: Account, syslog: Syslog) {
  const [program = '', ...args] = [
    ...[...syslog.wrapper, ...asAccount(account), 'snmptrapd', '-f', '-Le', '-C'],
    ...['-c', file, `udp:127.0.0.1:${port}`, `udp6:[::1]:${port}`],
  ];
  const daemon = spawn(program, args, {
    env: { PATH: daemonPath, MIBS: '', SNMP_PERSISTENT_DIR: `${file}.persistent` },
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
  });
  let said = '';
  daemon.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
  });
  lab.undo(async () => {
    daemon.kill('SIGKILL');
    await ended;
  });
  await until('snmptrapd', 10, () => said.includes('NET-SNMP version'));
  return () => {
    daemon.kill('SIGTERM');
    return ended;
  };
}

const hosts = (port: number, slowPort: number, twinPort: number) => `
const TicketSalt = "5-the-lab's-own"
object Endpoint "icinga1" { }
object Zone "main" { endpoints = [ "icinga1" ] }
// Nothing is checked unless somebody asks for it.
object IcingaApplication "app" { enable_service_checks = false }
object Host "probe" {
  address = "${addresses.probe}"
  vars.akcp = { port = ${port} }
}
// Hard at the first bad check.
object Service "at-once" {
  host_name = "probe"
  check_command = "sensorprobe"
  vars.sensorprobe_port = ${port}
  max_check_attempts = 1
}
object Service "other" {
  host_name = "probe"
  check_command = "dummy"
}
object Host "second" {
  address = "${addresses.second}"
  vars.akcp = { port = ${port} }
}
object Host "third" {
  address = "${addresses.third}"
  vars.akcp = { hostname = "127.0.0.1", port = ${twinPort} }
}
object Host "six" {
  address6 = "0:0:0:0:0:0:0:1"
  vars.akcp = { port = ${twinPort} }
}
object Host "slow" {
  address = "${addresses.slow}"
  vars.akcp = { hostname = "127.0.0.1", port = ${slowPort} }
}
object Host "behind" {
  address = "127.0.0.1"
  vars.akcp = { port = ${twinPort} }
  vars.akcp_senders = [ "192.0.2.1", "${addresses.proxy}" ]
}
${senders
  .map(
    (address, i) => `object Host "sender${i + 1}" {
  address = "${address}"
  vars.akcp = { hostname = "127.0.0.1", port = ${twinPort} }
}
`,
  )
  .join('')}
${written
  .map(
    ({ host, is }) => `object Host "${host}" {
  ${is}
  vars.akcp = { hostname = "127.0.0.1", port = ${twinPort} }
}
`,
  )
  .join('')}
object Host "dictionary" {
  vars.akcp = { port = ${twinPort} }
  vars.akcp_senders = { x = "${addresses.proxy}" }
}
object Host "wrong" {
  address = "192.0.2.2"
  vars.akcp = { port = ${twinPort} }
  vars.akcp_senders = "${addresses.proxy}"
}
`;
