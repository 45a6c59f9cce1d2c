import { type Fault, fault } from '../findings/index.ts';
import type { Unread } from '../netfilter/index.ts';
import type { ReachedNode } from './facts.ts';

/** Whom sudo would have to allow something, and on which node. */
type Account = Pick<ReachedNode, 'name' | 'user'>;

/** The fault that something a verdict depends on could not be read, with the missing sudoers line. */
export function unreadFault(node: Account, { what, reason, needs }: Unread): Fault {
  const brief = `${node.name}: cannot read ${what}`;
  return fault('UNKNOWN', 'rules-unread', brief, `${brief}: ${reason}${sudoers('. Allow it', node, [needs])}`);
}

/** A note that rules which might name the MAC were not read: nothing is wrong, but the MAC is judged without them. */
export function unreadRulesNote(node: ReachedNode): readonly Fault[] {
  const { unread } = node.macs;
  const [first] = unread;
  if (first === undefined) return [];
  const needs = unread.map((one) => one.needs);
  const text = `${node.name}: the rules were not read (${first.what}: ${first.reason}), so the cluster MAC is judged only by what the nodes listen to${sudoers('. To read them, add', node, needs)}`;
  return [fault('OK', 'mac-rules-unread', `${node.name}: rules not read`, text)];
}

/** The fault that a fact which every user may read is missing: `what` comes before `not read`. */
export function notRead(what: string, reason: string): Fault {
  return fault('UNKNOWN', 'facts-unread', `${what} not read`, `${what} not read: ${reason}`);
}

/** The missing sudoers line, after a verb; empty where no command would help. */
export function sudoers(verb: string, { name, user }: Account, needs: readonly (string | null)[]): string {
  const commands = [...new Set(needs.filter((one) => one !== null))];
  return commands.length === 0
    ? ''
    : `${verb} in sudoers on ${name}: ${user} ALL=(root) NOPASSWD: ${commands.join(', ')}`;
}
