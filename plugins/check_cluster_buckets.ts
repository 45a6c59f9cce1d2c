import { formatIp, type IpBlock, parseBlock, parseIp, parseMac } from '../src/address/index.ts';
import type { AskedClient, WantedOfAll } from '../src/cluster/index.ts';
import {
  answerDetails,
  askNodes,
  keepAnswers,
  nodeOption,
  nodeTrouble,
  patiently,
  requestOf,
  wayOptions,
} from '../src/node/index.ts';
import { definePlugin, failure, type Result, success } from '../src/plugin/index.ts';

export default definePlugin({
  name: 'check_cluster_buckets',
  summary: 'Checks that every bucket of a load-sharing cluster is on exactly one node',
  description:
    'Asks all nodes at once what their kernels hold for the VIP (netfilter CLUSTERIP, xt_cluster or nftables), and judges whether every client is answered by exactly one node: buckets, hash, earlier firewall rules, the VIP itself, its interface and the cluster MAC.',
  options: {
    vip: {
      short: 'H',
      value: 'ADDRESS',
      help: 'a shared address of the cluster, or all: every one for which a node shows a cluster rule',
      required: true,
      repeat: true,
      parse: readVip,
      words: ['all'],
      metricLabel: { name: 'vip' },
    },
    ...nodeOption,
    totalNodes: {
      short: 'n',
      value: 'N',
      help: 'number of buckets every rule must state; with --skip rules, used instead',
      type: 'integer',
      min: 1,
    },
    mac: { value: 'MAC', help: 'the cluster MAC that every rule must name', parse: readMac },
    warning: {
      short: 'w',
      value: 'RANGE',
      help: 'WARNING when a node’s number of buckets is outside this range (1: warns about an idle node)',
      type: 'range',
    },
    critical: {
      short: 'c',
      value: 'RANGE',
      help: 'CRITICAL when a node’s number of buckets is outside this range',
      type: 'range',
    },
    unreachable: {
      value: 'STATE',
      help: 'state for a node that gives no answer while nobody else holds its buckets: ok, warning, critical or unknown',
      type: ['ok', 'warning', 'critical', 'unknown'],
      default: 'critical',
    },
    skip: {
      value: 'PART',
      help: 'do not judge this part: rules, vip, mac, or arp (who answers ARP: all peers have a static entry); mac is arp too',
      type: ['rules', 'vip', 'mac', 'arp'],
      repeat: true,
      default: [],
    },
    backend: {
      value: 'NAME',
      help: 'the backend of every rule: clusterip, xt_cluster or nftables; auto reads what is there',
      type: ['auto', 'clusterip', 'xt_cluster', 'nftables'],
      default: 'auto',
    },
    client: {
      value: 'CLIENT',
      help: 'say which node answers this client: [tcp:|udp:|icmp:]ADDRESS[/SPORT[/DPORT]]',
      parse: readClient,
      words: ['tcp:', 'udp:', 'icmp:'],
      repeat: true,
      default: [],
    },
    clients: {
      value: 'NETWORK',
      help: 'clients come only from this network: answers to others need no route, and shares are counted within it',
      parse: readNetwork,
      repeat: true,
      default: [],
    },
    expectBuckets: {
      value: 'LIST',
      help: 'the one node must hold exactly these buckets (1,3 or none); coverage across nodes is then not judged',
      parse: readBuckets,
      words: ['none'],
    },
    ...wayOptions,
  },
  examples: [
    {
      text: 'two nodes over ssh, with nothing installed on them',
      args: '--vip 192.168.56.20 --node node1 --node admin@node2',
    },
    { text: 'a node checks itself, for NRPE', args: '--vip 192.168.56.20 --expect-buckets 1' },
    { text: 'all VIPs of a cluster in one question', args: '--vip all --node node1 --node node2' },
    { text: 'judge saved snapshots again', args: '--vip 192.168.56.20 --node n1=file:n1.txt --node n2=file:n2.txt' },
  ],
  check: ({ vip, node, skip, totalNodes, expectBuckets, client, clients }) => {
    const { vips, all } = whichOf(vip);
    const [one = 'the VIPs'] = vips.length === 1 ? vips : [];
    const known = (family: number) => all || vips.some((each) => parseIp(each)?.family === family);
    const stranger = client.find(({ family }) => !known(family));
    if (stranger !== undefined) return `--client ${stranger.text} and ${one} are of different address families`;
    if (clients.some(({ family }) => !known(family)))
      return `--clients names a network of a different address family from ${one}`;
    if (all && skip.includes('rules')) return '--vip all goes by the rules: leave out --skip rules, or name the VIPs';
    if (client.length > 0 && skip.includes('rules')) return '--client needs the rules: leave out --skip rules';
    if (expectBuckets !== undefined && node.length > 1) return '--expect-buckets judges one node: give one --node';
    if (skip.includes('rules') && totalNodes === undefined && expectBuckets === undefined)
      return '--skip rules leaves the number of buckets open: give --total-nodes';
    return nodeTrouble({ node });
  },
  run: async (options, context) => {
    context.stage(`asking ${options.node.map(({ name }) => name).join(', ')}`);
    const { vips, all } = whichOf(options.vip);
    // Where all are wanted, a node must tell of every one, also of those that are named beside.
    const asked = askNodes(options.node, { vips: all ? [] : vips, ...requestOf(options, context) });
    // Loaded while the nodes answer: at the next turn of the event loop all of them have been asked, files at once.
    if (options.node.some(({ target }) => target.kind !== 'file'))
      await new Promise((resolve) => setImmediate(resolve));
    // The files of the answers may be all that may be open at the moment.
    const loaded = patiently(
      () => import('#cluster'),
      () => context.timeLeft() > 0,
    );
    const { judgeOne, judgeSeveral } = await loaded;
    const answers = await asked;
    context.stage('judging');
    const wanted: WantedOfAll = {
      totalNodes: options.totalNodes,
      mac: options.mac,
      held: { warning: options.warning, critical: options.critical },
      unreachable: stateNames[options.unreachable],
      skip: options.skip,
      expectBuckets: options.expectBuckets,
      backend: options.backend,
      networks: options.clients,
      clients: options.client,
    };
    const [vip, ...others] = vips;
    const report =
      vip === undefined || all || others.length > 0
        ? judgeSeveral(answers, { vips, all }, wanted, context)
        : judgeOne(answers, { ...wanted, vip }, context);
    const details = [...(report.details ?? []), ...answerDetails(answers, context.verbosity)];
    return keepAnswers(answers, options.saveSnapshots, { ...report, details }, context);
  },
});

const stateNames = { ok: 'OK', warning: 'WARNING', critical: 'CRITICAL', unknown: 'UNKNOWN' } as const;

/** The VIPs that are named, each once, and whether `all` is among the words. */
function whichOf(words: readonly string[]): { readonly vips: readonly string[]; readonly all: boolean } {
  return { vips: [...new Set(words)].filter((word) => word !== 'all'), all: words.includes('all') };
}

/** An address in its usual form, or `all`. */
function readVip(text: string): Result<string> {
  if (text === 'all') return success(text);
  const ip = parseIp(text);
  return ip === null ? failure(`"${text}" is not an IP address`) : success(formatIp(ip));
}

function readMac(text: string): Result<string> {
  const mac = parseMac(text);
  return mac === null ? failure(`"${text}" is not a MAC address (01:23:45:67:89:ab)`) : success(mac);
}

function readNetwork(text: string): Result<IpBlock> {
  const block = parseBlock(text);
  return block === null ? failure(`"${text}" is not a network such as 10.0.0.0/8`) : success(block);
}

/** `tcp:10.1.2.3/40000/80`, `icmp:2001:db8::1`, `10.1.2.3`: TCP where nothing else is said. */
function readClient(text: string): Result<AskedClient & { readonly family: 4 | 6 }> {
  const [, protocol = 'tcp', address = '', sport, dport] =
    /^(?:(tcp|udp|icmp):)?\[?([0-9a-f.:]+)\]?(?:\/(\d{1,5})(?:\/(\d{1,5}))?)?$/i.exec(text) ?? [];
  const ip = parseIp(address);
  const [from = null, to = null] = [sport, dport].map((port) => (port === undefined ? null : Number(port)));
  if (ip === null || (from ?? 0) > 65535 || (to ?? 0) > 65535)
    return failure(`"${text}" is not a client such as tcp:10.1.2.3/40000/80`);
  const numbers = { tcp: 6, udp: 17, icmp: ip.family === 4 ? 1 : 58 };
  const number = Object.entries(numbers).find(([name]) => name === protocol.toLowerCase())?.[1] ?? 6;
  return success({ text, protocol: number, saddr: ip.value, sport: from, dport: to, family: ip.family });
}

/** `1,3`, or `none`; ascending and without repeats, whatever the order given. */
function readBuckets(text: string): Result<readonly number[]> {
  if (text === 'none') return success([]);
  if (!/^[1-9]\d{0,4}(,[1-9]\d{0,4})*$/.test(text)) return failure(`"${text}" is not a list of buckets such as 1,3`);
  return success([...new Set(text.split(',').map(Number))].sort((a, b) => a - b));
}
