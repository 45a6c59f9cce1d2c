import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { icingaFiles, startIcinga } from '../icinga2/instance.ts';
import { nagios } from '../poller/account.ts';
import { openLab, whyNoLab } from '../poller/lab.ts';
import { type Probes, snmpdFiles, startProbes } from '../poller/probes.ts';
import { until } from '../poller/until.ts';
import { freePort } from '../ssh/sshd.ts';
import { apiUser, directorFiles, kickstart, openDirector } from './director.ts';
import { startMariadb } from './mariadb.ts';

// Restores the basket into a real Icinga Director, reads it back, and deploys it to a real Icinga 2, whose checks then run.
// Ends with an exception at the first thing that is not as it should be. test/release/director runs it.

const basket = readFileSync('icinga-conf/director/basket.json', 'utf8');
type Objects = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const wanted: Objects = JSON.parse(basket);

async function run(): Promise<void> {
  const why = whyNoLab([...icingaFiles, ...directorFiles, ...snmpdFiles]);
  if (why !== null) throw new Error(why);
  const lab = openLab('director');
  const began = performance.now();
  const say = (text: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1)} s: ${text}`);
  try {
    const director = openDirector(lab, await startMariadb(lab));
    say('a Director with an empty database');
    const port = await freePort();
    const icinga = await startIcinga({
      ...{ name: 'master1', port, folder: lab.folder, account: nagios(), plugins: lab.plugins },
      files: {
        'secrets.conf': readFileSync('icinga-conf/director/secrets.conf', 'utf8'),
        'main.conf': mainConfiguration(port),
      },
    });
    lab.undo(icinga.stop);
    kickstart(lab, director, icinga);
    say('connected with Icinga 2');

    director.run(['basket', 'restore'], basket);
    const dump = (): Objects => JSON.parse(director.run(['basket', 'dump', '--name', 'all']));
    director.run(['basket', 'restore'], JSON.stringify({ Basket: { all: everything() } }));
    deepStrictEqual(dump(), wanted);
    say(`restored and read back unchanged: ${counts()}`);
    const changes = () => director.run(['config', 'render']).match(/[0-9a-f]{40}/)?.[0];
    const rendered = changes();
    director.run(['basket', 'restore'], basket);
    deepStrictEqual(dump(), wanted);
    strictEqual(changes(), rendered);
    say('restored a second time without change');

    const probes = await startProbes(lab.sub('probes'), nagios());
    lab.undo(() => probes.close());
    for (const [name, properties] of Object.entries(hostsWith(probes)))
      director.run(['host', 'create', name, '--json', JSON.stringify({ object_type: 'object', ...properties })]);
    director.run(['config', 'deploy']);
    // Icinga validates what it is given, and takes it when it is valid.
    await until('Icinga to take the configuration', 60, async () => {
      const services = await icinga.api.get<{ readonly name: string }>('objects/services');
      return services.length > 0;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${startup(icinga.tree)}`);
    });
    const services = await icinga.api.get<{ readonly name: string; readonly attrs: { readonly notes_url: string } }>(
      'objects/services',
    );
    deepStrictEqual(services.map(({ name }) => name).sort(), [
      ...['cluster1!cluster-buckets', 'cluster1!cluster-source', 'failover1!cluster-vip', 'pgpool1!pgpool'],
      'probe1!sensorprobe',
    ]);
    for (const { name, attrs } of services) match(attrs.notes_url, /findings\.md$/, name);
    say('deployed: Icinga 2 has taken it, each kind of host has its services');

    const buckets = await icinga.api.check('cluster1!cluster-buckets');
    deepStrictEqual(buckets.command.slice(1), [
      ...['--node', `n1=file:${saved('n1')}`, '--node', `n2=file:${saved('n2')}`, '--skip', 'mac'],
      ...['--timeout', '9', '--vip', '192.168.56.20', '-vv'],
    ]);
    match(buckets.output, /^\[OK\]/);
    const vip = await icinga.api.check('failover1!cluster-vip');
    match(vip.output, /^\[CRITICAL\].*split/);
    const probe = await icinga.api.check('probe1!sensorprobe');
    match(probe.output, /^\[OK\] 127\.0\.0\.1: 2 sensors OK/);
    ok(!JSON.stringify(probe).includes(probes.user.password));
    say('checked: arguments, numbers, lists and secrets arrive');
  } finally {
    await lab.close();
  }
}

function counts(): string {
  return Object.entries(wanted)
    .map(([type, objects]) => `${Object.keys(objects).length} ${type}`)
    .join(', ');
}

/** A basket of all that is in ours; data fields come with what has them. */
function everything(): unknown {
  const objects = Object.entries(wanted)
    .filter(([type]) => !type.startsWith('Datafield'))
    .map(([type, named]) => [type, Object.keys(named)]);
  return { basket_name: 'all', owner_type: 'user', owner_value: 'root', objects: Object.fromEntries(objects) };
}

function saved(node: string): string {
  return path.resolve(`test/fixtures/clusterip/healthy/${node}.txt`);
}

function hostsWith({ good, user }: Probes) {
  const nodes = ['n1', 'n2'].map((name) => `${name}=file:${saved(name)}`);
  return {
    cluster1: {
      imports: ['rackwatch-cluster'],
      address: '192.168.56.20',
      vars: {
        ...{ cluster_nodes: nodes, cluster_source_targets: ['198.51.100.1'], cluster_buckets_skip: ['mac'] },
        ...{ cluster_buckets_timeout: 9, cluster_buckets_verbose: 2 },
      },
    },
    failover1: { imports: ['rackwatch-failover'], address: '192.168.56.20', vars: { cluster_nodes: nodes } },
    probe1: {
      imports: ['rackwatch-probe'],
      address: '127.0.0.1',
      vars: {
        ...{ sensorprobe_port: good.port, sensorprobe_protocol: '3', sensorprobe_secname: user.name },
        ...{ sensorprobe_authproto: 'SHA-256', sensorprobe_warning: ['temperature=10:50', 'humidity=20:80'] },
        ...{ sensorprobe_authpasswd: user.password, sensorprobe_privpasswd: user.password },
      },
    },
    pgpool1: { imports: ['rackwatch-pgpool'], address: '127.0.0.1' },
  };
}

function mainConfiguration(port: number): string {
  return `
include "secrets.conf"
object Endpoint NodeName {
  host = "127.0.0.1"
  port = ${port}
}
object Zone "master" {
  endpoints = [ NodeName ]
}
object Zone "director-global" {
  global = true
}
object ApiUser "${apiUser.name}" {
  password = "${apiUser.password}"
  permissions = [ "*" ]
}
`;
}

/** What Icinga said of the configuration that it was given. */
function startup(tree: string): string {
  const folder = path.join(tree, 'api/packages/director');
  try {
    const stage = readdirSync(folder).find((one) => existsSync(path.join(folder, one, 'startup.log')));
    return stage === undefined ? `nothing in ${folder}` : readFileSync(path.join(folder, stage, 'startup.log'), 'utf8');
  } catch (error) {
    return String(error);
  }
}

run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
