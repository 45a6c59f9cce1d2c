import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The folder beside the plugins that holds their bundles and code caches. */
export function innerFolder(target: string): string {
  return path.join(target, 'rackwatch');
}

/** Everything that an installation has put into a folder, whichever version it was: the plugins by their names. */
export function installedPlugins(target: string): readonly string[] {
  const inner = innerFolder(target);
  if (!existsSync(inner)) return [];
  return readdirSync(inner).flatMap((file) => (file.endsWith('.cjs') ? [file.slice(0, -'.cjs'.length)] : []));
}

/** Where distributions keep plugins: RHEL and its kin on 64 bits, Debian, Ubuntu and SUSE. */
const customary = ['usr/lib64/nagios/plugins', 'usr/lib/nagios/plugins'];

/** The distribution's plugin folder, which is PluginDir to Icinga; undefined where there is none. */
export function customaryFolder(root = '/'): string | undefined {
  return customary.map((folder) => path.join(root, folder)).find((folder) => existsSync(folder));
}

/**
 * Does something with the folder that the command line names, or else the customary one, and exits as a command does:
 * 2 for wrong usage, 1 when it fails, with the reason on standard error.
 */
export async function withFolder(
  command: string,
  args: readonly string[],
  work: (folder: string) => Promise<void> | void,
): Promise<void> {
  const [given, ...more] = args;
  const folder = given ?? customaryFolder();
  if (folder === undefined || folder.startsWith('-') || more.length > 0) {
    const none =
      given === undefined ? 'this system has no /usr/lib/nagios/plugins and no /usr/lib64/nagios/plugins; ' : '';
    console.error(`${none}usage: npm run ${command} -- DIR`);
    process.exitCode = 2;
    return;
  }
  try {
    await work(path.resolve(folder));
  } catch (error) {
    console.error(`${command}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
