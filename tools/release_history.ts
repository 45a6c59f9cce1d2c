import { readFileSync } from 'node:fs';

/** A version in CHANGELOG.md, and what its list says. */
export type Release = {
  readonly version: string;
  /** The day of its release, midnight UTC. */
  readonly date: Date;
  /** One line each, without its Markdown. */
  readonly changes: readonly string[];
};

/** The releases of CHANGELOG.md, the newest first; what is not released yet is not among them. */
export function releases(text = readFileSync('CHANGELOG.md', 'utf8')): readonly Release[] {
  return text
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const [, version = '', day = ''] = /^(\S+) - (\d{4}-\d\d-\d\d)\n/.exec(section) ?? [];
      return day === '' ? [] : [{ version, date: new Date(`${day}T00:00:00Z`), changes: changesIn(section) }];
    });
}

function changesIn(section: string): readonly string[] {
  return [...section.matchAll(/^- (.*(?:\n {2}.*)*)/gm)].map(([, change = '']) =>
    change.replaceAll(/\s+/g, ' ').replaceAll('`', ''),
  );
}

/**
 * The time that packages carry, in seconds since 1970: SOURCE_DATE_EPOCH, or else the day of the newest release, so that two
 * builds of one tree give the same bytes. Source: reproducible-builds.org, SOURCE_DATE_EPOCH.
 */
export function packageTime(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const { SOURCE_DATE_EPOCH: set } = env;
  if (set !== undefined && !/^\d+$/.test(set))
    throw new Error(`SOURCE_DATE_EPOCH is ${set} and not a number of seconds`);
  return set === undefined ? (releases()[0]?.date.getTime() ?? 0) / 1000 : Number(set);
}
