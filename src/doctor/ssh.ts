import { explained } from './explained.ts';
import type { Control, Here, NodeFacts, SshFacts } from './facts.ts';
import { hostKeyLine } from './host_key.ts';
import { asRoot, type Line, note, ok, thisMachine, todo } from './line.ts';
import { cutOffLine, deniedLine, keyLine, keylessLine, keylessSetting, lasting, whatRuns } from './login.ts';
import { byHand, copyScript, destinationBy, installedScript, neededCommand, replaceable } from './script.ts';
import { shutLine, sourceLine } from './settings.ts';
import { installCommand, quoted } from './shell.ts';
import { snapshotLines } from './snapshot_lines.ts';
import { accountNamed, refusedLine } from './sudoers.ts';
import { timeLines } from './time.ts';

/** Lines about a node by ssh. The key is looked at even where nobody answers: that step can be done at once. */
export function sshLines(node: NodeFacts, way: SshFacts, here: Here): readonly Line[] {
  const { answer } = node;
  if (answer?.reached === true)
    return [
      knownLine(way),
      ...controlLines(way, here),
      ok('login', `as ${way.user}, with an answer after ${answer.milliseconds} ms`),
      ...timeLines(answer.milliseconds, 'the answer came'),
      ...snapshotLines(answer.snapshot, node.name, here, replaceable(way)),
    ];
  const shut = shutLine(way, here);
  // What is behind it is seen once it is open.
  if (shut !== undefined) return [...controlLines(way, here), shut];
  return [
    ...controlLines(way, here),
    ...(answer === null ? [] : troubleLines(node, way, answer.reason, here)),
    keyLine(way, here) ?? shownLine(node, way),
  ];
}

/** Only what ssh has checked is called known. */
function knownLine({ hostKey, knownIn }: SshFacts): Line {
  if (hostKey !== 'checked') {
    const what = hostKey === 'changed' ? 'not the one that is known here' : 'not known here';
    return note('host key', `${what}, and accepted all the same (StrictHostKeyChecking): whatever answers is believed`);
  }
  if (knownIn.length > 0) return ok('host key', 'known here');
  return note('host key', 'in no file of known keys, but ssh accepts it: by a certificate, DNS or a command');
}

/** Connections that ssh's own settings keep open: the doctor asks without them, and a check does not. */
function controlLines({ controls }: SshFacts, here: Here): readonly Line[] {
  const isFirst = ({ folder, state }: Control, i: number) =>
    state === 'long' || controls.findIndex((one) => one.folder === folder && one.state === state) === i;
  return controls.filter(isFirst).map((one) => controlLine(one, here));
}

function controlLine({ of, file, folder, state }: Control, { user }: Here): Line {
  const whose = of === null ? '' : ` to the jump host ${of}`;
  const kept = `ssh's settings keep connections${whose} open at ${file} (ControlPath)`;
  const others = 'name another place there, or leave ControlMaster out for the nodes';
  if (state === 'good')
    return note('ControlMaster', `${kept}: a check uses one that is open, and this login was made without`);
  if (state === 'long')
    return todo('ControlMaster', `${kept}, which is too long for a socket, so no check gets in: ${others}`);
  if (state === 'closed')
    return todo('ControlMaster', `${kept}, where ${user} cannot make a file, so no check gets in: ${others}`);
  const account = quoted(user);
  return todo(
    'ControlMaster',
    `${kept}, and that folder is not there, so no check gets in: make it, or leave ControlMaster out for the nodes`,
    asRoot(thisMachine, `install -d -m 0700 -o ${account} -g "$(id -gn ${account})" ${quoted(folder)}`),
  );
}

/** A key that could be shown, and whether it is. */
function shownLine({ name }: NodeFacts, way: SshFacts): Line {
  const setting = keylessSetting(way);
  if (setting !== null) return keylessLine(name, setting, way);
  return ok('key', `${way.keys.find(({ state }) => state === 'good')?.file ?? ''} can be used`);
}

/** What the plugins' reason means and what to do: those of docs/nodes.md. */
function troubleLines(node: NodeFacts, way: SshFacts, reason: string, here: Here): readonly Line[] {
  const { name } = node;
  const known = knownLine(way);
  const from = node.ports.find(({ source }) => source !== null)?.source?.replace(/%.*$/, '') ?? null;
  const said = reason.replace(/^ssh: /, '');
  if (said.startsWith('Host key verification failed')) return [hostKeyLine(name, way, here, said)];
  // The line about the key says it all.
  if (said.startsWith('Permission denied') && keylessSetting(way) !== null) return [known];
  if (said.startsWith('Permission denied')) return [known, deniedLine(name, way, said, from)];
  // The first key that is shown, once it is let in, is within MaxAuthTries. A jump host says the same.
  if (/: Too many authentication failures$/.test(said) && !way.proxied)
    return [known, deniedLine(name, way, said, from)];
  const before = sourceLine(reason) ?? jumpLine(way, said);
  if (before !== undefined) return [before];
  const cutOff =
    /^ssh ended with 255|^ssh: (?:Connection (?:closed|reset) by (?!UNKNOWN)|Connection to \S+ closed by|client_loop: )/;
  if (cutOff.test(reason) && !way.proxied) return [cutOffLine(name, way, reason, from, here)];
  if (unnamed.test(said) && !way.proxied) return [namelessLine(node, way, reason)];
  const inside = remoteLine(node, way, { reason, from }, here);
  if (inside !== undefined) return [known, ok('login', `as ${way.user}`), inside];
  return [todo('answer', explained(reason))];
}

/** What ssh says when the other side has not even said that it is an sshd. */
const unnamed = /^(?:kex_exchange_identification: |Connection timed out during banner exchange$)/;

/** An sshd that hangs up before it has looked at anybody, or something else in its place. */
function namelessLine({ name, ports }: NodeFacts, { port }: SshFacts, reason: string): Line {
  const speaker = ports.find(({ greeting }) => greeting !== '');
  if (speaker !== undefined && !/^SSH-|^Exceeded MaxStartups|^Not allowed/.test(speaker.greeting))
    return todo(
      'port',
      `what listens at ${port} is no sshd: it says "${speaker.greeting}" (${reason}). Another port: ssh://HOST:PORT`,
    );
  return todo(
    'answer',
    `${reason}: sshd on ${name} hangs up or keeps silent before anybody logs in: it may know this machine as unwanted (hosts.deny, fail2ban), have more logins than MaxStartups, or wait for a name service. The commands show which`,
    asRoot(
      name,
      "grep -sE '^[[:blank:]]*[^#[:blank:]]' /etc/hosts.allow /etc/hosts.deny || true",
      'journalctl -u ssh -u sshd -n 20 --no-pager || true',
      "sshd -T | grep -Ei '^(maxstartups|persource|usedns)'",
    ),
  );
}

/** What keeps a jump host from making the way; undefined where that is not the matter. */
function jumpLine(way: SshFacts, said: string): Line | undefined {
  const [, user, host, words] = /^(\S+)@(\S+): (Permission denied.*)$/.exec(said) ?? [];
  if (user !== undefined && host !== undefined && words !== undefined)
    return deniedJump(
      way,
      { user, host, words },
      way.jumps.filter((jump) => jump.hostname === host && jump.user === user),
    );
  if (!/administratively prohibited/.test(said)) return undefined;
  const allows = "sshd -T | grep -Ei '^(allowtcpforwarding|disableforwarding|permitopen)'";
  return todo(
    'jump host',
    `the jump host lets the account in and forwards nothing (${said}): AllowTcpForwarding or PermitOpen in its sshd_config, or a key with restrict and without port-forwarding in authorized_keys`,
    asRoot('the jump host', allows, 'grep -rs restrict /home/*/.ssh/authorized_keys'),
  );
}

/** A jump host lets nobody in. ssh says its name and the account alone, and several may have the same. */
function deniedJump(
  way: SshFacts,
  { user, host, words }: { readonly user: string; readonly host: string; readonly words: string },
  jumps: SshFacts['jumps'],
): Line {
  const text = `${host} does not let ${user} in (${words})`;
  const inConfiguration = "by IdentityFile for the jump host in ssh's configuration";
  if (jumps.length === 0)
    return todo(
      'login',
      `${text}: a host before the node (ProxyCommand). The key that its ssh shows, if any, is named ${inConfiguration}`,
    );
  const lines = jumps.flatMap(({ port, ...shown }) => {
    if (!shown.keys.some(({ state }) => state === 'good')) return [];
    const name = jumps.length === 1 ? host : `${host} port ${port}`;
    const setting = keylessSetting(shown);
    if (setting !== null) return [keylessLine(name, setting, way)];
    // A key that is restricted makes no way to another host.
    return [deniedLine(name, { ...way, ...shown, user }, words, null, 'restrict,port-forwarding')];
  });
  const [line] = lines;
  if (line === undefined)
    return todo('login', `${text}, and ssh has no key here to show it: name one ${inConfiguration}`);
  if (jumps.length === 1) return line;
  const ports = jumps.map(({ port }) => port).join(' or ');
  return todo(
    'login',
    `${text}, on port ${ports}: ssh does not say which. Each gets the key that it is shown`,
    ...lines.flatMap(({ steps }) => steps),
  );
}

/** What went wrong once the account was in; undefined where that is not the matter. */
function remoteLine(
  { name }: NodeFacts,
  way: SshFacts,
  { reason, from }: { readonly reason: string; readonly from: string | null },
  here: Here,
): Line | undefined {
  if (/^sudo on the node wants a (?:password|terminal)|Sorry, user |is not in the sudoers file/.test(reason)) {
    const command = neededCommand(way);
    const text = `${way.user} may not run the script as root on ${name}`;
    const account = accountNamed(way.user);
    return refusedLine({ owner: name, account, commands: command === null ? [] : [command], text, said: reason });
  }
  if (/\bsudo: (?:command )?not found/.test(reason))
    return todo('sudo', `sudo is not installed on ${name}`, asRoot(name, installCommand('sudo', 'sudo')));
  const script = installedScript(way);
  const says = (words: string) => script !== null && complaint(script, words).test(reason);
  // sudo says so of a file that may not be run, too.
  if (/^the remote command was not found|: sudo: .*command not found$/.test(reason)) {
    const text = `${reason}: install it, or leave --remote-command out`;
    if (script === null || !says('(?:command )?not found|No such file')) return todo('script', text);
    const destination = destinationBy(way, script);
    return todo('script', `${text}${byHand(destination, here)}`, ...copyScript(destination, here));
  }
  if (/^the remote command cannot be run/.test(reason) && way.remoteCommand !== null) {
    const file = quoted(script ?? '');
    if (says('Permission denied')) return todo('script', reason, asRoot(name, `[ -f ${file} ] && chmod 0755 ${file}`));
    return todo('script', `${reason}: what --remote-command names has to be a file that ${way.user} may run`);
  }
  if (/password has expired|account has expired|password change required/i.test(reason))
    return todo(
      'login',
      `${reason}: expired on ${name}. The commands renew it and turn its expiry off`,
      asRoot(name, `chage -l ${quoted(way.user)}`, lasting(way.user)),
    );
  if (/^no snapshot in the answer|^empty answer|^the remote command (?:cannot|ended)/.test(reason))
    return todo(
      'answer',
      `${reason}: the login shell of ${way.user} there, a forced command or --remote-command does something else. The first command gives the account a shell if it has none, the others show what is forced`,
      asRoot(name, ...whatRuns(way.user, from)),
    );
  if (/\((?:waiting for the answer|in the middle of the answer)\)$/.test(reason))
    return todo('answer', `${reason}: a command hangs on ${name}; a longer --timeout shows whether it is only slow`);
  return undefined;
}

/** What a shell or a tool says of a file itself, not of something in it. */
function complaint(file: string, words: string): RegExp {
  const name = file.replace(/[.+]/g, '\\$&');
  return new RegExp(`[ '"\u2018]${name}['"\u2019]?: (?:${words})`);
}
