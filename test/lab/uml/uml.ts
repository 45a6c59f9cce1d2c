import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Tests and tools run in the project's folder. */
const root = process.cwd();
const kernelFolder = process.env['RACKWATCH_UML'] ?? path.join(root, 'node_modules/.cache/rackwatch-uml');

/** One probe of a client: what came back from whom. */
export type Probe = {
  readonly protocol: string;
  readonly source: string;
  readonly port: number;
  readonly answers: string;
  /** TCP: the nodes that sent a SYN-ACK. */
  readonly began: readonly string[];
};

/** What one scenario gave: each node's snapshot, and every client's packets. */
export type Outcome = {
  readonly snapshots: Readonly<Record<string, string>>;
  readonly traffic: readonly Probe[];
  /** What the tools said meanwhile. */
  readonly log?: string;
};

/** Why the kernel cannot be booted here, or null. */
export function whyNoKernel(): string | null {
  if (process.getuid?.() !== 0) return 'the lab needs root';
  const missing = ['iptables-legacy', 'ip', 'nsenter', 'unshare', 'modprobe'].filter(
    (tool) => !['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => existsSync(path.join(folder, tool))),
  );
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return existsSync(path.join(kernelFolder, 'usr/bin/linux.uml'))
    ? null
    : 'no User-Mode Linux kernel: run test/lab/prepare';
}

/** Lists of clients' addresses, by the name of the file they go to, and the script that the guest runs. */
export type Guest = { readonly script?: string; readonly sources: Readonly<Record<string, readonly string[]>> };

/** Boots the kernel and runs the scenarios, split over that many guests at once. */
export async function runScenarios(
  scenarios: readonly { readonly name: string; readonly setup: string }[],
  guests = 2,
  guest: Guest = { sources: { sources } },
): Promise<ReadonlyMap<string, Outcome>> {
  const parts = Array.from({ length: guests }, (_, i) => scenarios.filter((_, j) => j % guests === i)).filter(
    (part) => part.length > 0,
  );
  const outcomes = await Promise.all(parts.map((part) => runGuest(part, guest)));
  return new Map(outcomes.flatMap((outcome) => [...outcome]));
}

async function runGuest(
  scenarios: readonly { readonly name: string; readonly setup: string }[],
  guest: Guest,
): Promise<ReadonlyMap<string, Outcome>> {
  const lab = mkdtempSync(path.join(tmpdir(), 'rackwatch-uml-'));
  try {
    for (const folder of ['scenarios', 'results', 'uml']) mkdirSync(path.join(lab, folder));
    for (const [name, list] of Object.entries(guest.sources))
      writeFileSync(path.join(lab, name), `${list.join('\n')}\n`);
    for (const { name, setup } of scenarios) writeFileSync(path.join(lab, 'scenarios', `${name}.sh`), `${setup}\n`);
    let said = await boot(lab, guest.script);
    // A guest that stood still is begun again, once: it happened beside another lab's guests, and not again.
    if (said.endsWith(stoodStill)) said = await boot(lab, guest.script);
    if (!existsSync(path.join(lab, 'status')))
      throw new Error(`the kernel did not come to its end: ${said.slice(-2000)}\n${logOf(lab)}`);
    return new Map(scenarios.map(({ name }) => [name, readResult(path.join(lab, 'results', name), logOf(lab))]));
  } finally {
    rmSync(lab, { recursive: true, force: true });
  }
}

/** How long a guest may get nothing done, and how long it may take in all, in milliseconds. */
const stillMs = 300_000;
const longestMs = 2_700_000;
const stoodStill = 'the guest stood still and was ended';

/** Of the kernel itself; its guest has one of its own. */
const environment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LD_PRELOAD: path.join(kernelFolder, 'whole_registers.so'),
};

/**
 * Boots the kernel on a script, with the folder `lab` as its /run/lab, and gives what it said on its console. One that gets
 * nothing done for five minutes is ended, and any after 45.
 */
export function boot(lab: string, guestScript?: string): Promise<string> {
  const tools = path.join(root, 'test/lab/uml');
  const guest = spawn(
    path.join(kernelFolder, 'usr/bin/linux.uml'),
    [
      ...['mem=384M', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'con=null', 'con0=null,fd:1', 'quiet'],
      ...[
        `init=${tools}/init`,
        `uml_dir=${lab}/uml`,
        `LAB=${lab}`,
        `UML=${kernelFolder}`,
        `TOOLS=${tools}`,
        `SCRIPT=${root}/plugins/cluster_node_snapshot`,
        ...(guestScript === undefined ? [] : [`GUEST=${path.resolve(guestScript)}`]),
      ],
    ],
    // A group of its own: the guest's processes are the host's, too, and outlive their kernel.
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...environment, TMPDIR: lab } },
  );
  let said = '';
  for (const stream of [guest.stdout, guest.stderr])
    stream.on('data', (data) => {
      said += data;
    });
  const end = () => {
    if (guest.pid !== undefined) process.kill(-guest.pid, 'SIGKILL');
  };
  let [done, since, ended] = [doneIn(lab), Date.now(), ''];
  const watch = setInterval(() => {
    const now = doneIn(lab);
    if (now !== done) [done, since] = [now, Date.now()];
    if (Date.now() - since < stillMs) return;
    ended = stoodStill;
    end();
  }, 5000);
  const limit = setTimeout(end, longestMs);
  return new Promise((resolve, reject) => {
    guest.on('error', reject);
    guest.on('close', () => {
      clearInterval(watch);
      clearTimeout(limit);
      resolve(`${said}${ended}`);
    });
  });
}

/** What a guest has got done: it changes with every line of its log and every scenario. */
function doneIn(lab: string): string {
  const results = path.join(lab, 'results');
  return `${logOf(lab).length} ${existsSync(results) ? readdirSync(results).length : 0}`;
}

function logOf(lab: string): string {
  const file = path.join(lab, 'guest.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function readResult(folder: string, log: string): Outcome {
  if (!existsSync(path.join(folder, 'traffic'))) throw new Error(`no result in ${folder}: ${log}`);
  return readOutcome(folder);
}

/** Reads the snapshots and the traffic of one scenario from its folder. */
export function readOutcome(folder: string): Outcome {
  const nodes = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return {
    snapshots: Object.fromEntries(
      nodes.map((file) => [file.replace('.txt', ''), readFileSync(path.join(folder, file), 'utf8')]),
    ),
    traffic: readFileSync(path.join(folder, 'traffic'), 'utf8').trim().split('\n').map(readProbe),
  };
}

function readProbe(line: string): Probe {
  const [protocol = '', source = '', port = '', answers = '', nodes = '-'] = line.split(' ');
  return { protocol, source, port: Number(port), answers, began: nodes === '-' ? [] : nodes.split('+') };
}

/** 64 client addresses in four networks, the same in every run. */
export const sources: readonly string[] = Array.from({ length: 64 }, (_, i) => {
  const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const [b, c, d] = [(mixed >>> 24) % 254, (mixed >>> 16) % 254, (mixed >>> 8) % 254].map((octet) => (octet ?? 0) + 1);
  return [`10.${b}.${c}.${d}`, `172.${b}.${c}.${d}`, `198.18.${c}.${d}`, `203.${b}.${c}.${d}`][i % 4] ?? '';
});
