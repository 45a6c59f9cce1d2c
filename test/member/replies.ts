import { type IpBlock, parseBlock } from '../../src/address/index.ts';
import { judgeReplies, type Stretch } from '../../src/member/index.ts';
import { trafficTo } from '../../src/netfilter/index.ts';
import { vip } from '../snapshot_text.ts';
import { member } from './member.ts';

/** The rules of every host. */
export const usualRules = [
  '0:\tfrom all lookup local',
  '32766:\tfrom all lookup main',
  '32767:\tfrom all lookup default',
];
/** What the kernel makes of the node's own address. */
export const onLink = '192.168.56.0/24 dev eth1 proto kernel scope link src 192.168.56.11';
/** Lines of the table local. */
export const local = [
  'local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1',
  `local ${vip} dev eth1 table local proto kernel scope host src 192.168.56.11`,
  'local 192.168.56.11 dev eth1 table local proto kernel scope host src 192.168.56.11',
  'broadcast 192.168.56.255 dev eth1 table local proto kernel scope link src 192.168.56.11',
];
/** What all nodes have unless a test gives them other routes. */
export const byGateway = 'default via 192.168.56.254 dev eth1';
const known = '192.168.56.254 dev eth1 lladdr 02:00:00:00:00:fe  used 1/1/1probes 4 REACHABLE ';

/** What `ip` and the settings say on a node; what is not given is as on every healthy node. */
export type Given = {
  readonly rules?: readonly string[];
  /** Beside those of the node's own addresses. */
  readonly routes?: readonly string[];
  readonly own?: readonly string[];
  readonly settings?: readonly string[];
  readonly neigh?: readonly string[];
  readonly neighBy?: string;
  /** What the script says it has left out of the routes. */
  readonly leftOut?: readonly string[];
  readonly link?: readonly string[];
  readonly marked?: boolean;
  readonly serves?: boolean;
};

const output = (lines: readonly string[]) => [...lines.map((line) => `> ${line}`), '= exit 0'];

/** Judges the way back of nodes n1, n2 ..., to the clients of these networks or to all. */
export function judged(nodes: readonly Given[], networks: readonly string[] = []): readonly Stretch[] {
  const space = trafficTo(vip);
  const repliers = nodes.map((given, i) => {
    const { rules = usualRules, routes = [byGateway, onLink], own = local, neigh = [known], settings = [] } = given;
    const { link, marked = false, serves = true, leftOut = [], neighBy = 'ip -s neigh show' } = given;
    const node = member(`n${i + 1}`, {
      ...(link === undefined ? {} : { link }),
      sections: {
        'rule4: ip': output(rules),
        'routes4: ip': [...leftOut.map((what) => `= left out: ${what}`), ...output([...routes, ...own])],
        [`neigh: ${neighBy}`]: output(neigh),
        'sysctl: /proc/sys/net': output(settings),
      },
    });
    const leaving = { denials: [], renamings: [], marks: [{ mark: marked ? null : 0, traffic: space.all }] };
    return { node, space, ifname: 'eth1', serves, shared: space.all, leaving };
  });
  const blocks = networks.map(parseBlock).filter((one): one is IpBlock => one !== null);
  const stretches = judgeReplies(repliers, { vip, networks: blocks });
  return nodes.map((_, i) => stretches.get(`n${i + 1}`) ?? { faults: [], lost: space.none, doubt: space.none });
}

/** All that is said of them. */
export const said = (stretches: readonly Stretch[]) =>
  stretches.flatMap(({ faults }) => faults.map(({ state, text }) => `[${state}] ${text}`)).join('\n');
/** The states of that. */
export const states = (stretches: readonly Stretch[]) =>
  stretches.flatMap(({ faults }) => faults.map(({ state }) => state));
