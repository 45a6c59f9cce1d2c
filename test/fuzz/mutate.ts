import type { Random } from './random.ts';

/** A text that was changed, and by what: for the message of a test that fails. */
export type Mutation = { readonly text: string; readonly how: string };

/** Cuts a text somewhere before its end; without its last newline alone it is whole, as editors save it. */
export function truncate(text: string, random: Random): Mutation {
  const bytes = Buffer.from(text.trimEnd());
  const at = random.below(bytes.length);
  return { text: bytes.toString('utf8', 0, at), how: `cut at byte ${at}` };
}

/** Changes a snapshot in one to three places; in most cases the end mark is made to fit again, so that it is not just that. */
export function mutate(text: string, random: Random): Mutation {
  const changes = Array.from({ length: 1 + random.below(3) }, () => random.pick(kinds, kinds[0]));
  let result = text;
  const how: string[] = [];
  for (const change of changes) {
    const next = change(result, random);
    result = next.text;
    how.push(next.how);
  }
  return random.below(4) === 0
    ? { text: result, how: how.join('; ') }
    : { text: remarked(result), how: how.join('; ') };
}

/** Puts the right number into the end mark. */
function remarked(text: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('rackwatch-snapshot '));
  const end = lines.findIndex((line) => line.startsWith('== end '));
  return lines.map((line, i) => (i === end ? `== end ${end - Math.max(0, start)}` : line)).join('\n');
}

type Change = (text: string, random: Random) => Mutation;

const kinds: readonly [Change, ...Change[]] = [
  bytes('flipped a bit', (all, at, random) => {
    all[at] = (all[at] ?? 0) ^ (1 << random.below(8));
    return all;
  }),
  bytes('replaced a character', (all, at, random) => {
    all[at] = 32 + random.below(95);
    return all;
  }),
  bytes('inserted a byte', (all, at, random) =>
    Buffer.concat([all.subarray(0, at), Buffer.from([random.below(256)]), all.subarray(at)]),
  ),
  bytes('took out a byte', (all, at) => Buffer.concat([all.subarray(0, at), all.subarray(at + 1)])),
  digit,
  digit,
  word,
  word,
  lines('dropped a line', (all, at) => spliced(all, at, 1)),
  lines('doubled a line', (all, at) => spliced(all, at, 0, all[at] ?? '')),
  lines('moved a line', (all, at, random) => {
    const rest = spliced(all, at, 1);
    return spliced(rest, random.below(rest.length + 1), 0, all[at] ?? '');
  }),
  lines('swapped two lines', (all, at, random) => {
    const other = random.below(all.length);
    return all.map((line, i) => (i === at ? (all[other] ?? '') : i === other ? (all[at] ?? '') : line));
  }),
  lines('put in a line of firewalls', (all, at, random) => spliced(all, at, 0, `> ${random.pick(rules, '')}`)),
];

/** A rule of nft's JSON, for the table that the recordings call cluster. */
function nft(chain: string, end: string, kind: string, key: string, right: string, op = '=='): string {
  const match = `{"match": {"op": "${op}", "left": {"${kind}": {"key": "${key}"}}, "right": ${right}}}`;
  return `{"rule": {"family": "ip", "table": "cluster", "chain": "${chain}", "handle": 99, "expr": [${match}, ${end}]}}`;
}

/** Rules that stand in real firewalls, and that may take away what belongs to the cluster. */
const rules: readonly string[] = [
  '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '-A INPUT -m state --state ESTABLISHED -j ACCEPT',
  '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT',
  '-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT',
  '-A INPUT -p tcp -j REJECT --reject-with tcp-reset',
  '-A INPUT -s 10.0.0.0/8 -j DROP',
  '-A INPUT -s 10.102.0.0/15 -p tcp -j ACCEPT',
  '-A INPUT ! -i lo -j ACCEPT',
  '-A INPUT -i eth+ -j DROP',
  '-A INPUT -d 192.168.56.20/32 -j ACCEPT',
  '-A INPUT ! -d 192.168.56.21/32 -j DROP',
  '-A INPUT -p udp -j DROP',
  '-A INPUT -m limit --limit 3/min -j DROP',
  '-A INPUT -m set --match-set friends src -j ACCEPT',
  '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP',
  '-A INPUT -j RETURN',
  '-A PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT',
  '-A PREROUTING -m conntrack --ctstate ESTABLISHED -j ACCEPT',
  '-A PREROUTING -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP',
  '-A PREROUTING -s 10.0.0.0/8 -j MARK --set-xmark 0x1/0xffffffff',
  '-A PREROUTING -m mark --mark 0x0/0xffff -j DROP',
  '-A PREROUTING -i eth+ -j RETURN',
  nft('input', '{"drop": null}', 'ct', 'state', '"new"', 'in'),
  nft('prerouting', '{"accept": null}', 'ct', 'state', '"established"', 'in'),
  nft('prerouting', '{"drop": null}', 'meta', 'l4proto', '"udp"'),
  nft('prerouting', '{"accept": null}', 'meta', 'pkttype', '"multicast"'),
  nft('prerouting', '{"accept": null}', 'meta', 'mark', '0'),
  ':INPUT DROP [0:0]',
  '*mangle',
  '*raw',
  'COMMIT',
];

function bytes(how: string, change: (all: Buffer, at: number, random: Random) => Buffer): Change {
  return (text, random) => {
    const all = Buffer.from(text);
    const at = random.below(all.length);
    return { text: change(all, at, random).toString('utf8'), how: `${how} at ${at}` };
  };
}

function lines(how: string, change: (all: string[], at: number, random: Random) => string[]): Change {
  return (text, random) => {
    const all = text.split('\n');
    const at = random.below(all.length);
    return { text: change(all, at, random).join('\n'), how: `${how}: ${at} "${all[at]?.slice(0, 60)}"` };
  };
}

function spliced(all: readonly string[], at: number, count: number, ...news: readonly string[]): string[] {
  return [...all.slice(0, at), ...news, ...all.slice(at + count)];
}

/** Another digit in place of one: numbers are what verdicts hang on. */
function digit(text: string, random: Random): Mutation {
  const places = [...text.matchAll(/\d/g)].map(({ index }) => index);
  const at = random.pick(places, 0);
  return {
    text: `${text.slice(0, at)}${random.below(10)}${text.slice(at + 1)}`,
    how: `another digit in "${text.slice(Math.max(0, at - 20), at + 10).replaceAll('\n', '\\n')}"`,
  };
}

/** A word of the text in the place of another. */
function word(text: string, random: Random): Mutation {
  const words = [...text.matchAll(/[^\s,:=/]+/g)];
  const [from, to] = [random.pick(words, undefined), random.pick(words, undefined)];
  if (from === undefined || to === undefined) return { text, how: 'nothing' };
  return {
    text: `${text.slice(0, from.index)}${to[0]}${text.slice(from.index + from[0].length)}`,
    how: `"${to[0]}" in place of "${from[0]}"`,
  };
}
