import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Snmpd, startSnmpd } from '../snmp/snmpd.ts';
import { type Account, giveTo } from './account.ts';

/** Sensor probes: real SNMP agents that answer with recordings. */
export type Probes = {
  readonly good: Snmpd;
  readonly hot: Snmpd;
  /** Takes requests and answers nobody. */
  readonly gone: Snmpd;
  /** The name and the passwords of a user of SNMPv3 whom `good` knows. */
  readonly user: { readonly name: string; readonly password: string };
  /** A file with those passwords, which only the account can read. */
  readonly credentials: string;
  close(): Promise<void>;
};

/** What they need of this machine. */
export const snmpdFiles = ['/usr/sbin/snmpd'];

/** Starts them all; the folder is for the file. */
export async function startProbes(folder: string, account: Account): Promise<Probes> {
  const user = { name: 'icinga', password: `not-to-be-seen-${randomBytes(6).toString('hex')}` };
  const credentials = path.join(folder, 'probes.secret');
  writeFileSync(credentials, `SNMP_AUTH_PASSWORD=${user.password}\nSNMP_PRIV_PASSWORD=${user.password}\n`);
  chmodSync(credentials, 0o600);
  giveTo(account, credentials);
  const v3 = {
    name: user.name,
    auth: 'SHA-256',
    authPassword: user.password,
    priv: 'AES',
    privPassword: user.password,
  };
  const [good, hot, gone] = await Promise.all([
    startSnmpd('sensorprobe2', { users: [v3] }),
    startSnmpd('sensorprobe2-too-hot'),
    startSnmpd('sensorprobe2'),
  ]);
  gone.freeze();
  const close = async () => {
    for (const one of [good, hot, gone]) await one.stop();
  };
  return { good, hot, gone, user, credentials, close };
}
