import { type Destinations, type Named, namedBy } from '../model/destination.ts';
import type { RuleLine } from './save.ts';

/** The options that name destinations; `--ctorigdst` that of the connection's first packet, before NAT. */
const options = new Set(['-d', '--dst-range', '--ctorigdst']);

/** What a saved rule says of the destination. */
export function savedDestinations({ words }: RuleLine): Destinations {
  const only: Named[] = [];
  const except: Named[] = [];
  for (const [i, word] of words.entries()) {
    const named = options.has(word) && words[i - 1] !== '--comment' ? namedBy(words[i + 1] ?? '', false) : null;
    if (named !== null) (words[i - 1] === '!' ? except : only).push(named);
  }
  return { only: only.length === 0 ? null : only, except };
}
