import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chapters, sections } from '../../src/findings/table.ts';
import { findingExamples } from '../../tools/finding_examples.ts';

const codes = Object.keys(sections);
const page = readFileSync('docs/findings.md', 'utf8');

/** All source, less the sections themselves. */
const source = ['src', 'plugins']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('src/findings/'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

test('every code has a section in the page, in this order, and no section is without a code', () => {
  const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(codes);
  expect(chapters.flatMap((chapter) => Object.keys(chapter.sections))).toEqual(codes);
});

describe.each(codes)('%s', (code) => {
  const section = sections[code as keyof typeof sections];

  test('is a word that some site gives', () => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(source).toContain(`'${code}'`);
  });

  test('has sentences that no channel eats', () => {
    for (const text of Object.values(section)) expect(text).toMatch(/^[A-Za-z].*[.]$/s);
    expect(section.now).not.toMatch(/[`~$&|'"<>]/);
  });

  test('has an example in the page, or a test that is there', () => {
    const example = findingExamples[code as keyof typeof sections];
    const [, text = ''] = page.split(`\n### ${code}\n`);
    const own = text.split('\n### ')[0] ?? '';
    if ('test' in example) expect(existsSync(example.test) && own.includes(example.test)).toBe(true);
    else expect(own).toMatch(/^\[(?:OK|WARNING|CRITICAL|UNKNOWN)\] /m);
  });
});
