import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArguments } from './arguments.ts';
import { type Subcommand, UsageError } from './subcommand.ts';

/** Where Icinga reads its configuration by default. */
const customaryTarget = '/etc/icinga2/conf.d';

/** Where distributions keep plugins, and where Icinga's PluginContribDir points. */
const customaryPlugins = ['/usr/lib64/nagios/plugins', '/usr/lib/nagios/plugins'];

/** One of the plugins: where it is, the others are. */
const sign = 'check_cluster_buckets';

export const installConfig: Subcommand = {
  summary: 'writes the commands and service rules for Icinga 2',
  usage: `Usage: rackwatch install-config [--dir DIR] [--plugins DIR]

Writes rackwatch-commands.conf and rackwatch-services.conf, which make the plugins known to Icinga 2, into a folder that
Icinga reads. Service rules that you have changed are kept; the new ones then lie beside them as
rackwatch-services.conf.new, which Icinga does not read. Icinga takes over what is new at its next reload.

  --dir DIR      the folder to write to (default ${customaryTarget})
  --plugins DIR  where the plugins are, if neither beside this command nor where the distribution keeps them`,

  run({ args, carried, self, say }) {
    const { dir = customaryTarget, plugins = pluginFolder(path.dirname(self)) } = parseArguments(args, [
      'dir',
      'plugins',
    ]).options;
    if (plugins === undefined || !existsSync(path.join(plugins, sign)))
      throw new Error(`there is no ${sign} in ${plugins ?? customaryPlugins.join(' or ')}: --plugins DIR says where`);
    if (!existsSync(dir))
      throw new UsageError(`there is no folder ${dir}: --dir DIR says where Icinga reads its configuration`);
    for (const [name, text] of Object.entries(carried.config))
      say(put(path.join(dir, name), withFolder(text, plugins)));
    return 0;
  },
};

/** The folder of the plugins: that of the command or the one it is in; undefined where there are none. */
function pluginFolder(beside: string): string | undefined {
  return [beside, path.dirname(beside), ...customaryPlugins].find((folder) => existsSync(path.join(folder, sign)));
}

/**
 * Configuration that names the plugins' folder. The distribution's is left as the constant that every Icinga has for it: what
 * a master hands out to its agents then holds on all of them.
 */
export function withFolder(text: string, plugins: string): string {
  const folder = path.resolve(plugins);
  if (customaryPlugins.includes(folder)) return text;
  const quoted = folder.replaceAll(/[\\"]/g, '\\$&');
  return text
    .replaceAll('PluginContribDir + "/', () => `"${quoted}/`)
    .replace('PluginContribDir is where the plugins are installed.', () => `The plugins are in ${folder}.`);
}

/** Writes a file, unless somebody has changed the one that is there, and says what was done. */
function put(file: string, text: string): string {
  const there = existsSync(file) ? readFileSync(file, 'utf8') : null;
  if (there === text) return `${file} is up to date`;
  // Generated, and nobody's to change.
  if (there === null || there.includes('Generated from the plugins')) {
    writeFileSync(file, text);
    return `wrote ${file}`;
  }
  writeFileSync(`${file}.new`, text);
  return `kept ${file}, which differs from this version's: compare it with ${file}.new`;
}
