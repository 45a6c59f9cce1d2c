import { formatIp, type IpBlock, parseBlock, parseIp } from '../../address/index.ts';

/** Addresses that a rule names as destination, in its own words: `10.99.0.0/24`. */
export type Named = IpBlock & {
  readonly text: string;
  /** True where each of them counts as named by itself, and not as one of a network. */
  readonly single: boolean;
};

/** What a rule says of the destination. */
export type Destinations = {
  /** The only ones that it is for; null where it is for any, or where that is not understood. */
  readonly only: readonly Named[] | null;
  /** Those that it is not for. */
  readonly except: readonly Named[];
};

/**
 * nft makes one network or range of neighbours in a set (`auto-merge`, and by itself of sets in braces, measured), and its
 * JSON does not say that it did. More of them than any cluster has VIPs were written as a network.
 */
const mostMerged = 16n;

/** An address, a network or `FIRST-LAST` as a rule has it; null for anything else. */
export function namedBy(text: string, fromSet: boolean): Named | null {
  const [first = '', last] = text.split('-');
  const [low, high] = last === undefined ? [] : [parseIp(first), parseIp(last)];
  const block =
    last === undefined
      ? parseBlock(text)
      : low && high && low.family === high.family && low.value <= high.value
        ? { family: low.family, low: low.value, high: high.value }
        : null;
  if (block === null) return null;
  const count = block.high - block.low + 1n;
  return { ...block, text, single: count === 1n || (fromSet && count <= mostMerged) };
}

/** The addresses that are named one by one. */
export function singlesOf(named: readonly Named[]): readonly string[] {
  return named
    .filter(({ single }) => single)
    .flatMap(({ family, low, high }) =>
      Array.from({ length: Number(high - low) + 1 }, (_, i) => formatIp({ family, value: low + BigInt(i) })),
    );
}
