import type { KitCode, Section } from '../plugin/index.ts';
import { keepService } from './keep.ts';

/** What any plugin may say instead of a verdict. */
export const kit = {
  'usage-error': {
    means: 'The arguments are wrong, so nothing was checked.',
    now: 'The line names the option. Compare with --help; an empty value mostly is a macro that the daemon could not fill.',
    keep: keepService,
  },
  'no-verdict': {
    means: 'The time limit (-t) was over before there was a verdict. The line says what it was waiting for.',
    now: 'Look at what is named there. If it is only slow, raise -t, and the time limit of the daemon above it.',
    keep: keepService,
  },
  'ended-by-signal': {
    means: 'Somebody ended the plugin by a signal: mostly the daemon, at its own time limit.',
    now: 'Raise the time limit of the daemon (check_timeout, command_timeout of NRPE) above -t.',
    keep: 'Keep the limits in the configuration of the daemons.',
  },
  'internal-error': {
    means: 'The plugin met something that it does not expect. That is a bug in the plugin, whatever caused it.',
    now: 'Run it again with -vv, and report what it prints together with the snapshots.',
    keep: keepService,
  },
} satisfies Record<KitCode, Section>;
