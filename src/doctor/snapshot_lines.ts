import { unreadRules } from '../netfilter/index.ts';
import type { Section, SectionName, Snapshot } from '../snapshot/index.ts';
import type { Here } from './facts.ts';
import { asRoot, type Line, note, ok, todo } from './line.ts';
import { byHand, copyScript, type Destination } from './script.ts';
import { installCommand } from './shell.ts';
import { accountNamed, refusedLine } from './sudoers.ts';

/** What the kernel shows to root alone. */
const guarded: readonly SectionName[] = [
  'clusterip',
  ...(['iptables-legacy', 'iptables', 'ip6tables-legacy', 'ip6tables', 'nft', 'nft-chains', 'hooks'] as const),
  ...(['arptables', 'arptables-legacy', 'ebtables', 'ebtables-legacy'] as const),
];

/** The very reads that the script asks sudo for, of tools where root alone installs them: nothing else that a node says goes into sudoers. */
const read =
  /^(?:(?:\/usr(?:\/local)?)?\/s?bin|\/run\/current-system\/sw\/bin)\/(?:cat \/proc\/net\/ipt_CLUSTERIP\/[0-9.]+|(?:iptables|ip6tables|arptables|ebtables)(?:-legacy|-nft)?-save ""|nft -j list ruleset|nft list chains|nft -t list ruleset|nft list hooks)$/;

/**
 * Lines about what a node showed. `owner` is where commands for it are pasted; `destination` where a script of this release
 * would be sent, undefined where that makes no sense.
 */
export function snapshotLines(
  snapshot: Snapshot,
  owner: string,
  here: Here,
  destination?: Destination,
): readonly Line[] {
  const { host } = snapshot;
  return [
    ok('node', `${host.name}, Linux ${host.kernel}; the snapshot is read as ${host.user}`),
    scriptLine(snapshot, here, destination),
    toolsLine(snapshot, owner),
    ...factLines(snapshot),
    ...sudoersLines(snapshot, owner),
  ];
}

function scriptLine({ host }: Snapshot, here: Here, destination: Destination | undefined): Line {
  if (host.script === here.scriptVersion) return ok('script', `release ${host.script}, as here`);
  const text = `the script there is of release ${host.script || 'unknown'}, here is ${here.scriptVersion}: install the same on both${destination === undefined ? '' : byHand(destination, here)}`;
  const steps = destination === undefined ? [] : copyScript(destination, here);
  // A script of release 0.1.0 or older shows half of what is judged.
  return { ...(host.parts < 2 ? todo('script', text) : note('script', text)), steps };
}

function toolsLine({ sections }: Snapshot, owner: string): Line {
  // What exits with 127 was not found.
  const isThere = ({ name, status, exit }: Section) => guarded.includes(name) && status !== 'missing' && exit !== 127;
  const there = sections.filter(isThere).map(toolOf);
  const missing = sections.filter(({ status }) => status === 'missing').map(({ command }) => command);
  const unique = (names: readonly string[]) => [...new Set(names.filter((name) => name !== ''))].join(', ');
  const lacking = missing.length === 0 ? '' : `; not installed: ${unique(missing)}`;
  if (missing.includes('ip'))
    return todo('tools', 'ip is not installed there', asRoot(owner, installCommand('iproute2', 'iproute')));
  return ok('tools', `${unique(['ip', ...there])}${lacking}`);
}

/** What every verdict needs, of all that every account may read. */
const needed: readonly SectionName[] = ['addr', 'link', 'maddr'];

/** What anybody may read and could not be read all the same. */
function factLines({ sections }: Snapshot): readonly Line[] {
  return sections
    .filter(({ name, status }) => !guarded.includes(name) && (status === 'failed' || status === 'denied'))
    .map((part) => {
      const text = `${part.command || part.name} fails: ${part.errors.join('; ') || `exit ${part.exit}`}`;
      return needed.includes(part.name) ? todo('facts', text) : note('facts', text);
    });
}

/** `nft` of `/usr/sbin/nft -j list ruleset`; nothing where the kernel has no such rules and no tool was asked. */
function toolOf({ command, name }: Section): string {
  if (name === 'clusterip' || command.startsWith('/proc/')) return '';
  return command.split(' ')[0]?.split('/').at(-1) ?? '';
}

/** What sudo gives, and the line that it lacks. */
function sudoersLines({ host, sections }: Snapshot, owner: string): readonly Line[] {
  const parts = sections.filter(({ name }) => guarded.includes(name));
  const unread = parts.flatMap((part) => {
    if (part.name === 'clusterip' && part.status !== 'denied' && part.status !== 'failed') return [];
    const found = unreadRules(part, part.command || part.name);
    return found === null ? [] : [found];
  });
  const needs = [...new Set(unread.flatMap((one) => one.needs ?? []))];
  const known = needs.filter((command) => read.test(command));
  const strange = needs.filter((command) => !read.test(command));
  const failed = unread.filter((one) => one.needs === null);
  const works = new Set(parts.filter(({ status }) => status === 'read').map((part) => part.command || part.name));
  return [
    ...(host.uid === 0 ? [ok('sudoers', 'root needs no line')] : [...works].map((command) => ok('sudoers', command))),
    ...(known.length === 0 ? [] : [missingLine(host, known, unread, owner)]),
    ...strange.map((command) => todo('sudoers', `the node asks for a command that no release runs: ${command}`)),
    ...failed.map(({ what, reason }) => todo('rules', `${what} cannot be read: ${reason}`)),
  ];
}

function missingLine(
  { user }: Snapshot['host'],
  commands: readonly string[],
  unread: readonly { readonly reason: string }[],
  owner: string,
): Line {
  const noSudo = unread.some(({ reason }) => reason.includes('sudo is not installed'));
  const [first = ''] = commands;
  const what =
    commands.length === 1 ? `${first} as root: its line is` : `${commands.length} commands as root: their lines are`;
  // sudo's own words; before them a tool has said its own.
  const said = unread.flatMap(({ reason }) => /sudo: ([^;]+)/.exec(reason)?.[1] ?? [])[0];
  const words = noSudo ? ', and sudo is not installed there' : said === undefined ? '' : ` (sudo: ${said})`;
  return refusedLine({
    ...{ owner, account: accountNamed(user), commands, said: said ?? '' },
    text: `${user} may not run ${what} missing${words}`,
    first: noSudo ? [installCommand('sudo', 'sudo')] : [],
  });
}
