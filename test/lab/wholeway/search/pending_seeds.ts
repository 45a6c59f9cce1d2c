/** Seeds of random clusters of which the plugin has something wrong today, and what. A test fails when one has become right. */
export const pendingSeeds: Readonly<Record<number, string>> = {
  8: 'client: WARNING, 17 of 192 conversations fail',
  28: 'false WARNING: WARNING, all fare well',
  38: 'false CRITICAL: CRITICAL, all fare well',
  40: 'client: WARNING, behind a DNAT to a port that the firewall denies',
  57: 'false CRITICAL: CRITICAL, all fare well',
  58: 'false CRITICAL: CRITICAL, all fare well',
};
