/**
 * The options of a test that holds a duration against a bound: what is too slow by itself is so every time, what a busy
 * machine has delayed is not.
 */
export const timed = { retry: 4 } as const;
