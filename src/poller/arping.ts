import { parseArpReplies, type View } from '../address/index.ts';
import { runChild } from '../node/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';
import { command, type Limits } from './command.ts';

/** How long after the last broadcast replies are waited for, in milliseconds. */
const patience = 500;

/** Not a reason to do without arping: the neighbour table cannot tell one node from two. */
const busy = success<View>({ kind: 'blind', reason: 'this host was too busy for arping to finish' });

/**
 * Asks by ARP who has an address: three broadcasts, one a second, or fewer in less time. arping keeps sending until
 * it is ended, so the time stops it and not the number of replies, which differs with the number of nodes. Fails,
 * with the reason, where arping is missing, not the one from iputils, or not allowed.
 */
export async function askByArp(vip: string, ifname: string, limits: Limits): Promise<Result<View>> {
  const version = await runChild(command('arping', ['-V'], limits));
  if (version.kind === 'failed') return failure(version.reason);
  if (version.kind === 'late') return busy;
  if (!/iputils/.test(version.stdout + version.stderr)) return failure('the arping here is not that of iputils');
  const rounds = Math.max(1, Math.min(3, Math.floor((limits.limitMs - 2 * patience) / 1000) + 1));
  const limitMs = (rounds - 1) * 1000 + patience;
  const args = ['-b', '-c', '100', '-w', '100', '-I', ifname, vip];
  const ending = await runChild(command('arping', args, { ...limits, limitMs }));
  if (ending.kind === 'failed') return failure(ending.reason);
  if (ending.kind === 'ended') {
    const said = ending.stderr.trim().split('\n').at(-1) ?? '';
    return failure(said === '' ? `arping ended with ${ending.code}` : said.replace(/^(?!arping)/, 'arping: '));
  }
  const { asked, macs } = parseArpReplies(ending.stdout);
  if (asked > 0) return success({ kind: 'arp', ifname, replies: macs, rounds: asked });
  // Ended before it could say how often it had asked. Different MACs are proof all the same; nothing else is.
  if (new Set(macs).size > 1) return success({ kind: 'arp', ifname, replies: macs, rounds });
  return busy;
}
