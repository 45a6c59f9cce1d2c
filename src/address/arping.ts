import { parseMac } from './mac.ts';

/**
 * The MAC of each reply, in order, out of what arping (iputils) prints:
 * `Unicast reply from 192.0.2.100 [01:23:45:67:89:AB]  0.539ms`. Its exit code says nothing that can be relied on:
 * 1 with four replies, 0 with two MACs that contradict each other.
 */
export function parseArpReplies(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const mac = parseMac(/^\s*(?:Unicast|Broadcast) reply from \S+ \[([0-9A-Fa-f:]+)\]/.exec(line)?.[1] ?? '');
    return mac === null ? [] : [mac];
  });
}
