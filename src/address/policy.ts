import { type IpBlock, parseBlock } from './ip.ts';

/** A mark that a rule wants: the packet's mark and `mask` must be `value`. */
export type Mark = { readonly value: number; readonly mask: number };

/** What happens to a packet that a rule matches. */
export type PolicyAction =
  | {
      readonly kind: 'table';
      /** As `ip` prints it: `main`, `100`; `[l3mdev-table]` is that of the packet's VRF. */
      readonly table: string;
      /** A route whose prefix is no longer than this is passed over; null where none is. */
      readonly suppressPrefix: number | null;
      /** A route by an interface of this group is passed over. */
      readonly suppressGroup: string | null;
    }
  | { readonly kind: 'blackhole' | 'unreachable' | 'prohibit' | 'nop' }
  | {
      readonly kind: 'goto';
      readonly priority: number;
      /** The rule to go to is there. */
      readonly resolved: boolean;
    }
  /** `nat`, or what is newer than this plugin. */
  | { readonly kind: 'unknown'; readonly words: string };

/** A rule of policy routing, from a line of `ip rule show`. */
export type PolicyRule = {
  readonly priority: number;
  /** The rule is for the packets that the selectors do not fit. */
  readonly not: boolean;
  /** Null: any source, and so on. */
  readonly from: IpBlock | null;
  readonly to: IpBlock | null;
  readonly iif: string | null;
  readonly oif: string | null;
  readonly mark: Mark | null;
  /** Further selectors: `ipproto tcp`, `dport 80-90`, `uidrange 0-99`, `tos 0x10`, `tun_id 5`. */
  readonly others: readonly string[];
  readonly action: PolicyAction;
  readonly text: string;
};

/** What a reader made of the lines of a tool: facts, and the lines that it cannot read, as they came. */
export type Lines<T> = { readonly read: readonly T[]; readonly unread: readonly string[] };

/**
 * Reads `ip -4 rule show` or `ip -6 rule show`: `32765:	not from 10.0.0.0/8 ipproto tcp dport 80 lookup 100`. The words
 * are those of iproute2 3.10 to 7.1 (ip/iprule.c) and of BusyBox, whose `ip` prints a rule without the words that it
 * does not know: the script says so in what it has left out.
 */
export function parsePolicyRules(lines: readonly string[]): Lines<PolicyRule> {
  const given = lines.filter((line) => line.trim() !== '');
  const rules = given.map(parsePolicyRule);
  return {
    read: rules.filter((rule) => rule !== null),
    unread: given.filter((_, i) => rules[i] === null),
  };
}

type Draft = { -readonly [Key in keyof PolicyRule]: PolicyRule[Key] };

function parsePolicyRule(line: string): PolicyRule | null {
  const [, priority, rest = ''] = /^(\d+):\s+(.*)$/.exec(line.trim()) ?? [];
  if (priority === undefined) return null;
  const rule: Draft = {
    priority: Number(priority),
    not: false,
    from: null,
    to: null,
    iif: null,
    oif: null,
    mark: null,
    others: [],
    action: { kind: 'unknown', words: '' },
    text: line.trim(),
  };
  const words = rest.split(/\s+/);
  for (let i = 0; i < words.length; ) {
    const taken = takeSelector(rule, words, i) || takeAction(rule, words, i);
    // An unknown word may be any condition on a packet.
    if (taken === 0) rule.others = [...rule.others, words[i] ?? ''];
    i += Math.max(1, taken);
  }
  return rule.action.kind === 'unknown' && rule.action.words === '' ? null : rule;
}

/** Selectors followed by one word, which the judge interprets. */
const more = ['ipproto', 'sport', 'dport', 'uidrange', 'tos', 'dsfield', 'dscp', 'tun_id', 'flowlabel'];
/** Words of a line that are no condition on a packet. */
const remarks = ['proto', 'protocol', 'realms', 'realm'];

/** Reads the selector that begins at a word into the rule; returns how many words that was, 0 for none. */
function takeSelector(rule: Draft, words: readonly string[], at: number): number {
  const word = words[at] ?? '';
  const value = words[at + 1] ?? '';
  if (word === 'not') {
    rule.not = true;
    return 1;
  }
  if ((word === 'from' || word === 'to') && (value === 'all' || parseBlock(value) !== null)) {
    rule[word] = value === 'all' ? null : parseBlock(value);
    return 2;
  }
  if (word === 'iif' || word === 'dev' || word === 'oif') {
    rule[word === 'oif' ? 'oif' : 'iif'] = value;
    // The interface is not there at the moment.
    return words[at + 2] === '[detached]' ? 3 : 2;
  }
  const mark = word === 'fwmark' ? parseMark(value) : null;
  if (mark !== null) {
    rule.mark = mark;
    return 2;
  }
  if (more.includes(word) && value !== '') {
    rule.others = [...rule.others, `${word} ${value}`];
    return 2;
  }
  return remarks.includes(word) ? 2 : 0;
}

/** Reads the action that begins at a word into the rule; returns how many words that was, 0 for none. */
function takeAction(rule: Draft, words: readonly string[], at: number): number {
  const word = words[at] ?? '';
  const value = words[at + 1] ?? '';
  const { action } = rule;
  if (word === 'lookup' || word === 'table') {
    // BusyBox: `from 10.77.0.100 lookup unspec prohibit`.
    if (value !== 'unspec') rule.action = { kind: 'table', table: value, suppressPrefix: null, suppressGroup: null };
    return 2;
  }
  if (word === 'suppress_prefixlength' && action.kind === 'table' && /^\d+$/.test(value)) {
    rule.action = { ...action, suppressPrefix: Number(value) };
    return 2;
  }
  if (word === 'suppress_ifgroup' && action.kind === 'table') {
    rule.action = { ...action, suppressGroup: value };
    return 2;
  }
  if (word === 'blackhole' || word === 'unreachable' || word === 'prohibit' || word === 'nop') {
    rule.action = { kind: word };
    return 1;
  }
  if (word === 'goto' && /^\d+$/.test(value)) {
    const resolved = words[at + 2] !== '[unresolved]';
    rule.action = { kind: 'goto', priority: Number(value), resolved };
    return resolved ? 2 : 3;
  }
  if (word === 'nat' || word === 'map-to' || word === 'masquerade') {
    rule.action = { kind: 'unknown', words: words.slice(at).join(' ') };
    return words.length - at;
  }
  return 0;
}

/** `0x1/0xff`, `0x10`, `16`; a missing mask is all ones. */
function parseMark(text: string): Mark | null {
  const [value = '', mask = '0xffffffff', more] = text.split('/');
  const shape = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i;
  return more === undefined && shape.test(value) && shape.test(mask)
    ? { value: Number(value), mask: Number(mask) }
    : null;
}
