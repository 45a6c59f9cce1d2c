import { formatIp, parseIp, parseMac } from '../src/address/index.ts';
import { type Member, memberFacts } from '../src/member/index.ts';
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
import { lookFor } from '../src/poller/index.ts';
import { asksRules, type Expected, judgeVip, reportVip, vipLines, type WantedVip } from '../src/vip/index.ts';

export default definePlugin({
  name: 'check_cluster_vip',
  summary: 'Checks that a cluster’s address is on the right nodes, with the right MAC',
  description:
    'Asks all nodes at once where they have the VIP: on all of them (load sharing) or on exactly one (failover), on an interface that works, with the right prefix, and the cluster MAC listened to. With --from-here it also checks from this host who answers for the VIP.',
  options: {
    vip: {
      short: 'H',
      value: 'ADDRESS',
      help: 'the shared address, ADDRESS or ADDRESS/PREFIX',
      required: true,
      parse: readVip,
      metricLabel: { name: 'vip', of: (text) => text.replace(/\/.*/, '') },
    },
    ...nodeOption,
    node: {
      ...nodeOption.node,
      help: `${nodeOption.node.help}; without any, local is asked, or none with --from-here`,
      default: [],
    },
    expect: {
      value: 'WHERE',
      help: 'on which nodes the VIP must be: all (load sharing), one (failover), none, or their number',
      default: 'all',
      parse: readExpected,
      words: ['all', 'one', 'none'],
    },
    interface: { value: 'NAME', help: 'the interface that must have it', parse: readInterface },
    mac: {
      value: 'MAC',
      help: 'the MAC of the VIP; otherwise the one that the rules name or the nodes agree on, or none with --expect one',
      parse: readMac,
    },
    skip: {
      value: 'PART',
      help: 'do not judge this part: mac, or arp (who answers ARP: all peers have a static entry); mac is arp too',
      type: ['mac', 'arp'],
      repeat: true,
      default: [],
    },
    allowLo: { help: 'the VIP may be on loopback alone (real servers of LVS direct routing)', type: 'flag' },
    arpMangle: { help: 'each node must also have the rule that answers ARP with the cluster MAC', type: 'flag' },
    fromHere: { help: 'also check from this host who answers for the VIP on its link', type: 'flag' },
    unreachable: {
      value: 'STATE',
      help: 'state for a node that gives no answer while the others do not prove what is expected: ok, warning, critical or unknown',
      type: ['ok', 'warning', 'critical', 'unknown'],
      default: 'critical',
    },
    ...wayOptions,
  },
  examples: [
    { text: 'a load-sharing pair over ssh', args: '--vip 192.0.2.100/24 --node n1 --node n2' },
    { text: 'a failover pair: exactly one has it', args: '--vip 192.0.2.100 --expect one -N n1 -N n2' },
    { text: 'what this host sees, without asking a node', args: '--vip 192.0.2.100 --expect one --from-here' },
  ],
  check: ({ node, expect, skip, mac, arpMangle }) => {
    if (typeof expect === 'number' && node.length > 0 && expect > node.length)
      return `--expect ${expect} needs ${expect} nodes, but --node gives ${node.length}`;
    if (skip.includes('mac') && (mac !== undefined || arpMangle))
      return `--skip mac contradicts ${mac === undefined ? '--arp-mangle' : '--mac'}`;
    if (skip.includes('arp') && arpMangle) return '--skip arp contradicts --arp-mangle';
    return nodeTrouble({ node });
  },
  run: async (options, context) => {
    const wanted: WantedVip = {
      vip: options.vip.address,
      prefix: options.vip.prefix,
      expect: options.expect,
      ifname: options.interface,
      mac: options.mac,
      skipMac: options.skip.includes('mac'),
      skipArp: options.skip.includes('arp') || options.skip.includes('mac'),
      allowLo: options.allowLo,
      arpMangle: options.arpMangle,
      unreachable: stateNames[options.unreachable],
    };
    const local = options.fromHere ? [] : [{ name: 'local', text: 'local', target: { kind: 'local' } } as const];
    const nodes = options.node.length > 0 ? options.node : local;
    const asked = [...(options.fromHere ? ['the link'] : []), ...nodes.map(({ name }) => name)];
    context.stage(`asking ${asked.join(', ')}`);
    const request = requestOf(options, context);
    const [answers, view] = await Promise.all([
      askNodes(nodes, { vips: [wanted.vip], addressesOnly: !asksRules(wanted), ...request }),
      options.fromHere ? lookFor(wanted.vip, { limitMs: request.limitMs, signal: context.signal }) : null,
    ]);
    context.stage('judging');
    const judgement = judgeVip(
      answers.map((answer) => factsFrom(answer, wanted)),
      view,
      wanted,
    );
    const facts = context.verbosity >= 2 ? vipLines(judgement) : [];
    const details = [...facts, ...answerDetails(answers, context.verbosity)];
    return keepAnswers(answers, options.saveSnapshots, { ...reportVip(judgement, wanted), details }, context);
  },
});

const stateNames = { ok: 'OK', warning: 'WARNING', critical: 'CRITICAL', unknown: 'UNKNOWN' } as const;

function factsFrom(answer: Answer, { vip }: WantedVip): Member {
  if (!answer.reached) return { name: answer.name, reached: false, reason: answer.reason };
  return memberFacts(answer.name, answer.snapshot, vip);
}

function readVip(text: string): Result<{ readonly address: string; readonly prefix: number | null }> {
  const [address = '', prefix] = text.split('/');
  const ip = parseIp(address);
  if (ip === null) return failure(`"${text}" is not an IP address`);
  const longest = ip.family === 4 ? 32 : 128;
  if (prefix === undefined) return success({ address: formatIp(ip), prefix: null });
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > longest || text.split('/').length > 2)
    return failure(`"${text}": the prefix is a number from 0 to ${longest}`);
  return success({ address: formatIp(ip), prefix: Number(prefix) });
}

function readExpected(text: string): Result<Expected> {
  if (text === 'all') return success(text);
  if (text === 'one' || text === 'none') return success(text === 'one' ? 1 : 0);
  return /^\d{1,3}$/.test(text)
    ? success(Number(text))
    : failure(`"${text}" is not all, one, none or a number of nodes`);
}

function readInterface(text: string): Result<string> {
  // As the kernel's dev_valid_name: up to 15 characters, no blank, slash or colon.
  return /^[^\s/:]{1,15}$/.test(text) ? success(text) : failure(`"${text}" is not the name of an interface`);
}

function readMac(text: string): Result<string> {
  const mac = parseMac(text);
  return mac === null ? failure(`"${text}" is not a MAC address (01:23:45:67:89:ab)`) : success(mac);
}
