// What builds the plugins needs a newer Node than the plugins do. Written so that every Node since 14 can read it.

/** The oldest Node that can build, as package.json says in devEngines. */
const oldest = [20, 19];

/**
 * One sentence for somebody whose Node is too old to build: which one is needed, and where to get it; null where it is
 * new enough. `version` is that of Node without its v: `18.20.4`.
 */
export function tooOldToBuild(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return null;
  return `Building needs Node ${oldest.join('.')} or newer and this is Node ${version}: on Debian 12, whose own is 18, unpack the Linux binaries from https://nodejs.org/en/download and put their bin folder first in PATH; the plugins once built run on Node 18.19 or newer, so on Debian's own.`;
}
