import { everydayNft, everydayNft6, everydayXt, everydayXt6 } from './everyday.ts';
import { mixed4, mixed6 } from './mixed.ts';
import { nftForms, nftForms6 } from './nft_forms.ts';
import { nftWrong } from './nft_wrong.ts';
import { type Scenario, type Sketch, scenarioOf, type Way } from './scenario.ts';
import { inShort, whatGoesWrong } from './wrong.ts';
import { xtForms } from './xt_cluster.ts';

const written = (way: Way, ipv6: boolean, sketches: readonly Sketch[]) =>
  sketches.map((sketch) => scenarioOf(sketch, way, ipv6));

/** Every situation of every backend. xt_cluster's forms are read from the output of one tool, whichever loaded them. */
export const scenarios: readonly Scenario[] = [
  ...written('iptables-legacy', false, whatGoesWrong('iptables-legacy', false)),
  ...written('iptables-nft', false, [...whatGoesWrong('iptables-nft', false), ...xtForms, ...everydayXt]),
  ...written('nftables', false, [...whatGoesWrong('nftables', false), ...nftForms, ...nftWrong, ...everydayNft]),
  ...written('iptables-legacy', true, inShort(true)),
  ...written('iptables-nft', true, [...whatGoesWrong('iptables-nft', true), ...everydayXt6]),
  ...written('nftables', true, [...whatGoesWrong('nftables', true), ...nftForms6, ...everydayNft6]),
  ...written('mixed', false, mixed4),
  ...written('mixed', true, mixed6),
];
