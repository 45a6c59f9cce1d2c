/**
 * The most characters of one item that are printed; what is longer is cut and ends in `…`.
 * Nagios keeps 8192 characters of everything, NRPE's old protocols 1023.
 */
export const longest = { outside: 500, summary: 400, finding: 2000, detail: 10_000 } as const;

// ASCII without `|` and `<`: nothing to do. Most texts are like that.
const harmless = /^[ -;=-{}~]*$/;
// The escape sequences of ECMA-48: CSI (colours, cursor), OSC (titles, links; ended by BEL or ST), two characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: to take them out
const csi = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: to take them out
const osc = /(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: to take them out
const otherEscapes = /\x1b[ -/]*[0-~]/g;
const lineBreaks = /[\t\n\v\f\r\x85\u2028\u2029]+/g;
// Icinga DB Web draws these as coloured balls wherever they stand, so only the report itself may write them.
const stateWord = /[[(](OK|WARNING|CRITICAL|UNKNOWN)[\])]/g;
const tag = /<([/!]?\w[^<>]*)>/g;

/**
 * Makes one safe line of anything that came from outside, at most 500 characters long.
 * `|` begins perfdata in Icinga and Nagios: it becomes `¦`. A tag turns Icinga DB Web to HTML: `<b>` becomes `‹b›`.
 * Line breaks and tabs become a blank; escape sequences, control and invisible characters go; invalid UTF-8 is `?`.
 * `[OK]` and the like become `"OK"`, so that no text can fake a state. All else is kept: umlauts, backslashes, `>`.
 */
export function sanitise(text: string): string {
  return bounded(text, longest.outside);
}

/** As `sanitise`, with another bound in characters. */
export function bounded(text: string, limit: number): string {
  return cut(clean(text, limit).trim(), limit);
}

/** As `bounded`, but blanks at the start stay: for lines of a table. */
export function boundedLine(text: string, limit: number): string {
  return cut(clean(text, limit).trimEnd(), limit);
}

function clean(text: string, limit: number): string {
  // What is far beyond the bound is never looked at: a device may send megabytes.
  const near = text.slice(0, limit * 8);
  if (harmless.test(near)) return near.replace(stateWord, '"$1"');
  // Cc: control characters. Cf: invisible format characters, among them those that turn the reading direction. Cs: a lone
  // half of a pair, left of invalid UTF-8. Here and not above, since V8 takes a tenth of a millisecond to set up these classes.
  const [invisible, undecodable] = [/[\p{Cc}\p{Cf}]/gu, /[\p{Cs}\ufffd]/gu];
  return near
    .replace(csi, '')
    .replace(osc, '')
    .replace(otherEscapes, '')
    .replace(lineBreaks, ' ')
    .replace(invisible, '')
    .replace(undecodable, '?')
    .replaceAll('|', '¦')
    .replace(tag, '‹$1›')
    .replaceAll('<', '‹')
    .replace(stateWord, '"$1"');
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = text.slice(0, limit - 1);
  // Never half of a pair.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
