import { readFileSync } from 'node:fs';

/** The lines of a capture under test/fixtures/address. */
export function captured(name: string): readonly string[] {
  return text(name)
    .split('\n')
    .filter((line) => line !== '');
}

/** A capture as it stands. */
export function text(name: string): string {
  return readFileSync(new URL(`../fixtures/address/${name}`, import.meta.url), 'utf8');
}

/** What `ip -j` said at the same moment: the objects of its list, less the empty ones that it pads with. */
export function json(name: string): readonly Record<string, unknown>[] {
  const parsed: unknown = JSON.parse(text(name));
  return Array.isArray(parsed) ? parsed.filter((one) => Object.keys(one).length > 0) : [];
}
