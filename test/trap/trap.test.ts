import { describe, expect, test } from 'vitest';
import {
  decide,
  formatTurn,
  judgeAnswer,
  parseTurn,
  readAddress,
  recheckRequest,
  senderOf,
  spellings,
  type Turn,
} from '../../src/trap/index.ts';

describe('the sender, out of what snmptrapd gives', () => {
  test.each([
    ['UDP: [192.0.2.50]:48492->[192.0.2.1]:162', '192.0.2.50'],
    ['TCP: [192.0.2.50]:48492->[192.0.2.1]:162', '192.0.2.50'],
    ['UDP/IPv6: [2001:db8:0:0::50]:59305', '2001:db8::50'],
    ['UDP/IPv6: [2001:DB8::50]:59305->[2001:db8::1]:162', '2001:db8::50'],
    ['UDP/IPv6: [::ffff:192.0.2.50]:59305', '192.0.2.50'],
    ['UDP/IPv6: [fe80::1%eth0]:59305', 'fe80::1%eth0'],
    ['UDP/IPv6: [FEBF:0::1%br-0_a.5]:59305', 'febf::1%br-0_a.5'],
    ['UDP/IPv6: [fe80::1%a/../b]:59305', 'fe80::1'],
    ['UDP/IPv6: [2001:db8::1%eth0]:59305', '2001:db8::1'],
  ])('%s', (line, sender) => {
    expect(senderOf(`name\n${line}\n.1.3.6.1.4.1.3854.1.7.5 "UDP: [192.0.2.66]:1"\n`)).toEqual({
      ok: true,
      value: sender,
    });
  });

  test.each([
    ['nothing', ''],
    ['one line', 'UDP: [192.0.2.50]:1->[192.0.2.1]:162'],
    ['a name for an address', 'x\nUDP: [probe1]:1\n'],
    ['an address that is none', 'x\nUDP: [192.0.2.500]:1\n'],
    ['something before it', 'x\n UDP: [192.0.2.50]:1\n'],
    ['no transport', 'x\n[192.0.2.50]:1\n'],
    ['the address in the third line', 'x\n\nUDP: [192.0.2.50]:1\n'],
    ['a long line', `x\nUDP: [${'1'.repeat(100_000)}]:1\n`],
  ])('%s is refused', (_, text) => {
    expect(senderOf(text).ok).toBe(false);
  });

  test('an address of an option may stand in brackets, and nothing else is one', () => {
    expect(readAddress('[2001:db8::1]')).toEqual({ ok: true, value: '2001:db8::1' });
    for (const text of [
      '',
      'localhost',
      '1.2.3',
      '192.0.2.1/24',
      '-4',
      '1.2.3.4 ',
      '::1%lo',
      'fec0::1%a',
      'fe80::1%',
      'fe80::1%a/b',
      'fe80::1%a\n',
    ])
      expect(readAddress(text).ok).toBe(false);
  });
});

describe('what Icinga is asked', () => {
  test('has the address as a value alone', () => {
    const [one, other] = ['192.0.2.50', '2001:db8::1'].map(recheckRequest);
    expect(one?.filter).toBe(other?.filter);
    expect(one?.filter).not.toContain('192');
    expect(one?.filter_vars).toEqual({ sender: String.raw`\A(?i:192\.0\.2\.50)\z`, commands: ['sensorprobe'] });
    expect(one).toMatchObject({ type: 'Service', force: true });
  });

  /** As a regular expression of JavaScript; the lab shows that Boost takes it so. */
  const knows = (sender: string) => {
    const [, letters = '', rest = ''] = /^\\A\(\?i:([^()]*)\)(.*)\\z$/.exec(spellings(sender)) ?? [];
    const [address, link] = [new RegExp(`^(?:${letters})$`, 'i'), new RegExp(`^(?:${rest})$`)];
    return (text: string) => {
      const [bare = '', ...zone] = text.split(/(?=%)/);
      return address.test(bare) && link.test(zone.join(''));
    };
  };
  test.each([
    ['192.0.2.50', ['192.0.2.50'], ['192.0.2.5', '192.0.2.500', '192x0.2.50', ' 192.0.2.50', '192.0.2.50%eth0']],
    [
      '2001:db8::a',
      [
        ...['2001:db8::a', '2001:DB8::A', '2001:db8:0:0:0:0:0:a', '2001:0db8:0000:0000:0000:0000:0000:000A'],
        ...['2001:0db8::a', '2001:0DB8::000a', '2001:db8::0:a', '2001:db8:0::a', '2001:db8::0.0.0.10'],
      ],
      ['2001:db8::b', '2001:db8::a0', '2001:db8:a', '2001:db8:0:0:0:0:a', '2001:db8::00a0', '12001:db8::a', ''],
    ],
    [
      '2001:db8:0:1::',
      ['2001:db8:0:1::', '2001:db8:0:1:0:0:0:0', '2001:db8::1:0:0:0:0'],
      ['2001:db8::1::', '2001:db8::1'],
    ],
    ['::1', ['::1', '0:0:0:0:0:0:0:1', '0::1', '::0:1', '::0.0.0.1'], ['1', ':1', '::', '::11']],
    ['::', ['::', '0::', '0:0:0:0:0:0:0:0', '::0'], ['', ':', '0']],
    [
      '64:ff9b::c000:237',
      ['64:ff9b::192.0.2.55', '64:FF9B::c000:0237', '0064:ff9b::192.0.2.55'],
      ['64:ff9b::192x0.2.55'],
    ],
    [
      'fe80::a%Eth-0.1',
      ['fe80::a%Eth-0.1', 'FE80::000A%Eth-0.1', 'fe80::a'],
      ['fe80::a%eth-0.1', 'fe80::a%Eth-0x1', 'fe80::a%'],
    ],
    // As snmptt has it, which leaves the link out.
    ['fe80::a', ['fe80::a', 'fe80::A%eth0', 'fe80::a%br-0_a.5'], ['fe80::b%eth0', 'fe80::a%', 'fe80::a%a%b']],
    ['2001:db8::a', [], ['2001:db8::a%eth0']],
  ])('knows %s however it is written', (sender, same, others) => {
    const known = knows(sender);
    expect(same.filter((text) => !known(text))).toEqual([]);
    expect(others.filter(known)).toEqual([]);
  });
});

describe('what Icinga answers', () => {
  const fine = { code: 200, status: "Successfully rescheduled check for object 'probe1!sensorprobe'." };
  const failed = (reason: string) => ({ kind: 'failed', reason });
  test.each([
    [200, { results: [fine] }, { kind: 'asked', services: 1 }],
    [200, { results: [fine, fine] }, { kind: 'asked', services: 2 }],
    // Nothing was found: seen in 2.13.
    [404, { error: 404, status: 'No objects found.' }, { kind: 'unknown' }],
    [500, { results: [] }, { kind: 'unknown' }],
    [200, { results: [] }, { kind: 'unknown' }],
    [
      401,
      { error: 401, status: 'Unauthorized.' },
      failed('refuses the user or the password of --api-credentials (401)'),
    ],
    [403, { error: 403 }, failed('does not let this user do actions/reschedule-check (403)')],
    // Source: Icinga 2.16, lib/remote/actionshandler.cpp and filterutility.cpp.
    [
      403,
      { error: 403, status: 'Missing permission: filter-expression' },
      failed('does not let this user do actions/reschedule-check (403: Missing permission: filter-expression)'),
    ],
    // Not of a probe, and not of Icinga.
    [
      404,
      { error: 404, status: "Action 'reschedule-check' does not exist." },
      failed("answers 404: Action 'reschedule-check' does not exist."),
    ],
    [404, { message: 'Not Found' }, failed("answers 404, but not as Icinga's API does")],
    [502, { results: [] }, failed('answers 502')],
    [503, { error: 503, status: 'Icinga is reloading' }, failed('answers 503: Icinga is reloading')],
    [200, { results: [fine, { code: 500, status: 'no' }] }, failed('answers 200: no')],
    [200, {}, failed("answers 200, but not as Icinga's API does")],
    [200, [], failed("answers 200, but not as Icinga's API does")],
    [200, { results: [null] }, failed('answers 200')],
    [500, { status: `a\n\u001b[31mb${'c'.repeat(1000)}` }, failed(`answers 500: a b${'c'.repeat(197)}`)],
  ])('%i %j', (status, body, outcome) => {
    expect(judgeAnswer(status, JSON.stringify(body))).toEqual(outcome);
  });

  test('something that is no JSON', () => {
    expect(judgeAnswer(200, '<html>')).toEqual(failed("answers 200, but not as Icinga's API does"));
    expect(judgeAnswer(404, '<html>No objects found.')).toEqual(failed("answers 404, but not as Icinga's API does"));
    expect(judgeAnswer(0, '')).toEqual(failed("answers 0, but not as Icinga's API does"));
  });
});

describe('whose turn it is', () => {
  const hold = 10_000;
  const limit = 5000;
  const owner = { pid: 4711, started: 123_456, boot: '3f2a0c5e-0d6b-4c2e-9b1a-0f3e5d7c9b1a' };
  const at = (now: number, last: Turn | null, silent = 0, alive = true) =>
    decide(last, { now, hold, limit, silent, alive });
  /** One that has asked. */
  const turn = (over: Partial<Turn> = {}): Turn => ({ number: 7, due: 100_000, found: 1, owner: null, ...over });
  /** One that has not. */
  const waiting = (over: Partial<Turn> = {}) => turn({ found: null, owner, ...over });

  test('the first trap of a probe asks at once', () => {
    expect(at(100_000, null)).toEqual({ kind: 'turn', number: 1, due: 100_000 });
  });
  test('one that comes while a turn is yet to ask waits for it', () => {
    for (const now of [91_000, 99_999, 100_000, 104_000]) expect(at(now, waiting())).toEqual({ kind: 'covered' });
  });
  test('nobody waits for a turn that has asked, whatever its time says', () => {
    for (const found of [null, 1, 0])
      expect(at(97_000, turn({ found }))).toEqual({ kind: 'turn', number: 8, due: 107_000 });
  });
  test('one whose process is gone is taken at its time, or now', () => {
    expect(at(97_000, waiting(), 0, false)).toEqual({ kind: 'turn', number: 8, due: 100_000 });
    expect(at(89_000, waiting(), 0, false)).toEqual({ kind: 'turn', number: 8, due: 99_000 });
    expect(at(104_000, waiting(), 0, false)).toEqual({ kind: 'turn', number: 8, due: 104_000 });
  });
  test('one that comes during the hold takes the turn at its end', () => {
    expect(at(100_001, turn())).toEqual({ kind: 'turn', number: 8, due: 110_000 });
    expect(at(109_999, turn({ found: null }))).toEqual({ kind: 'turn', number: 8, due: 110_000 });
  });
  test('one after the hold asks at once', () => {
    expect(at(110_001, turn())).toEqual({ kind: 'turn', number: 8, due: 110_001 });
  });
  test('of a stranger, nothing is asked during the hold', () => {
    expect(at(100_001, turn({ found: 0 }))).toEqual({ kind: 'stranger' });
    expect(at(110_001, turn({ found: 0 }))).toEqual({ kind: 'turn', number: 8, due: 110_001 });
  });
  test('while the API gives no answer, nobody waits for it in the foreground', () => {
    expect(at(100_001, null, 100_000)).toEqual({ kind: 'turn', number: 1, due: 110_000 });
    expect(at(110_000, null, 100_000)).toEqual({ kind: 'turn', number: 1, due: 110_000 });
    expect(at(105_000, turn({ due: 99_000 }), 100_000)).toEqual({ kind: 'turn', number: 8, due: 110_000 });
  });
  test('a turn further ahead than any can be is one of another clock', () => {
    for (const due of [115_001, 84_999, 1e12, 0])
      for (const one of [turn({ due }), waiting({ due }), turn({ due, found: 0 })])
        expect(at(100_000, one)).toEqual({ kind: 'turn', number: 8, due: 100_000 });
    expect(at(100_000, null, 900_000)).toEqual({ kind: 'turn', number: 1, due: 100_000 });
  });
  test('however traps come, each has a turn at or after its own time, and turns are a hold apart', () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % below;
    };
    let now = 1_000_000;
    let last = turn({ number: 0, due: 0 });
    const dues: number[] = [];
    for (let i = 0; i < 5000; i++) {
      now += random(4) === 0 ? random(30_000) : random(50);
      // Each asks when it is due.
      if (last.due < now) last = turn({ number: last.number, due: last.due });
      const decision = at(now, last);
      if (decision.kind === 'turn') {
        last = waiting({ number: decision.number, due: decision.due });
        if (dues.length > 0) expect(decision.due - (dues.at(-1) ?? 0)).toBeGreaterThanOrEqual(hold);
        dues.push(decision.due);
      }
      expect(last.due).toBeGreaterThanOrEqual(now);
      expect(last.due - now).toBeLessThanOrEqual(hold);
    }
  });

  test('is written and read again, and nothing else is', () => {
    for (const one of [turn(), turn({ found: null }), turn({ found: 0 }), waiting()])
      expect(parseTurn(one.number, formatTurn(one))).toEqual(one);
    for (const text of ['', '1', '1 2', 'x -\n', '1 -\n1 -\n', '-1 -\n', '1 - 2\n', '1 - 2 3\n', '1 - 2 3 ../x\n'])
      expect(parseTurn(1, text)).toBeNull();
  });
});
