import type { Nodes } from '../poller/nodes.ts';
import type { NrpeNodes } from '../poller/nrpe_nodes.ts';
import type { Probes } from '../poller/probes.ts';
import type { Graphite } from './graphite.ts';

/** What the instance looks at and reports to. */
export type Surroundings = {
  readonly nodes: Nodes;
  readonly nrpe: NrpeNodes;
  readonly probes: Probes;
  readonly graphite: Graphite;
  /** A file to which every notification adds a line, `HOST STATE`. */
  readonly pages: string;
};

/** What an admin adds to the shipped files: hosts of every kind, a writer, and somebody who is notified. */
export function ownConfiguration(all: Surroundings): string {
  return [surroundings(all), clusters(all), probes(all.probes)].join('\n');
}

const surroundings = ({ graphite, pages }: Surroundings) => `
object Endpoint NodeName { }
object Zone "master" {
  endpoints = [ NodeName ]
}
// Only what the lab forces runs.
object IcingaApplication "app" {
  enable_host_checks = false
  enable_service_checks = false
}
object GraphiteWriter "graphite" {
  host = "127.0.0.1"
  port = ${graphite.port}
  enable_send_thresholds = true
}
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

const clusters = ({ nodes, nrpe }: Surroundings) => `
template Host "lab-cluster" {
  address = "192.168.56.20"
  vars.cluster_buckets_ssh_config = "${nodes.sshConfig}"
}
object Host "pair" {
  import "lab-cluster"
  vars.cluster_nodes = [ "n1", "n2" ]
}
object Host "trio" {
  import "lab-cluster"
  vars.cluster_nodes = [ "n1", "n2", "n3" ]
}
// The same nodes by NRPE.
object Host "nrpe" {
  import "lab-cluster"
  vars.cluster_nodes = [ "${nrpe.spec('n1')}", "${nrpe.spec('n2')}" ]
}
// They have less time, so that a node that hangs costs the lab less.
object Host "pair-soon" {
  import "lab-cluster"
  vars.cluster_nodes = [ "n1", "n2" ]
  vars.cluster_buckets_timeout = 5
}
object Host "nrpe-soon" {
  import "lab-cluster"
  vars.cluster_nodes = [ "${nrpe.spec('n1')}", "${nrpe.spec('n2')}" ]
  vars.cluster_buckets_timeout = 5
}
object Host "failover" {
  address = "192.168.56.20"
  vars.cluster_type = "failover"
  vars.cluster_nodes = [ "n1", "n2" ]
  vars.cluster_vip_ssh_config = "${nodes.sshConfig}"
}
object Host "chatty" {
  import "lab-cluster"
  address = "192.168.56.99"
  vars.cluster_vip = "192.168.56.20"
  vars.cluster_nodes = [ "first=n1", "second=n2" ]
  vars.cluster_buckets_timeout = 9
  vars.cluster_buckets_verbose = 2
  vars.cluster_buckets_warning = "1:"
  vars.cluster_buckets_critical = "@0"
  vars.cluster_buckets_skip = [ "vip", "mac" ]
  vars.cluster_buckets_mac = "01:23:45:67:89:AB"
}
object Host "shared" {
  import "lab-cluster"
  vars.cluster_nodes = [ "n1", "n2" ]
  vars.cluster_ssh_shared = 10
  vars.cluster_buckets_verbose = 1
}
// Several VIPs, and all that the nodes show: in one question each.
object Host "several" {
  import "lab-cluster"
  vars.cluster_vips = [ "192.168.56.20", "192.168.56.21", "192.168.56.22" ]
  vars.cluster_nodes = [ "n1", "n2" ]
}
object Host "every" {
  import "lab-cluster"
  vars.cluster_vips = "all"
  vars.cluster_nodes = [ "n1", "n2" ]
}
// Icinga gives up long before the plugin would. A tenth of its limit later it kills.
object Service "hasty" {
  host_name = "pair"
  check_command = "cluster_buckets"
  check_timeout = 6
  vars.cluster_buckets_node = [ "n1", "n2" ]
  vars.cluster_buckets_timeout = 30
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
`;

const probes = ({ good, hot, gone, user, credentials }: Probes) => `
template Host "lab-probe" {
  address = "127.0.0.1"
}
object Host "probe" {
  import "lab-probe"
  vars.akcp = {
    port = ${good.port}
    warning = [ "temperature=10:50", "humidity=20:80" ]
    unit = "C"
    dew_point = false
  }
}
object Host "probe-hot" {
  import "lab-probe"
  vars.akcp = { port = ${hot.port} }
}
object Host "probe-gone" {
  import "lab-probe"
  vars.akcp = {
    port = ${gone.port}
    community = "${user.password}"
    snmp_timeout = 1
  }
}
template Host "lab-probe-3" {
  import "lab-probe"
  vars.akcp = {
    port = ${good.port}
    protocol = "3"
    secname = "${user.name}"
    authproto = "SHA-256"
  }
}
object Host "probe-secret" {
  import "lab-probe-3"
  vars.akcp.authpasswd = "${user.password}"
  vars.akcp.privpasswd = "${user.password}"
}
object Host "probe-file" {
  import "lab-probe-3"
  vars.akcp.credentials = "${credentials}"
}
`;
