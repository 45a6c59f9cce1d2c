import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Instance } from '../icinga2/instance.ts';
import type { Lab } from '../poller/lab.ts';
import type { Database } from './mariadb.ts';

/** A real Icinga Director by its command line, with a configuration and a database of its own. */
export type Director = {
  /** Runs `icingacli director ...` and gives what it printed; throws what it says when it fails. */
  run(args: readonly string[], input?: string): string;
};

const modules = '/usr/share/icingaweb2/modules';

/** What the Director needs of Debian's packages. */
export const directorFiles = ['/usr/bin/icingacli', `${modules}/director`, '/usr/sbin/mariadbd'];

/** Makes a Director, whose schema is that of its release. */
export function openDirector(lab: Lab, { port, name, user, password }: Database): Director {
  const folder = lab.sub('icingaweb2');
  mkdirSync(path.join(folder, 'enabledModules'));
  mkdirSync(path.join(folder, 'modules/director'), { recursive: true });
  for (const module of ['director', 'incubator', 'reactbundle'])
    symlinkSync(path.join(modules, module), path.join(folder, 'enabledModules', module));
  writeFileSync(
    path.join(folder, 'resources.ini'),
    `[director]
type = "db"
db = "mysql"
host = "127.0.0.1"
port = "${port}"
dbname = "${name}"
username = "${user}"
password = "${password}"
charset = "utf8"
`,
  );
  writeFileSync(path.join(folder, 'config.ini'), '[global]\nconfig_resource = "director"\n[logging]\nlog = "none"\n');
  writeFileSync(path.join(folder, 'modules/director/config.ini'), '[db]\nresource = "director"\n');
  const env = { PATH: '/usr/bin:/bin', ICINGAWEB_CONFIGDIR: folder, HOME: folder };
  const run = (args: readonly string[], input = '') => {
    const { stdout, stderr, status } = spawnSync('icingacli', ['director', ...args], {
      ...{ encoding: 'utf8', env, input, maxBuffer: 1e8 },
    });
    if (status !== 0) throw new Error(`icingacli director ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
    return stdout;
  };
  run(['migration', 'run']);
  return { run };
}

/** An account of Icinga's API for it, which stands in the configuration of the instance. */
export const apiUser = { name: 'director', password: 'lab' } as const;

/** Connects it with a running Icinga 2, to which it then deploys; it learns its zones, endpoints and commands. */
export function kickstart(lab: Lab, { run }: Director, icinga: Instance): void {
  writeFileSync(
    path.join(lab.folder, 'icingaweb2/modules/director/kickstart.ini'),
    `[config]
endpoint = "${icinga.name}"
host = "127.0.0.1"
port = ${icinga.port}
username = "${apiUser.name}"
password = "${apiUser.password}"
`,
  );
  run(['kickstart', 'run']);
}
