import { expect, test } from 'vitest';
import { parseSshSettings } from '../../src/node/ssh_settings.ts';

test('the family of addresses that ssh tries is told from its settings', () => {
  const settings = (keyword: string) =>
    parseSshSettings(
      `user u\nhostname node1\nport 22\naddressfamily ${keyword}\nuserknownhostsfile ~/.ssh/known_hosts\n`,
    );
  expect(['any', 'inet', 'inet6'].map((one) => settings(one)?.family)).toEqual([null, 4, 6]);
});
