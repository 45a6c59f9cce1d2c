import type { Ending } from './child.ts';

/** No check needs them, and any release knows how to leave them out. */
const forAll = ['PermitLocalCommand=no', 'ClearAllForwardings=yes'];
/** As they are by themselves. The first is known since OpenSSH 7.6, the others since 8.7. */
const newer = ['RemoteCommand=none', 'SessionType=default', 'StdinNull=no', 'ForkAfterAuthentication=no'];

/** How many of the newer ones ssh knows, as far as it has said. */
let known = newer.length;

/**
 * The settings (`Keyword=value`) without which ssh would not do for a check what it may be configured to do for people: the
 * node's shell reads the script, its output is the answer, and nothing else is run here or opened anywhere. Those that this
 * machine's ssh knows.
 */
export function ownSettings(): readonly string[] {
  return [...forAll, ...newer.slice(0, known)];
}

/**
 * Runs an ssh with `ownSettings`, and once more for each of them that it turns out not to know. An ssh that does not know a
 * setting ends at once, before it has sent or read anything.
 */
export async function withOwnSettings(run: () => Promise<Ending>): Promise<Ending> {
  for (;;) {
    const had = known;
    const ending = await run();
    const first = unknownIn(ending);
    if (first < 0 || first >= had) return ending;
    known = Math.min(known, first);
  }
}

/** The place of the setting that ssh does not know (OpenSSH readconf.c, process_config_line); -1 where that is none of them. */
function unknownIn(ending: Ending): number {
  if (ending.kind !== 'ended' || ending.code !== 255) return -1;
  const keyword = /^command-line:? line 0: Bad configuration option: (\w+)/im.exec(ending.stderr)?.[1];
  return newer.findIndex((one) => one.toLowerCase().split('=')[0] === keyword?.toLowerCase());
}
