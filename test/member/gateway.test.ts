import { describe, expect, test } from 'vitest';
import { type Given, judged, said, states } from './replies.ts';

const entry = (what: string, address = '192.168.56.254', dev = 'eth1') => [`${address} dev ${dev}  ${what} `];
const learned = (mac: string, state = 'REACHABLE') => entry(`lladdr ${mac}  used 1/1/1probes 4 ${state}`);
const byHand = (mac: string) => entry(`lladdr ${mac}  used 13/13/13probes 0 PERMANENT`);
const right = '02:00:00:00:00:fe';
const wrong = '02:00:00:00:99:99';
const second = (given: Given, first: Given = {}) => judged([first, given]);

describe('a gateway that does not answer', () => {
  test('is CRITICAL while the kernel asks for it in vain, with the clients that it costs', () => {
    const stretches = second({ neigh: entry('used 0/61/1probes 5 INCOMPLETE') });
    expect(states(stretches)).toEqual(['CRITICAL']);
    expect(said(stretches)).toMatch(
      /n2: its gateway 192\.168\.56\.254 does not answer when eth1 asks for it \(INCOMPLETE .*\): answers to clients other than 192\.168\.56\.0\/24 \(100 % of addresses\) are lost/,
    );
    expect(stretches[1]?.doubt.isEmpty).toBe(false);
  });

  test('is CRITICAL in the first second of being asked for once more', () => {
    expect(states(second({ neigh: entry('ref 1 used 0/63/0probes 4 INCOMPLETE') }))).toEqual(['CRITICAL']);
  });

  test('is WARNING where it was asked for this moment for the first time, and says that', () => {
    const stretches = second({ neigh: entry('ref 1 used 0/60/0probes 4 INCOMPLETE') });
    expect(states(stretches)).toEqual(['WARNING']);
    expect(said(stretches)).toMatch(/has not answered yet: eth1 is asking for it right now/);
    expect(stretches[1]?.doubt.isEmpty).toBe(true);
  });

  test('is WARNING where the time is not told, as by BusyBox, which counts it wrong', () => {
    expect(states(second({ neigh: entry('used 0/90/5 probes 6 INCOMPLETE'), neighBy: 'ip neigh show' }))).toEqual([
      'WARNING',
    ]);
  });

  test('is CRITICAL where the kernel gave up just now, and WARNING later, when it may be there again', () => {
    expect(states(second({ neigh: entry('used 1/70/0probes 6 FAILED') }))).toEqual(['CRITICAL']);
    const later = second({ neigh: entry('used 900/4000/897probes 6 FAILED') });
    expect(states(later)).toEqual(['WARNING']);
    expect(said(later)).toMatch(/did not answer when it was last asked on eth1, 897 s ago \(FAILED/);
  });

  test('is WARNING where another next hop takes turns with it', () => {
    const routes = [
      'default \\ nexthop via 192.168.56.254 dev eth1 weight 1 \\ nexthop via 192.168.56.253 dev eth1 weight 1',
    ];
    const neigh = [
      ...entry('used 0/63/1probes 5 INCOMPLETE'),
      ...entry(`lladdr ${right}  used 1/1/1probes 4 REACHABLE`, '192.168.56.253'),
    ];
    expect(
      states(
        judged([
          { routes, neigh },
          { routes, neigh },
        ]),
      ),
    ).toEqual(['WARNING', 'WARNING']);
  });

  test('another node whose route leads elsewhere shows the way', () => {
    const given = {
      routes: ['default via 192.168.56.250 dev eth1'],
      neigh: entry('used 0/63/1probes 5 INCOMPLETE', '192.168.56.250'),
    };
    expect(said(second(given))).toMatch(
      /Fix: check 192\.168\.56\.250 and the cabling of eth1, or use the route of n1: default via 192\.168\.56\.254 dev eth1/,
    );
  });

  test('is nothing where no answers go by it', () => {
    expect(
      said(second({ neigh: [...learned(right), ...entry('used 0/63/1probes 5 INCOMPLETE', '192.168.56.77')] })),
    ).toBe('');
    expect(said(judged([{}, { neigh: entry('used 0/63/1probes 5 INCOMPLETE') }], ['192.168.56.0/24']))).toBe('');
  });
});

describe('the MAC of a gateway', () => {
  test('set by hand unlike the one by which it answers another node is CRITICAL, with both and the repair', () => {
    const stretches = second({ neigh: byHand(wrong) }, { neigh: learned(right) });
    expect(states(stretches)).toEqual(['CRITICAL']);
    expect(said(stretches)).toContain(
      `n2: the gateway 192.168.56.254 is set to ${wrong} by hand on eth1, but answers n1 with ${right}`,
    );
    expect(said(stretches)).toContain('Fix: ip neigh del 192.168.56.254 dev eth1');
    expect(stretches[1]?.doubt.isEmpty).toBe(false);
  });

  test.each(['STALE', 'DELAY', 'PROBE'])(
    'unlike the one that another node learned some time ago (%s) is WARNING',
    (state) => {
      expect(states(second({ neigh: byHand(wrong) }, { neigh: learned(right, state) }))).toEqual(['WARNING']);
    },
  );

  test('set by hand to two on two nodes is WARNING for both', () => {
    expect(states(judged([{ neigh: byHand(right) }, { neigh: byHand(wrong) }]))).toEqual(['WARNING', 'WARNING']);
  });

  test('set by hand to the right one, as to the MAC that VRRP shares, is nothing', () => {
    const vrrp = '00:00:5e:00:01:01';
    expect(said(second({ neigh: byHand(vrrp) }, { neigh: learned(vrrp) }))).toBe('');
    expect(said(judged([{ neigh: byHand(vrrp) }, { neigh: byHand(vrrp) }]))).toBe('');
  });

  test('set by hand is only said where no other node has it to compare with', () => {
    const stretches = judged([{ neigh: byHand(wrong) }]);
    expect(states(stretches)).toEqual(['OK']);
    expect(said(stretches)).toMatch(/no other node's neighbour table has it to compare with/);
  });

  test('that two nodes have learned apart is said', () => {
    const stretches = judged([{ neigh: learned(right) }, { neigh: learned(wrong) }]);
    expect(said(stretches)).toBe(
      `[OK] the gateway 192.168.56.254 has ${right} on n1 (REACHABLE) and ${wrong} on n2 (REACHABLE)`,
    );
  });
});

describe('a gateway with an address of its link', () => {
  const through = (dev: string, mac: string, state: string): Given => ({
    routes: [`default via inet6 fe80::1 dev ${dev}`],
    neigh: entry(`lladdr ${mac}  used 1/1/1probes 4 ${state}`, 'fe80::1', dev),
  });

  test('is compared where it is on the wire of the VIP', () => {
    const nodes = [through('eth1', right, 'REACHABLE'), through('eth1', wrong, 'PERMANENT')];
    expect(states(judged(nodes))).toEqual(['CRITICAL']);
  });

  test('may be another router on another wire', () => {
    const nodes = [through('eth2', right, 'REACHABLE'), through('eth1', wrong, 'PERMANENT')];
    expect(said(judged(nodes))).not.toMatch(/WARNING.*set to|CRITICAL/);
    expect(said(judged(nodes))).toMatch(/n2: the gateway fe80::1 .* no other node/);
  });
});

describe('a neighbour table that says less', () => {
  test('an older script shows no entries that were learned', () => {
    const older = { neigh: [], neighBy: 'ip neigh show nud permanent nud failed' };
    expect(said(judged([older, older]))).toBe(
      '[OK] not looked at: whether gateways answer n1 and n2 (the neighbour table: an older script shows only what was set by hand or did not answer)',
    );
  });

  test('a gateway that nothing was sent by lately is said to be unknown', () => {
    expect(said(second({ neigh: [] }))).toMatch(
      /^\[OK\] not known on n2: whether its gateways answer: 192\.168\.56\.254/,
    );
  });

  test('a line that is not understood is said', () => {
    expect(said(second({ neigh: ['whatever'] }))).toMatch(/\(the neighbour table: not understood: whatever\)/);
  });
});
