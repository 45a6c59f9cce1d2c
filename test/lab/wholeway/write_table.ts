import { readFileSync, writeFileSync } from 'node:fs';
import { withWholeWay } from './table.ts';

// Writes the tables of the whole way into the document's block of that name:
//   node tools/run.mjs test/lab/wholeway/write_table.ts
const document = 'docs/evidence.md';
writeFileSync(document, withWholeWay(readFileSync(document, 'utf8')));
