/** Writes snapshots in the form that a node gives, for situations that a test describes in a few words. */
export type Situation = {
  readonly name?: string;
  readonly vip?: string;
  /** Content of the proc file; null when the kernel has no entry for the VIP. */
  readonly held?: string | null;
  /** Lines of `iptables-legacy-save`. */
  readonly rules?: readonly string[];
  readonly addr?: readonly string[];
  readonly link?: readonly string[];
  /** Lines of /proc/net/dev_mcast. */
  readonly maddr?: readonly string[];
  /** Raw sections in place of those written from the fields above, by name. */
  readonly sections?: Readonly<Record<string, readonly string[]>>;
};

export const vip = '192.168.56.20';

/** A CLUSTERIP rule as iptables-legacy-save prints it. */
export function clusterRule({
  chain = 'INPUT',
  match = '-i eth1',
  mode = 'sourceip',
  mac = '01:23:45:67:89:AB',
  total = 2,
  local = 1,
  seed = 0,
} = {}): string {
  return `-A ${chain} -d ${vip}/32 ${match} -j CLUSTERIP --new --hashmode ${mode} --clustermac ${mac} --total-nodes ${total} --local-node ${local} --hash-init ${seed}`;
}

/** The filter table with these rules, as iptables-legacy-save prints it. */
export function filterTable(...rules: readonly string[]): readonly string[] {
  const chains = [...new Set(rules.map((rule) => rule.split(' ')[1] ?? ''))].filter(
    (name) => !['INPUT', 'FORWARD', 'OUTPUT'].includes(name),
  );
  const builtIn = ['INPUT', 'FORWARD', 'OUTPUT'].map((name) => `:${name} ACCEPT [0:0]`);
  return ['*filter', ...builtIn, ...chains.map((name) => `:${name} - [0:0]`), ...rules, 'COMMIT'];
}

export function snapshotText(situation: Situation = {}): string {
  const { name = 'node1', held = '1', sections = {} } = situation;
  const rules = situation.rules ?? (held === null ? [] : filterTable(clusterRule()));
  const addr = situation.addr ?? [
    '1: lo    inet 127.0.0.1/8 scope host lo',
    `3: eth1    inet 192.168.56.11/24 brd 192.168.56.255 scope global eth1`,
    `3: eth1    inet ${vip}/24 brd 192.168.56.255 scope global secondary eth1`,
  ];
  const link = situation.link ?? [
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN',
    '3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP',
  ];
  const maddr = situation.maddr ?? [
    '3    eth1            1     0     01005e000001',
    '3    eth1            1     0     0123456789ab',
  ];
  const written: Record<string, readonly string[]> = {
    host: [`> name ${name}`, '> kernel 6.1.176', '> uid 0', '> user root', '> script 0.1.0'],
    addr: output(addr),
    link: output(link),
    maddr: output(maddr),
    clusterip: held === null ? ['= none'] : [],
    'iptables-legacy': output(rules),
    iptables: ['= missing iptables-save'],
    ip6tables: ['= missing ip6tables-save'],
    nft: ['= missing nft'],
    arptables: ['= missing arptables-save'],
    ...sections,
  };
  const given = Object.keys(sections).some((header) => header.startsWith('clusterip'));
  if (given && sections['clusterip'] === undefined) delete written['clusterip'];
  if (held !== null && !given) {
    delete written['clusterip'];
    written[`clusterip ${vip}: cat /proc/net/ipt_CLUSTERIP/${vip}`] = output(held === '' ? [] : [held]);
  }
  const lines = [
    'rackwatch-snapshot 1',
    ...Object.entries(written).flatMap(([header, body]) => [`== ${header}`, ...body]),
  ];
  return `${[...lines, `== end ${lines.length}`].join('\n')}\n`;
}

function output(lines: readonly string[]): readonly string[] {
  return [...lines.map((line) => `> ${line}`), '= exit 0'];
}
