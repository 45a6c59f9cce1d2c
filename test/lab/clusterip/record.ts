import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { runScenarios } from '../uml/uml.ts';
import { scenarios } from './scenarios.ts';

// Records the scenarios on the real kernel into test/fixtures/clusterip/, all or those whose names are given:
//   node tools/run.mjs test/lab/clusterip/record.ts [NAME]...
const names = process.argv.slice(2);
const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
runScenarios(chosen).then((outcomes) => {
  for (const [name, { snapshots, traffic }] of outcomes) {
    const folder = `test/fixtures/clusterip/${name}`;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [node, text] of Object.entries(snapshots)) writeFileSync(`${folder}/${node}.txt`, text);
    writeFileSync(
      `${folder}/traffic`,
      traffic.map(({ protocol, source, port, answers }) => `${protocol} ${source} ${port} ${answers}\n`).join(''),
    );
  }
  console.log(`${outcomes.size} scenarios recorded`);
});
