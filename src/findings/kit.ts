import type { KitCode, Section } from '../plugin/index.ts';
import { keepService } from './keep.ts';

/** What any plugin may say instead of a verdict. */
export const kit = {
  'usage-error': {
    means: 'The arguments are wrong, so nothing was checked.',
    now: 'The line names the option. Compare with --help; an empty value is usually a macro that the daemon could not fill in.',
    keep: keepService,
  },
  'no-verdict': {
    means: 'The time limit (-t) expired before there was a verdict. The line says what it was waiting for.',
    now: 'Look at what is named there. If it is only slow, raise -t, and the time limit of the daemon above it.',
    keep: keepService,
  },
  'ended-by-signal': {
    means: 'A signal ended the plugin: usually one from the daemon, at its own time limit.',
    now: 'Raise the time limit of the daemon (check_timeout, command_timeout of NRPE) above -t.',
    keep: 'Keep the limits in the configuration of the daemons.',
  },
  'internal-error': {
    means: 'The plugin met something that it did not expect. Whatever caused it, that is a bug in the plugin.',
    now: 'Run it again with -vv, and report what it prints together with the snapshots.',
    keep: keepService,
  },
} satisfies Record<KitCode, Section>;
