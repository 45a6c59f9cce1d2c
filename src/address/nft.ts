import type { Section } from '../snapshot/index.ts';

/** One rule of `nft -j list ruleset`: its family and its statements. */
export type NftRule = { readonly family: unknown; readonly statements: readonly unknown[]; readonly text: string };

/** The rules of an nft section, an object a line or one line for all, and the first line that is no JSON. */
export type NftRules = { readonly rules: readonly NftRule[]; readonly damaged: string | null };

export function readNftRules(part: Section | undefined): NftRules {
  const lines = part?.status === 'read' ? part.lines.filter((line) => line.trim() !== '') : [];
  const read = lines.map((line) => ({ line, value: parsed(line) }));
  return {
    rules: read.flatMap(({ value }) => objectsOf(value).flatMap((object) => ruleOf(object) ?? [])),
    damaged: read.find(({ value }) => fieldsOf(value) === null)?.line.slice(0, 120) ?? null,
  };
}

/** A field of a JSON object; undefined where there is none, and of everything that is no object. */
export function field(of: unknown, key: string): unknown {
  return fieldsOf(of)?.[key];
}

function objectsOf(value: unknown): readonly unknown[] {
  const all = field(value, 'nftables');
  return Array.isArray(all) ? all : [value];
}

function ruleOf(object: unknown): NftRule | null {
  const rule = field(object, 'rule');
  const statements = field(rule, 'expr');
  return Array.isArray(statements) ? { family: field(rule, 'family'), statements, text: JSON.stringify(object) } : null;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return isFields(value) ? value : null;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
