import type { Request } from './ask.ts';

declare global {
  /** The text of plugins/cluster_node_snapshot; put in by the build. */
  const SNAPSHOT_SCRIPT: string;
}

/** The arguments of the snapshot script. None of them has a character that a shell would read as anything else. */
export function scriptArguments({ vip, routes = [], limitMs }: Request): readonly string[] {
  // Two commands that hang one after the other shall not use up the time of all.
  const limit = Math.max(1, Math.floor((limitMs * 0.6) / 1000));
  return [
    ...(vip === undefined ? [] : ['--vip', plain(vip)]),
    ...routes.flatMap((route) => ['--route', plain(route)]),
    '--limit',
    String(limit),
  ];
}

/** The remote shell reads the line that ssh sends: an address or a host name passes as it is, and nothing else. */
function plain(word: string): string {
  if (!/^[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/.test(word)) throw new Error(`"${word}" is no address`);
  return word;
}
