import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { definePlugin, faultsOf, handlerOptions } from '../../src/plugin/index.ts';
import { staleFiles } from '../../tools/generated.ts';
import { renderCheckCommands } from '../../tools/icinga2.ts';
import { handlers, plugins } from '../../tools/plugins.ts';

// The outputs in the documents are those of real runs, one after the other.
test('what is generated is what stands in the tree', { timeout: 600_000 }, () => {
  expect(staleFiles(), 'run npm run build && npm run generate').toEqual([]);
  // Many recordings are replayed for it.
});

test('every plugin and handler is among those that things are generated from', () => {
  const files = readdirSync('plugins').filter((file) => file.endsWith('.ts'));
  expect([...plugins, ...handlers].map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
});

test.each(plugins.map((plugin) => [plugin.name, plugin] as const))('%s declares options that can work', (_, plugin) => {
  expect(faultsOf(plugin)).toEqual([]);
});

test.each(handlers.map((handler) => [handler.name, handler] as const))('and so does %s', (_, handler) => {
  expect(faultsOf(handler, handlerOptions)).toEqual([]);
});

test('a CheckCommand passes secrets by the environment and switches flags', () => {
  const plugin = definePlugin({
    name: 'check_sample',
    summary: 'Checks a sample',
    options: {
      community: { short: 'C', help: 'says "please"', secret: { env: 'SNMP_COMMUNITY' } },
      list: { help: 'list everything', type: 'flag' },
    },
    examples: [],
    run: async () => ({ summary: '', findings: [] }),
  });
  const text = renderCheckCommands([plugin]);
  expect(text).toContain('env.SNMP_COMMUNITY = "$sample_community$"');
  expect(text).not.toContain('--community');
  expect(text).toContain('set_if = "$sample_list$"');
});
