import { describe, expect, test } from 'vitest';
import { type Report, renderJson, renderText, stateOf } from '../../src/plugin/index.ts';

const zero = { low: 0, high: 0, inside: false };

describe('a report as text', () => {
  test('the state of the worst finding, perfdata on the first line, the worst finding first, the rest in its order', () => {
    const report: Report = {
      summary: '192.168.56.20: bucket 2 of 2 on no node',
      findings: [
        { state: 'OK', code: 'a-code', text: 'node1 holds bucket 1' },
        { state: 'UNKNOWN', code: 'a-code', text: 'node3: no snapshot' },
        {
          state: 'CRITICAL',
          code: 'bucket-lost',
          text: 'bucket 2 is on no node. On node2: echo +2 > /proc/net/ipt_CLUSTERIP/192.168.56.20',
        },
        { state: 'OK', code: 'a-code', text: 'node2 holds no bucket' },
      ],
      perfdata: [{ label: 'buckets_lost', value: 1, crit: zero, min: 0, max: 2 }],
      details: ['bucket  node1  node2', '1       x      .'],
    };
    expect(renderText(report)).toBe(
      [
        '[CRITICAL] 192.168.56.20: bucket 2 of 2 on no node | buckets_lost=1;;0;0;2',
        '\\_ [CRITICAL] bucket 2 is on no node. On node2: echo +2 > /proc/net/ipt_CLUSTERIP/192.168.56.20',
        '\\_ [UNKNOWN] node3: no snapshot',
        '\\_ [OK] node1 holds bucket 1',
        '\\_ [OK] node2 holds no bucket',
        'bucket  node1  node2',
        '1       x      .',
        '',
      ].join('\n'),
    );
  });

  test('nothing found to judge is UNKNOWN', () => {
    expect(stateOf({ summary: 'x', findings: [] })).toBe('UNKNOWN');
    expect(renderText({ summary: 'no sensor', findings: [] })).toBe('[UNKNOWN] no sensor\n');
  });

  test('a state that is given wins over the findings', () => {
    expect(
      renderText({ state: 'OK', summary: 'x', findings: [{ state: 'CRITICAL', code: 'a-code', text: 'y' }] }),
    ).toBe('[OK] x\n\\_ [CRITICAL] y\n');
  });

  test('a finding stays on its line and cannot fake a state or perfdata', () => {
    const text = renderText({
      summary: 'a\nb | c=1',
      findings: [{ state: 'WARNING', code: 'a-code', text: '[OK] fine\n\\_ [OK] x | y=2 <b>' }],
      details: ['  a\u0000|b\n[CRITICAL] c'],
    });
    expect(text).toBe('[WARNING] a b ¦ c=1\n\\_ [WARNING] "OK" fine \\_ "OK" x ¦ y=2 ‹b›\n  a¦b\n"CRITICAL" c\n');
  });

  test('every item has its bound', () => {
    const long = 'x'.repeat(20_000);
    const [summary, whole, finding, detail] = renderText({
      summary: long,
      findings: [{ state: 'OK', code: 'a-code', text: `y${long}`.replaceAll('x', 'y') }],
      details: [long],
    }).split('\n');
    expect([summary?.length, whole?.length, finding?.length, detail?.length]).toEqual([
      160,
      'in full: '.length + 400,
      '\\_ [OK] '.length + 2000,
      10_000,
    ]);
  });
});

describe('a report as JSON', () => {
  test('has exactly the documented shape', () => {
    const report: Report = {
      summary: 'bucket 2 on no node',
      findings: [
        { state: 'OK', code: 'a-code', text: 'node1 holds bucket 1' },
        { state: 'CRITICAL', code: 'a-code', text: 'bucket 2 is on no node' },
      ],
      perfdata: [
        { label: 'a.b', value: 1, warn: { low: 1, high: Number.POSITIVE_INFINITY, inside: false }, crit: zero, min: 0 },
        { label: 'c', value: Number.NaN },
      ],
      details: ['not here'],
      data: { vip: '192.168.56.20', lost: [2], big: 2n ** 64n },
    };
    const text = renderJson(report);
    expect(text).toMatch(/^\{"state":"CRITICAL","exitCode":2,"summary":.*\}\n$/);
    expect(JSON.parse(text)).toEqual({
      state: 'CRITICAL',
      exitCode: 2,
      summary: 'bucket 2 on no node',
      findings: [
        { state: 'CRITICAL', code: 'a-code', text: 'bucket 2 is on no node' },
        { state: 'OK', code: 'a-code', text: 'node1 holds bucket 1' },
      ],
      perfdata: [{ label: 'a_b', value: 1, uom: '', warn: '1:', crit: '0', min: 0, max: null }],
      data: { vip: '192.168.56.20', lost: [2], big: '18446744073709551616' },
    });
  });

  test('without perfdata and data they are empty', () => {
    expect(JSON.parse(renderJson({ summary: 'x', findings: [] }))).toEqual({
      state: 'UNKNOWN',
      exitCode: 3,
      summary: 'x',
      findings: [],
      perfdata: [],
      data: null,
    });
  });

  test('is safe for Icinga and for a terminal, and keeps every character of the data', () => {
    const data = { text: 'a|b=1 <b> \u009b31m \u202e \u0000 \ud800 \u2028 \u{e0001} ü' };
    const text = renderJson({ summary: 's', findings: [], data });
    expect(text.slice(0, -1)).not.toMatch(/[|<\p{Cc}\p{Cf}\p{Cs}\u2028]/u);
    expect(JSON.parse(text).data).toEqual(data);
  });
});
