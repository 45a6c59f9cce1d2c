/** What a parser gives back: the value, or one sentence fragment saying why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** A value that could be read. */
export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A refusal; the reason is a sentence fragment without a trailing dot, quoting what was refused. */
export function failure(reason: string): Result<never> {
  return { ok: false, reason };
}
