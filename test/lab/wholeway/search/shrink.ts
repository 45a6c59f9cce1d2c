import { type Measured, measurePlans } from './measure.ts';
import type { Plan } from './plan.ts';

/** Leaves out of a plan what its disagreement does not need: piece by piece, all at once, until none can go. */
export async function shrink(measured: Measured): Promise<Measured> {
  const { plan, disagreement } = measured;
  if (disagreement === null || plan.pieces.length === 0) return measured;
  const smaller = plan.pieces.map((_, i) => without(plan, i));
  const disagreeing = (await measurePlans(smaller)).filter((one) => one.disagreement === disagreement);
  for (const one of disagreeing) {
    const [again] = await measurePlans([one.plan]);
    if (again?.disagreement === disagreement) return shrink(again);
  }
  return measured;
}

function without(plan: Plan, index: number): Plan {
  return { ...plan, name: `${plan.name}-less-${index}`, pieces: plan.pieces.filter((_, i) => i !== index) };
}
