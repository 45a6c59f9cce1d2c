import type { Situation } from './cluster.ts';
import type { Random } from './random.ts';

/** A rule in a snapshot: its line, where it is, and the chains of its table that packets only come to by a jump. */
type RuleLine = { readonly line: string; readonly at: number; readonly userChains: readonly string[] };

/** Every rule of a snapshot, of iptables and of nft. */
function ruleLines(text: string): readonly RuleLine[] {
  const lines = text.split('\n');
  let iptablesChains: string[] = [];
  const found: RuleLine[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.startsWith('> *'))
      iptablesChains = lines
        .slice(at, lines.indexOf('> COMMIT', at))
        .flatMap((one) => /^> :(\S+) -/.exec(one)?.[1] ?? []);
    if (line.startsWith('> -A ')) found.push({ line, at, userChains: iptablesChains });
    if (line.startsWith('> {"rule"')) found.push({ line, at, userChains: nftChains(lines, line) });
  }
  return found;
}

function nftChains(lines: readonly string[], line: string): readonly string[] {
  const { family, table } = JSON.parse(line.slice(2)).rule;
  return lines.flatMap((one) => {
    if (!one.startsWith('> {"chain"')) return [];
    const { chain } = JSON.parse(one.slice(2));
    return chain.family === family && chain.table === table && chain.hook === undefined ? [`${chain.name}`] : [];
  });
}

/** A snapshot with other lines in the place of one, and its end mark set right. */
function withLines(text: string, at: number, lines: readonly string[]): string {
  const all = text.split('\n');
  const end = all.findIndex((line) => line.startsWith('== end '));
  const first = all.indexOf('rackwatch-snapshot 1');
  return all
    .flatMap((line, i) => (i === at ? lines : i === end ? [`== end ${end - first + lines.length - 1}`] : [line]))
    .join('\n');
}

/** A rule of a situation picked at random, and the situation with other lines in its place; null where there is none. */
export function pickRule(situations: readonly Situation[], chance: Random) {
  const { name, snapshots } = chance.pick(situations, { name: '', snapshots: [] });
  const node = chance.below(snapshots.length);
  const text = snapshots[node] ?? '';
  const place = chance.pick(ruleLines(text), undefined);
  if (place === undefined) return null;
  const { line, at, userChains } = place;
  const changed = (lines: readonly string[]) =>
    snapshots.map((one, i) => (i === node ? withLines(one, at, lines) : one));
  return { line, userChains, changed, where: `${name}, n${node + 1} line ${at + 1}` };
}
