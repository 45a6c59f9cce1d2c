import { runChild } from './child.ts';
import { linesOf, seconds } from './reply.ts';
import type { Target } from './spec.ts';
import { type SshRequest, sshArguments } from './ssh.ts';
import { ownSettings, withOwnSettings } from './ssh_own.ts';

/** What ssh itself makes of a node, its configuration files and our options: `ssh -G`. */
export type SshSettings = {
  /** Where it connects to. */
  readonly hostname: string;
  /** The account that it logs in as. */
  readonly user: string;
  readonly port: number;
  /** The only family whose addresses it tries; null for both. */
  readonly family: 4 | 6 | null;
  /** Whether a jump host or a ProxyCommand stands between: then neither name nor port is this machine's to look at. */
  readonly proxied: boolean;
  /** The jump hosts by which ssh itself makes the way there (ProxyJump), as they are written. */
  readonly jumps: readonly string[];
  /** Key files in the order in which they are tried; `~` and tokens as they are written. */
  readonly identityFiles: readonly string[];
  /** The setting by which no key is shown to anybody, as ssh_config has it; null where there is none. */
  readonly keyless: string | null;
  /** The algorithms that a key may be used with; empty where ssh does not say. */
  readonly keyAlgorithms: readonly string[];
  /** Files of known host keys: those of the whole machine, then those of the account. */
  readonly globalKnownHosts: readonly string[];
  readonly userKnownHosts: readonly string[];
  /** Whether ssh would run a command on this machine once it is in (LocalCommand). */
  readonly localCommand: boolean;
  /** The socket at which ssh itself keeps a connection open (ControlMaster), where the configuration says so. */
  readonly controlPath: string | null;
  /** The name that the host key is looked up by, where the configuration sets one. */
  readonly hostKeyAlias: string | null;
  /** Whether no host key is taken that is not known: nobody is there to be asked. */
  readonly strict: boolean;
};

/** The settings, or why ssh gives none (a fragment without a dot). */
export type Settled =
  | { readonly ok: true; readonly settings: SshSettings }
  | { readonly ok: false; readonly reason: string };

/** Asks ssh for its settings for a node; nothing is sent anywhere. */
export async function sshSettings(
  target: Extract<Target, { readonly kind: 'ssh' }>,
  request: SshRequest,
): Promise<Settled> {
  const { limitMs, signal } = request;
  const ending = await withOwnSettings(() => {
    // Nothing is run, so that it can be seen whether something would be.
    const own = ownSettings().filter((one) => !one.startsWith('PermitLocalCommand='));
    const args = ['-G', ...sshArguments(target, request, own)];
    return runChild({ program: 'ssh', args, input: null, limitMs, signal });
  });
  if (ending.kind === 'failed') return { ok: false, reason: ending.reason };
  if (ending.kind === 'late') return { ok: false, reason: `ssh -G gave no answer within ${seconds(limitMs)}` };
  const settings = ending.code === 0 ? parseSshSettings(ending.stdout) : null;
  if (settings !== null) return { ok: true, settings };
  const complaint = linesOf(ending.stderr).filter((line) => !line.startsWith('Pseudo-terminal'))[0];
  return { ok: false, reason: complaint ?? `ssh -G ended with ${ending.code ?? ending.signal}` };
}

/** Reads the output of `ssh -G`, a keyword and its value a line; null where it does not say whom it connects to. */
export function parseSshSettings(text: string): SshSettings | null {
  const all = linesOf(text).map((line) => {
    const blank = line.indexOf(' ');
    return blank < 0 ? ([line, ''] as const) : ([line.slice(0, blank), line.slice(blank + 1)] as const);
  });
  const one = (key: string) => all.find(([name]) => name === key)?.[1];
  const files = (key: string) => (one(key) ?? '').split(' ').filter((file) => file !== '');
  const [hostname, user, port] = [one('hostname'), one('user'), Number(one('port'))];
  if (hostname === undefined || user === undefined || !Number.isInteger(port)) return null;
  return {
    ...{ hostname, user, port },
    family: familyOf(one('addressfamily')),
    proxied: isSet(one('proxycommand')) || isSet(one('proxyjump')),
    jumps: isSet(one('proxyjump')) ? (one('proxyjump') ?? '').split(',') : [],
    identityFiles: all.filter(([name]) => name === 'identityfile').map(([, file]) => file),
    keyless: keylessBy(one('pubkeyauthentication'), one('preferredauthentications')),
    keyAlgorithms: (one('pubkeyacceptedalgorithms') ?? one('pubkeyacceptedkeytypes') ?? '').split(',').filter(Boolean),
    globalKnownHosts: files('globalknownhostsfile'),
    userKnownHosts: files('userknownhostsfile'),
    localCommand: ['true', 'yes'].includes(one('permitlocalcommand') ?? '') && isSet(one('localcommand')),
    controlPath: ['false', 'no'].includes(one('controlmaster') ?? 'no') ? null : (one('controlpath') ?? null),
    hostKeyAlias: one('hostkeyalias') ?? null,
    strict:
      !['false', 'no', 'off', 'accept-new'].includes(one('stricthostkeychecking') ?? '') &&
      one('nohostauthenticationforlocalhost') !== 'yes',
  };
}

function familyOf(keyword: string | undefined): 4 | 6 | null {
  return keyword === 'inet' ? 4 : keyword === 'inet6' ? 6 : null;
}

function keylessBy(keys: string | undefined, methods: string | undefined): string | null {
  if (['false', 'no'].includes(keys ?? '')) return 'PubkeyAuthentication no';
  const shows = methods === undefined || methods.split(',').includes('publickey');
  return shows ? null : `PreferredAuthentications ${methods}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== 'none';
}
