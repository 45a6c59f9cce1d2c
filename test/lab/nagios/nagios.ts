import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Account, giveTo } from '../poller/account.ts';
import { daemonPath } from '../poller/lab.ts';
import { until } from '../poller/until.ts';

const program = '/usr/sbin/nagios4';

/** Writes its configuration into a folder: the object files given, contacts and times. `$USER1$` is the plugins' folder. */
export function prepareNagios(folder: string, account: Account, plugins: string, objects: readonly string[]) {
  const file = (name: string) => path.join(folder, name);
  for (const name of ['results', 'archives', 'rw']) mkdirSync(file(name));
  writeFileSync(file('resource.cfg'), `$USER1$=${plugins}\n`);
  writeFileSync(file('people.cfg'), people(file('mail')));
  const settings = [
    ...[...objects, file('people.cfg')].map((one) => `cfg_file=${one}`),
    `resource_file=${file('resource.cfg')}`,
    ...['log_file=nagios.log', 'status_file=status.dat', 'object_cache_file=objects.cache', 'temp_file=temp'].map(
      inside,
    ),
    ...['precached_object_file=precache', 'state_retention_file=retention.dat', 'lock_file=nagios.pid'].map(inside),
    ...['command_file=rw/nagios.cmd', 'check_result_path=results', 'log_archive_path=archives'].map(inside),
    ...['query_socket=rw/nagios.qh', 'temp_path=results'].map(inside),
    `nagios_user=${account.name}`,
    `nagios_group=${account.name}`,
    ...['check_external_commands=1', 'status_update_interval=1', 'check_result_reaper_frequency=1', 'use_syslog=0'],
    // Only what is forced runs.
    ...['execute_service_checks=0', 'execute_host_checks=0', 'enable_notifications=0', 'check_for_updates=0'],
    // As Debian ships it.
    'illegal_macro_output_chars=`~$&|\'"<>',
  ];
  function inside(setting: string): string {
    return setting.replace('=', `=${folder}/`);
  }
  writeFileSync(file('nagios.cfg'), `${settings.join('\n')}\n`);
  giveTo(account, folder);
  return file('nagios.cfg');
}

/** What `nagios4 -v` says of a configuration, and its exit code. With `-p` it also writes what it made of it (`precache`). */
export function verify(
  config: string,
  ...more: readonly string[]
): { readonly text: string; readonly status: number | null } {
  const { stdout, stderr, status } = spawnSync(program, [...more, '-v', config], { encoding: 'utf8' });
  return { text: stdout + stderr, status };
}

/** Runs Nagios as the account until it is stopped. */
export async function startNagios(config: string, account: Account) {
  const folder = path.dirname(config);
  const output = openSync(path.join(folder, 'console.log'), 'a');
  const { uid, gid } = account;
  const daemon = spawn(program, [config], {
    stdio: ['ignore', output, output],
    uid,
    gid,
    cwd: '/',
    env: { PATH: daemonPath },
  });
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
  });
  const stop = async () => {
    daemon.kill('SIGTERM');
    await ended;
  };
  const status = (service: string) => statusOf(readFileSync(path.join(folder, 'status.dat'), 'utf8'), service);
  const check = async (service: string) => {
    const began = Math.floor(Date.now() / 1000);
    await until('the command pipe of Nagios', 10, () => {
      const line = `[${began}] SCHEDULE_FORCED_SVC_CHECK;cluster1;${service};${began}\n`;
      writeFileSync(path.join(folder, 'rw/nagios.cmd'), line, { flag: 'r+' });
      return true;
    });
    return until(`a result of ${service}`, 20, () => {
      const found = status(service);
      return Number(found['last_check']) >= began && found;
    });
  };
  /** The mail that Nagios sends about a service when it is told to; the file is there before its text. */
  const mailAbout = async (service: string) => {
    const line = `[${Math.floor(Date.now() / 1000)}] SEND_CUSTOM_SVC_NOTIFICATION;cluster1;${service};2;admin;a test\n`;
    writeFileSync(path.join(folder, 'rw/nagios.cmd'), line, { flag: 'r+' });
    const mail = path.join(folder, 'mail');
    return until(`a mail about ${service}`, 20, () => existsSync(mail) && (readFileSync(mail, 'utf8') || undefined));
  };
  return { check, mailAbout, stop };
}

/** The block of a service in the status file, as its `name=value` lines. */
function statusOf(text: string, service: string): Readonly<Record<string, string>> {
  const block =
    text.split(/^servicestatus \{$/m).find((one) => one.includes(`\tservice_description=${service}\n`)) ?? '';
  const lines = block.slice(0, block.indexOf('\t}')).matchAll(/^\t(\w+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** Whom Nagios tells, by mails as Debian's notify-service-by-email words them; they are kept in a file. */
const people = (mail: string) => `
define timeperiod {
  timeperiod_name 24x7
  alias always
  ${['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'].map((day) => `${day} 00:00-24:00`).join('\n  ')}
}
define command {
  command_name page
  command_line /bin/true
}
define command {
  command_name mail
  command_line /usr/bin/printf "%b" "Service: $SERVICEDESC$\\n\\n$SERVICEOUTPUT$\\n$LONGSERVICEOUTPUT$\\n" > ${mail}
}
define contact {
  contact_name admin
  host_notification_period 24x7
  service_notification_period 24x7
  host_notification_commands page
  service_notification_commands mail
}
define contactgroup {
  contactgroup_name admins
  alias admins
  members admin
}
`;
