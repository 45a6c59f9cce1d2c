import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { openNamespaces } from './namespaces.ts';

// Records clusters of network namespaces on this kernel into test/fixtures/vip/ and test/fixtures/source/, for the demo,
// the documents and the tests that replay them. Needs root:
//   node tools/run.mjs test/lab/address/record.ts
const sharing = 'vip n1; vip n2; cluster_mac n1; cluster_mac n2; nft_rule n1 1 $MAC; xt_rule n2 2 $MAC';
const sourceSet = `
ip -n n1 route add default via 192.0.2.1
ip -n n2 route add default via 192.0.2.1
vip n1
ip -n n1 route replace 192.0.2.0/24 dev eth0 scope link src $VIP
ip -n n1 route replace default via 192.0.2.1 src $VIP`;

const vips: Readonly<Record<string, string>> = {
  failover: 'vip n1',
  'split-brain': 'vip n1; vip n2',
  'split-brain-on-a-dead-interface': 'vip n1; vip n2; ip -n sw link set n2-p down; sleep 0.1',
  nobody: '',
  'load-sharing': sharing,
  'load-sharing-one-lacks-it': `${sharing}; ip -n n2 addr del $VIP/24 dev eth0`,
  'load-sharing-mac-on-one': `${sharing}; ip -n n2 maddr del $MAC dev eth0`,
  'arp-rule-missing': 'vip n1; vip n2; cluster_mac n1; cluster_mac n2; nft_rule n1 1 $MAC; nft_rule n2 2',
  duplicate:
    'ip -n n1 addr add 2001:db8::100/64 dev eth0 nodad; sleep 1.2; ip -n n2 addr add 2001:db8::100/64 dev eth0; sleep 1.8',
};

const sources: Readonly<Record<string, string>> = {
  'source-set': sourceSet,
  'source-not-set': `${sourceSet}\nip -n n1 route replace default via 192.0.2.1`,
  'vip-removed': `${sourceSet}\nip -n n1 addr del $VIP/24 dev eth0`,
};

async function record(): Promise<void> {
  const lab = await openNamespaces();
  const functions = `. ${path.resolve('test/lab/address/cluster.sh')}`;
  const script = path.resolve('plugins/cluster_node_snapshot');
  const all = [
    ...Object.entries(vips).map((one) => ['vip', ...one] as const),
    ...Object.entries(sources).map((one) => ['source', ...one] as const),
  ];
  for (const [kind, name, setup] of all) {
    const folder = path.resolve(`test/fixtures/${kind}/${name}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const named = (node: string) =>
      `on ${node} unshare --uts sh -c 'echo ${node} >/proc/sys/kernel/hostname; exec sh ${script} --vip 192.0.2.100 --route 198.51.100.1' >${folder}/${node}.txt`;
    lab.sh(`${functions}\nfresh\n${setup}\n${named('n1')}\n${named('n2')}`);
  }
  await lab.close();
  console.log(`${all.length} clusters recorded`);
}

record().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
