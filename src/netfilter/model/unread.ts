import type { Section } from '../../snapshot/index.ts';
import type { Unread } from './rule.ts';

/** Why a section of a snapshot says nothing; null when it was read. */
export function unreadable(part: Section | undefined, what: string): Unread | null {
  if (part === undefined) return { what, reason: 'the answer has no such section', needs: null };
  if (part.status === 'read') return null;
  const reason =
    part.status === 'missing'
      ? `${part.command || 'the tool'} is not installed`
      : part.errors.join('; ') || `exit ${part.exit}`;
  return { what, reason, needs: part.needs };
}

/** What a tool says on a kernel without its part: then there are no such rules. */
const noSuchKernelPart = /Protocol not supported|Operation not supported|Table does not exist|do you need to insmod/;

/** Like `unreadable`, for optional rules: a tool that is not installed, or a kernel without them, is not a problem. */
export function unreadRules(part: Section | undefined, what: string): Unread | null {
  if (part === undefined || part.status === 'missing') return null;
  if (part.status === 'failed' && part.errors.some((line) => noSuchKernelPart.test(line))) return null;
  return unreadable(part, what);
}
