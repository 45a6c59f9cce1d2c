import type { ProbeFacts, ProbeTry } from '../../doctor/index.ts';
import { now } from '../../plugin/index.ts';
import type { Place } from '../../resolver/index.ts';
import { deviceText, type Survey, sensorsOf, survey } from '../../sensorprobe/index.ts';
import { type Access, Agent, type Patience } from '../../snmp/index.ts';
import { lookUpName } from './place.ts';

/** How probes are asked. */
export type ProbeAsking = {
  readonly access: Access;
  readonly secret: ProbeFacts['secret'];
  readonly port: number;
  readonly family: 4 | 6 | undefined;
  readonly patience: Pick<Patience, 'timeoutMs' | 'retries'>;
  /** By the clock of `now()`, in milliseconds. */
  readonly until: number;
  readonly signal: AbortSignal;
};

type Asked = ProbeTry & {
  readonly told: Survey | undefined;
  readonly firstMs: number | null;
  readonly totalMs: number;
  readonly requests: number;
};

/** The longest that a name may take, in milliseconds. */
const step = 3000;

/** All that can be known of a probe. Asks at each of its addresses until one answers. */
export async function lookAtProbe(host: string, asking: ProbeAsking): Promise<ProbeFacts> {
  const { access, port, secret, signal } = asking;
  const limitMs = Math.max(1, Math.min(step, asking.until - now()));
  const { fact, places } = await lookUpName(host, port, { limitMs, signal }, asking.family);
  const tries: Asked[] = [];
  for (const [i, place] of places.entries()) {
    // The other version is asked once more at the end.
    const share = (asking.until - now()) / (places.length - i + 1);
    const asked = await ask(place, access, { ...asking.patience, until: asking.until, firstBy: now() + share });
    tries.push(asked);
    if (!asked.silent) break;
  }
  const last = tries.at(-1);
  const other = last?.silent === true ? await otherVersion(places, asking) : null;
  const { told, firstMs = null, totalMs = 0, requests = 0 } = last ?? {};
  const all = told === undefined ? [] : sensorsOf(told).filter(({ placeholder }) => !placeholder);
  return {
    ...{ host, port, hostName: fact, secret, firstMs, totalMs, requests },
    patienceMs: asking.patience.timeoutMs,
    tries: tries.map(({ address, reason, silent }) => ({ address, reason, silent })),
    version: access.version,
    user: access.version === '3' ? access.user : null,
    otherVersion: other,
    family: told?.family ?? null,
    description: deviceText(told?.description),
    sensors:
      told === undefined ? null : { rows: all.length, online: all.filter(({ online }) => online !== false).length },
  };
}

/** Whether a probe that is silent in version 1 or 2c answers in the other. */
async function otherVersion(places: readonly Place[], asking: ProbeAsking): Promise<'1' | '2c' | null> {
  const { access, until, patience } = asking;
  const [place] = places;
  if (access.version === '3' || place === undefined || now() >= until) return null;
  const version = access.version === '1' ? '2c' : '1';
  const { silent } = await ask(place, { ...access, version }, { ...patience, until });
  return silent ? null : version;
}

async function ask(place: Place, access: Access, patience: Patience): Promise<Asked> {
  const agent = await Agent.open(place, access, patience);
  const start = now();
  let firstMs: number | null = null;
  let trouble: { readonly kind: string; readonly text: string } | undefined;
  // One small question first: how long an answer takes.
  const first = await agent.read({ next: [systemDescription] });
  trouble = first.trouble;
  const reader = survey(undefined);
  let told = reader.next();
  if (trouble === undefined) firstMs = Math.round(now() - start);
  while (told.done !== true && trouble === undefined) {
    const reading = await agent.read(told.value);
    trouble = reading.trouble;
    told = reader.next(reading);
  }
  agent.close();
  return {
    address: place.address,
    reason: trouble?.text ?? null,
    silent: trouble?.kind === 'silent',
    told: told.done === true ? told.value : undefined,
    ...{ firstMs, totalMs: Math.round(now() - start), requests: agent.requests },
  };
}

/** sysDescr, by what comes before its one cell. */
const systemDescription = '1.3.6.1.2.1.1.1';
