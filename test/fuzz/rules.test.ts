import { expect, test } from 'vitest';
import { readRecording } from '../lab/netns/recording.ts';
import { scenarios } from '../lab/netns/scenarios.ts';
import { whyChainsNotHealthy } from './brute_force_chains.ts';
import { type Situation, verdict, vip } from './cluster.ts';
import { type Random, random } from './random.ts';
import { firstSeed, roundsOf } from './rounds.ts';
import { pickRule } from './rule_lines.ts';

// Writes a rule that everybody can read into the rules of one node of a healthy cluster: OK only where brute force
// agrees. The mutations of chains.test.ts hardly ever make one.

const rounds = roundsOf(1500);

const healthy: readonly Situation[] = scenarios.flatMap((scenario) => {
  const { name, ipv6, state, silent, options } = scenario;
  // What a firewall after the cluster rules opens on one node alone is its own business.
  if (ipv6 || state !== 'OK' || silent.length + options.length > 0 || /beside|firewall/.test(name)) return [];
  const snapshots = Object.values(readRecording(scenario)?.snapshots ?? {});
  const small = snapshots.every((text) => text.length < 12_000);
  return small && whyChainsNotHealthy(snapshots, vip) === null ? [{ name, snapshots }] : [];
});

// No ports of a node's own administration and no single hosts, which no cluster serves and every firewall denies.
const blocks = ['80.0.0.0/5', '0.0.0.0/1', '160.0.0.0/3', '0.0.0.0/0'];
const ports = ['80', '443', '1024:65535', '1:1000'];

function some<T>(things: readonly T[], chance: Random, most: number): readonly T[] {
  const count = chance.below(most + 1);
  return things
    .map((thing) => ({ thing, key: chance.below(1000) }))
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ thing }) => thing);
}

/** A rule of iptables for a chain, in the tables of a snapshot. */
function iptablesRule(line: string, others: readonly string[], chance: Random): string {
  const chain = line.split(' ')[2] ?? '';
  const not = () => (chance.below(4) === 0 ? '! ' : '');
  const port = `--dport ${chance.pick(ports, '80')}`;
  const conditions = some(
    [
      `${not()}-s ${chance.pick(blocks, '')}`,
      `${not()}-d ${vip}/32`,
      `${not()}-i ${chance.pick(['eth1', 'lo'], '')}`,
      chance.pick(['-p tcp -m tcp', '-p udp -m udp', `-p tcp -m tcp ${port}`, `-p udp -m udp ${port}`, '-p tcp'], ''),
      `-m conntrack ${not()}--ctstate ${chance.pick(['NEW', 'ESTABLISHED', 'RELATED,ESTABLISHED'], '')}`,
      `-m mark ${not()}--mark ${chance.pick(['0x1', '0x0', '0x7', '0x1/0x1'], '')}`,
    ],
    chance,
    3,
  );
  const chains = others.filter((name) => name !== chain);
  const end = chance.pick(
    [
      '-j ACCEPT',
      '-j DROP',
      '-j RETURN',
      `-j MARK --set-xmark 0x${chance.below(3)}/0xffffffff`,
      '',
      ...chains.map((name) => `${chance.pick(['-j', '-g'], '-j')} ${name}`),
    ],
    '',
  );
  return ['> -A', chain, ...conditions, end].filter((word) => word !== '').join(' ');
}

function nftRule(line: string, others: readonly string[], chance: Random): string {
  const { rule } = JSON.parse(line.slice(2));
  const op = () => chance.pick(['==', '==', '!='], '==');
  const match = (left: unknown, right: unknown) => ({ match: { op: op(), left, right } });
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const meta = (key: string) => ({ meta: { key } });
  const [addr = '', len = ''] = chance.pick(blocks, '').split('/');
  const [low, high] = chance.pick(ports, '').split(':').map(Number);
  const conditions = some(
    [
      match(
        payload('ip', 'saddr'),
        len === '0' ? { prefix: { addr: '128.0.0.0', len: 1 } } : { prefix: { addr, len: Number(len) } },
      ),
      match(payload('ip', 'daddr'), vip),
      match(meta('iif'), chance.pick(['eth1', 'lo'], '')),
      match(payload(chance.pick(['tcp', 'udp', 'th'], ''), 'dport'), high === undefined ? low : { range: [low, high] }),
      match(meta('l4proto'), chance.pick(['tcp', 'udp'], '')),
      match(
        { ct: { key: 'state' } },
        chance.pick<unknown>(['new', 'established', { set: ['established', 'related'] }], ''),
      ),
      match(meta('mark'), chance.below(3)),
      match(meta('pkttype'), chance.pick(['host', 'multicast'], '')),
    ],
    chance,
    3,
  );
  const chains = others.filter((name) => name !== rule.chain);
  const ends = [
    { accept: null },
    { drop: null },
    { return: null },
    { counter: { packets: 0, bytes: 0 } },
    { mangle: { key: meta('mark'), value: chance.below(3) } },
    { mangle: { key: meta('pkttype'), value: 'host' } },
    ...chains.map((target) => chance.pick<unknown>([{ jump: { target } }, { goto: { target } }], {})),
  ];
  return `> ${JSON.stringify({ rule: { ...rule, expr: [...conditions, ...some(ends.slice(4, 6), chance, 1), chance.pick<unknown>(ends, {})] } })}`;
}

test(`${rounds} rules: OK only where brute force agrees`, { timeout: 900_000 }, () => {
  expect(healthy.length).toBeGreaterThan(40);
  const found: string[] = [];
  const outcomes = { OK: 0, WARNING: 0, CRITICAL: 0, UNKNOWN: 0 };
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const chance = random(seed);
    const picked = pickRule(healthy, chance);
    if (picked === null) continue;
    const { line, userChains, where } = picked;
    const rule = line.startsWith('> -A') ? iptablesRule(line, userChains, chance) : nftRule(line, userChains, chance);
    const rules = chance.pick([[rule, line], [line, rule], [rule], []], []);
    const changed = picked.changed(rules);
    const said = verdict(changed);
    outcomes[said.state] += 1;
    if (said.state !== 'OK') continue;
    const doubt = whyChainsNotHealthy(changed, vip);
    if (doubt === null) continue;
    const more = rounds === 1 ? `\n${said.text}\n${changed.join('\n')}` : '';
    found.push(
      `RACKWATCH_FUZZ_SEED=${seed} RACKWATCH_FUZZ_ROUNDS=1: ${where}: ${rules.join(' / ')}: OK, but ${doubt}${more}`,
    );
  }
  expect(found).toEqual([]);
  if (rounds >= 1000) expect(Math.min(outcomes.OK, outcomes.CRITICAL)).toBeGreaterThan(rounds / 20);
});
