import { describe, expect, test } from 'vitest';
import { shorten } from '../../src/plugin/first_line.ts';
import { renderJson, renderText } from '../../src/plugin/index.ts';

describe('a text is shortened', () => {
  test.each([
    ['not at all where it fits', 'n1 is unreachable', 17, 'n1 is unreachable'],
    ['at a word', 'n1 is unreachable: Connection refused', 30, 'n1 is unreachable: Connection…'],
    ['behind the last word that fits', 'n1 is unreachable: Connection', 19, 'n1 is unreachable…'],
    ['without what leads to nothing', 'n1, n2 (and the others) are gone', 14, 'n1, n2 (and…'],
    ['without an open bracket', 'n1 has two (one, two, three)', 14, 'n1 has two…'],
    [
      'and still counts the others',
      'n1 is unreachable: Connection refused (+12 more)',
      35,
      'n1 is unreachable… (+12 more)',
    ],
    [
      'and still counts them in words',
      'Room: 29.1 C, highWarning (limit 28), and 3 more',
      30,
      'Room: 29.1 C…, and 3 more',
    ],
    ['in the middle of a word that is the whole line', 'x'.repeat(30), 10, `${'x'.repeat(9)}…`],
    ['never in the middle of a character', `${'x'.repeat(8)}😀${'x'.repeat(8)}`, 10, `${'x'.repeat(8)}…`],
  ])('%s', (_, text, limit, short) => {
    expect(shorten(text, limit)).toBe(short);
    expect(shorten(text, limit).length).toBeLessThanOrEqual(limit);
  });
});

describe('the first line', () => {
  const summary = `192.168.56.20: n1 is unreachable: ${'ssh: connect to host n1 port 22: '.repeat(6)}refused (+1 more)`;
  const report = { state: 'CRITICAL' as const, summary, findings: [], perfdata: [{ label: 'a', value: 1 }] };

  test('has at most 160 characters before the metrics, and its whole text below', () => {
    const [first = '', second] = renderText(report).split('\n');
    const [said = '', metrics] = first.split(' | ');
    expect(said.length).toBeLessThanOrEqual(160);
    expect(said).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: n1 is unreachable: ssh: .*… \(\+1 more\)$/);
    expect(metrics).toBe('a=1');
    expect(second).toBe(`in full: ${summary}`);
  });

  test('is not said twice where the line of a fault has all its words', () => {
    const finding = { state: 'CRITICAL', code: 'unreachable', text: `${summary}. Start it` } as const;
    const lines = renderText({ ...report, findings: [finding] }).split('\n');
    expect(lines.slice(1)).toEqual([`\\_ [CRITICAL] ${summary}. Start it`, '']);
  });

  test('is left alone at 160', () => {
    const exact = 'y '.repeat(74).concat('z');
    expect(renderText({ ...report, summary: exact }).split('\n')).toEqual([`[CRITICAL] ${exact} | a=1`, '']);
    expect(`[CRITICAL] ${exact}`).toHaveLength(160);
  });

  test('is whole in the JSON', () => {
    expect(JSON.parse(renderJson(report)).summary).toBe(summary);
  });
});
