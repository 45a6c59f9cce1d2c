/** Seeds of random clusters of which the plugin has something wrong today, and what. A test fails when one has become right. */
export const pendingSeeds: Readonly<Record<number, string>> = {};
