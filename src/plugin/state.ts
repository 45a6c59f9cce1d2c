/** The state of something, in the words of every Icinga and Nagios. */
export type State = 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';

/** What a plugin may exit with; anything else is read differently by Icinga and Nagios. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The exit code of each state (Monitoring Plugins development guidelines). */
export const exitCode: Readonly<Record<State, ExitCode>> = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 };

/** How bad a state is, as Icinga 2 orders services: UNKNOWN is between WARNING and CRITICAL. */
export const severity: Readonly<Record<State, 0 | 1 | 2 | 3>> = { OK: 0, WARNING: 1, UNKNOWN: 2, CRITICAL: 3 };

/** The worst of several states. Nothing at all is UNKNOWN: a check that found nothing to judge is never OK. */
export function worst(states: Iterable<State>): State {
  let found: State | undefined;
  for (const state of states) {
    if (found === undefined || severity[state] > severity[found]) found = state;
  }
  return found ?? 'UNKNOWN';
}
