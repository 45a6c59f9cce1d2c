import { startNrpe } from '../nrpe/nrped.ts';
import type { Account } from './account.ts';
import type { NodeName, Nodes } from './nodes.ts';

/** The nodes once more, behind NRPE daemons with SSL: what they show is what the nodes show. */
export type NrpeNodes = {
  /** `NAME=nrpe://ADDRESS:PORT`. */
  spec(node: NodeName): string;
  /** Ends a node's daemon for good. */
  stop(node: NodeName): Promise<void>;
  close(): Promise<void>;
};

/** What they need of this machine. */
export const nrpeFiles = ['/usr/sbin/nrpe', '/usr/lib/nagios/plugins/check_nrpe'];

/** Starts one daemon a node; they run as the account, with nothing but the one command. */
export async function startNrpeNodes(folder: string, account: Account, nodes: Nodes, names: readonly NodeName[]) {
  const daemons = new Map(
    await Promise.all(
      names.map(async (name) => {
        const lines = [`command[cluster_node_snapshot]=cat ${nodes.answerOf(name)}`];
        return [name, await startNrpe(folder, { user: account.name, lines })] as const;
      }),
    ),
  );
  const stop = async (node: NodeName) => {
    await daemons.get(node)?.stop();
    daemons.delete(node);
  };
  const specs = new Map([...daemons].map(([name, { address, port }]) => [name, `${name}=nrpe://${address}:${port}`]));
  const own: NrpeNodes = {
    spec: (node) => specs.get(node) ?? '',
    stop,
    close: async () => {
      for (const node of names) await stop(node);
    },
  };
  return own;
}
