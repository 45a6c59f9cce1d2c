import path from 'node:path';

/**
 * Has something made in the folder that the command line names, or else in `release`, and exits as a command does: 2 for
 * wrong usage, 1 when it fails, with the reason on standard error.
 */
export async function folderFrom(
  command: string,
  args: readonly string[],
  make: (folder: string) => Promise<void> | void,
): Promise<void> {
  const [folder = 'release', ...more] = args;
  if (folder.startsWith('-') || more.length > 0) {
    console.error(`usage: npm run ${command} -- [DIR]`);
    process.exitCode = 2;
    return;
  }
  try {
    await make(path.resolve(folder));
  } catch (error) {
    console.error(`${command}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
