import { basename, extname } from 'node:path';
import { parseIp } from '../address/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';

/** The way to a node. An IPv6 host is given here without its brackets; null means that ssh's own settings decide. */
export type Target =
  | { readonly kind: 'local' }
  | { readonly kind: 'ssh'; readonly host: string; readonly user: string | null; readonly port: number | null }
  | { readonly kind: 'nrpe'; readonly host: string; readonly port: number | null; readonly command: string }
  | { readonly kind: 'file'; readonly path: string };

/** A node to ask: the name it has in the report, its target as it was typed (without `NAME=`), and as it was read. */
export type NodeSpec = { readonly name: string; readonly text: string; readonly target: Target };

type Place = { readonly host: string; readonly port: number | null };

// Anything that a shell, ssh or a ProxyCommand's %h and %r could read as more than a name is refused.
const hostName = /^[A-Za-z0-9_.-]{1,255}$/;
const userName = /^[A-Za-z0-9_.@\\+-]{1,255}$/;
const commandName = /^[A-Za-z0-9_.-]{1,255}$/;
const zone = /^[^%]+(?:%[A-Za-z0-9_.-]+)?$/;

/**
 * Reads `[NAME=]TARGET`; TARGET is `local`, `[USER@]HOST`, `ssh://[USER@]HOST[:PORT]`, `nrpe://HOST[:PORT][/COMMAND]`
 * or `file:PATH`, and an IPv6 host is in brackets. The name is that of the host, or the file's without its ending,
 * unless it is given. The reason for a refusal quotes what is wrong. A host or a user that begins with `-` is refused:
 * ssh would take it for an option.
 */
export function parseNodeSpec(text: string): Result<NodeSpec> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to refuse them
  if (/[\s\x00-\x1f\x7f]/.test(text)) return failure(`"${text}" contains a blank or a control character`);
  const [, given = null, target = text] = /^([A-Za-z0-9_.-]+)=(.*)$/.exec(text) ?? [];
  if (given?.startsWith('-')) return failure(`"${text}" begins with a dash`);
  const read = readTarget(target);
  if (!read.ok) return read;
  const name = given ?? nameOf(read.value);
  return name === '' ? failure(`"${text}" names no file`) : success({ name, text: target, target: read.value });
}

/** The first name that two of the nodes share; null when all differ. */
export function duplicateName(specs: readonly NodeSpec[]): string | null {
  return specs.find(({ name }, i) => specs.findIndex((other) => other.name === name) !== i)?.name ?? null;
}

function nameOf(target: Target): string {
  if (target.kind === 'local') return 'local';
  return target.kind === 'file' ? basename(target.path, extname(target.path)) : target.host;
}

// node:net has it too, but brings streams and sockets along: 4 ms in a run that only reads files.
function isIPv6(text: string): boolean {
  return parseIp(text.replace(/%.*$/s, ''))?.family === 6;
}

function readTarget(text: string): Result<Target> {
  if (text === '') return failure('no target: give local, [USER@]HOST, ssh://, nrpe:// or file:PATH');
  if (text === 'local') return success({ kind: 'local' });
  if (text.startsWith('file:')) {
    const file = text.slice('file:'.length);
    return file === '' ? failure(`"${text}" names no file`) : success({ kind: 'file', path: file });
  }
  if (text.startsWith('ssh://')) return readSsh(text.slice('ssh://'.length), text);
  if (text.startsWith('nrpe://')) return readNrpe(text.slice('nrpe://'.length), text);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1];
  if (scheme !== undefined) return failure(`"${text}": ${scheme}:// is not a way to reach a node`);
  const ssh = readSsh(text, text);
  if (ssh.ok && ssh.value.kind === 'ssh' && ssh.value.port !== null)
    return failure(`"${text}": a port needs ssh:// before it, as in ssh://${text}`);
  return ssh;
}

function readSsh(rest: string, text: string): Result<Target> {
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? null : rest.slice(0, at);
  if (user?.startsWith('-')) return failure(`"${text}": the user begins with a dash`);
  if (user !== null && !userName.test(user)) return failure(`"${text}": "${user}" is not a user name`);
  const place = readPlace(rest.slice(at + 1), text);
  return place.ok ? success({ kind: 'ssh', user, ...place.value }) : place;
}

function readNrpe(rest: string, text: string): Result<Target> {
  const slash = rest.indexOf('/');
  const command = slash < 0 ? 'cluster_node_snapshot' : rest.slice(slash + 1);
  if (!commandName.test(command) || command.startsWith('-'))
    return failure(`"${text}": "${command}" is not an NRPE command`);
  const place = readPlace(slash < 0 ? rest : rest.slice(0, slash), text);
  return place.ok ? success({ kind: 'nrpe', ...place.value, command }) : place;
}

/** `HOST[:PORT]`, an IPv6 host in brackets. */
function readPlace(rest: string, text: string): Result<Place> {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(rest);
  const colon = rest.indexOf(':');
  if (bracketed === null && isIPv6(rest)) return failure(`"${text}": an IPv6 address must be in brackets, [${rest}]`);
  if (bracketed === null && rest.startsWith('['))
    return failure(`"${text}": "${rest}" is not [ADDRESS] or [ADDRESS]:PORT`);
  const host = bracketed?.[1] ?? (colon < 0 ? rest : rest.slice(0, colon));
  const port = bracketed === null ? (colon < 0 ? undefined : rest.slice(colon + 1)) : bracketed[2];
  if (host === '') return failure(`"${text}" names no host`);
  if (host.startsWith('-')) return failure(`"${text}": the host begins with a dash`);
  const known = bracketed === null ? hostName.test(host) : isIPv6(host) && zone.test(host);
  if (!known) return failure(`"${text}": "${host}" is not ${bracketed === null ? 'a host name' : 'an IPv6 address'}`);
  if (port === undefined) return success({ host, port: null });
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65535)
    return failure(`"${text}": "${port}" is not a port (1 to 65535)`);
  return success({ host, port: Number(port) });
}
