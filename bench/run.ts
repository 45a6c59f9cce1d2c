import { readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { type Row, type Subject, startsPerRound } from './pairs.ts';

// Measures every subject in bench/subjects and writes bench/RESULTS.md.
// Usage: npm run bench [-- --rounds N] [SUBJECT...]; with subjects named, the results are only printed.

async function load(name: string): Promise<Subject> {
  // The pattern, not the name, is what the bundler sees: every file of the folder is taken in.
  const { subject } = await import(`./subjects/${name}.ts`);
  return subject;
}

function line({ what, figure, ratio, limit }: Row): string {
  const aim = limit === null ? '' : `${ratio !== null && ratio <= limit ? '' : '**missed**, '}at most ${limit}`;
  return `| ${what} | ${figure} | ${ratio === null ? '' : ratio.toFixed(ratio < 0.1 ? 3 : 2)} | ${aim} |`;
}

async function section(name: string, rounds: number): Promise<string> {
  const { title, about, measure } = await load(name);
  const rows = await measure(rounds);
  const head = `## ${title}\n\n${about}\n\n`;
  if ('skipped' in rows) return `${head}Not measured: ${rows.skipped}.\n`;
  return `${head}| what | figure | ratio | aim |\n|---|---|---|---|\n${rows.map(line).join('\n')}\n`;
}

const words = process.argv.slice(2);
const at = words.indexOf('--rounds');
const rounds = at < 0 ? 30 : Number(words[at + 1]);
const named = words.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
const all = readdirSync('bench/subjects')
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

async function main(): Promise<void> {
  const sections: string[] = [];
  for (const name of named.length > 0 ? named : all) {
    const text = await section(name, rounds);
    console.log(text);
    sections.push(text);
  }
  if (named.length > 0) return;
  const head = `# What a check costs

Written by \`npm run bench\`; run it again to see your own figures. Each command and what it is held against are run in
turns, ${rounds} times each (short runs ${startsPerRound * rounds} times); a ratio is the median of the ratios of the turns, and is
what can be compared between machines.
\`NODE_EXTRA_CA_CERTS\` is unset: it alone adds up to 40 ms to every start of Node.

Measured with Node ${process.versions.node} on ${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)} at the end.
`;
  writeFileSync('bench/RESULTS.md', [head, ...sections].join('\n'));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
