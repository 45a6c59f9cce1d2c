import { linesOf, wantsTerminal } from './reply.ts';

/** How an ssh came to its end. */
type Ended = { readonly code: number | null; readonly signal: string | null; readonly stderr: string };

/**
 * What went wrong by the words and the exit code of an ssh that has ended, as a fragment without a full stop; null
 * when there is nothing to say. 255 is ssh's own failure, and also that of a remote command killed by a signal; any
 * other code is the remote command's.
 */
export function sshTrouble({ code, signal, stderr }: Ended): string | null {
  const lines = wordsFrom(stderr, code === 255);
  const last = lines.at(-1);
  const words = last === undefined ? '' : `: ${last}`;
  if (signal !== null) return `ssh was killed by ${signal}${words}`;
  if (code === 0) return last === undefined ? null : `empty answer${words}`;
  if (code === 255) return last === undefined ? silent : `ssh: ${connectionTrouble(lines, last)}`;
  if (lines.some((line) => /^sudo: .*must have a tty/.test(line))) return wantsTerminal;
  if (lines.some((line) => /^sudo: .*(?:password|terminal|tty|askpass)/.test(line)))
    return 'sudo on the node wants a password (the command needs NOPASSWD in sudoers)';
  if (code === 127) return `the remote command was not found${words}`;
  if (code === 126) return `the remote command cannot be run${words}`;
  return `the remote command ended with ${code}${words}`;
}

/**
 * What ssh says when it finds no use for a shared connection, and goes on without it, is no reason of anything (OpenSSH
 * mux.c); `alone`: unless nothing else is said.
 */
function wordsFrom(stderr: string, alone: boolean): readonly string[] {
  const all = linesOf(stderr);
  const others = all.filter((line) => !/^(?:ControlSocket |Control socket connect|mux_client_)/.test(line));
  return others.length === 0 && alone ? all : others;
}

const silent = 'ssh ended with 255 without a message: the connection broke, or the remote command was killed';

/** What ssh says when the way that a jump host or a ProxyCommand made for it has ended; why is said before. */
export const aftermath =
  /^(?:kex_exchange_identification: |ssh_exchange_identification: |Connection (?:closed|reset) by UNKNOWN|stdio forwarding failed)/;

function connectionTrouble(lines: readonly string[], last: string): string {
  // ssh and the shell that should run its ProxyCommand complain at once, and either may be heard last.
  const proxy = lines.map((line) => /: exec: (.+): not found$/.exec(line)?.[1]).find((name) => name !== undefined);
  if (proxy !== undefined) return `the ProxyCommand ${proxy} was not found`;
  const cause =
    lines.filter((line) => !aftermath.test(line) && !/: terminating, \d+ bad conf/.test(line)).at(-1) ?? last;
  // `ssh: connect to host ...`, `root@node1: Permission denied (...).` Whose words these are counts before the node.
  const own = cause === last ? /^(?:ssh: |\S+@\S+: (?=Permission denied))/ : /^ssh: /;
  const said = cause.replace(own, '').replace(/\.$/, '');
  if (said === 'Host key verification failed') return `${said}${hostKeyTrouble(lines)}`;
  // BindAddress: ssh does not even try. Of a BindInterface it says nothing at its LogLevel here.
  const source = lines.find((line) => line.startsWith('bind '));
  if (source !== undefined && / port \d+: failure$/.test(said)) return said.replace(/failure$/, () => source);
  // Why a key was not even offered.
  const key = lines.find((line) => /^(?:Load key |Warning: Identity file )/.test(line));
  return /Permission denied \(/.test(said) && key !== undefined ? `${said}; ${key.replace(/\.$/, '')}` : said;
}

function hostKeyTrouble(lines: readonly string[]): string {
  for (const line of lines) {
    const unknown = /^(No \S+ host key is known for \S+)/.exec(line)?.[1];
    if (unknown !== undefined) return `: ${unknown}`;
    const changed = /^Host key for (\S+) has changed/.exec(line)?.[1];
    if (changed !== undefined) return `: the key of ${changed} has changed`;
    const revoked = /^The \S+ host key for (\S+) is marked as revoked/.exec(line)?.[1];
    if (revoked !== undefined) return `: the key of ${revoked} is revoked`;
    // RevokedHostKeys; where its file cannot be read, ssh takes no key at all.
    const listed = /^Host key \S+ \S+ revoked by file (.*)$/.exec(line)?.[1];
    if (listed !== undefined) return `: the key is revoked by ${listed}`;
    if (/^Error checking host key .* in revoked keys file /.test(line)) return `: ${line}`;
  }
  return '';
}
