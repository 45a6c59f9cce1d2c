import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { renderBasket, renderSecretTemplates } from './director.ts';
import { fillDocument } from './document.ts';
import { renderDashboards } from './grafana.ts';
import { renderCheckCommands } from './icinga2.ts';
import { intermapperFile, renderIntermapperProbe } from './intermapper.ts';
import { renderNagiosCommands } from './nagios.ts';
import { plugins } from './plugins.ts';

/** Every file of the project that is written, or filled in part, from the option declarations and the built plugins. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const documents = ['README.md', ...readdirSync('docs').map((file) => `docs/${file}`)].filter(
    (file) => file.endsWith('.md') && file !== findings,
  );
  return new Map([
    ['icinga-conf/icinga2/rackwatch-commands.conf', renderCheckCommands(plugins)],
    ['icinga-conf/director/basket.json', renderBasket(plugins)],
    ['icinga-conf/director/secrets.conf', renderSecretTemplates(plugins)],
    ...[...renderDashboards()].map(([file, text]): [string, string] => [`icinga-conf/grafana/${file}`, text]),
    ['icinga-conf/nagios/commands.cfg', renderNagiosCommands(plugins)],
    ...plugins.map((plugin): [string, string] => [
      `icinga-conf/intermapper/${intermapperFile(plugin)}`,
      renderIntermapperProbe(plugin),
    ]),
    [findings, findingsPage()],
    ...documents.map((file): [string, string] => [file, fillDocument(readFileSync(file, 'utf8'), file)]),
  ]);
}

const findings = 'docs/findings.md';

/** In a process of its own: it replays recordings, whose verdicts are promises. */
function findingsPage(): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['tools/run.mjs', 'tools/findings_page.ts'], {
    encoding: 'utf8',
    maxBuffer: 1e7,
  });
  if (status !== 0) throw new Error(`${findings}: ${stderr}`);
  return stdout;
}

/** The files that differ from what would be written; how long something took makes no difference. */
export function staleFiles(): readonly string[] {
  return [...generatedFiles()]
    .filter(([file, text]) => timeless(textOf(file)) !== timeless(text))
    .map(([file]) => file);
}

/** The text of a file; empty when there is none. */
export function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function timeless(text: string): string {
  return text.replaceAll(/\b\d+ ms\b/g, 'N ms');
}
