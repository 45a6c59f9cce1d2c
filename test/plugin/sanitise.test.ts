import { describe, expect, test } from 'vitest';
import { longest, sanitise } from '../../src/plugin/index.ts';
import { timed } from '../timed.ts';

describe('text from outside becomes one safe line', () => {
  test.each([
    ['a pipe begins no perfdata', 'load | users=5', 'load ¦ users=5'],
    ['a tag makes no HTML', 'see <a href="x">here</a>', 'see ‹a href="x"›here‹/a›'],
    ['a lone < goes, a lone > stays', 'echo +2 > /proc/x < y', 'echo +2 > /proc/x ‹ y'],
    ['a colour is taken out', '\u001b[1;31mred\u001b[0m', 'red'],
    ['a C1 colour is taken out', '\u009b31mred', 'red'],
    ['a terminal title is taken out', '\u001b]0;title\u0007text', 'text'],
    ['a link is taken out', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['other escapes are taken out', '\u001bc\u001b(Btext', 'text'],
    ['NUL and bells are taken out', 'a\u0000b\u0007c\u007f', 'abc'],
    ['line breaks become a blank', 'a\r\nb\nc\td\u2028e\u0085f', 'a b c d e f'],
    ['a lone surrogate is a question mark', 'a\ud800b\udc00', 'a?b?'],
    ['invalid UTF-8 is a question mark', Buffer.from([0x61, 0xff, 0x62]).toString(), 'a?b'],
    ['bidi controls are taken out', 'abc\u202etxt\u2066x\u2069', 'abctxtx'],
    ['invisible characters are taken out', 'a\u200bb\ufeffc', 'abc'],
    ['no text fakes a state', '[OK] all fine (CRITICAL)', '"OK" all fine "CRITICAL"'],
    ['blanks around go', '  a  b  ', 'a  b'],
    ['umlauts, emoji, backslashes and brackets stay', 'Tür C:\\new [x] {y} 😀 °C', 'Tür C:\\new [x] {y} 😀 °C'],
    ['a state built from its pieces is seen', '[\u200bOK]', '"OK"'],
    ['nothing stays nothing', '', ''],
  ])('%s', (_, text, expected) => {
    expect(sanitise(text)).toBe(expected);
  });

  test('what is too long is cut with an ellipsis, never inside a character', () => {
    expect(sanitise('x'.repeat(longest.outside))).toBe('x'.repeat(500));
    expect(sanitise('x'.repeat(501))).toBe(`${'x'.repeat(499)}…`);
    const cut = sanitise(`${'x'.repeat(498)}😀😀😀`);
    expect(cut).toBe(`${'x'.repeat(498)}…`);
  });

  test('a huge text costs no time', timed, () => {
    const begun = performance.now();
    sanitise('\u001b]'.repeat(5_000_000));
    sanitise('<a'.repeat(5_000_000));
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  test('twice is once', () => {
    for (let code = 0; code < 0x3000; code++) {
      const once = sanitise(`a[${String.fromCharCode(code)}OK]<${String.fromCharCode(code)}b>z`);
      expect(sanitise(once)).toBe(once);
      expect(once).not.toMatch(/[|<\p{Cc}]|\[OK\]/u);
    }
  });
});
