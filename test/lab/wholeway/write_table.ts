import { readFileSync, writeFileSync } from 'node:fs';
import { wholeWayTable } from './table.ts';

// Writes the tables of the whole way into the document's block of that name, where it has one, and prints them:
//   node tools/run.mjs test/lab/wholeway/write_table.ts
const document = 'docs/check_cluster_buckets.md';
const block = /(<!-- whole way: .* -->\n)[\s\S]*?(\n<!-- end of the whole way -->)/;
const tables = wholeWayTable();
console.log(tables);
const text = readFileSync(document, 'utf8');
writeFileSync(
  document,
  text.replace(block, (_, head: string, tail: string) => `${head}\n${tables}\n${tail}`),
);
