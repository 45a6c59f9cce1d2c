/** What is made when it is first asked for, and the same from then on: a run needs few tables, and many probes the same ones. */
export function madeOnce<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
