import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const text = readFileSync('docs/development.md', 'utf8');
const spans = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, span]) => span ?? []);

/** The cells of the tables' rows, less their backticks. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

describe('docs/development.md names what is there', () => {
  const paths = spans.filter((span) => /^(?:src|plugins|tools|test|docs|icinga-conf)\/[^ ]*$/.test(span));
  test.each([...new Set(paths)].filter((one) => !one.includes('NAME')))('%s', (file) => {
    expect(existsSync(file)).toBe(true);
  });

  test('every file of src/netfilter has its sentence', () => {
    const files = readdirSync('src/netfilter', { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.ts'),
    );
    const named = rows.flatMap(([, file = '']) => (/^[a-z_/]+\.ts$/.test(file) ? [file] : []));
    expect(named.sort()).toEqual(files.sort());
  });

  const words = rows.flatMap(([, word = '', file = '']) => (/\.ts$/.test(file) ? [[word, file] as const] : []));
  const steps = rows.flatMap(([, , word = '', file = '']) => (/\.ts$/.test(file) ? [[word, file] as const] : []));
  test.each([...words, ...steps])('%s is declared in %s', (word, file) => {
    expect(word).toMatch(/^\w+$/);
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^(?:export )?(?:type|class|function) ${word}\\b`, 'm'));
  });

  test('every room of src stands in the floors', () => {
    for (const room of readdirSync('src')) expect(text).toMatch(new RegExp(`\`(?:src/)?${room}\``));
  });
});
