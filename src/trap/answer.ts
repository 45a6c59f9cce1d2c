import { sanitise } from '../plugin/index.ts';

/**
 * What Icinga's API answered: so many services are checked at once, or why none is. `silent`: it gave no answer at all,
 * which has nothing to do with the probe that it was asked about.
 */
export type Outcome =
  | { readonly kind: 'asked'; readonly services: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string };

/** Judges an answer of `actions/reschedule-check`. Source: Icinga 2, "Icinga 2 API", and what 2.13 was seen to answer. */
export function judgeAnswer(status: number, body: string): Outcome {
  if (status === 401) return failed('refuses the user or the password of --api-credentials (401)');
  const { results, text } = readBody(body);
  const said = text === '' ? '' : `: ${text}`;
  if (status === 403) return failed(`does not let this user do actions/reschedule-check (403${said})`);
  // Where the filter finds nothing, Icinga says this; 2.13 also 500 with an empty list. It says 404 of other things, too.
  const nothing = status === 404 ? text === 'No objects found.' : [200, 500].includes(status) && results?.length === 0;
  if (nothing) return { kind: 'unknown' };
  const services = results?.filter((one) => isObject(one) && one['code'] === 200).length ?? 0;
  if (status === 200 && services > 0 && services === results?.length) return { kind: 'asked', services };
  if (results === undefined && text === '') return failed(`answers ${status}, but not as Icinga's API does`);
  return failed(`answers ${status}${said}`);
}

function failed(reason: string): Outcome {
  return { kind: 'failed', reason };
}

/** The results of an answer, and what it says of itself, made safe for a line. */
function readBody(body: string): { readonly results: readonly unknown[] | undefined; readonly text: string } {
  try {
    const answer: unknown = JSON.parse(body);
    if (!isObject(answer)) return { results: undefined, text: '' };
    const { results, status } = answer;
    const list = Array.isArray(results) ? results : undefined;
    const refused = list?.find((one) => isObject(one) && one['code'] !== 200);
    const said = isObject(refused) ? refused['status'] : status;
    return { results: list, text: typeof said === 'string' ? sanitise(said).slice(0, 200) : '' };
  } catch {
    return { results: undefined, text: '' };
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
