import { request } from 'node:https';
import { until } from '../poller/until.ts';

/** Where the API of an instance is, and how it is asked. */
export type ApiAccess = { readonly port: number; readonly user?: string; readonly password: string };

/** What Icinga keeps of a check: the whole answer of the plugin, as it understood it. */
export type CheckResult = {
  readonly exit_status: number;
  readonly state: number;
  readonly output: string;
  readonly performance_data: readonly string[] | null;
  readonly command: readonly string[];
  readonly execution_start: number;
  readonly execution_end: number;
  readonly check_source: string;
};

type Attributes = {
  readonly last_check_result: CheckResult | null;
  readonly last_reachable: boolean;
  readonly state: number;
  /** 0 soft, 1 hard. */
  readonly state_type: number;
};

type Reply<T> = { readonly results?: readonly T[]; readonly error?: number; readonly status?: string };

/** Icinga's API. A refusal throws what it said. */
export class Api {
  readonly #access: ApiAccess;

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** Asks for what is there; the parameters of a filter and the like go in the body. */
  async get<T>(path: string, body: unknown = {}): Promise<readonly T[]> {
    return this.#ask(path, body, 'GET');
  }

  async post<T>(path: string, body: unknown): Promise<readonly T[]> {
    return this.#ask(path, body, 'POST');
  }

  /** Forces a check of `HOST!SERVICE` and gives its result, which began after this call. */
  async check(service: string): Promise<CheckResult> {
    const began = Date.now() / 1000;
    let forced = 0;
    return until(`a result of ${service}`, 30, async () => {
      // A check that is already running swallows a forced one.
      if (Date.now() - forced > 5000) {
        forced = Date.now();
        await this.post('actions/reschedule-check', { type: 'Service', service, force: true });
      }
      const { last_check_result: result } = await this.service(service);
      return result !== null && result.execution_start >= began ? result : undefined;
    });
  }

  /** The attributes of `HOST!SERVICE`. */
  async service(service: string): Promise<Attributes> {
    const [found] = await this.get<{ readonly attrs: Attributes }>('objects/services', { service });
    if (found === undefined) throw new Error(`${service} is not there`);
    return found.attrs;
  }

  async #ask<T>(path: string, body: unknown, method: 'GET' | 'POST'): Promise<readonly T[]> {
    const text = await this.text(path, body, method);
    const { results, error, status }: Reply<T> = JSON.parse(text);
    if (results === undefined) throw new Error(`${path}: ${error} ${status}`);
    return results;
  }

  /** The API's answer as it comes. */
  text(path: string, body: unknown = {}, method: 'GET' | 'POST' | 'PUT' = 'GET'): Promise<string> {
    const { port, user = 'lab', password } = this.#access;
    const headers = { Accept: 'application/json', 'X-HTTP-Method-Override': method };
    // The lab's certificate names the instance, not the address.
    const where = { host: '127.0.0.1', port, path: `/v1/${path}`, rejectUnauthorized: false };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(60_000);
      request({ ...where, method: 'POST', headers, auth: `${user}:${password}`, signal }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(text)).on('error', reject);
      })
        .on('error', reject)
        .end(JSON.stringify(body));
    });
  }
}
