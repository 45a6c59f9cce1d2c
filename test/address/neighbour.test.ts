import { describe, expect, test } from 'vitest';
import { confirmation, parseArpReplies, parseNeighbourEntries, parseNeighbours } from '../../src/address/index.ts';
import { captured, text } from './capture.ts';

const node = '02:00:00:00:00:01';

/** What the table proved at each look of a recording, which began with the entry before the datagram. */
function proofs(name: string) {
  const [first = '', ...rest] = captured(`neigh/${name}.txt`);
  const before = parseNeighbours([first])[0] ?? null;
  return rest.map((line) => {
    const elapsed = Number.parseFloat(line);
    return { elapsed, ...confirmation(before, parseNeighbours([line])[0] ?? null, elapsed) };
  });
}

const kinds = (name: string) => [...new Set(proofs(name).map(({ kind }) => kind))];

describe('the neighbour table after a datagram, as recorded', () => {
  test('a first answer is confirmed at once', () => {
    expect(proofs('first-answer')[0]).toMatchObject({ kind: 'confirmed', mac: node });
    expect(kinds('first-answer')).toEqual(['confirmed']);
  });

  test('an entry from before counts only once the kernel has asked again', () => {
    const all = proofs('asked-again');
    expect(all[0]).toMatchObject({ kind: 'old', seconds: 7, asking: true });
    expect(all.find(({ kind }) => kind === 'confirmed')).toMatchObject({ mac: node, elapsed: 1.371 });
  });

  test('a VIP removed a second ago is never confirmed, and in the end silent', () => {
    expect(kinds('removed-a-second-ago')).toEqual(['old', 'silent']);
    expect(kinds('removed-while-reachable')).toEqual(['old']);
  });

  test('an address that nobody has is silent after three seconds', () => {
    expect(kinds('never-there')).toEqual(['open', 'silent']);
  });

  test('a failed entry that comes back is confirmed', () => {
    expect(kinds('back-again')).toEqual(['confirmed']);
  });
});

describe('one entry', () => {
  const entry = (line: string) => parseNeighbours([`192.0.2.100 dev eth0 ${line}`])[0] ?? null;
  const reachable = (confirmed: number) => entry(`lladdr ${node}  ref 1 used 0/${confirmed}/0probes 4 REACHABLE`);

  test('made by hand proves nothing', () => {
    expect(confirmation(null, entry(`lladdr ${node}  used 0/0/0probes 0 PERMANENT`), 5)).toEqual({
      kind: 'fixed',
      mac: node,
    });
  });

  test('confirmed within the cut second of the datagram proves nothing', () => {
    expect(confirmation(reachable(0), reachable(0), 0.4)).toMatchObject({ kind: 'old' });
    expect(confirmation(reachable(0), reachable(0), 1)).toMatchObject({ kind: 'old' });
    expect(confirmation(reachable(0), reachable(0), 1.01)).toMatchObject({ kind: 'confirmed' });
  });

  test('learned from what somebody said unasked is no answer', () => {
    expect(confirmation(null, entry(`lladdr ${node}  used 0/0/0probes 4 STALE`), 3)).toMatchObject({ kind: 'old' });
  });

  test('that had failed before the datagram is not yet silent', () => {
    const failed = (updated: number) => entry(`used 5/60/${updated}probes 6 FAILED`);
    expect(confirmation(failed(9), failed(9), 0.2)).toEqual({ kind: 'open' });
    expect(confirmation(failed(9), failed(0), 3.2)).toEqual({ kind: 'silent' });
  });

  test('without statistics is skipped', () => {
    expect(parseNeighbours([`192.0.2.100 dev eth0 lladdr ${node} REACHABLE`])).toEqual([]);
  });
});

describe('replies of arping', () => {
  test.each([
    ['arping-healthy-2nodes', 3, ['01:23:45:67:89:ab'], 6],
    ['arping-1node', 4, ['01:23:45:67:89:ab'], 3],
    ['arping-none', 2, [], 0],
    ['arping-two-macs', 1, ['02:00:00:00:00:02', '01:23:45:67:89:ab'], 2],
    ['arping-splitbrain', 2, ['02:00:00:00:00:02', '02:00:00:00:00:01'], 4],
    ['arping-flushed-node', 1, ['02:00:00:00:00:02'], 1],
    ['arping-D-owner-splitbrain', 1, ['02:00:00:00:00:02'], 1],
    ['arping-D-owner-ok', 2, [], 0],
    ['arping-D', 1, ['02:00:00:00:00:02'], 1],
  ])('%s', (name, asked, macs, count) => {
    const replies = parseArpReplies(text(`cluster/${name}.txt`));
    expect(replies.asked).toBe(asked);
    expect([...new Set(replies.macs)]).toEqual(macs);
    expect(replies.macs).toHaveLength(count);
  });
});

describe('entries of a node', () => {
  const given = (line: string) => parseNeighbourEntries([line]).read[0];

  test('set by hand, and without an answer', () => {
    const times = { confirmed: null, updated: null };
    expect(parseNeighbourEntries(captured('way/iproute61-neigh.txt'))).toEqual({
      read: [
        { address: '10.77.0.8', ifname: 'eth1', mac: null, state: 'FAILED', ...times },
        { address: '10.77.0.9', ifname: 'eth1', mac: '02:00:00:00:00:09', state: 'PERMANENT', ...times },
        { address: '10.77.0.7', ifname: 'eth1', mac: null, state: 'FAILED', ...times },
        { address: '2001:db8::9', ifname: 'eth1', mac: '02:00:00:00:00:09', state: 'PERMANENT', ...times },
      ],
      unread: [],
    });
  });

  // iproute2 6.1 on Linux 6.18, a gateway that never answered, asked by a ping five times a second.
  test('since when the kernel asks, and has had no answer', () => {
    expect(given('10.9.9.254 dev a0  ref 1 used 0/63/0probes 4 INCOMPLETE ')).toEqual({
      address: '10.9.9.254',
      ifname: 'a0',
      mac: null,
      state: 'INCOMPLETE',
      confirmed: 63,
      updated: 0,
    });
    expect(given('10.9.9.254 dev a0  used 1/70/0probes 6 FAILED ')).toMatchObject({ confirmed: 70, updated: 0 });
  });

  test('an entry that nothing was asked of has no state', () => {
    expect(given('10.9.9.254 dev a0  used 0/60/0probes 0 ')).toMatchObject({ state: 'NONE', mac: null });
  });

  test('BusyBox says more of them, but counts seconds wrong', () => {
    expect(given('10.77.0.9 dev eth1 lladdr 02:00:00:00:00:09 used 0/0/0 probes 0 PERMANENT')).toEqual({
      address: '10.77.0.9',
      ifname: 'eth1',
      mac: '02:00:00:00:00:09',
      state: 'PERMANENT',
      confirmed: null,
      updated: null,
    });
  });

  test('a line of another form is given back', () => {
    expect(parseNeighbourEntries(['eth1 PERMANENT'])).toEqual({ read: [], unread: ['eth1 PERMANENT'] });
  });
});
