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
] as const;
export type SectionName = (typeof sectionNames)[number];

/**
 * How reading a section went: `read` (the tool ended with 0), `missing` (no such tool), `absent` (CLUSTERIP: the kernel
 * has no such directory), `none` (CLUSTERIP: the directory is empty), `denied` (only root may), `failed` (anything else).
 */
export type SectionStatus = 'read' | 'missing' | 'absent' | 'none' | 'denied' | 'failed';

/** What one command said on a node. */
export type Section = {
  readonly name: SectionName;
  /** The VIP of a `clusterip` section, the target of a `route`; else empty. */
  readonly key: string;
  readonly command: string;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  readonly status: SectionStatus;
  readonly exit: number | null;
  /** The command that sudo has to allow, as it stands in sudoers; null when permission is not the matter. */
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
};

/** Everything one node gave. */
export type Snapshot = { readonly host: Host; readonly sections: readonly Section[] };

const format = 1;
/** Output, error output, or one of the script's own remarks. */
const bodyLine = /^(?:>(?: .*)?|!(?: .*)?|= (?:exit \d+|missing .+|needs .+|left out: .+|absent|none))$/s;
/** How reading a section went: the tool's exit code, or why there was nothing to read. */
const ending = /^= (?:exit \d+|missing .+|absent|none)$/;
const opening = /^rackwatch-snapshot (0|[1-9]\d*)$/;

/**
 * Reads the text of `cluster_node_snapshot`. Anything before its first line (a login banner) and after its end mark is
 * ignored. The reason of a failure says what was received instead: nothing, other text, a truncated or damaged answer.
 */
export function parseSnapshot(text: string): Result<Snapshot> {
  const all = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const start = all.findIndex((line) => opening.test(line));
  if (start < 0) return failure(noSnapshot(all));
  const version = Number(opening.exec(all[start] ?? '')?.[1]);
  if (version !== format)
    return failure(
      `snapshot format ${version}, but this plugin reads format ${format}: install the same release on both`,
    );
  const end = all.findIndex((line, i) => i > start && /^== end \d+$/.test(line));
  // The mark must be a whole line: cut within its number, it would still look like one.
  if (end < 0 || end === all.length - 1)
    return failure(`truncated answer (no end mark after ${all.length - start - 1} lines)`);
  const announced = Number(all[end]?.slice('== end '.length));
  if (announced !== end - start) return failure(`damaged answer: ${end - start} lines, ${announced} announced`);
  return readSections(all.slice(start + 1, end));
}

/** The section of a name (and of a VIP or route target); undefined when the node did not give it. */
export function section(snapshot: Snapshot, name: SectionName, key = ''): Section | undefined {
  return snapshot.sections.find((one) => one.name === name && one.key === key);
}

function noSnapshot(lines: readonly string[]): string {
  const first = lines.map((line) => line.trim()).find((line) => line !== '');
  return first === undefined ? 'empty answer' : `no snapshot in the answer: "${first.slice(0, 120)}"`;
}

type Draft = { header: string; body: string[] };

function readSections(lines: readonly string[]): Result<Snapshot> {
  const drafts: Draft[] = [];
  for (const line of lines) {
    const last = drafts.at(-1);
    if (line.startsWith('== ')) drafts.push({ header: line.slice(3), body: [] });
    else if (last !== undefined && bodyLine.test(line)) last.body.push(line);
    else return failure(`damaged answer: unexpected line "${line.slice(0, 80)}"`);
  }
  const twice = drafts.find((one, i) => drafts.findIndex((other) => title(other) === title(one)) !== i);
  if (twice !== undefined) return failure(`damaged answer: section ${title(twice)} twice`);
  const host = readHost(drafts.find((one) => title(one) === 'host'));
  if (host === null) return failure('damaged answer: it does not say of which host');
  const others = drafts.filter((one) => title(one) !== 'host');
  // The script ends each section with exactly one of these; without it the section was not read to its end.
  const open = others.find(({ body }) => body.filter((line) => ending.test(line)).length !== 1);
  if (open !== undefined)
    return failure(`damaged answer: section ${title(open).slice(0, 80)} does not say how it ended`);
  const sections = others.map(readSection);
  const strange = sections.indexOf(null);
  if (strange >= 0)
    return failure(`damaged answer: unknown section in line "== ${others[strange]?.header.slice(0, 80)}"`);
  return success({ host, sections: sections.filter((one) => one !== null) });
}

/** `clusterip 192.0.2.1` of `clusterip 192.0.2.1: cat /proc/...`. */
function title({ header }: Draft): string {
  return header.split(': ')[0] ?? '';
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
  };
}

function readSection(draft: Draft): Section | null {
  const [word = '', key = '', ...more] = title(draft).split(' ');
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
