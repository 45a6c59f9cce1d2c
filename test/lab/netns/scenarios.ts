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
  ...written('iptables-nft', false, [...whatGoesWrong('iptables-nft', false), ...xtForms]),
  ...written('nftables', false, [...whatGoesWrong('nftables', false), ...nftForms, ...nftWrong]),
  ...written('iptables-legacy', true, inShort(true)),
  ...written('iptables-nft', true, whatGoesWrong('iptables-nft', true)),
  ...written('nftables', true, [...whatGoesWrong('nftables', true), ...nftForms6]),
  ...written('mixed', false, mixed4),
  ...written('mixed', true, mixed6),
];
