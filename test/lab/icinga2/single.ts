import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { giveTo, nagios } from '../poller/account.ts';
import type { Lab } from '../poller/lab.ts';
import { startNodes } from '../poller/nodes.ts';
import { startNrpeNodes } from '../poller/nrpe_nodes.ts';
import { startProbes } from '../poller/probes.ts';
import { until } from '../poller/until.ts';
import { listenAsGraphite } from './graphite.ts';
import { type Instance, shippedConfiguration, startIcinga } from './instance.ts';
import { ownConfiguration, type Surroundings } from './single_hosts.ts';

/** A process of a plugin, or one that it has started. */
export type Offspring = { readonly pid: number; readonly command: string };

/** One running Icinga 2 with the shipped files, and all that it looks at and reports to. */
export type Single = Surroundings & {
  readonly icinga: Instance;
  /** The notifications sent, `HOST STATE` each. */
  paged(): readonly string[];
  offspring(): readonly Offspring[];
};

/** Starts it in a lab that is there; it ends with that. Ready when Icinga has reached Graphite. */
export async function startSingle(lab: Lab): Promise<Single> {
  const mark: Mark = newMark();
  const surroundings = await surround(lab);
  const icinga = await startIcinga({
    name: 'master1',
    folder: lab.folder,
    account: nagios(),
    plugins: lab.plugins,
    files: {
      'commands.conf': shippedConfiguration('rackwatch-commands.conf'),
      'services.conf': shippedConfiguration('rackwatch-services.conf'),
      'own.conf': ownConfiguration(surroundings),
      'main.conf': ['commands', 'services', 'own'].map((one) => `include "${one}.conf"\n`).join(''),
    },
    env: { [mark.name]: mark.value },
  });
  lab.undo(icinga.stop);
  // Before that it drops what it should write.
  await until('the GraphiteWriter to connect', 20, async () =>
    (await icinga.api.text('status/GraphiteWriter')).includes('"connected":true'),
  );
  const { pages } = surroundings;
  const paged = () => (existsSync(pages) ? readFileSync(pages, 'utf8').trim().split('\n') : []);
  const offspring = () => marked(mark).filter(({ command }) => !command.includes('icinga2/sbin/icinga2'));
  return { ...surroundings, icinga, paged, offspring };
}

async function surround(lab: Lab): Promise<Surroundings> {
  const account = nagios();
  const nodes = await startNodes(lab.sub('nodes'), account);
  lab.undo(nodes.close);
  const nrpe = await startNrpeNodes(lab.sub('nrpe'), account, nodes, ['n1', 'n2']);
  lab.undo(nrpe.close);
  const probes = await startProbes(lab.sub('probes'), account);
  lab.undo(probes.close);
  const graphite = await listenAsGraphite();
  lab.undo(graphite.close);
  const pages = path.join(lab.sub('pages'), 'pages');
  giveTo(account, path.dirname(pages));
  return { nodes, nrpe, probes, graphite, pages };
}
