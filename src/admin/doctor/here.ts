import { existsSync, realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { Here } from '../../doctor/index.ts';
import { runChild } from '../../node/index.ts';
import { longName, type Option } from '../../plugin/index.ts';
import { doctorOptions } from './options.ts';

/** Accounts that run checks: Icinga's on Red Hat and SUSE, Icinga's and Nagios' on Debian, Naemon's. */
const accounts = ['icinga', 'nagios', 'naemon'];

/** The machine and the account that ask. `self` is the running file, `args` its arguments as `--long=value`. */
export async function lookHere(
  self: string,
  args: readonly string[],
  account: string | undefined,
  limits: Limits,
): Promise<Omit<Here, 'sharedFolder'>> {
  const { user, home } = whoAmI();
  const { snapshotScript } = await import('#script');
  const secrets = Object.entries<Option>(doctorOptions).flatMap(([key, { secret }]) =>
    secret === undefined ? [] : [{ begin: `--${longName(key)}=`, env: secret.env }],
  );
  const isSecret = (arg: string) => secrets.some(({ begin }) => arg.startsWith(begin));
  const shown = args.filter((arg) => !isSecret(arg)).map((arg) => arg.replace(/^(--[a-z0-9-]+)=true$/, '$1'));
  return {
    ...{ user, home, account: account ?? (await usualAccount(limits)) },
    hasAccount: account === undefined || account === user || (await isThere(account, limits)),
    command: [self, 'doctor', ...shown.flatMap(apart)],
    secretsLeftOut: secrets.filter(({ begin }) => args.some((arg) => arg.startsWith(begin))).map(({ env }) => env),
    hadAgent: leaveAgent(),
    scriptFile: scriptBeside(self),
    scriptVersion: /^script_version=(\S+)$/m.exec(snapshotScript)?.[1] ?? '',
  };
}

/** Takes the agent for ssh out of the environment, of all children too, since no daemon has it. Says whether there was one. */
function leaveAgent(): boolean {
  const { SSH_AUTH_SOCK: agent = '' } = process.env;
  delete process.env['SSH_AUTH_SOCK'];
  return agent !== '';
}

/** `--long VALUE`, as people write it, where that can be read back. */
function apart(arg: string): readonly string[] {
  const [, name = '', value = ''] = /^(--[a-z0-9-]+)=(.*)$/s.exec(arg) ?? [];
  return name === '' || value.startsWith('-') ? [arg] : [name, value];
}

/** An account without an entry in passwd has a number alone. */
function whoAmI(): { readonly user: string; readonly home: string } {
  try {
    const { username, homedir } = userInfo();
    return { user: username, home: homedir };
  } catch {
    return { user: String(process.geteuid?.() ?? ''), home: '/' };
  }
}

type Limits = { readonly limitMs: number; readonly signal: AbortSignal };

/** getent ends with 2 for an account that is not there; where it cannot be asked, there may be one. */
async function isThere(account: string, limits: Limits): Promise<boolean> {
  const ending = await runChild({ program: 'getent', args: ['passwd', '--', account], input: null, ...limits });
  return ending.kind !== 'ended' || ending.code !== 2;
}

async function usualAccount(limits: Limits): Promise<string | null> {
  const ending = await runChild({ program: 'getent', args: ['passwd', ...accounts], input: null, ...limits });
  if (ending.kind !== 'ended') return null;
  const found = ending.stdout.split('\n').map((line) => line.split(':')[0] ?? '');
  return accounts.find((one) => found.includes(one)) ?? null;
}

function scriptBeside(self: string): string | null {
  // The plugins have a folder of their own for what belongs to them.
  const folders = [
    path.dirname(self),
    path.dirname(path.dirname(self)),
    '/usr/lib/nagios/plugins',
    '/usr/lib64/nagios/plugins',
  ];
  const file = folders.map((folder) => path.join(folder, 'cluster_node_snapshot')).find((one) => existsSync(one));
  return file === undefined ? null : realpathSync(file);
}
