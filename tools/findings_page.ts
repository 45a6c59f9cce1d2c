import { chapters } from '../src/findings/table.ts';
import type { Finding } from '../src/plugin/index.ts';
import { reportOf } from '../test/sensorprobe/replay.ts';
import { type Example, findingExamples } from './finding_examples.ts';
import { type RecordedRun, recordedRuns, runOf } from './recorded_runs.ts';

// Prints docs/findings.md: each code with its section, and an example that a recording or a run of the built plugins gives
// now. Ends with an exception where one gives no finding of its code.

const head = `# Findings

Every line of a report has a code, which stays the same whatever its words are: \`findings[].code\` in the output of
\`--output-format json\`. \`--explain CODE\` of every plugin prints what is written here. The examples are printed by the plugins,
of recordings of real kernels, daemons and devices, unless they say otherwise.

This page is written by \`npm run generate\`.
`;

async function page(): Promise<string> {
  const runs = new Map(recordedRuns().map((run) => [run.name, run]));
  const examples = new Map<string, string>();
  const missing: string[] = [];
  for (const [code, example] of Object.entries(findingExamples)) {
    const text = await exampleText(code, example, runs);
    if (text === null) missing.push(code);
    else examples.set(code, text);
  }
  if (missing.length > 0) throw new Error(`tools/finding_examples.ts has no such finding for ${missing.join(', ')}`);
  const list = chapters.map(
    ({ title, sections }) =>
      `- ${title}: ${Object.keys(sections)
        .map((code) => `[${code}](#${code})`)
        .join(', ')}`,
  );
  const parts = chapters.map(({ title, sections }) => {
    const texts = Object.entries(sections).map(([code, { means, now, keep }]) =>
      [
        `### ${code}`,
        means,
        examples.get(code) ?? '',
        `**What to do now:** ${now}`,
        `**To keep it across a reboot:** ${keep}`,
      ].join('\n\n'),
    );
    return [`## ${title}`, ...texts].join('\n\n');
  });
  return `${[`${head}\n${list.join('\n')}`, ...parts].join('\n\n')}\n`;
}

/** Null where the run gives no finding of that code. */
async function exampleText(
  code: string,
  example: Example,
  runs: ReadonlyMap<string, RecordedRun>,
): Promise<string | null> {
  if ('test' in example) return `What it looks like: see \`${example.test}\`, which provokes it.`;
  const [name, findings] = await told(example, runs);
  const found = findings.find((one) => one.code === code);
  if (found === undefined) return null;
  return `Example (${name}):\n\n\`\`\`\n[${found.state}] ${found.text}\n\`\`\``;
}

/** What a run gives, and in words where it comes from. */
async function told(
  example: Exclude<Example, { readonly test: string }>,
  runs: ReadonlyMap<string, RecordedRun>,
): Promise<readonly [string, readonly Finding[]]> {
  if ('facts' in example) return [example.facts, await example.findings()];
  if ('run' in example) {
    const run = runOf(example.run);
    return [`\`${run.name}\``, await run.findings()];
  }
  if ('probe' in example) {
    const { probe, options, wishes } = example;
    return [`\`sensorprobe/${probe}.snmp\` with \`${options}\``, reportOf(probe, wishes).findings];
  }
  const run = runs.get(example.recorded);
  if (run === undefined) throw new Error(`${example.recorded} is not recorded`);
  const [file = '', plugin] = run.name.split(' ');
  const { options } = example;
  const how = `${plugin === undefined ? '' : ` ${plugin.slice(1, -1)}`}${options === undefined ? '' : ` with \`${options}\``}`;
  return [`\`${file}\`${how}`, await run.findings(options?.split(' '))];
}

page().then(
  (text) => process.stdout.write(text),
  (error: unknown) => {
    console.error(String(error));
    process.exitCode = 1;
  },
);
