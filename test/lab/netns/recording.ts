import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Outcome, Probe } from '../uml/uml.ts';
import { sources, sources6 } from './netns.ts';
import type { Scenario } from './scenario.ts';

// Recordings, a file a scenario: the nodes' snapshots and the clients' answers, in full, yet small. A section that several
// snapshots share stands once in `sections`, and a snapshot names it (`@12`). Of the traffic there is a line for what was
// alike, with a letter a client, in the order of the sources.

const folder = 'test/fixtures/netns';
const pool = path.join(folder, 'sections');

/** Writes these recordings anew, and removes all others. */
export function writeRecordings(outcomes: readonly { readonly scenario: Scenario; readonly outcome: Outcome }[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writePool([]);
  addRecordings(outcomes);
}

/** Adds recordings to those that are there, or puts them in their place. What is shared already keeps its number. */
export function addRecordings(outcomes: readonly { readonly scenario: Scenario; readonly outcome: Outcome }[]): void {
  const known = pooled();
  const number = new Map(known.map((section, i) => [section, i]));
  const counts = new Map<string, number>();
  const all = outcomes.map(({ scenario, outcome }) => ({
    scenario,
    traffic: outcome.traffic,
    nodes: Object.entries(outcome.snapshots).map(([node, text]) => ({ node, sections: split(text) })),
  }));
  for (const section of all.flatMap(({ nodes }) => nodes.flatMap(({ sections }) => sections)))
    counts.set(section, (counts.get(section) ?? 0) + 1);
  for (const [section, count] of counts)
    if (count > 1 && section.length > 40 && !number.has(section)) number.set(section, number.size);
  writePool([...number.keys()]);
  for (const { scenario, nodes, traffic } of all) writeRecording(scenario, nodes, traffic, number);
}

/** Reads the recording of a scenario, or null. */
export function readRecording({ name, ipv6 }: Scenario): Outcome | null {
  const file = path.join(folder, `${name}.txt`);
  if (!existsSync(file)) return null;
  const sections = pooled();
  const parts = readFileSync(file, 'utf8')
    .split(/^# (?=n\d$|traffic$)/m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const);
  const expanded = (text: string) => text.replace(/^@(\d+)\n/gm, (_, i) => sections[Number(i)] ?? '');
  return {
    snapshots: Object.fromEntries(
      parts.filter(([title]) => title !== 'traffic').map(([node, text]) => [node, expanded(text)]),
    ),
    traffic: read(parts.find(([title]) => title === 'traffic')?.[1] ?? '', ipv6 ? sources6 : sources),
  };
}

/** The sections that several snapshots share, in the order of their numbers. */
function pooled(): readonly string[] {
  return readFileSync(pool, 'utf8')
    .split(/^@\d+\n/m)
    .slice(1);
}

function writePool(sections: readonly string[]): void {
  writeFileSync(pool, sections.map((section, i) => `@${i}\n${section}`).join(''));
}

type Taken = { readonly node: string; readonly sections: readonly string[] };

function writeRecording(
  { name }: Scenario,
  nodes: readonly Taken[],
  traffic: readonly Probe[],
  number: ReadonlyMap<string, number>,
): void {
  const snapshots = nodes.map(({ node, sections }) => {
    const texts = sections.map((section) => (number.has(section) ? `@${number.get(section)}\n` : section));
    return `# ${node}\n${texts.join('')}`;
  });
  writeFileSync(path.join(folder, `${name}.txt`), `${snapshots.join('')}# traffic\n${written(traffic)}`);
}

/** A snapshot in its sections, the first line with the first. */
function split(text: string): readonly string[] {
  return text.split(/^(?=== )/m);
}

// A letter a client. Nodes are a sum: n1 is 1, n2 is 2, n3 is 4.
const unanswered: Readonly<Record<string, string>> = { none: '.', hangs: 'h', refused: 'x', reset: 'r' };

function letter(names: readonly string[]): string {
  return String(names.reduce((sum, name) => sum + 2 ** (Number(name.slice(1)) - 1), 0));
}

function namesOf(digit: string): readonly string[] {
  return ['n1', 'n2', 'n3'].filter((_, i) => (Number(digit) >> i) & 1);
}

function written(traffic: readonly Probe[]): string {
  const lines = new Map<string, string[]>();
  for (const protocol of ['icmp', 'udp', 'tcp80']) {
    const probes = traffic.filter((probe) => probe.protocol === protocol);
    const answers = probes.map(({ answers: text }) => unanswered[text] ?? letter(text.split('+'))).join('');
    lines.set(answers, [...(lines.get(answers) ?? []), protocol]);
    if (protocol !== 'tcp80') continue;
    const began = probes
      .map(({ began: names }) => letter(names))
      .join('')
      .replaceAll('0', '.');
    lines.set(began, [...(lines.get(began) ?? []), 'began']);
  }
  return [...lines].map(([answers, titles]) => `${titles.join(' ')}: ${answers}\n`).join('');
}

function read(text: string, clients: readonly string[]): readonly Probe[] {
  const lines = new Map(
    text
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [titles = '', letters = ''] = line.split(': ');
        return titles.split(' ').map((title) => [title, letters] as const);
      }),
  );
  return ['icmp', 'udp', 'tcp80'].flatMap((protocol) =>
    clients.map((source, i) => {
      const at = (title: string) => lines.get(title)?.[i] ?? '.';
      const [none] = Object.entries(unanswered).find(([, sign]) => sign === at(protocol)) ?? [];
      return {
        protocol,
        source,
        port: portOf(protocol, i),
        answers: none ?? namesOf(at(protocol)).join('+'),
        began: protocol === 'tcp80' ? namesOf(at('began').replace('.', '0')) : [],
      };
    }),
  );
}

/** The source ports of client.pl. */
function portOf(protocol: string, i: number): number {
  const port = 20000 + (((i + 1) * 7919) % 40000);
  return { udp: port, tcp80: port + 1 }[protocol] ?? 0;
}
