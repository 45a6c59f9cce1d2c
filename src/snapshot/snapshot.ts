import { failure, type Result, success } from '../plugin/index.ts';

export const sectionNames = [
  'addr',
  'link',
  'maddr',
  'clusterip',
  'iptables-legacy',
  'ip6tables-legacy',
  'iptables',
  'ip6tables',
  'nft',
  'arptables',
  'route',
  // The following exist since the second part of the format.
  'rule4',
  'rule6',
  'routes4',
  'routes6',
  'neigh',
  'sysctl',
  'qdisc',
  'tc-ingress',
  'tc-egress',
  'tc-root',
  'tc-more',
  'arptables-legacy',
  'ebtables',
  'ebtables-legacy',
  'nft-chains',
  'hooks',
] as const;
export type SectionName = (typeof sectionNames)[number];

/**
 * How reading a section went: `read` (the tool ended with 0), `missing` (no such tool), `absent` (CLUSTERIP: the kernel
 * has no such directory), `none` (CLUSTERIP: the directory is empty), `denied` (only root may), `failed` (anything
 * else).
 */
export type SectionStatus = 'read' | 'missing' | 'absent' | 'none' | 'denied' | 'failed';

/** What one command said on a node. */
export type Section = {
  readonly name: SectionName;
  /** The VIP of a `clusterip` section, the target of a `route`, the interface of a `tc-...`; else empty. */
  readonly key: string;
  readonly command: string;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  readonly status: SectionStatus;
  readonly exit: number | null;
  /** The command that sudo has to allow, as written in sudoers; null when permission is not the problem. */
  readonly needs: string | null;
  /** What the script did not carry because it cannot touch the VIP: `filter OUTPUT, 12 rules`. */
  readonly leftOut: readonly string[];
};

/** The node that answered, and who the script ran as. */
export type Host = {
  readonly name: string;
  readonly kernel: string;
  readonly uid: number;
  readonly user: string;
  readonly script: string;
  /** 1: from a script that knew only the sections of the first part; what it did not look for is not there. */
  readonly parts: number;
};

/** Everything one node gave. */
export type Snapshot = { readonly host: Host; readonly sections: readonly Section[] };

const format = 1;
/** A part's end, and the number of lines before it. */
const endMark = /^== end (\d+)$/;
/** How reading a section went: the tool's exit code, or why there was nothing to read. */
const ending = /^= (?:exit \d+|missing .+|absent|none)$/;
const opening = /^rackwatch-snapshot (0|[1-9]\d*)$/;

/**
 * Reads the text of `cluster_node_snapshot`. Anything before its first line (a login banner) and after its end mark is
 * ignored. The reason of a failure says what was received instead: nothing, other text, a truncated or damaged answer.
 *
 * The first part ends with a mark, after which old plugins read nothing; newer sections follow it, up to a mark
 * of their own. There, sections with an unknown name come from a newer script, and cannot be judged here.
 */
export function parseSnapshot(text: string): Result<Snapshot> {
  const all = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const start = all.findIndex((line) => opening.test(line));
  if (start < 0) return failure(noSnapshot(all));
  const version = Number(opening.exec(all[start] ?? '')?.[1]);
  if (version !== format)
    return failure(
      `snapshot format ${version}, but this plugin reads format ${format}: install the same release on both`,
    );
  const lines = all.slice(start);
  const first = partOf(lines, 1);
  if (!first.ok) return first;
  const host = readHost(first.value.find(({ title }) => title === 'host'));
  if (host === null) return failure('damaged answer: it does not name its host');
  const strange = first.value.find((one) => one.title !== 'host' && readSection(one) === null);
  if (strange !== undefined)
    return failure(`damaged answer: unknown section in line "== ${strange.header.slice(0, 80)}"`);
  if (host.parts < 2) return readSections(host, first.value);
  const second = partOf(lines, lines.findIndex((line) => endMark.test(line)) + 1);
  return second.ok ? readSections(host, [...first.value, ...second.value]) : second;
}

/** The section of a name (and of a VIP or route target); undefined when the node did not give it. */
export function section(snapshot: Snapshot, name: SectionName, key = ''): Section | undefined {
  return snapshot.sections.find((one) => one.name === name && one.key === key);
}

function noSnapshot(lines: readonly string[]): string {
  const first = lines.map((line) => line.trim()).find((line) => line !== '');
  return first === undefined ? 'empty answer' : `no snapshot in the answer: "${first.slice(0, 120)}"`;
}

/** A section as it stands there; the title is `clusterip 192.0.2.1` of `clusterip 192.0.2.1: cat /proc/...`. */
type Draft = { title: string; header: string; body: string[] };

/** Output, error output, or one of the script's own remarks. */
function isBody(line: string): boolean {
  const mark = line.charAt(0);
  if (mark === '>' || mark === '!') return line.length === 1 || line.charAt(1) === ' ';
  return ending.test(line) || furtherRemarks.some((one) => line.startsWith(one) && line.length > one.length);
}

const furtherRemarks = ['= needs ', '= left out: '];

/** The sections from a line on up to the next end mark. */
function partOf(lines: readonly string[], from: number): Result<readonly Draft[]> {
  const end = lines.findIndex((line, i) => i >= from && endMark.test(line));
  const announced = Number(endMark.exec(lines[end] ?? '')?.[1]);
  // An editor may have taken the last newline. A mark that was cut within its number has a different number.
  if (end < 0 || (end === lines.length - 1 && announced !== end))
    return failure(`truncated answer (no end mark after ${lines.length - 1} lines)`);
  if (announced !== end) return failure(`damaged answer: ${end} lines, ${announced} announced`);
  const drafts: Draft[] = [];
  for (const line of lines.slice(from, end)) {
    const last = drafts.at(-1);
    if (line.startsWith('== ')) drafts.push(begin(line.slice(3)));
    else if (last !== undefined && isBody(line)) last.body.push(line);
    else return failure(`damaged answer: unexpected line "${line.slice(0, 80)}"`);
  }
  return success(drafts);
}

function readSections(host: Host, drafts: readonly Draft[]): Result<Snapshot> {
  const titles = drafts.map(({ title }) => title);
  const twice = titles.find((title, i) => titles.indexOf(title) !== i);
  if (twice !== undefined) return failure(`damaged answer: section ${twice} twice`);
  const others = drafts.filter(({ title }) => title !== 'host');
  // The script ends each section with exactly one of these; without it the section was not read to its end.
  const open = others.find(({ body }) => body.filter((line) => ending.test(line)).length !== 1);
  if (open !== undefined)
    return failure(`damaged answer: section ${open.title.slice(0, 80)} does not say how it ended`);
  return success({ host, sections: others.flatMap((one) => readSection(one) ?? []) });
}

function begin(header: string): Draft {
  return { title: header.split(': ')[0] ?? '', header, body: [] };
}

function readHost(draft: Draft | undefined): Host | null {
  if (draft === undefined) return null;
  const facts = new Map(outputOf(draft).map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)]));
  const uid = Number(facts.get('uid') ?? Number.NaN);
  if (!Number.isInteger(uid)) return null;
  return {
    name: facts.get('name') ?? '',
    kernel: facts.get('kernel') ?? '',
    uid,
    user: facts.get('user') ?? `${uid}`,
    script: facts.get('script') ?? '',
    parts: Number(facts.get('parts') ?? 1),
  };
}

function readSection(draft: Draft): Section | null {
  const [word = '', key = '', ...more] = draft.title.split(' ');
  const name = sectionNames.find((one) => one === word);
  if (name === undefined || more.length > 0) return null;
  const remarks = draft.body.filter((line) => line.startsWith('= ')).map((line) => line.slice(2));
  const errors = draft.body.filter((line) => line.startsWith('!')).map((line) => line.slice(2));
  const exit = remarks.map((remark) => /^exit (\d+)$/.exec(remark)?.[1]).find((code) => code !== undefined);
  const needs = remarkOf(remarks, 'needs ');
  return {
    name,
    key,
    command: draft.header.includes(': ')
      ? draft.header.slice(draft.header.indexOf(': ') + 2)
      : (remarkOf(remarks, 'missing ') ?? ''),
    lines: outputOf(draft),
    errors,
    status: statusOf(remarks, errors, exit, needs),
    exit: exit === undefined ? null : Number(exit),
    needs,
    leftOut: remarks
      .filter((remark) => remark.startsWith('left out: '))
      .map((remark) => remark.slice('left out: '.length)),
  };
}

function outputOf({ body }: Draft): readonly string[] {
  return body.filter((line) => line.startsWith('>')).map((line) => line.slice(2));
}

function remarkOf(remarks: readonly string[], key: string): string | null {
  return remarks.find((remark) => remark.startsWith(key))?.slice(key.length) ?? null;
}

function statusOf(
  remarks: readonly string[],
  errors: readonly string[],
  exit: string | undefined,
  needs: string | null,
): SectionStatus {
  if (remarks.includes('absent')) return 'absent';
  if (remarks.includes('none')) return 'none';
  if (remarks.some((remark) => remark.startsWith('missing'))) return 'missing';
  if (exit === '0' && needs === null) return 'read';
  return needs !== null || errors.some((line) => /permission denied|not permitted/i.test(line)) ? 'denied' : 'failed';
}
