import { fate } from '../netns/traffic.ts';
import { pending } from './pending.ts';
import { readSituation } from './recordings.ts';
import type { Protocol, Situation } from './situation.ts';
import { situations } from './situations.ts';

const sections: Readonly<Record<Situation['section'], string>> = {
  1: 'Who answers for the VIP',
  2: 'The card',
  3: 'Ingress and tables that sleep',
  4: 'Inside the hooks',
  5: 'The way back',
};

type Row = {
  readonly situation: string;
  readonly backends: readonly string[];
  readonly verdict: string;
  readonly measured: string;
};

/**
 * The table of every situation on the whole way, in Markdown: what was set up where, the verdict that is right, and how the
 * recorded clients fared. Backends that fared alike share a line. What is pending is left out.
 */
export function wholeWayTable(): string {
  return ([1, 2, 3, 4, 5] as const).map((section) => `### ${sections[section]}\n\n${tableOf(section)}`).join('\n\n');
}

/** A document with these tables in its block of that name. Throws where it has none. */
export function withWholeWay(text: string): string {
  const block = /(<!-- whole way: .* -->\n)[\s\S]*?(\n<!-- end of the whole way -->)/;
  if (!block.test(text)) throw new Error('the document has no block for the whole way');
  return text.replace(block, (_, head: string, tail: string) => `${head}\n${wholeWayTable()}\n${tail}`);
}

function tableOf(section: Situation['section']): string {
  const rows = new Map<string, Row>();
  const judged = situations.filter(
    ({ section: own, state, name }) => own === section && state.length > 0 && !(name in pending),
  );
  for (const situation of judged) {
    const row = rowOf(situation);
    const key = [row.situation, row.verdict, row.measured].join('|');
    const before = rows.get(key);
    rows.set(key, before === undefined ? row : { ...before, backends: [...before.backends, ...row.backends] });
  }
  const lines = [...rows.values()].map(
    ({ situation, backends, verdict, measured }) =>
      `| ${situation} | ${backends.join(', ')} | ${verdict} | ${measured} |`,
  );
  return ['| situation | backend | verdict | measured: lost / doubled |', '|---|---|---|---|', ...lines].join('\n');
}

function rowOf(situation: Situation): Row {
  const options = situation.options.join(' ');
  return {
    situation: `${situation.situation}${options === '' ? '' : ` (\`${options}\`)`}`,
    backends: [`${backends[situation.way]}${situation.ipv6 ? ' IPv6' : ''}`],
    verdict: situation.state.join(' or '),
    measured: measuredOf(situation),
  };
}

const backends = {
  'iptables-nft': 'xt_cluster',
  'iptables-legacy': 'xt_cluster',
  nftables: 'nftables',
  clusterip: 'CLUSTERIP',
} as const;

function measuredOf(situation: Situation): string {
  const outcome = readSituation(situation);
  if (outcome === null) throw new Error(`${situation.name} is not recorded`);
  const of = (protocol: Protocol) => {
    const probes = outcome.traffic.filter((probe) => probe.protocol === protocol);
    const share = (kind: string) =>
      Math.round((100 * probes.filter((probe) => fate(probe) === kind).length) / probes.length);
    return `${share('lost')} % / ${share('doubled')} %`;
  };
  const [tcp, udp, icmp] = [of('tcp80'), of('udp'), of('icmp')];
  if (tcp === udp && udp === icmp) return tcp;
  return udp === icmp ? `TCP ${tcp}; UDP and ping ${udp}` : `TCP ${tcp}; UDP ${udp}; ping ${icmp}`;
}
