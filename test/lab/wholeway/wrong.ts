import { inside } from '../netns/ask.ts';
import { pending } from './pending.ts';
import { readSituation } from './recordings.ts';
import { situations } from './situations.ts';
import { judge } from './verdict.ts';

// Prints what the plugin, as it is now, has wrong of the recorded situations, and which pending ones have become right;
// all, or those whose names have one of some words:
//   node tools/run.mjs test/lab/wholeway/wrong.ts [WORD]...
const words = process.argv.slice(2);
async function main(): Promise<void> {
  const counts = { right: 0, wrong: 0 };
  for (const situation of situations) {
    const { name } = situation;
    const outcome = readSituation(situation);
    if (outcome === null || (words.length > 0 && !words.some((word) => name.includes(word)))) continue;
    const { wrong } = await judge(inside, situation, outcome);
    counts[wrong.length > 0 ? 'wrong' : 'right']++;
    if (wrong.length > 0) console.log(`${name}${name in pending ? ' (pending)' : ''}\n  ${wrong.join('\n  ')}`);
    else if (name in pending) console.log(`${name}: right, and no longer pending`);
  }
  console.log(`${counts.right} right, ${counts.wrong} wrong`);
}
main();
