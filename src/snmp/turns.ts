/** Does the work for every item, at most `atOnce` at a time, and gives the results in the order of the items. */
export async function inTurns<Item, Done>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Done>,
): Promise<readonly Done[]> {
  const done: Done[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [i, item] of waiting) done[i] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return done;
}
