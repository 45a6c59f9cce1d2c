import checkClusterVip from '../../../plugins/check_cluster_vip.ts';
import { type Ask, type Asked, askAbout, askInside, inside, type Said, spoken } from '../netns/ask.ts';
import { answered, fate, measure } from '../netns/traffic.ts';
import type { Outcome, Probe } from '../uml/uml.ts';
import type { Situation } from './situation.ts';

/** What the plugin says of a situation, and what is wrong with it: empty where all of it is right. */
export type Verdict = { readonly said: Said | null; readonly wrong: readonly string[] };

/** What the plugin says of a situation, its clients left aside. */
export function verdictOf(ask: Ask, situation: Situation, snapshots: Asked['snapshots']): Promise<Said> {
  return askAbout(ask, clusterOf(situation, snapshots), []);
}

function clusterOf({ ipv6, nodes, options }: Situation, snapshots: Asked['snapshots']): Asked {
  return { vip: ipv6 ? 'fd00:56::20' : '192.168.56.20', nodes, snapshots, options };
}

/** Asks the plugin about the snapshots of a situation, and about its clients, and holds that against what is right. */
export async function judge(ask: Ask, situation: Situation, outcome: Outcome): Promise<Verdict> {
  const cluster = clusterOf(situation, outcome.snapshots);
  try {
    if (situation.state.length === 0) return { said: null, wrong: await unlikeVip(situation, outcome) };
    const said = await askAbout(ask, cluster, []);
    const asked = outcome.traffic.filter(({ protocol }) => situation.clients.some((one) => one === protocol));
    const about = asked.length === 0 ? null : await askAbout(inside, cluster, asked.map(clientOf));
    return {
      said,
      wrong: [
        ...unlike(situation, said, outcome),
        ...(about === null ? [] : unlikeClients(asked, about)),
        ...(await unlikeVip(situation, outcome)),
      ],
    };
  } catch (trouble) {
    // An option that it does not know yet.
    return { said: null, wrong: [`the plugin gave nothing: ${trouble}`.slice(0, 200)] };
  }
}

const vipInside = askInside(checkClusterVip);

/** What check_cluster_vip has wrong of the same nodes. */
async function unlikeVip(situation: Situation, { snapshots }: Outcome): Promise<readonly string[]> {
  const { vip } = situation;
  if (vip === null) return [];
  const said = await askAbout(vipInside, { ...clusterOf(situation, snapshots), options: vip.options }, []);
  if (vip.state.some((state) => state === said.state)) return [];
  return [`check_cluster_vip: ${said.state}, right is ${vip.state.join(' or ')}: ${said.summary}`];
}

/** What is wrong with the verdict itself. */
function unlike({ state, says, shares }: Situation, said: Said, { traffic }: Outcome): readonly string[] {
  const text = spoken(said);
  const [lost] = measure(traffic.filter(({ protocol }) => protocol === 'tcp80'));
  const share = said.data?.shareLost ?? null;
  return [
    ...(state.some((one) => one === said.state)
      ? []
      : [`${said.state}, right is ${state.join(' or ')}: ${said.summary}`]),
    ...(says.test(text) ? [] : [`the text does not say ${says}: ${text.slice(0, 300)}`]),
    ...(shares && (share === null || Math.abs(share - lost) > 0.08) ? [`${share} lost, in truth ${lost}`] : []),
  ];
}

/** A client in the words of `--client`. */
export function clientOf({ protocol, source, port }: Probe): string {
  if (protocol === 'icmp') return `icmp:${source}`;
  return protocol === 'udp' ? `udp:${source}/${port}/53` : `tcp:${source}/${port}/80`;
}

/** Clients of which `--client` says something else than is true. */
export function unlikeClients(probes: readonly Probe[], said: Said): readonly string[] {
  const answers = said.data?.clients ?? [];
  if (answers.length !== probes.length) return ['--client: no answers'];
  const wrong = probes.flatMap((probe, i) => {
    const nodes = answers[i]?.nodes ?? null;
    const truth = new Set(probe.protocol === 'tcp80' && fate(probe) === 'doubled' ? probe.began : answered(probe));
    const right = nodes !== null && [...nodes].sort().join() === [...truth].sort().join();
    return right ? [] : [`${clientOf(probe)} ${nodes?.join('+') || 'nobody'}, in truth ${probe.answers}`];
  });
  return wrong.length === 0 ? [] : [`--client, ${wrong.length} of ${probes.length} wrong: ${wrong[0]}`];
}
