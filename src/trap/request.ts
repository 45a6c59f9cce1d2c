import { spellings } from './sender.ts';

/** The body of a request to `actions/reschedule-check`. */
export type RecheckRequest = {
  readonly type: 'Service';
  readonly force: true;
  readonly filter: string;
  readonly filter_vars: { readonly sender: string; readonly commands: readonly string[] };
};

/**
 * What asks Icinga to check the services of the probe with this address at once. The filter is always the same text: an
 * address goes in as a value, never as part of the expression. Source: Icinga 2, "Icinga 2 API", filters and
 * reschedule-check; ScriptUtils::Regex for what else than texts a list may have in it. `akcp_senders` is for probes
 * whose traps come from another address than the one they are checked at.
 */
export function recheckRequest(sender: string): RecheckRequest {
  return {
    type: 'Service',
    force: true,
    filter:
      'service.check_command in commands && (regex(sender, host.address) || regex(sender, host.address6) || ' +
      // A dictionary would end the whole search with an error.
      '(typeof(host.vars.akcp_senders) == Array && regex(sender, host.vars.akcp_senders, MatchAny)))',
    filter_vars: { sender: spellings(sender), commands: ['sensorprobe'] },
  };
}
