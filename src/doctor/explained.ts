/** The reasons that come without a step of the doctor's own and that docs/nodes.md explains; a test reads the page. */
export const onThePage: readonly RegExp[] = [
  /^ssh: connect to host .*Connection refused$/,
  /^ssh: channel 0: open failed/,
  /^no answer within .* \(/,
  /^ssh ended with 255 without a message/,
  /^check_nrpe: (?:port 5666: Connection refused|could not resolve )/,
  /^check_nrpe cannot use the certificate file /,
  /^the NRPE command .* was ended after /,
  /^sudo on the node refused: /,
  /^truncated answer .*; it was cut at 65,504 bytes/,
  /^what answers there does not speak NRPE/,
  /^check_nrpe was killed by SIG/,
];

/** A reason, and the page where there is more. */
export function explained(reason: string): string {
  return onThePage.some((one) => one.test(reason)) ? `${reason} (docs/nodes.md says what that means)` : reason;
}
