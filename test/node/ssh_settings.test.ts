import { expect, test } from 'vitest';
import { parseSshSettings } from '../../src/node/ssh_settings.ts';

test('a connection is kept open by ssh itself only where ControlMaster says so', () => {
  const settings = (text: string) => parseSshSettings(`user u\nhostname node1\nport 22\n${text}`)?.controlPath;
  expect(settings('controlmaster auto\ncontrolpath /home/a b/cm\n')).toBe('/home/a b/cm');
  expect(settings('controlmaster auto\n')).toBeNull();
  expect(settings('controlmaster false\ncontrolpath /home/a b/cm\n')).toBeNull();
});

test('the family of addresses that ssh tries is told from its settings', () => {
  const settings = (keyword: string) =>
    parseSshSettings(
      `user u\nhostname node1\nport 22\naddressfamily ${keyword}\nuserknownhostsfile ~/.ssh/known_hosts\n`,
    );
  expect(['any', 'inet', 'inet6'].map((one) => settings(one)?.family)).toEqual([null, 4, 6]);
});
