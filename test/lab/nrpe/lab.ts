import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addAccount, allow, removeAccount } from '../ssh/account.ts';
import { type Nrped, startNrpe } from './nrped.ts';

const tools = [
  ...['/usr/sbin/nrpe', '/usr/lib/nagios/plugins/check_nrpe', '/usr/bin/sudo', '/usr/bin/openssl'],
  ...['/usr/sbin/visudo', '/usr/sbin/useradd', '/usr/sbin/nft', '/usr/sbin/iptables-save'],
];

/** What this machine lacks for the lab, as a sentence fragment; null when it has everything. */
export function whyNoNrpe(): string | null {
  if (process.getuid?.() !== 0) return 'it adds accounts and sudoers lines, which needs root';
  const missing = tools.filter((tool) => !isThere(tool));
  return missing.length === 0 ? null : `${missing.join(', ')} missing`;
}

function isThere(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

/** How a daemon of the lab differs from the ordinary one. FOLDER is the lab's own. */
type Difference = {
  readonly address?: string;
  readonly ssl?: boolean;
  readonly allowed?: string;
  readonly user?: 'denied';
  readonly lines?: readonly string[];
};

const certificate = ['ssl_cert_file=FOLDER/server.pem', 'ssl_privatekey_file=FOLDER/server.key', 'ssl_use_adh=0'];

/** The daemons of the lab, by what they are there for. */
const daemons = {
  /** By SSL on 127.0.0.1, with the shipped configuration and sudoers line. */
  first: {},
  second: { address: '127.0.0.2' },
  plain: { ssl: false },
  /** Its account may not use sudo. */
  denied: { user: 'denied' },
  /** Does not let this host in. */
  stranger: { allowed: '192.0.2.1' },
  strangerPlain: { ssl: false, allowed: '192.0.2.1' },
  /** Ends commands soon. */
  hasty: { lines: ['command_timeout=1'] },
  /** Shows a certificate. */
  proven: { lines: certificate },
  /** Shows one and wants one. */
  mutual: { lines: [...certificate, 'ssl_cacert_file=FOLDER/ca.pem', 'ssl_client_certs=2'] },
} as const satisfies Record<string, Difference>;

export type Role = keyof typeof daemons;

/** Real NRPE daemons with accounts, certificates and commands of their own. */
export type Lab = {
  /** Of a certificate or key, a saved answer, or anything else in the lab's own folder. */
  file(name: string): string;
  /** `ROLE=nrpe://ADDRESS:PORT[/COMMAND]`. */
  node(role: Role, command?: string): string;
  close(): Promise<void>;
};

/**
 * Opens the lab. Every daemon has the shipped command `cluster_node_snapshot`, only the script's path replaced, and
 * beside it: `saved1` and `saved2` show the files saved1.txt and saved2.txt, `empty`, `killed`, `hangs`, `missing`,
 * `other` and `long` (more than NRPE carries) do what they are called.
 */
export async function openLab(): Promise<Lab> {
  const undo: (() => unknown)[] = [];
  const close = async () => {
    while (undo.length > 0) await undo.pop()?.();
  };
  try {
    return { ...(await furnish(undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function furnish(undo: (() => unknown)[]): Promise<Omit<Lab, 'close'>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-nrpe-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  // Commands run as the daemon's account.
  chmodSync(folder, 0o755);
  const file = (name: string) => path.join(folder, name);
  const id = randomBytes(3).toString('hex');
  const script = file('cluster_node_snapshot');
  copyFileSync('plugins/cluster_node_snapshot', script);
  chmodSync(script, 0o755);
  makeCertificates(folder);
  const accounts = { allowed: `rwnrpe${id}a`, denied: `rwnrpe${id}d` };
  for (const account of Object.values(accounts)) {
    addAccount(account);
    undo.push(() => removeAccount(account));
  }
  allow(accounts.allowed, 'script', script);
  const shipped = readFileSync('icinga-conf/nrpe/rackwatch.cfg', 'utf8')
    .replaceAll('/usr/lib/nagios/plugins/cluster_node_snapshot', script)
    .split('\n');
  const hang = `600.${Number.parseInt(id, 16)}`;
  // NRPE leaves a command running whose caller has gone.
  undo.push(() => endSleeping(hang));
  const running = new Map<string, Nrped>();
  const starting = Object.entries<Difference>(daemons).map(async ([role, difference]) => {
    const lines = [...shipped, ...commands(hang), ...(difference.lines ?? [])];
    const daemon = await startNrpe(folder, {
      ...difference,
      user: difference.user === 'denied' ? accounts.denied : accounts.allowed,
      lines: lines.map((line) => line.replaceAll('FOLDER', folder)),
    });
    undo.push(daemon.stop);
    running.set(role, daemon);
  });
  await Promise.all(starting);
  const node = (role: Role, command?: string) => {
    const daemon = running.get(role);
    return `${role}=nrpe://${daemon?.address}:${daemon?.port}${command === undefined ? '' : `/${command}`}`;
  };
  return { file, node };
}

function commands(hang: string): readonly string[] {
  return [
    'command[saved1]=cat FOLDER/saved1.txt',
    'command[saved2]=cat FOLDER/saved2.txt',
    'command[long]=sh -c "cat FOLDER/saved1.txt; seq 1 20000"',
    'command[early]=sh -c "head -n 5 FOLDER/saved1.txt; seq 1 20000"',
    'command[empty]=true',
    'command[other]=echo hello',
    'command[killed]=sh -c "kill -9 $$"',
    `command[hangs]=sleep ${hang}`,
    'command[missing]=sudo -n FOLDER/no_such_script 2>&1',
  ];
}

function endSleeping(seconds: string): void {
  for (const line of execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n'))
    if (line.endsWith(`sleep ${seconds}`)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
}

/** An authority `ca` with certificates `server` and `client`, and `other`, which is its own authority. */
function makeCertificates(folder: string): void {
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  for (const name of ['ca', 'other'])
    openssl('req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`);
  for (const name of ['server', 'client']) {
    openssl('req', ...key.slice(0, 3), '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=127.0.0.1');
    openssl(
      ...['x509', '-req', '-days', '2', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key'],
      ...['-CAcreateserial', '-out', `${name}.pem`],
    );
    // The daemon reads its key as the account that it runs as.
    chmodSync(path.join(folder, `${name}.key`), 0o644);
  }
}
