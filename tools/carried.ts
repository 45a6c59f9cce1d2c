import { readdirSync, readFileSync } from 'node:fs';
import type { Carried } from '../src/admin/index.ts';

/** What the command `rackwatch` carries: the configuration for Icinga 2, and the recorded clusters of the quick start. */
export function carried(version: string): Carried {
  const clusters = ['healthy', 'bucket-lost'];
  return {
    version,
    config: textsIn('icinga-conf/icinga2', '.conf'),
    recorded: Object.fromEntries(clusters.map((name) => [name, textsIn(`test/fixtures/clusterip/${name}`, '.txt')])),
  };
}

function textsIn(folder: string, ending: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]));
}
