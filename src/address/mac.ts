/** Brings `01:23:45:67:89:AB`, `01-23-45-67-89-ab` and `0123456789ab` to `01:23:45:67:89:ab`; null for anything else. */
export function parseMac(text: string): string | null {
  const lower = text.toLowerCase();
  const octets = text.length === 12 ? (lower.match(/../g) ?? []) : lower.split(lower.charAt(2) === '-' ? '-' : ':');
  return octets.length === 6 && octets.every((octet) => /^[0-9a-f]{2}$/.test(octet)) ? octets.join(':') : null;
}

/** True when the group bit is set (the lowest bit of the first octet): only then do switches hand a frame to all nodes. */
export function isMulticastMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/**
 * Groups that hosts join for themselves, and that are no cluster MACs by being there: IP multicast, bridging and LLDP
 * (IEEE 802.1D 7.12.6), CDP, PTP (IEEE 1588 annex F), and broadcast.
 */
export function isOrdinaryGroup(mac: string): boolean {
  return ordinary.some((prefix) => mac.startsWith(prefix));
}

const ordinary = ['01:00:5e:', '33:33:', '01:80:c2:', '01:00:0c:', '01:1b:19:', 'ff:ff:ff:ff:ff:ff'];
