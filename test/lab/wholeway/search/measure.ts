import { askAbout, inside, type Said, spoken } from '../../netns/ask.ts';
import { fate } from '../../netns/traffic.ts';
import type { Outcome, Probe } from '../../uml/uml.ts';
import { runHere } from '../stage.ts';
import { clientOf, unlikeClients } from '../verdict.ts';
import { type Plan, setupOf } from './plan.ts';

/** How the clients of a plan fared, what the plugin says, and in what both disagree: null where they do not. */
export type Measured = {
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly state: string;
  /** Clients that fared otherwise than they are meant to. */
  readonly hurt: readonly Probe[];
  readonly disagreement: Disagreement | null;
  readonly text: string;
};

/** `unknown` and `false WARNING`: of a healthy cluster of which all can be read, and in which nothing is meant to hurt. */
export type Disagreement = 'false OK' | 'false CRITICAL' | 'client' | 'unknown' | 'false WARNING';

const shown = new Set(['tcp80', 'udp', 'icmp']);

/** Sets up these plans, and asks about each. */
export async function measurePlans(plans: readonly Plan[], shells = 3): Promise<readonly Measured[]> {
  const outcomes = await runHere(plans.map(setupOf), shells);
  const all: Measured[] = [];
  for (const plan of plans) {
    const outcome = outcomes.get(plan.name);
    if (outcome === undefined) throw new Error(`${plan.name} gave nothing`);
    all.push(await judged(plan, outcome));
  }
  return all;
}

/** The same, and again those that disagree: what is noise does not come twice. */
export async function measureTwice(plans: readonly Plan[], shells = 3): Promise<readonly Measured[]> {
  const once = await measurePlans(plans, shells);
  const doubtful = once.filter(({ disagreement }) => disagreement !== null);
  const twice =
    doubtful.length === 0
      ? []
      : await measurePlans(
          doubtful.map(({ plan }) => plan),
          shells,
        );
  return once.map((one) => twice.find(({ plan }) => plan.name === one.plan.name) ?? one);
}

async function judged(plan: Plan, outcome: Outcome): Promise<Measured> {
  const probes = outcome.traffic.filter(({ protocol }) => shown.has(protocol));
  const hurt = probes.filter((probe) => isHurt(plan, probe));
  const cluster = {
    vip: plan.ipv6 ? 'fd00:56::20' : '192.168.56.20',
    nodes: plan.nodes,
    snapshots: outcome.snapshots,
    options: [],
  };
  const said = await askAbout(inside, cluster, []);
  const about = await askAbout(inside, cluster, probes.map(clientOf));
  const { state } = said;
  const wrong = plan.pieces.some(({ byNeighbour }) => byNeighbour) ? [] : toldWrong(probes, about);
  const disagreement = kindOf(plan, said, hurt.length > 0, wrong.length > 0);
  return { plan, outcome, state, hurt, disagreement, text: [spoken(said), ...wrong].join('\n') };
}

/** Lost without being denied alike, or answered by several. */
function isHurt({ pieces }: Plan, probe: Probe): boolean {
  const fared = fate(probe);
  return fared === 'doubled' || (fared === 'lost' && !pieces.some(({ denies }) => denies?.(probe)));
}

/** What `--client` says and is not so; where it says that it cannot tell, nothing is wrong. */
function toldWrong(probes: readonly Probe[], about: Said): readonly string[] {
  if (about.data === null) return [];
  const doubtful = about.findings.filter(({ text }) =>
    /^client .*(cannot be told|unknown|denies it|may hang|may fail)/.test(text),
  );
  const open = new Set(doubtful.map(({ text }) => text.split(' ')[1]));
  const told = probes.flatMap((probe, i) => {
    const answer = about.data?.clients?.[i];
    return answer === undefined || open.has(answer.client) ? [] : [{ probe, answer }];
  });
  return unlikeClients(
    told.map(({ probe }) => probe),
    { ...about, data: { ...about.data, clients: told.map(({ answer }) => answer) } },
  );
}

function kindOf({ pieces, ipv6 }: Plan, said: Said, hurt: boolean, wrong: boolean): Disagreement | null {
  const { state } = said;
  if (state === 'OK' && hurt) return 'false OK';
  const ports = pieces.flatMap((piece) => piece.unasked ?? []);
  const alarms = said.findings.filter((one) => one.state === state);
  const unasked = alarms.every(({ text }) => ports.some((port) => text.includes(`port ${port} `)));
  if (state === 'CRITICAL' && !hurt && !unasked) return 'false CRITICAL';
  const plain = !hurt && !unasked && !pieces.some(({ unread, fault }) => unread || fault);
  if (state === 'UNKNOWN' && plain) return 'unknown';
  // That peers of IPv6 need static entries is no snapshot's to see, and may be said.
  if (state === 'WARNING' && plain && !ipv6) return 'false WARNING';
  return wrong ? 'client' : null;
}
