import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { longName, type Option } from '../../src/plugin/index.ts';
import { plugins } from '../../tools/plugins.ts';
import { understood } from './shipped_lines.ts';

// No InterMapper runs here. What is held against: the form of its own probe for Nagios plugins, and the plugins.

const folder = 'icinga-conf/intermapper';

/** The sections of a probe file by their names. */
function sectionsOf(text: string): Readonly<Record<string, string>> {
  const sections = [...text.matchAll(/^<([a-z-]+)>\n([\s\S]*?)^<\/\1>$/gm)];
  return Object.fromEntries(sections.map(([, name = '', body = '']) => [name, body]));
}

test('each plugin has its probe file, under the name that InterMapper wants', () => {
  expect(readdirSync(folder).sort()).toEqual(plugins.map(({ name }) => `local.rackwatch.${name}.txt`).sort());
});

describe.each(plugins.map((plugin) => [plugin.name, plugin] as const))('the probe of %s', (name, plugin) => {
  const text = readFileSync(`${folder}/local.rackwatch.${name}.txt`, 'utf8');
  const sections = sectionsOf(text);

  test('has the sections of a command-line probe, in ASCII', () => {
    expect(Object.keys(sections)).toEqual([
      ...['header', 'description', 'parameters', 'command-line', 'command-exit', 'command-display'],
    ]);
    expect(text).toMatch(/^[\n\t -~]+$/);
    expect(sections['header']).toContain('type = "cmd-line"');
    expect(sections['header']).toContain(`probe_name = "${name}"`);
    expect(sections['command-exit']?.match(/\$\{EXIT_CODE\}=\d/g)).toHaveLength(4);
    // No marking is left open: a backslash begins or ends one.
    expect((sections['description']?.match(/\\/g)?.length ?? 0) % 2).toBe(0);
  });

  test('runs a command that the plugin understands', () => {
    const [, options = ''] = /^\tOptions = "([^"]*)"$/m.exec(sections['parameters'] ?? '') ?? [];
    const [, cmd = ''] = /^\tcmd = "([^"]*)"$/m.exec(sections['command-line'] ?? '') ?? [];
    // Addresses, parameters: what InterMapper puts in.
    const values: Readonly<Record<string, string>> = { Options: options, ADDRESS: '192.0.2.1' };
    const command = cmd.replaceAll(/\$\{(\w+)\}/g, (macro, word) => values[word] ?? macro);
    expect(command).not.toContain('$');
    expect(understood(`/usr/lib/nagios/plugins/${command}`)).toMatchObject({ kind: 'run', labelStyle: 'plain' });
  });

  test('names every option but secrets', () => {
    for (const [key, { short, secret }] of Object.entries<Option>(plugin.options)) {
      const named = sections['description']?.includes(`\\B\\--${longName(key)}`);
      expect(named, key).toBe(secret === undefined && short !== 'H');
    }
  });
});
