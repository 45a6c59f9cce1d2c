import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { daemonPath } from '../poller/lab.ts';

/** A block of commands, and the output that is shown below it, if any. */
export type Step = { readonly commands: string; readonly shown: string | null };

/** The steps of a section of a document: its `sh` blocks, each with the plain block that follows it. */
export function stepsOf(document: string, heading: string): readonly Step[] {
  const text = readFileSync(document, 'utf8');
  const start = text.indexOf(`\n## ${heading}\n`);
  if (start === -1) throw new Error(`${document} has no section "${heading}"`);
  const section = text.slice(start, text.indexOf('\n## ', start + 4));
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$(?:\n\n^```\n([\s\S]*?)^```$)?/gm)].map(
    ([, commands = '', shown]) => ({ commands, shown: shown ?? null }),
  );
}

/** What the steps write to. Each is covered by a copy that nobody else sees. */
const folders = [
  '/etc/icinga2',
  '/usr/lib/nagios/plugins',
  '/var/lib/icinga2',
  '/var/log/icinga2',
  '/var/cache/icinga2',
  '/var/spool/icinga2',
];

/**
 * Runs the steps one after the other, as root, in a folder with the package for npm, with a network, processes and copies of
 * the system's folders of their own; `programs` are scripts that its path finds first, `more` other folders that the steps write to. Of the two packages of the README it is
 * the one for npm that is installed. Gives what each step printed. All that was started ends with it.
 */
export async function runSteps(
  folder: string,
  steps: readonly Step[],
  programs: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
): Promise<readonly string[]> {
  const packages = path.join(folder, 'packages');
  execFileSync(process.execPath, ['tools/run.mjs', 'tools/pack.ts', packages], { stdio: 'pipe' });
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, text] of Object.entries({ systemctl, sleep: patience, ...programs }))
    writeFileSync(path.join(bin, name), text, { mode: 0o755 });
  const output = (i: number) => path.join(folder, `output-${i}`);
  const script = [
    'set -e',
    ...[...folders, ...more]
      .filter((one) => existsSync(one))
      .map((one) => cover(one, path.join(folder, 'copies', one))),
    'mount -t tmpfs tmpfs /run',
    'ip link set lo up',
    `cd ${packages}`,
    ...steps.map(({ commands }, i) => `{\n${isDebian(commands) ? ':' : commands}\n} >${output(i)}`),
  ];
  const file = path.join(folder, 'steps.sh');
  writeFileSync(file, `${script.join('\n')}\n`);
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...namespaces, 'bash', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${bin}:${path.join(folder, 'npm/bin')}:${path.dirname(process.execPath)}:${daemonPath}`,
      HOME: folder,
      npm_config_prefix: path.join(folder, 'npm'),
      npm_config_offline: 'true',
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the steps ended with ${code}: ${said}`);
  return steps.map((_, i) => readFileSync(output(i), 'utf8'));
}

/** Never writes through to the folder itself: without its mount, the script ends. */
function cover(folder: string, copy: string): string {
  return `mkdir -p ${copy} && cp -a ${folder}/. ${copy} && mount --bind ${copy} ${folder}`;
}

/** Whether commands install Debian packages. `test/release/debian_roots` runs these. */
export function isDebian(commands: string): boolean {
  return commands.startsWith('apt-get ');
}

/** In place of systemd, which is not there: (re)starts the daemon as Debian's unit does, and is back when it is ready. */
export const systemctl = `#!/bin/sh
[ "$*" = "restart icinga2" ] || exit 1
if [ -f /run/icinga2/icinga2.pid ]; then
  kill "$(cat /run/icinga2/icinga2.pid)"
  while curl -ks https://localhost:5665/ >/dev/null || [ -f /run/icinga2/icinga2.pid ]; do /usr/bin/sleep 0.1; done
fi
/usr/lib/icinga2/prepare-dirs /etc/default/icinga2 >&2
icinga2 daemon -d >&2
for i in $(seq 200); do
  curl -ks https://localhost:5665/ >/dev/null && exit 0
  /usr/bin/sleep 0.1
done
exit 1
`;

/** A machine that runs other tests meanwhile takes longer than a reader's. */
const patience = `#!/bin/sh
exec /usr/bin/sleep $(($1 * 2))
`;
