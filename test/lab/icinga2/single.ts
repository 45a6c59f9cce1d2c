import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { giveTo, nagios } from '../poller/account.ts';
import type { Lab } from '../poller/lab.ts';
import { type Nodes, startNodes } from '../poller/nodes.ts';
import { until } from '../poller/until.ts';
import { type Graphite, listenAsGraphite } from './graphite.ts';
import { type Instance, shippedConfiguration, startIcinga } from './instance.ts';

/** What an admin adds to the shipped files. */
const hosts = (nodes: Nodes, graphite: Graphite, pages: string) => `
object Endpoint NodeName { }
object Zone "master" {
  endpoints = [ NodeName ]
}
object IcingaApplication "app" {
  enable_host_checks = false
  enable_service_checks = false
}
object GraphiteWriter "graphite" {
  host = "127.0.0.1"
  port = ${graphite.port}
  enable_send_thresholds = true
}
template Host "lab-cluster" {
  address = "192.168.56.20"
  vars.cluster_buckets_ssh_config = "${nodes.sshConfig}"
  vars.cluster_buckets_timeout = 4
}
object Host "pair" {
  import "lab-cluster"
  vars.cluster_nodes = [ "n1", "n2" ]
}
object Host "trio" {
  import "lab-cluster"
  vars.cluster_nodes = [ "n1", "n2", "n3" ]
}
object Host "chatty" {
  import "lab-cluster"
  address = "192.168.56.99"
  vars.cluster_vip = "192.168.56.20"
  vars.cluster_nodes = [ "first=n1", "second=n2" ]
  vars.cluster_buckets_verbose = 2
  vars.cluster_buckets_warning = "1:"
  vars.cluster_buckets_critical = "@0"
  vars.cluster_buckets_skip = [ "vip", "mac" ]
  vars.cluster_buckets_mac = "01:23:45:67:89:AB"
}
// Icinga gives up long before the plugin would.
apply Service "hasty" to Host {
  check_command = "cluster_buckets"
  check_timeout = 2
  vars.cluster_buckets_node = host.vars.cluster_nodes
  vars.cluster_buckets_timeout = 30
  assign where host.name == "pair"
}
// What Icinga does not understand, to see that it says so.
object CheckCommand "odd" {
  command = [ "/bin/echo", "odd | odd=1°C worse=1e" ]
}
object Service "odd" {
  host_name = "pair"
  check_command = "odd"
}
// A node that is a host in Icinga.
object Host "n2" { }
object NotificationComponent "notification" { }
object NotificationCommand "page" {
  command = [ "/bin/sh", "-c", "echo $host.name$ $service.state$ >> ${pages}" ]
}
object User "admin" { }
apply Notification "page" to Service {
  command = "page"
  users = [ "admin" ]
  assign where service.name == "cluster-buckets"
}
`;

/** One running Icinga 2 with the shipped files, and all that it looks at and reports to. */
export type Single = {
  readonly lab: Lab;
  readonly nodes: Nodes;
  readonly graphite: Graphite;
  readonly icinga: Instance;
  /** The notifications sent, `HOST STATE` each. */
  paged(): readonly string[];
  /** The plugins' processes that are running. */
  offspring(): readonly string[];
};

/** Starts it in a lab that is there; it ends with that. Ready when Icinga has reached Graphite. */
export async function startSingle(lab: Lab): Promise<Single> {
  const mark: Mark = newMark();
  const account = nagios();
  const nodes = await startNodes(lab.sub('nodes'), account);
  lab.undo(nodes.close);
  const graphite = await listenAsGraphite();
  lab.undo(graphite.close);
  const pages = path.join(lab.sub('pages'), 'pages');
  giveTo(account, path.dirname(pages));
  const icinga = await startIcinga({
    name: 'master1',
    folder: lab.folder,
    account,
    plugins: lab.plugins,
    files: {
      'commands.conf': shippedConfiguration('rackwatch-commands.conf'),
      'services.conf': shippedConfiguration('rackwatch-services.conf'),
      'hosts.conf': hosts(nodes, graphite, pages),
      'main.conf': ['commands', 'services', 'hosts'].map((one) => `include "${one}.conf"\n`).join(''),
    },
    env: { [mark.name]: mark.value },
  });
  lab.undo(icinga.stop);
  // Before that it drops what it should write.
  await until('the GraphiteWriter to connect', 20, async () =>
    (await icinga.api.text('status/GraphiteWriter')).includes('"connected":true'),
  );
  const paged = () => (existsSync(pages) ? readFileSync(pages, 'utf8').trim().split('\n') : []);
  const offspring = () =>
    marked(mark)
      .map(({ command }) => command)
      .filter((command) => !command.includes('icinga2/sbin/icinga2'));
  return { lab, nodes, graphite, icinga, paged, offspring };
}
