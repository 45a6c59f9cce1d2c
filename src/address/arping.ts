import { parseMac } from './mac.ts';

/** The result of arping: how often it asked, and the MAC of each reply, in order. */
export type ArpReplies = { readonly asked: number; readonly macs: readonly string[] };

/**
 * Reads what arping (iputils) prints: `Unicast reply from 192.0.2.100 [01:23:45:67:89:AB]  0.539ms`, and in the end
 * `Sent 3 probes (3 broadcast(s))`. Its exit code cannot be relied on:
 * 1 with four replies, 0 with two MACs that contradict each other.
 */
export function parseArpReplies(text: string): ArpReplies {
  const asked = Number(/^Sent (\d+) probe/m.exec(text)?.[1] ?? 0);
  const macs = text.split('\n').flatMap((line) => {
    const mac = parseMac(/^\s*(?:Unicast|Broadcast) reply from \S+ \[([0-9A-Fa-f:]+)\]/.exec(line)?.[1] ?? '');
    return mac === null ? [] : [mac];
  });
  return { asked, macs };
}
