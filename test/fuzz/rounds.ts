/** The seed to begin with: `RACKWATCH_FUZZ_SEED`. */
export const firstSeed = Number(process.env['RACKWATCH_FUZZ_SEED'] ?? 1);

/**
 * How many seeds are tried: as many as said in the gate, where the lab is required, and an eighth of them by hand, so that
 * nobody waits long for `npm test`. `RACKWATCH_FUZZ_ROUNDS` sets another number.
 */
export function roundsOf(gate: number): number {
  const usual = process.env['RACKWATCH_LAB'] === 'required' ? gate : Math.ceil(gate / 8);
  return Number(process.env['RACKWATCH_FUZZ_ROUNDS'] ?? usual);
}
