import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { accountOf, nagios } from '../poller/account.ts';
import type { Lab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { addAccount, allow, removeAccount } from '../ssh/account.ts';
import { type Instance, shippedConfiguration, startIcinga } from './instance.ts';
import { type Namespace, openNamespace } from './namespace.ts';

/** A master, and the agent of a cluster node that is a host of its own: a namespace with a real kernel's rules. */
export type Distributed = {
  readonly master: Instance;
  readonly agent: Instance;
  readonly node: Namespace;
  /** Saves what the node says of itself, for the cluster that the master looks at. */
  save(): void;
};

/** What both sides know of each other; only the master knows where the agent listens. */
const zones = (where: string) => `
object Endpoint "master1" { }
object Endpoint "node1" {
${where}
}
object Zone "master" {
  endpoints = [ "master1" ]
}
object Zone "node1" {
  endpoints = [ "node1" ]
  parent = "master"
}
object Zone "global-templates" {
  global = true
}
`;

/** The node as a host; and the cluster as one, whose node shows what was saved of it. */
const hosts = (saved: string) => `
object Host "node1" {
  address = "192.168.56.11"
  vars.agent_endpoint = "node1"
  vars.cluster_member["192.168.56.20"] = { buckets = "1", source_targets = [ "198.51.100.1" ] }
}
object Host "cluster1" {
  address = "192.168.56.20"
  vars.cluster_nodes = [ "node1=file:${saved}" ]
  vars.cluster_source_targets = [ "198.51.100.1" ]
}
`;

/** Starts both, the agent first. The agent's account may read what the shipped sudoers file allows, and nothing else. */
export async function startDistributed(lab: Lab): Promise<Distributed> {
  const name = `rwicinga${randomBytes(3).toString('hex')}`;
  addAccount(name);
  lab.undo(() => removeAccount(name));
  allow(name, 'reads', '');
  const node = await openNamespace(lab.folder);
  lab.undo(node.close);
  const saved = path.join(lab.folder, 'node1.txt');
  const authority = lab.sub('authority');
  const agent = await startIcinga({
    name: 'node1',
    folder: lab.folder,
    account: accountOf(name),
    plugins: lab.plugins,
    authority,
    port: node.port,
    wrapper: node.wrapper,
    files: { 'main.conf': zones('') },
  });
  lab.undo(agent.stop);
  const master = await startIcinga({
    name: 'master1',
    folder: lab.folder,
    account: nagios(),
    plugins: lab.plugins,
    authority,
    files: {
      'main.conf': zones(`  host = "127.0.0.1"\n  port = ${node.port}`),
      'zones.d/global-templates/rackwatch-commands.conf': shippedConfiguration('rackwatch-commands.conf'),
      'zones.d/master/rackwatch-services.conf': shippedConfiguration('rackwatch-services.conf'),
      'zones.d/master/hosts.conf': hosts(saved),
    },
  });
  lab.undo(master.stop);
  // The agent takes the commands over and reloads; until then it says that there is no such command.
  await until('the agent to have the commands', 30, async () =>
    (await agent.api.text('objects/checkcommands/cluster_buckets')).includes('"results"'),
  );
  const save = () =>
    writeFileSync(saved, node.sh('sh plugins/cluster_node_snapshot --vip 192.168.56.20 --route 198.51.100.1'));
  return { master, agent, node, save };
}
