import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Outcome, Probe } from '../uml/uml.ts';
import { sources, sources6 } from './netns.ts';
import type { Scenario } from './scenario.ts';

// Recordings, a file a scenario: the nodes' snapshots and the clients' answers, in full, yet small. A section that several
// snapshots share stands once in `sections`, and a snapshot names it (`@12`). Of the traffic there is a line for what was
// alike, with a letter a client, in the order of the sources.

/** Recordings that lie in one folder. */
export type Recordings = {
  /** Writes these recordings anew, and removes all others. */
  readonly write: (outcomes: readonly Taken[]) => void;
  /** Adds recordings to those that are there, or puts them in their place. What is shared already keeps its number. */
  readonly add: (outcomes: readonly Taken[]) => void;
  /** Reads the recording of a name, made with these clients, or null. */
  readonly read: (name: string, clients: readonly string[]) => Outcome | null;
};

/** What is recorded under a name. */
export type Taken = { readonly name: string; readonly outcome: Outcome };

/** The recordings of a folder. */
export function recordingsIn(folder: string): Recordings {
  const pool = path.join(folder, 'sections');
  const add = (outcomes: readonly Taken[]) => {
    const number = new Map(pooled(pool).map((section, i) => [section, i]));
    const counts = new Map<string, number>();
    const all = outcomes.map(({ name, outcome }) => ({
      name,
      traffic: outcome.traffic,
      nodes: Object.entries(outcome.snapshots).map(([node, text]) => ({ node, sections: split(text) })),
    }));
    for (const section of all.flatMap(({ nodes }) => nodes.flatMap(({ sections }) => sections)))
      counts.set(section, (counts.get(section) ?? 0) + 1);
    for (const [section, count] of counts)
      if (count > 1 && section.length > 40 && !number.has(section)) number.set(section, number.size);
    writePool(pool, [...number.keys()]);
    for (const { name, nodes, traffic } of all)
      writeFileSync(path.join(folder, `${name}.txt`), writtenOf(nodes, traffic, number));
  };
  return {
    write: (outcomes) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      writePool(pool, []);
      add(outcomes);
    },
    add,
    read: (name, clients) => {
      const file = path.join(folder, `${name}.txt`);
      return existsSync(file) ? readOne(readFileSync(file, 'utf8'), pooled(pool), clients) : null;
    },
  };
}

const recordings = recordingsIn('test/fixtures/netns');

/** Writes these recordings anew, and removes all others. */
export const writeRecordings = recordings.write;

/** Adds recordings to those that are there, or puts them in their place. */
export const addRecordings = recordings.add;

/** Reads the recording of a scenario, or null. */
export function readRecording({ name, ipv6 }: Scenario): Outcome | null {
  return recordings.read(name, ipv6 ? sources6 : sources);
}

function readOne(text: string, sections: readonly string[], clients: readonly string[]): Outcome {
  const parts = text
    .split(/^# (?=n\d$|traffic$)/m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const);
  const expanded = (part: string) => part.replace(/^@(\d+)\n/gm, (_, i) => sections[Number(i)] ?? '');
  return {
    snapshots: Object.fromEntries(
      parts.filter(([title]) => title !== 'traffic').map(([node, part]) => [node, expanded(part)]),
    ),
    traffic: read(parts.find(([title]) => title === 'traffic')?.[1] ?? '', clients),
  };
}

/** The sections that several snapshots share, in the order of their numbers. */
function pooled(pool: string): readonly string[] {
  return readFileSync(pool, 'utf8')
    .split(/^@\d+\n/m)
    .slice(1);
}

function writePool(pool: string, sections: readonly string[]): void {
  writeFileSync(pool, sections.map((section, i) => `@${i}\n${section}`).join(''));
}

function writtenOf(
  nodes: readonly { readonly node: string; readonly sections: readonly string[] }[],
  traffic: readonly Probe[],
  number: ReadonlyMap<string, number>,
): string {
  const snapshots = nodes.map(({ node, sections }) => {
    const texts = sections.map((section) => (number.has(section) ? `@${number.get(section)}\n` : section));
    return `# ${node}\n${texts.join('')}`;
  });
  return `${snapshots.join('')}# traffic\n${written(traffic)}`;
}

/** A snapshot in its sections, the first line with the first. */
function split(text: string): readonly string[] {
  return text.split(/^(?=== )/m);
}

// A letter a client. Nodes are a sum: n1 is 1, n2 is 2, n3 is 4. Where one answers twice it is a capital: once and twice
// are the digits of a number to the base of 3, n1 the lowest.
const unanswered: Readonly<Record<string, string>> = { none: '.', hangs: 'h', refused: 'x', reset: 'r' };
const names = ['n1', 'n2', 'n3'];

function letter(answers: readonly string[]): string {
  const counts = names.map((name) => Math.min(2, answers.filter((one) => one === name).length));
  if (counts.every((count) => count < 2)) return String(counts.reduce((sum, count, i) => sum + count * 2 ** i, 0));
  return String.fromCharCode(64 + counts.reduce((sum, count, i) => sum + count * 3 ** i, 0));
}

function namesOf(sign: string): readonly string[] {
  const code = sign.charCodeAt(0) - 64;
  const count = (i: number) => (code < 0 ? (Number(sign) >> i) & 1 : Math.floor(code / 3 ** i) % 3);
  return names.flatMap((name, i) => Array.from({ length: count(i) }, () => name));
}

function written(traffic: readonly Probe[]): string {
  const lines = new Map<string, string[]>();
  for (const protocol of ['icmp', 'udp', 'tcp80']) {
    const probes = traffic.filter((probe) => probe.protocol === protocol);
    const answers = probes.map(({ answers: text }) => unanswered[text] ?? letter(text.split('+'))).join('');
    lines.set(answers, [...(lines.get(answers) ?? []), protocol]);
    if (protocol !== 'tcp80') continue;
    const began = probes
      .map(({ began }) => letter(began))
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
