import type { Wishes } from './wishes.ts';

/** The command that attaches a backend, as text for a person: nothing here ever runs it. */
export function attachCommand(id: number, pcp: Wishes['pcp']): string {
  if (pcp === undefined) return `pcp_attach_node -n ${id}`;
  return `pcp_attach_node -h ${pcp.host} -p ${pcp.port} -U ${pcp.user} -n ${id}`;
}
