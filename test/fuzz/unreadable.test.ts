import { expect, test } from 'vitest';
import { readRecording } from '../lab/netns/recording.ts';
import { scenarios } from '../lab/netns/scenarios.ts';
import { recordedClusterip, type Situation, verdict } from './cluster.ts';
import { type Random, random } from './random.ts';
import { firstSeed, roundsOf } from './rounds.ts';
import { pickRule } from './rule_lines.ts';

// Puts something that nobody can read into the rules of a healthy cluster: a condition, a statement, a rule. It may
// mean anything, so that OK is false where one of the things that it may mean is CRITICAL. No second judge is needed: the
// same judge says what each of them is.

const rounds = roundsOf(300);

const whole = ({ snapshots }: Situation) => snapshots.length > 1 && snapshots.every((text) => text.length < 12_000);

// A single holder has nobody to be compared with; what it denies is its firewall's. CSF lets everything in by a rate,
// which is not compared.
const chains: readonly Situation[] = scenarios.flatMap((scenario) => {
  const { name, ipv6, state, silent, options } = scenario;
  if (ipv6 || state !== 'OK' || silent.length + options.length > 0 || /taken-over|csf/.test(name)) return [];
  return [{ name, snapshots: Object.values(readRecording(scenario)?.snapshots ?? {}) }];
});
const clusterip = recordedClusterip().filter(
  ({ name, snapshots }) => !/standing-by|takeover/.test(name) && verdict(snapshots).state === 'OK',
);
const healthy = [...chains, ...clusterip].filter(whole);

/** A rule that cannot be read, and all that it may be; each a list of rules for its place. */
type Riddle = {
  readonly what: string;
  readonly unread: readonly string[];
  readonly worlds: readonly (readonly string[])[];
};

/** Words of what a firewall keeps by rates and lists; in a comment they say nothing. */
const comments = ['rate limit for all', 'see -m recent below', 'saddr @banned ct count over 5', '-j NFQUEUE'];

function nftRiddle(line: string, chance: Random): Riddle {
  const { rule: read } = JSON.parse(line.slice(2));
  const rule = chance.below(2) === 0 ? read : { ...read, comment: chance.pick(comments, '') };
  const expr: readonly unknown[] = rule.expr;
  const write = (...rules: readonly (readonly unknown[])[]) =>
    rules.map((one) => `> ${JSON.stringify({ rule: { ...rule, expr: one } })}`);
  const field = (protocol: string, name: string, right: unknown) => ({
    match: { op: '==', left: { payload: { protocol, field: name } }, right },
  });
  const wibble = field('ip', 'wibble', 1);
  const conditions = [field('ip', 'saddr', { prefix: { addr: '80.0.0.0', len: 5 } }), field('tcp', 'dport', 80)];
  const mangle = (key: string, value: unknown) => ({ mangle: { key: { meta: { key } }, value } });
  const statements = [{ accept: null }, { drop: null }, mangle('pkttype', 'host'), mangle('pkttype', 'other')];
  // Behind what ends a rule stands nothing.
  const at = chance.below(expr.length);
  const put = (...more: readonly unknown[]) => [...expr.slice(0, at), ...more, ...expr.slice(at)];
  return chance.pick(
    [
      {
        what: `a condition at ${at}`,
        unread: write(put(wibble)),
        worlds: [expr.slice(0, at), expr, ...conditions.map((one) => put(one))].map((one) => write(one)),
      },
      {
        what: `a statement at ${at}`,
        unread: write(put({ wibble: null })),
        worlds: [write(expr), ...statements.map((one) => write(put(one)))],
      },
      ...[{ return: null }, ...statements, mangle('mark', 7)].map((end) => ({
        what: `a rule before it, ${JSON.stringify(end)}`,
        unread: write([wibble, end], expr),
        worlds: [write(expr), write([end], expr), ...conditions.map((one) => write([one, end], expr))],
      })),
    ],
    { what: '', unread: [], worlds: [] },
  );
}

function iptablesRiddle(line: string, chance: Random): Riddle {
  const [, chain = '', rest = ''] = /^> -A (\S+) (.*)$/.exec(line) ?? [];
  const write = (...rules: readonly string[]) => rules.map((one) => `> -A ${chain} ${one}`);
  const comment = chance.below(2) === 0 ? '' : ` -m comment --comment "${chance.pick(comments, '')}"`;
  const wibble = `-m wibble --wobble 1${comment}`;
  const conditions = ['-s 80.0.0.0/5', '-p tcp -m tcp --dport 80'];
  const end = rest.slice(rest.indexOf('-j '));
  const last = chance.below(2) === 0 ? rest.indexOf('-j ') : 0;
  const put = (condition: string) => `${rest.slice(0, last)}${condition} ${rest.slice(last)}`;
  const ends = ['RETURN', 'ACCEPT', 'DROP', 'MARK --set-xmark 0x7/0xffffffff'].map((target) => `-j ${target}`);
  return chance.pick(
    [
      {
        what: `a condition at ${last}`,
        unread: write(put(wibble)),
        worlds: [[], write(rest), ...(rest.includes('-p ') ? [] : conditions.map((one) => write(put(one))))],
      },
      {
        what: `a target in place of ${end}`,
        unread: write(rest.replace(end, '-j WIBBLE')),
        worlds: [write(rest), [], ...ends.map((one) => write(rest.replace(end, one)))],
      },
      ...ends.map((one) => ({
        what: `a rule before it, ${one}`,
        unread: write(`${wibble} ${one}`, rest),
        worlds: [write(rest), write(one, rest), ...conditions.map((some) => write(`${some} ${one}`, rest))],
      })),
    ],
    { what: '', unread: [], worlds: [] },
  );
}

test('what is changed is there, and healthy', () => {
  expect(healthy.length).toBeGreaterThan(80);
  for (const { name, snapshots } of healthy) expect(verdict(snapshots).state, name).toBe('OK');
});

test(`${rounds} riddles: OK only where no answer is CRITICAL`, { timeout: 900_000 }, () => {
  const found: string[] = [];
  const outcomes = { OK: 0, WARNING: 0, CRITICAL: 0, UNKNOWN: 0 };
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const chance = random(seed);
    const picked = pickRule(healthy, chance);
    if (picked === null) continue;
    const { line, where } = picked;
    const { what, unread, worlds } = line.startsWith('> -A') ? iptablesRiddle(line, chance) : nftRiddle(line, chance);
    const judged = (rules: readonly string[]) => verdict(picked.changed(rules));
    const said = judged(unread);
    outcomes[said.state] += 1;
    if (said.state !== 'OK') continue;
    const wrong = worlds.map((world) => ({ world, ...judged(world) })).find(({ state }) => state === 'CRITICAL');
    if (wrong === undefined) continue;
    const more = rounds === 1 ? `\n${said.text}\n${wrong.text}` : '';
    found.push(
      `RACKWATCH_FUZZ_SEED=${seed} RACKWATCH_FUZZ_ROUNDS=1: ${where}: ${what}: OK, but ${wrong.state} were it ${wrong.world.join(' / ')}${more}`,
    );
  }
  expect(found).toEqual([]);
  if (rounds >= 300) expect(Math.min(outcomes.OK, outcomes.UNKNOWN)).toBeGreaterThan(rounds / 20);
});
