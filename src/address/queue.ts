import type { Lines } from './policy.ts';

/** A queueing discipline, from a line of `tc qdisc show`. */
export type Queue = {
  /** `noqueue`, `fq_codel`, `clsact`, `ingress`, `prio`, `netem` ... */
  readonly kind: string;
  readonly ifname: string;
  /** Its options, as printed: `limit 1000 loss 100%`. */
  readonly options: string;
  readonly text: string;
};

/** Reads `tc qdisc show`: `qdisc clsact ffff: dev eth1 parent ffff:fff1`, `qdisc noqueue 0: dev lo root refcnt 2`. */
export function parseQueues(lines: readonly string[]): Lines<Queue> {
  const given = lines.filter((line) => line.trim() !== '');
  const queues = given.map(parseQueue);
  return { read: queues.filter((queue) => queue !== null), unread: given.filter((_, i) => queues[i] === null) };
}

function parseQueue(line: string): Queue | null {
  const [, kind, ifname, options = ''] =
    /^qdisc (\S+) \S+ (?:\[\w+\] )?dev (\S+) (?:root|parent \S+)\s?(?:refcnt \d+)?(.*)$/.exec(line.trim()) ?? [];
  if (kind === undefined || ifname === undefined) return null;
  return { kind, ifname, options: options.replace(/-{8,}/, '').trim(), text: line.trim() };
}

/**
 * How a discipline treats packets: `plain` sends all of them in some order, `filters` decides by its filters (which are
 * read on their own), and `other` may lose or delay them (netem, tbf, or what is newer than this plugin).
 */
export function queueing({ kind }: Queue): 'plain' | 'filters' | 'other' {
  if (plain.includes(kind)) return 'plain';
  return filtering.includes(kind) ? 'filters' : 'other';
}

const plain = [
  'noqueue',
  'noop',
  'pfifo_fast',
  'pfifo',
  'bfifo',
  'pfifo_head_drop',
  'fq_codel',
  'fq',
  'mq',
  'mqprio',
  'sfq',
  'codel',
  'cake',
];
/** Those that the script asks for filters. */
const filtering = ['clsact', 'ingress', 'prio', 'htb', 'hfsc', 'drr', 'ets', 'cbq', 'multiq'];
