import { parseNodeSpec, type SshRequest, type SshSettings, sshSettings } from '../../node/index.ts';
import { type Hop, learnsInto, noAddresses, type SshTarget, strictly, unwritten } from './traceless.ts';

/** A jump host, and what ssh makes of its settings. */
export type Jump = Hop & { readonly settings: SshSettings };

/** Jump hosts or why they cannot be followed (a fragment without a dot). */
export type Jumps =
  | { readonly ok: true; readonly jumps: readonly Jump[] }
  | { readonly ok: false; readonly reason: string };

/** More of them than anybody has: they lead to each other. */
const most = 16;

/**
 * All jump hosts by which ssh comes to a host (ProxyJump), in their order from here. The first of them may be reached by jump
 * hosts of its own; for the others ssh goes by the ones before them. `request` is made anew for each, with what is left of the
 * time.
 */
export async function jumpsTo(target: SshTarget, settings: SshSettings, request: () => SshRequest): Promise<Jumps> {
  const all: Jump[] = [];
  for (let at = { target, settings }; at.settings.jumps.length > 0; ) {
    const read = at.settings.jumps.map((jump) => parseJump(jump, at.target, at.settings));
    const targets = read.flatMap((one) => one ?? []);
    if (targets.length < read.length)
      return { ok: false, reason: `the doctor cannot read ProxyJump ${at.settings.jumps.join(',')}` };
    const found = await Promise.all(targets.map((one) => jumpOf(one, request())));
    const jumps = found.flatMap((one) => (typeof one === 'string' ? [] : [one]));
    // Not asked without: what it makes of a jump host of its own would not be seen.
    for (const one of found) if (typeof one === 'string') return { ok: false, reason: one };
    all.unshift(...jumps);
    const [first] = jumps;
    if (first === undefined) break;
    if (all.length > most) return { ok: false, reason: 'its jump hosts (ProxyJump) lead to each other' };
    at = { target: first.target, settings: first.settings };
  }
  return { ok: true, jumps: all };
}

/** The jump host, or why ssh gives no settings for it. What is given for the node alone, as its key, is not a jump host's. */
async function jumpOf(target: SshTarget, request: SshRequest): Promise<Jump | string> {
  const settled = await sshSettings(target, { ...request, sshIdentity: undefined });
  if (!settled.ok) return `ssh cannot read its settings for the jump host ${target.host}: ${settled.reason}`;
  const { settings } = settled;
  const strict = learnsInto(settings.userKnownHosts) ? [strictly] : [];
  return { target, settings, own: [...strict, ...(unwritten(settings) ?? [noAddresses])] };
}

/** ssh replaces tokens in it by what the host behind it is (ssh_config(5), TOKENS). */
function parseJump(jump: string, { host }: SshTarget, { hostname, port, user }: SshSettings): SshTarget | null {
  const tokens: Readonly<Record<string, string>> = { h: hostname, p: String(port), r: user, n: host, '%': '%' };
  const text = jump.replace(/%(.)/g, (token, letter: string) => tokens[letter] ?? token);
  const spec = parseNodeSpec(text.startsWith('ssh://') ? text : `ssh://${text}`);
  return spec.ok && spec.value.target.kind === 'ssh' ? spec.value.target : null;
}
