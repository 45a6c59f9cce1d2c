import { sections } from '../src/findings/table.ts';
import { recordedRuns } from './recorded_runs.ts';

// Prints the recordings that give a finding of each code that is named, or of every code: those whose line is shortest
// first. For tools/finding_examples.ts. Usage: node tools/run.mjs tools/find_examples.ts [CODE...]

async function print(wanted: readonly string[]): Promise<void> {
  const found = new Map<string, { readonly run: string; readonly text: string; readonly all: number }[]>();
  for (const run of recordedRuns()) {
    const findings = await run.findings();
    for (const { state, code, text } of findings) {
      if (!wanted.includes(code)) continue;
      found.set(code, [
        ...(found.get(code) ?? []),
        { run: run.name, text: `[${state}] ${text}`, all: findings.length },
      ]);
    }
  }
  for (const code of wanted) {
    const runs = found.get(code) ?? [];
    const best = [...runs].sort((a, b) => a.text.length + 40 * a.all - b.text.length - 40 * b.all);
    console.log(`${code}: ${runs.length}`);
    for (const { run, text } of best.slice(0, 3)) console.log(`  ${run}\n    ${text}`);
  }
}

const codes = process.argv.slice(2);
print(codes.length > 0 ? codes : Object.keys(sections));
