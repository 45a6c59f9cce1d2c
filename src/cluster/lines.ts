import { memberRows } from '../member/index.ts';
import type { Hash, Rule } from '../netfilter/index.ts';
import { type FactRow, factLines } from '../plugin/index.ts';
import { bucketList } from './buckets.ts';
import type { NodeFacts } from './facts.ts';

/** The facts of each node as they were read, as lines of `-vv`. */
export function nodeLines(facts: readonly NodeFacts[]): readonly string[] {
  return facts.flatMap((fact) =>
    fact.reached
      ? factLines(fact.name, [
          ...memberRows(fact),
          ...fact.reading.rules.flatMap(ruleRows),
          ...(fact.reading.rules.length === 0 ? [['rule', 'none'] as const] : []),
          ...fact.reading.unread.map(({ what, reason }): FactRow => ['not read', `${what}: ${reason}`]),
          ...(typeof fact.reading.leaving === 'string'
            ? [['way out', `unknown: ${fact.reading.leaving}`] as const]
            : []),
        ])
      : factLines(fact.name, [['no answer', fact.reason]]),
  );
}

function ruleRows({
  backend,
  buckets,
  total,
  hash,
  offset,
  ifname,
  match,
  tool,
  place,
  text,
  answersAll,
}: Rule): readonly FactRow[] {
  const held = answersAll ? 'every bucket' : buckets.length === 0 ? 'no bucket' : bucketList(buckets);
  return [
    ['rule', `${backend} by ${tool} in ${place}${ifname === null ? '' : `, on ${ifname}`}: ${text}`],
    ['holds', `${held} of ${total}${offset === null || offset === 0 ? '' : `, counted from ${offset}`}`],
    ...(match === '' ? [] : [['shares', match] as const]),
    ...(hash === null ? [] : [['hash', hashText(hash)] as const]),
  ];
}

function hashText({ name, formula, seed }: Hash): string {
  return `${formula} of ${name}, ${seed === null ? 'a new seed with every load of the rule' : `seed ${seed}`}`;
}
