import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from '../../tools/bundle.ts';

/** Builds the sample plugin as the real ones are built, into a new directory, and says where it is. */
export function buildSample(): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'rackwatch-')), 'check_sample');
  bundle('test/plugin/sample/check_sample.ts', file);
  return file;
}
