import type { Measured } from './measure.ts';
import { setupOf } from './plan.ts';

/** A disagreement in words: the setup, who was hurt, and the first lines of what the plugin says. */
export function told(name: string, { plan, hurt, disagreement, text }: Measured): string {
  const [some] = hurt;
  const who = some === undefined ? 'nobody' : `${hurt.length} (${some.protocol} ${some.source}: ${some.answers})`;
  const shown = text.split('\n').slice(0, 4).join('\n').slice(0, 600);
  return `== ${name}: ${disagreement}, hurt: ${who}\n${setupOf(plan).setup}\n-- ${shown}\n`;
}
