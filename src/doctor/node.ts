import type { Here, NameFact, NodeFacts, PortFact } from './facts.ts';
import { asRoot, type Line, ok, type Subject, thisMachine, todo, works } from './line.ts';
import { nrpeLines } from './nrpe.ts';
import { familyRemark, settingsLines, unsettledLine } from './settings.ts';
import { installCommand } from './shell.ts';
import { snapshotLines } from './snapshot_lines.ts';
import { sshLines } from './ssh.ts';
import { timeLines } from './time.ts';

/** What is said of a node, in the order of the way to it. */
export function judgeNode(node: NodeFacts, here: Here): Subject {
  const { name, target, way } = node;
  return { title: `${name} (${target})`, lines: linesOf() };

  function linesOf(): readonly Line[] {
    if (way.kind === 'unsettled') return [unsettledLine(way.reason, here)];
    if (way.kind === 'local' || way.kind === 'file') return answerLines(node, here);
    if (way.kind === 'ssh')
      return [
        ...settingsLines(node, way, here),
        ...placeLines(node, sshService, familyRemark(way)),
        ...sshLines(node, way, here),
      ];
    return [...placeLines(node, nrpeService), ...nrpeLines(node, way, here)];
  }
}

function answerLines({ answer, way }: NodeFacts, here: Here): readonly Line[] {
  if (answer === null) return [];
  if (!answer.reached) return [todo(way.kind === 'file' ? 'file' : 'answer', answer.reason)];
  const isLocal = way.kind === 'local';
  return [
    ...(isLocal ? timeLines(answer.milliseconds, 'the answer came') : []),
    ...snapshotLines(answer.snapshot, isLocal ? thisMachine : 'the node', here),
  ];
}

/** The name and the port, each as far as it was looked at. */
function placeLines({ name: node, hostName, ports }: NodeFacts, service: Service, remark = ''): readonly Line[] {
  if (hostName === null) return [];
  const name = nameLine(hostName, remark);
  return works([name]) ? [name, ...portLines(ports, { node, ...service })] : [name];
}

/** What listens on a node's usual port, and how it comes to do so. */
type Service = { readonly port: number; readonly commands: readonly string[] };

/** Shows where a daemon listens: another port, or 127.0.0.1 alone. Where systemd listens for it, the port alone tells. */
function listens(daemon: string, port: number): string {
  return `ss -ltnp | grep -E '"${daemon}"|:${port} ' || true`;
}

const sshService: Service = {
  port: 22,
  commands: [
    `[ -x /usr/sbin/sshd ] || ${installCommand('openssh-server', 'openssh-server')}`,
    'systemctl enable --now ssh || systemctl enable --now sshd',
    listens('sshd', 22),
  ],
};
const nrpeService: Service = {
  port: 5666,
  commands: [
    `[ -x /usr/sbin/nrpe ] || ${installCommand('nagios-nrpe-server', 'nrpe')}`,
    'systemctl enable --now nagios-nrpe-server || systemctl enable --now nrpe',
    listens('nrpe', 5666),
  ],
};

/** A name, and how it could be known; the remark is about one that leads nowhere. */
export function nameLine(fact: NameFact, remark = ''): Line {
  if (fact.kind === 'none')
    return todo(
      'name',
      `${fact.reason}${remark}: enter it in DNS or in /etc/hosts of this machine, or give an address in its place`,
    );
  const addresses = fact.addresses.join(', ');
  return ok('name', fact.kind === 'numeric' ? `${addresses} is an address` : `resolves to ${addresses}`);
}

function portLines(ports: readonly PortFact[], service: Service & { readonly node: string }): readonly Line[] {
  const first = ports.findIndex(({ state }) => state === 'open');
  const open = ports[first];
  if (open !== undefined) {
    const { port, address, greeting } = open;
    return [
      ok('port', `${port} at ${address} is open${greeting === '' ? '' : ` (${greeting})`}`),
      // They are tried one after the other, in this order, and at each a check waits for all of its time.
      ...ports.slice(0, first).flatMap((one) => (one.state === 'silent' ? [waitsLine(one, open)] : [])),
    ];
  }
  return ports.map((port) => closedLine(port, service));
}

function waitsLine({ address, port }: PortFact, open: PortFact): Line {
  return todo(
    'port',
    `${port} at ${address} does not answer, and a check asks there first, until its time is over: take that address out of DNS or /etc/hosts, find out what drops the packets, or give ${open.address} in place of the name`,
  );
}

function closedLine({ address, port, state, code }: PortFact, service: Service & { readonly node: string }): Line {
  const at = `${port} at ${address}`;
  if (state === 'refused') {
    // What should listen on a port of somebody's choice is that person's to know.
    const isUsual = port === service.port;
    const again =
      '. If you have pasted that before, the last command shows where it listens; if it is that very port and address, a firewall refuses the connection';
    return todo(
      'port',
      `${at} is closed: nobody listens there, or on another port, or a firewall refuses it${isUsual ? again : ''}`,
      ...(isUsual ? [asRoot(service.node, ...service.commands)] : []),
    );
  }
  if (state === 'silent')
    return todo('port', `${at} does not answer: the host is down, or a firewall between drops the packets`);
  return todo('port', `${at} cannot be reached (${code}): no route from this machine`);
}
