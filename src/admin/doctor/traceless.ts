import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * What keeps an ssh from changing anything here, whatever is configured: no host key is learned or replaced (OpenSSH does so
 * by itself since 8.5), no connection stays open, no key comes into an agent, and no command of the account's is run.
 */
const always = {
  UpdateHostKeys: 'no',
  ControlMaster: 'no',
  ControlPath: 'none',
  AddKeysToAgent: 'no',
  PermitLocalCommand: 'no',
} as const;

/** How ssh is called: its configuration file, and what counts before that. */
export type Traceless = { readonly sshConfig?: string | undefined; readonly sshSettings: readonly string[] };

/**
 * Runs something with an ssh that changes nothing. `strict`: an unknown host key is refused, where ssh would write it down.
 * `jumps`: there are jump hosts, whose ssh goes by the configuration file alone, so that a file of ours stands before it
 * meanwhile.
 */
export async function withoutTraces<T>(
  sshConfig: string | undefined,
  { strict, jumps }: { readonly strict: boolean; readonly jumps: { readonly strict: boolean } | null },
  run: (ssh: Traceless) => Promise<T>,
): Promise<T> {
  const sshSettings = settingsOf(strict).map(([name, value]) => `${name}=${value}`);
  if (jumps === null) return run({ sshConfig, sshSettings });
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-'));
  try {
    const file = path.join(folder, 'ssh_config');
    writeFileSync(file, configuration(settingsOf(jumps.strict), sshConfig), { mode: 0o600 });
    return await run({ sshConfig: file, sshSettings });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function settingsOf(strict: boolean): readonly (readonly [string, string])[] {
  return Object.entries({ ...always, ...(strict ? { StrictHostKeyChecking: 'yes' } : {}) });
}

/** ssh takes the first value that it finds. The files are those that it reads by itself (ssh_config(5)). */
function configuration(settings: readonly (readonly [string, string])[], sshConfig: string | undefined): string {
  const files = sshConfig === undefined ? ['~/.ssh/config', '/etc/ssh/ssh_config'] : [whole(sshConfig)];
  const included = files.filter((file) => file !== 'none').map((file) => `Include "${file}"`);
  return `${[...settings.map(([name, value]) => `${name} ${value}`), ...included].join('\n')}\n`;
}

function whole(file: string): string {
  return file === 'none' || file.startsWith('~') ? file : path.resolve(file);
}
