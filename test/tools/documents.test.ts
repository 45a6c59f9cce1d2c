import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const documents = [
  ...readdirSync('.').filter((file) => file.endsWith('.md')),
  ...readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** The anchors that a reader's browser finds in a document: its headings, as GitHub makes them. */
function anchorsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Every link of a document to another one or to itself. */
function linksOf(file: string): readonly (readonly [string, string])[] {
  const text = readFileSync(file, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  const links = [...text.matchAll(/\]\(\s*([^)\s]+)\)/g)].map(([, link = '']) => link);
  return [...new Set(links)].filter((link) => !/^\w+:/.test(link)).map((link) => [file, link]);
}

test.each(documents.flatMap(linksOf))('%s leads to %s', (file, link) => {
  const [target = '', anchor] = link.split('#');
  const there = target === '' ? file : path.join(path.dirname(file), target);
  expect(existsSync(there)).toBe(true);
  if (anchor !== undefined) expect(anchorsOf(there)).toContain(anchor);
});

test('the page of check_cluster_buckets has first what is looked up, and fits one evening', () => {
  const text = readFileSync('docs/check_cluster_buckets.md', 'utf8');
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings.slice(0, 5)).toEqual([
    'What it checks',
    'Options',
    'Verdicts',
    'Output explained',
    'Troubleshooting by message',
  ]);
  expect(text.split(/\s+/).length).toBeLessThan(5000);
});
