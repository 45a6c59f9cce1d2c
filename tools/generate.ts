import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generatedFiles, staleFiles } from './generated.ts';

// Writes everything that is generated, where it differs from what stands there. With --check it only says what differs
// and ends with 1. The outputs in the documents come from dist/, so build first.
const stale = staleFiles();
if (process.argv.includes('--check')) {
  for (const file of stale) console.error(`${file} differs from what npm run generate writes`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  const files = generatedFiles();
  for (const file of stale) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, files.get(file) ?? '');
    console.log(`wrote ${file}`);
  }
}
