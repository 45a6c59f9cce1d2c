import { parseNumber } from './number.ts';
import { longName, type Option } from './option.ts';
import { parseRange } from './range.ts';
import { failure, type Result, success } from './result.ts';

/**
 * Reads what was given for one option: all its texts in order (none: its environment variable where it is a secret,
 * then its default). The reason for a refusal names the option and quotes the text, unless it is a secret.
 */
export function readValue(
  key: string,
  option: Option,
  given: readonly string[],
  env: NodeJS.ProcessEnv,
): Result<unknown> {
  const name = `--${longName(key)}`;
  if (!option.repeat && given.length > 1) {
    const texts = option.secret === undefined ? ` ("${given[0]}" and "${given[1]}")` : '';
    return failure(`${name} was given more than once${texts}`);
  }
  const texts = given.length > 0 ? given : fallback(option, env);
  if (texts.length === 0 && option.required) {
    return failure(
      `${name} is required${option.secret === undefined ? '' : ` (or ${option.secret.env} in the environment)`}`,
    );
  }
  const values: unknown[] = [];
  for (const text of texts) {
    if (text.trim() === '' && !option.allowEmpty) return failure(`${name}: "${text}" is empty`);
    const value = readText(option, text);
    if (!value.ok) return failure(`${name}: ${discreet(value.reason, text, option)}`);
    values.push(value.value);
  }
  return success(option.repeat ? values : values[0]);
}

function fallback({ secret, default: value }: Option, env: NodeJS.ProcessEnv): readonly string[] {
  const hidden = secret === undefined ? undefined : env[secret.env];
  if (hidden !== undefined && hidden !== '') return [hidden];
  if (value === undefined) return [];
  return typeof value === 'object' ? value.map(String) : [String(value)];
}

function readText(option: Option, text: string): Result<unknown> {
  const { parse, type = 'string' } = option;
  if (parse !== undefined) return parse(text);
  if (typeof type === 'object') {
    return type.includes(text) ? success(text) : failure(`"${text}" is not one of ${type.join(', ')}`);
  }
  if (type === 'range') return parseRange(text);
  if (type === 'integer' || type === 'number') return readNumber(option, text);
  return text.includes('\0') ? failure(`"${text}" contains a NUL`) : success(text);
}

function readNumber(
  { type, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Option,
  text: string,
): Result<number> {
  if (type === 'integer' && !/^[+-]?\d{1,15}$/.test(text.trim())) return failure(`"${text}" is not a whole number`);
  const number = parseNumber(text);
  if (!number.ok || (number.value >= min && number.value <= max)) return number;
  if (max === Number.POSITIVE_INFINITY) return failure(`"${text}" is below ${min}`);
  if (min === Number.NEGATIVE_INFINITY) return failure(`"${text}" is above ${max}`);
  return failure(`"${text}" is not between ${min} and ${max}`);
}

/** The reason, which quotes the text for a plain option and never for a secret. */
function discreet(reason: string, text: string, { secret }: Option): string {
  if (secret !== undefined) return reason.replaceAll(text, '...');
  return reason.includes(text) ? reason : `"${text}": ${reason}`;
}
