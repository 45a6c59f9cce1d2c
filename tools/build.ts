import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { bundle, bundleCommand } from './bundle.ts';
import { carried } from './carried.ts';
import { writeManuals } from './manuals.ts';
import { handlers, plugins } from './plugins.ts';
import { renderSbom } from './sbom.ts';
import { renderLicences, thirdParties } from './third_party.ts';

// Builds dist/ again: one self-contained file a plugin or handler, the command rackwatch, the script that runs on cluster nodes, for each
// of them a man page and completions, and what is said of the packages inside: their licences and a bill of materials.
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
const [subject, lock] = ['package.json', 'package-lock.json'].map((file) => JSON.parse(readFileSync(file, 'utf8')));
const inputs = [
  ...plugins.flatMap(({ name }) => bundle(`plugins/${name}.ts`, `dist/${name}`)),
  ...handlers.flatMap(({ name }) => bundle(`plugins/${name}.ts`, `dist/${name}`, 'handler')),
  ...bundleCommand('dist/rackwatch', carried(subject.version)),
];
copyFileSync('plugins/cluster_node_snapshot', 'dist/cluster_node_snapshot');
chmodSync('dist/cluster_node_snapshot', 0o755);
writeManuals('dist');

const parties = thirdParties(inputs);
writeFileSync('dist/THIRD-PARTY-LICENSES', renderLicences(parties));
copyFileSync('LICENSE', 'dist/LICENSE');
writeFileSync(`dist/${subject.name}.cdx.json`, renderSbom(subject, parties, lock));
