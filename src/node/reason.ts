/** Whether a node has said nothing at all. */
export function unsaid(text: string): boolean {
  return text.trim() === '';
}

/** The last line of an error output as `: words`, or nothing. */
export function said(stderr: string): string {
  const line = linesOf(stderr).at(-1);
  return line === undefined ? '' : `: ${line}`;
}

/** The lines of an error output without blanks around them and without empty ones. */
export function linesOf(text: string): readonly string[] {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
