import { spellings } from './sender.ts';

/** The body of a request to `actions/reschedule-check`. */
export type RecheckRequest = {
  readonly type: 'Service';
  readonly force: true;
  readonly filter: string;
  readonly filter_vars: { readonly senders: readonly string[]; readonly commands: readonly string[] };
};

/**
 * What asks Icinga to check the services of the probe with this address at once. The filter is always the same text: an
 * address goes in as a value, never as part of the expression. Source: Icinga 2, "Icinga 2 API", filters and
 * reschedule-check. `akcp_senders` is for probes whose traps come from another address than the one they are checked at.
 */
export function recheckRequest(sender: string): RecheckRequest {
  return {
    type: 'Service',
    force: true,
    filter:
      'service.check_command in commands && (host.address in senders || host.address6 in senders || ' +
      // "in" ends the whole search with an error where what is behind it is no list.
      '(typeof(host.vars.akcp_senders) == Array && senders[0] in host.vars.akcp_senders))',
    filter_vars: { senders: spellings(sender), commands: ['sensorprobe'] },
  };
}
