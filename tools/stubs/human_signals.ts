import { constants } from 'node:os';

/** The signals by name, without the 3 ms that execa's package takes to collect what they mean: no message says it. */
export const signalsByName = Object.fromEntries(
  Object.keys(constants.signals).map((name) => [name, { name, description: name }]),
);
