import { readFileSync, writeFileSync } from 'node:fs';
import { judgedNow, trafficTable, withTable } from './table.ts';

// Writes the table of every recorded situation into the document, and prints it:
//   node tools/run.mjs test/lab/netns/write_table.ts
const document = 'docs/evidence.md';
trafficTable(judgedNow).then((table) => {
  console.log(table);
  writeFileSync(document, withTable(readFileSync(document, 'utf8'), table));
});
