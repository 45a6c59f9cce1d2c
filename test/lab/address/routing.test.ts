import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Case,
  formatIp,
  type Lead,
  ownPackets,
  parseBlock,
  parseIp,
  parseRoute,
  readRouting,
  routeFor,
} from '../../../src/address/index.ts';
import { parseSnapshot } from '../../../src/snapshot/index.ts';
import { type Random, random } from '../../fuzz/random.ts';
import { whyNoNamespaces } from './namespaces.ts';

const why = whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the routing lab cannot run: ${why}`);

type Family = {
  readonly vip: string;
  readonly setup: readonly string[];
  readonly ways: readonly string[];
  /** The number of an address is shifted by this, and counted from the first one. */
  readonly shift: bigint;
  readonly first: string;
  readonly everything: string;
};

const families: Readonly<Record<4 | 6, Family>> = {
  4: {
    vip: '10.77.0.100',
    setup: ['10.77.0.1/24 dev eth1', '10.77.0.100/24 dev eth1', '10.88.0.1/24 dev eth2'],
    ways: ['via 10.77.0.8 dev eth1', 'via 10.77.0.9 dev eth1', 'via 10.88.0.9 dev eth2', 'dev eth2'],
    shift: 0n,
    first: '10.100.0.0',
    everything: '0.0.0.0/0',
  },
  6: {
    vip: '2001:db8:77::100',
    setup: ['2001:db8:77::1/64 dev eth1', '2001:db8:77::100/64 dev eth1', '2001:db8:88::1/64 dev eth2'],
    ways: ['via 2001:db8:77::8 dev eth1', 'via 2001:db8:77::9 dev eth1', 'via 2001:db8:88::9 dev eth2', 'dev eth2'],
    shift: 64n,
    first: '2001:db8:100::',
    everything: '::/0',
  },
};

const most = 0x40000;

function address(family: 4 | 6, number: number): string {
  const { first, shift } = families[family];
  return formatIp({ family, value: (parseIp(first)?.value ?? 0n) + (BigInt(number) << shift) });
}

/** A network of 2 to the power of `bits` of the addresses above. */
function network(family: 4 | 6, number: number, bits: number): string {
  const length = (family === 4 ? 32 : 64) - bits;
  const low = parseBlock(`${address(family, number)}/${length}`)?.low ?? 0n;
  return `${formatIp({ family, value: low })}/${length}`;
}

/** What a node's admin may have set up: routes in three tables, rules, in `ip -batch` lines. */
function setup(chance: Random, family: 4 | 6): readonly string[] {
  const { vip, ways, everything } = families[family];
  const one = (of: readonly string[]) => chance.pick(of, '');
  const place = () =>
    chance.below(12) === 0
      ? everything
      : network(family, chance.below(most), chance.pick([0, 2, 4, 8, 9, 12, 16, 17], 8));
  const table = () => one(['', '', '', ' table 7', ' table 8']);
  const routes = Array.from({ length: chance.pick([3, 10, 40, 400], 10) }, () => {
    const kind = chance.below(12);
    if (kind === 0) return `route add ${one(['blackhole', 'unreachable', 'prohibit'])} ${place()}${table()}`;
    if (kind === 1) return `route add throw ${place()} table ${one(['7', '8'])}`;
    return `route add ${place()} ${one(ways)}${table()}${one(['', '', ' metric 7', ' metric 3000'])}`;
  });
  const selectors = [
    ...['from all', `from ${vip}`, `from ${vip}/24`, 'not from all', `not from ${vip}`, 'from all fwmark 1'],
    ...['from all iif eth1', 'from all iif lo', 'from all ipproto tcp sport 80', 'not from all ipproto tcp sport 80'],
  ];
  const actions = [
    ...['table 7', 'table 8', 'table main', 'table main suppress_prefixlength 0', 'table 7', 'table 8'],
    ...['prohibit', 'blackhole', 'unreachable', 'goto 500'],
  ];
  const rules = Array.from({ length: chance.below(6) }, (_, i) => {
    const to = chance.below(2) === 0 ? ` to ${place()}` : '';
    return `rule add pref ${10 * (i + 1)} ${one(selectors)}${to} ${one(actions)}`;
  });
  return ['rule add pref 500 from all nop', ...routes, ...rules];
}

/** The snapshot of a host that is set up so, and what its kernel says of each address, without and with a port. */
function ask(family: 4 | 6, commands: readonly string[], addresses: readonly string[]) {
  const { vip, setup: own } = families[family];
  const text = execFileSync('unshare', ['-n', 'sh', '-c', asking, 'sh', vip, ...addresses], {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    input: [...own.map((one) => `address add ${one}${family === 6 ? ' nodad' : ''}`), ...commands]
      .join('\n')
      .replaceAll(/^(?=route|rule)/gm, family === 6 ? '-6 ' : ''),
  });
  const [snapshot = '', ...answers] = text.split(/^--- .*\n/m);
  return { snapshot, answers: answers.map((answer) => answer.split('\n')[0] ?? '') };
}

const asking = `
  ip link set lo up
  ip link add eth1 type veth peer name p1
  ip link add eth2 type veth peer name p2
  for link in eth1 eth2 p1 p2; do ip link set $link up; done
  while read -r line; do ip $line; done
  vip=$1
  shift
  sh plugins/cluster_node_snapshot --vip $vip
  for address; do
    echo "--- $address"
    ip -o route get $address from $vip 2>&1
    echo "--- $address tcp"
    ip -o route get $address from $vip ipproto tcp sport 80 2>&1 || true
  done`;

/** What the kernel said, in a word. A route that was asked for with a source names no source. */
function wordOf(answer: string): string {
  const [, via, dev] = /^\S+ from \S+ (?:via (\S+) )?dev (\S+)/.exec(answer) ?? [];
  if (dev !== undefined) return via ?? dev;
  const route = parseRoute([answer], []) ?? parseRoute([], [answer]);
  return route?.kind === 'refused' ? route.why : answer;
}

/** Each word that it may be: one a next hop. A rule that says unreachable gives the error of no route at all. */
function wordsOf(lead: Lead | undefined): readonly string[] {
  if (lead?.kind === 'sent') return lead.route.hops.map(({ via, dev }) => via ?? dev ?? '');
  if (lead?.kind === 'refused') return [lead.route === null && lead.why === 'unreachable' ? 'none' : lead.why];
  return [lead?.kind ?? 'no case'];
}

/** The case that a packet of TCP from port 80, or one without ports, takes. */
function taken(cases: readonly Case[], port80: boolean): Case | undefined {
  return cases.find(({ when }) => when.every((one) => one.startsWith('not ') !== port80));
}

function waySections(snapshot: string): string {
  return snapshot.slice(snapshot.indexOf('== rule'), snapshot.indexOf('== neigh'));
}

describe.skipIf(why !== null)(
  `the way of answers, against the kernel${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let compared = 0;
    const seen = new Set<string>();
    afterAll(() => {
      // Chance has brought everything about that it can.
      expect([...seen].sort()).toEqual(['blackhole', 'none', 'prohibit', 'sent', 'unreachable']);
      expect(compared).toBeGreaterThan(500);
    });

    const seeds = Array.from({ length: 15 }, (_, i) => i);
    test.each(seeds.flatMap((seed) => [[seed, 4] as const, [seed, 6] as const]))(
      'seed %i, IPv%i: every address goes where the kernel sends it',
      (seed, family) => {
        const chance = random(1000 * seed + family);
        const commands = setup(chance, family);
        const addresses = Array.from({ length: 20 }, () => address(family, chance.below(most)));
        const { snapshot, answers } = ask(family, commands, addresses);
        const parsed = parseSnapshot(snapshot);
        if (!parsed.ok) throw new Error(parsed.reason);
        const routing = readRouting(parsed.value, family);
        if (typeof routing === 'string') throw new Error(routing);
        expect(routing.unread).toEqual([]);
        const stretches = routeFor(routing, ownPackets(parseIp(families[family].vip)));
        for (const [i, text] of addresses.entries()) {
          const ip = parseIp(text);
          const stretch = stretches.find(({ block }) => ip !== null && block.low <= ip.value && ip.value <= block.high);
          // What the script left out may lead some of them elsewhere, and is said.
          if (stretch === undefined || stretch.gaps.length > 0) continue;
          for (const port80 of [false, true]) {
            const real = wordOf(answers[2 * i + Number(port80)] ?? '');
            const lead = taken(stretch.cases, port80)?.lead;
            seen.add(lead?.kind === 'refused' ? lead.why : (lead?.kind ?? ''));
            compared++;
            const about = [`${text}${port80 ? ' tcp' : ''} of`, ...commands, waySections(snapshot)].join('\n');
            expect(wordsOf(lead), about).toContain(real);
          }
        }
      },
      60_000,
    );
  },
);
