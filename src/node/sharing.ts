import { now } from '../plugin/index.ts';
import { answering } from './answering.ts';
import { seconds as inSeconds } from './reply.ts';
import { firstPlace, sharedFolder } from './shared_folder.ts';
import { digest, type Sharing } from './shared_socket.ts';
import { firstFiles, sharedWay } from './shared_way.ts';

/** How a run shares connections, or why it shares none, as a fragment. */
export type Shared = { readonly sharing?: Sharing; readonly unshared?: string };

type Limits = {
  readonly limitMs: number;
  readonly sshConfig?: string | undefined;
  readonly signal: () => AbortSignal;
};

/** How long the file systems that sharing needs may take to answer, as a share of the limit. */
const patience = 1 / 3;

/** What less than that takes is in the time that plugins keep for judging, in milliseconds. */
const negligible = 500;

/**
 * Looks whether connections can be shared, and where. Takes a third of the limit at the most, and gives what is left of it
 * for the nodes where that was needed.
 */
export async function sharingOf(
  seconds: number,
  { limitMs, sshConfig, signal }: Limits,
): Promise<Shared & { readonly limitMs: number }> {
  const { homedir, userInfo } = await import('node:os');
  // ssh takes the home of the account, whatever HOME says.
  const home = () => userInfo().homedir;
  const account = { uid: process.geteuid?.() ?? 0, env: process.env, home: homedir };
  const start = now();
  const longest = limitMs * patience;
  const answers = answering(longest, signal);
  // At once, as each look may take a child.
  const begun = await answers([...firstFiles(sshConfig, home), firstPlace(account)]);
  const way = begun ? await sharedWay(sshConfig, home, answers) : null;
  const folder = way === null ? null : await sharedFolder(account, Date.now(), { answers });
  const took = now() - start;
  const left = took > negligible ? limitMs - took : limitMs;
  if (way === null || folder === null) {
    const told = `no answer within ${inSeconds(longest)} from the file system of`;
    const unshared = `${told} the home, ~/.cache, XDG_RUNTIME_DIR, XDG_CACHE_HOME, /tmp or ssh's configuration`;
    return { limitMs: left, unshared };
  }
  if (!folder.ok) return { limitMs: left, unshared: folder.reason };
  return { limitMs: left, sharing: { seconds, folder: folder.value, way: digest(way) } };
}
