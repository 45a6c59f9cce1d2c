import { type Fields, fieldsOf, listOf, textOf } from './ruleset.ts';

const silent: Readonly<Record<string, string>> = { '==': ' ', in: ' ', '!=': ' != ' };

/** Writes a rule of nft's JSON as nft's own text has it, near enough to find the rule by. */
export function nftText(expr: readonly unknown[], comment: string): string {
  const words = expr.map(statement).filter((word) => word !== '');
  return [...words, ...(comment === '' ? [] : [`comment "${comment}"`])].join(' ');
}

function statement(value: unknown): string {
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(value) ?? {});
  const fields = fieldsOf(body) ?? {};
  switch (kind) {
    case 'match':
      return `${nftExpression(fields['left'])}${silent[textOf(fields['op'])] ?? ` ${textOf(fields['op'])} `}${nftExpression(fields['right'])}`;
    case 'mangle':
      return `${nftExpression(fields['key'])} set ${nftExpression(fields['value'])}`;
    case 'vmap':
      return `${nftExpression(fields['key'])} vmap ${nftExpression(fields['data'])}`;
    case 'jump':
    case 'goto':
      return `${kind} ${textOf(fields['target'])}`;
    case 'counter':
      return '';
    case 'limit':
      return `limit rate ${fields['inv'] === true ? 'over ' : ''}${textOf(fields['rate'])}/${textOf(fields['per'])}`;
    case 'xt':
      return `xt ${textOf(fields['type'])} ${textOf(fields['name'])}`;
    default:
      return kind;
  }
}

/** Writes one expression: `ip saddr`, `jhash ip saddr mod 2 seed 0x5`, `{ 1, 3-5 }`. */
export function nftExpression(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'exists' : 'missing';
  if (Array.isArray(value)) return value.map(nftExpression).join(',');
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(value) ?? {});
  if (kind === '') return textOf(value);
  const fields = fieldsOf(body) ?? {};
  const parts = listOf(body).map(nftExpression);
  switch (kind) {
    case 'payload':
      return 'base' in fields
        ? `@${textOf(fields['base'])},${textOf(fields['offset'])},${textOf(fields['len'])}`
        : `${textOf(fields['protocol'])} ${textOf(fields['field'])}`;
    case 'meta':
      return /^[io]if(name)?$/.test(textOf(fields['key'])) ? textOf(fields['key']) : `meta ${textOf(fields['key'])}`;
    case 'ct':
      return ['ct', textOf(fields['dir']), textOf(fields['family']), textOf(fields['key'])].filter(Boolean).join(' ');
    case 'jhash':
    case 'symhash':
      return hashText(kind, fields);
    case 'numgen':
      return `numgen ${textOf(fields['mode'])} mod ${textOf(fields['mod'])}${offsetText(fields)}`;
    case 'fib':
      return `fib ${[fields['flags']].flat().map(textOf).join(' . ')} ${textOf(fields['result'])}`;
    case 'map':
      return `${nftExpression(fields['key'])} map ${nftExpression(fields['data'])}`;
    case 'prefix':
      return `${textOf(fields['addr'])}/${textOf(fields['len'])}`;
    case 'range':
      return parts.join('-');
    case 'concat':
      return parts.join(' . ');
    case 'set':
      return setText(listOf(body));
    case 'elem':
      return nftExpression(fields['val']);
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return kind;
    case 'jump':
    case 'goto':
      return `${kind} ${textOf(fields['target'])}`;
    case '&':
    case '|':
    case '^':
      return parts.join(` ${kind} `);
    default:
      return `${kind} ${textOf(fields['key'])}`.trim();
  }
}

function hashText(kind: string, fields: Fields): string {
  const of = kind === 'jhash' ? ` ${nftExpression(fields['expr'])}` : '';
  const seed = typeof fields['seed'] === 'number' ? ` seed 0x${fields['seed'].toString(16)}` : '';
  return `${kind}${of} mod ${textOf(fields['mod'])}${seed}${offsetText(fields)}`;
}

function offsetText({ offset }: Fields): string {
  return typeof offset === 'number' && offset !== 0 ? ` offset ${offset}` : '';
}

function setText(elements: readonly unknown[]): string {
  const shown = elements
    .slice(0, 8)
    .map((one) => (Array.isArray(one) ? one.map(nftExpression).join(' : ') : nftExpression(one)));
  const more = elements.length > 8 ? [`... ${elements.length - 8} more`] : [];
  return `{ ${[...shown, ...more].join(', ')} }`;
}
