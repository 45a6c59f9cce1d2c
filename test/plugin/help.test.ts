import { describe, expect, test } from 'vitest';
import { renderHelp, renderVersion } from '../../src/plugin/help.ts';
import { definePlugin } from '../../src/plugin/index.ts';

const plugin = definePlugin({
  name: 'check_sample',
  summary: 'Checks a sample',
  description: 'Looks at it from all sides, and says whether it is what it should be. '.repeat(3).trim(),
  options: {
    vip: { short: 'H', value: 'ADDRESS', help: 'the shared address of the cluster', required: true },
    node: { short: 'N', value: 'SPEC', help: 'a node to ask', repeat: true, default: ['local'] },
    community: { short: 'C', value: 'TEXT', help: 'community', secret: { env: 'SNMP_COMMUNITY' } },
    unreachableForALongTime: {
      value: 'STATE',
      help: 'state of a node that gives no answer',
      type: ['ok', 'critical'],
      default: 'critical',
    },
    quick: { help: 'be quick', type: 'flag' },
  },
  examples: [
    {
      text: 'two nodes over ssh',
      args: '--vip 192.168.56.20 --node node1 --node admin@node2 --node ssh://admin@node3.example.org:22',
    },
  ],
  run: async () => ({ summary: '', findings: [] }),
});

describe('the help', () => {
  const help = renderHelp(plugin);

  test('fits 80 columns', () => {
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(help).not.toMatch(/ $/m);
  });

  test.each([
    ['usage with what is required', /^Usage: check_sample --vip ADDRESS \[OPTIONS\]\n/],
    ['an option with its letter', /^ {2}-H, --vip ADDRESS {7}the shared address of the cluster \(required\)$/m],
    ['a default', /^ {2}-N, --node SPEC {9}a node to ask \(repeatable; default: local\)$/m],
    ['the variable of a secret', /SNMP_COMMUNITY in the/],
    ['a long form on its own line', /^ {6}--unreachable-for-a-long-time STATE\n {26}state of a node/m],
    ['a flag without a letter', /^ {6}--quick {13}be quick$/m],
    ['the standard options', /^ {2}-t, --timeout SECONDS {3}time limit of the whole run \(default: 10\)$/m],
    ['a broken example that can be pasted', /^ {4}check_sample --vip 192\.168\.56\.20 .* \\\n {6}--node/m],
    ['the exit codes', /^Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN/m],
  ])('has %s', (_, pattern) => {
    expect(help).toMatch(pattern);
  });
});

test('the version is one line', () => {
  expect(renderVersion(plugin)).toMatch(/^check_sample \S+ \(Rackwatch plugins\)\n$/);
});
