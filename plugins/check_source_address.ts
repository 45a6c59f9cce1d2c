import { formatIp, isGroupAddress, parseIp } from '../src/address/index.ts';
import { type Fault, fault } from '../src/findings/index.ts';
import {
  type Answer,
  answerDetails,
  askNodes,
  keepAnswers,
  nodeOption,
  nodeTrouble,
  requestOf,
  wayOptions,
} from '../src/node/index.ts';
import { definePlugin, failure, type Result, success } from '../src/plugin/index.ts';
import { type Limits, ownAddresses, type Resolved, resolveName, routesTo } from '../src/poller/index.ts';
import {
  type HostFacts,
  hostFacts,
  hostLines,
  natLeftOpen,
  reportSource,
  type Target,
  type Way,
} from '../src/source/index.ts';

export default definePlugin({
  name: 'check_source_address',
  summary: 'Checks that outgoing traffic uses the cluster’s address',
  description:
    'Says with which source address packets to each target would leave, and compares it with the one wanted, as Pacemaker’s IPsrcaddr or keepalived sets it. This host is asked by connecting a UDP socket: nothing is sent and no privileges are needed. Other hosts are asked for their route.',
  options: {
    source: {
      short: 's',
      value: 'ADDRESS',
      help: 'the source address that packets must have',
      required: true,
      parse: readAddress,
      metricLabel: { name: 'source' },
    },
    target: {
      value: 'HOST',
      help: 'a host beyond this one, by address or name',
      repeat: true,
      required: true,
      parse: readTarget,
    },
    ifActive: {
      value: 'VIP',
      help: 'judge only a host that has this address; the passive one of a pair is OK',
      parse: readAddress,
    },
    nat: {
      type: 'flag',
      help: 'judge NAT on the way out as well: asks the hosts for their rules, which only root can read',
    },
    ...nodeOption,
    ...wayOptions,
  },
  examples: [
    { text: 'this host, for NRPE', args: '--source 192.0.2.100 --target 198.51.100.1 --if-active 192.0.2.100' },
    {
      text: 'both nodes of a pair over ssh',
      args: '-s 192.0.2.100 --target 198.51.100.1 --if-active 192.0.2.100 -N n1 -N n2',
    },
  ],
  check: ({ source, target, node }) => {
    for (const one of target) {
      const ip = parseIp(one);
      if (one === source)
        return `--target: ${one} is the source itself, and packets to it never leave its host: choose a host beyond it`;
      if (ip !== null && ip.family !== parseIp(source)?.family)
        return `--target: ${one} is IPv${ip.family}, but the source ${source} is not`;
    }
    return nodeTrouble({ node });
  },
  run: async (options, context) => {
    const { source, target: texts, node: nodes, ifActive } = options;
    context.stage('resolving the targets');
    const resolving = { limitMs: context.timeLeft() / 2, signal: context.signal };
    const { targets, unresolved } = await resolveTargets(texts, source, resolving);
    context.stage(`asking ${nodes.map(({ name }) => name).join(', ')}`);
    // Its own kernel tells a socket the route, but not what NAT makes of it.
    const remote = options.nat ? nodes : nodes.filter(({ target }) => target.kind !== 'local');
    const request = {
      routes: targets.map(({ address }) => address),
      addressesOnly: !options.nat,
      ...requestOf(options, context),
    };
    const answers = await askNodes(remote, {
      ...request,
      limitMs: Math.min(request.limitMs, context.timeLeft() - 500),
    });
    const answered = new Map(answers.map((answer) => [answer.name, factsFrom(answer, targets)]));
    const hosts = await Promise.all(nodes.map(async ({ name }) => answered.get(name) ?? thisHost(name, targets)));
    context.stage('judging');
    const wanted = {
      source,
      ifActive,
      nat: options.nat,
      named: nodes.length > 1 || nodes.some(({ target }) => target.kind !== 'local'),
    };
    const details = [
      ...(context.verbosity >= 1 ? natLeftOpen(hosts, wanted) : []),
      ...(context.verbosity >= 2 ? hostLines(hosts) : []),
      ...answerDetails(answers, context.verbosity),
    ];
    const report = { ...reportSource(hosts, unresolved, wanted), details };
    return keepAnswers(answers, options.saveSnapshots, report, context);
  },
});

/** The addresses of all targets in the family of the source, and a fault for each name without one. */
async function resolveTargets(texts: readonly string[], source: string, limits: Limits) {
  const family = parseIp(source)?.family ?? 4;
  const found = await Promise.all(
    texts.map(async (text): Promise<Resolved & { readonly text: string }> => {
      if (parseIp(text) !== null) return { text, kind: 'found', addresses: [text] };
      return { text, ...(await resolveName(text, family, limits)) };
    }),
  );
  const targets: Target[] = [];
  const unresolved: Fault[] = [];
  for (const one of found) {
    const { text } = one;
    if (one.kind === 'found') targets.push(...one.addresses.map((address) => ({ text, address })));
    else if (one.kind === 'none')
      unresolved.push(
        fault('CRITICAL', 'target-unresolved', `${text} does not resolve`, `${text} does not resolve: ${one.reason}`),
      );
    else
      unresolved.push(
        fault(
          'UNKNOWN',
          'target-unresolved',
          `${text} cannot be resolved`,
          `${text} cannot be resolved: ${one.reason}`,
        ),
      );
  }
  return { targets, unresolved };
}

function factsFrom(answer: Answer, targets: readonly Target[]): HostFacts {
  if (!answer.reached) return { name: answer.name, reached: false, reason: answer.reason };
  return hostFacts(answer.name, answer.snapshot, targets);
}

/** This host by its own kernel's choice, without a process. */
async function thisHost(name: string, targets: readonly Target[]): Promise<HostFacts> {
  const own = await ownAddresses();
  const has = (address: string) => own?.includes(address) ?? null;
  const ways = targets.map(async (target): Promise<Way> => {
    if (has(target.address) === true) return { target, known: true, routes: [{ kind: 'own' }], nat: null };
    const routes = await routesTo(target.address);
    return routes.ok
      ? { target, known: true, routes: routes.value, nat: null }
      : { target, known: false, reason: routes.reason };
  });
  return { name, reached: true, ways: await Promise.all(ways), has, special: [] };
}

function readAddress(text: string): Result<string> {
  const ip = parseIp(text);
  return ip === null ? failure(`"${text}" is not an IP address`) : success(formatIp(ip));
}

/** An address, or a name that nothing can take for an option or for more than one word. */
function readTarget(text: string): Result<string> {
  const ip = parseIp(text);
  if (ip !== null) return isGroupAddress(ip) ? failure(`"${text}" is not a single host`) : success(formatIp(ip));
  const name = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})$/.test(text) && !/^[\d.]+$/.test(text);
  return name ? success(text) : failure(`"${text}" is neither an address nor a host name`);
}
