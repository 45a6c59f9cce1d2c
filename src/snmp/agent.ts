import { now } from '../plugin/index.ts';
import type { Place } from '../resolver/index.ts';
import type { Access } from './access.ts';
import type { Oid } from './oid.ts';
import { type Outcome, openSession, type Session, type Value } from './session.ts';
import { errorName, errorStatus, type Trouble } from './trouble.ts';
import { type Plan, Walk, type Wanted } from './walk.ts';

/** What has been read from an agent so far. */
export type Reading = {
  /** Cells that were asked for one by one, or as what comes next. */
  readonly cells: ReadonlyMap<Oid, Value>;
  /** The cells of each wanted column by their index. */
  readonly columns: ReadonlyMap<Oid, ReadonlyMap<Oid, Value>>;
  /** What comes after the OIDs of `next`; null at the end of the MIB. */
  readonly following: ReadonlyMap<Oid, Oid | null>;
  /** Columns that were read to their end: all cells they have are known. */
  readonly whole: ReadonlySet<Oid>;
  /** Why the rest could not be read. */
  readonly trouble: Trouble | undefined;
};

/**
 * How long an agent is waited for: for one answer, how often a request is repeated, at which time all is over, and
 * until when the first answer must have come.
 */
export type Patience = {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly until: number;
  readonly firstBy?: number;
};

// Net-SNMP's agent cuts an answer to GETBULK at 100 values. SNMP v1 cannot be cut: a small agent answers tooBig.
const largest = { bulk: 100, next: 48 } as const;
/** What a request that is repeated asks for: an agent may be unable to send a large answer, and then it sends none. */
const careful = 24;

type Answered = { readonly plan: Plan; readonly outcome: Outcome };

/** An agent that is being read. */
export class Agent {
  #session: Session;
  readonly #access: Access;
  readonly #place: Place;
  readonly #patience: Patience;
  readonly #walk: Walk;
  #most: number;
  /** When the request that is open was first sent. */
  #since = 0;
  #answers = 0;
  /** Requests sent in a conversation that the agent forgot when it was started again. */
  #forgotten: number | undefined;
  #trouble: Trouble | undefined;

  private constructor(session: Session, place: Place, access: Access, patience: Patience) {
    this.#session = session;
    this.#place = place;
    this.#access = access;
    this.#patience = patience;
    this.#walk = new Walk(access.version !== '1');
    this.#most = access.version === '1' ? largest.next : largest.bulk;
  }

  /** Makes ready to ask; nothing is sent yet. */
  static async open(place: Place, access: Access, patience: Patience): Promise<Agent> {
    return new Agent(await openSession(place, access), place, access, patience);
  }

  /** Requests sent so far, repeated ones and those that find out an SNMPv3 engine included. */
  get requests(): number {
    return this.#session.sent + (this.#forgotten ?? 0);
  }

  /** Whether anything came from there. */
  get #heard(): boolean {
    return this.#answers > 0 || this.#session.discovered || this.#session.garbled > 0 || this.#forgotten !== undefined;
  }

  /** Reads what is wanted, in as few requests as the agent allows. After trouble nothing more is asked. Never rejects. */
  async read(wanted: Wanted): Promise<Reading> {
    this.#walk.want(wanted);
    while (this.#trouble === undefined && !this.#walk.done) {
      const answered = await this.#ask();
      if (answered === undefined)
        this.#trouble = { kind: this.#heard ? 'unreachable' : 'silent', text: this.#silence() };
      else if (!(await this.#begunAnew(answered.outcome))) this.#trouble = this.#take(answered.plan, answered.outcome);
    }
    const { cells, columns, following, whole } = this.#walk;
    return { cells, columns, following, whole, trouble: this.#trouble };
  }

  close(): void {
    this.#session.close();
  }

  /** Begins a new conversation, once, with an agent that was started again since the last one began. */
  async #begunAnew(outcome: Outcome): Promise<boolean> {
    if (outcome.kind !== 'failed' || outcome.why !== 'stale' || this.#forgotten !== undefined) return false;
    this.#forgotten = this.#session.sent;
    this.#session.close();
    this.#session = await openSession(this.#place, this.#access);
    return true;
  }

  /** Until when the open request is waited for. */
  get #until(): number {
    const { until, firstBy = until } = this.#patience;
    return this.#heard ? until : Math.min(until, firstBy);
  }

  /** Sends the next request, again and smaller while there is silence. The first answer counts, whichever it is for. */
  #ask(): Promise<Answered | undefined> {
    const { timeoutMs, retries } = this.#patience;
    this.#since = now();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      let tries = 0;
      let answered = false;
      const send = () => {
        const attempt = tries++;
        const plan = this.#walk.plan(attempt === 0 ? this.#most : Math.min(this.#most, careful));
        const left = this.#until - now();
        if (plan === undefined || left <= 0 || attempt > retries) return resolve(undefined);
        timer = setTimeout(send, Math.min(left, timeoutMs));
        this.#session.call(plan.call, (outcome) => {
          // An agent that has answered before is restarting, and gets the time that silence gets.
          const isAway = outcome.kind === 'failed' && outcome.why === 'nobody' && this.#heard;
          if (answered || isAway) return;
          answered = true;
          clearTimeout(timer);
          if (attempt > 0 && tries === attempt + 1) this.#most = Math.min(this.#most, careful);
          resolve({ plan, outcome });
        });
      };
      send();
    });
  }

  #take(plan: Plan, outcome: Outcome): Trouble | undefined {
    if (outcome.kind === 'failed')
      return { kind: outcome.why === 'nobody' && !this.#heard ? 'silent' : 'unreachable', text: outcome.reason };
    if (outcome.kind === 'error') return this.#takeError(plan, outcome.status, outcome.index);
    this.#answers += 1;
    return broken(this.#walk.take(plan, outcome.varbinds));
  }

  #takeError(plan: Plan, status: number, index: number): Trouble | undefined {
    if (status === errorStatus.noAccess || status === errorStatus.authorizationError)
      return { kind: 'unreachable', text: `refuses to be read by this ${this.#who()} (${errorName(status)})` };
    if (status === errorStatus.noSuchName && plan.call.kind === 'next') {
      this.#answers += 1;
      return broken(this.#walk.takeEnd(plan, index));
    }
    if (plan.size <= 1) return broken(`answers ${errorName(status)} to a request for ${plan.call.oids[0]}`);
    // Whatever it is: the same in smaller pieces shows where, and mostly does without.
    this.#most = Math.floor(plan.size / 2);
    return undefined;
  }

  #who(): string {
    if (this.#access.version !== '3') return 'community';
    return `user at this security level${this.#access.context === '' ? '' : ` in context "${this.#access.context}"`}`;
  }

  #silence(): string {
    const { port } = this.#place;
    const { timeoutMs, retries } = this.#patience;
    const until = this.#until;
    if (this.#session.garbled > 0) return `answers on UDP port ${port}, but not in SNMP`;
    if (this.#answers > 0) {
      const late = now() >= until ? 'is too slow for the time limit' : 'stopped answering';
      return `${late} after ${this.#walk.size} values`;
    }
    const waited = Math.min(timeoutMs * Math.min(retries + 1, this.#session.sent), until - this.#since);
    const seconds = Math.round(waited / 100) / 10;
    const asked = `no answer on UDP port ${port} within ${seconds} s`;
    if (this.#access.version !== '3') return `${asked}: host down, firewall, wrong community or other SNMP version`;
    if (!this.#session.discovered) return `${asked}: host down, firewall or no SNMPv3`;
    const { user, context, priv } = this.#access;
    const causes = [
      ...(context === '' ? [] : [`a wrong context ("${context}")`]),
      ...(priv === undefined ? [] : ['a wrong privacy password or protocol']),
    ];
    const cause = causes.length > 0 ? causes.join(', or ') : 'a user without access, or a context that is not given,';
    return `${asked} to user "${user}": with SNMPv3 ${cause} looks like this`;
  }
}

function broken(text: string | undefined): Trouble | undefined {
  return text === undefined ? undefined : { kind: 'broken', text };
}
