import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
// @ts-expect-error It is JavaScript, so that every Node can read it.
import { tooOldToBuild } from '../../tools/node_version.mjs';

test.each(['20.19.0', '20.20.2', '22.0.0', '26.10.0'])('Node %s builds', (version) => {
  expect(tooOldToBuild(version)).toBeNull();
});

test.each(['14.21.3', '18.20.4', '20.18.9'])('Node %s is told what is needed, in one sentence', (version) => {
  const { devEngines, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
  const needed = devEngines.runtime.version.replace('>=', '');
  const sentence = tooOldToBuild(version);
  expect(sentence).toContain(`needs Node ${needed} or newer and this is Node ${version}`);
  expect(sentence).toContain(`run on Node ${engines.node.replace('>=', '')} or newer`);
  expect(sentence).not.toContain('\n');
});

test('npm ci goes on with a Node that is too old, so that the sentence can be read', () => {
  const { devEngines } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(devEngines.runtime.onFail).toBe('warn');
});
