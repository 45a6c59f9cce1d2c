import { failure, type Result, success } from '../plugin/index.ts';
import type { Request } from './ask.ts';
import { runChild } from './child.ts';
import { said, unsaid } from './reason.ts';
import { scriptArguments } from './script.ts';

/** Runs the snapshot script on this host. */
export async function askLocal(request: Request): Promise<Result<string>> {
  const ending = await runChild('/bin/sh', ['-s', '--', ...scriptArguments(request)], SNAPSHOT_SCRIPT, request);
  if (ending.kind === 'failed') return failure(ending.reason);
  if (ending.kind === 'late') return failure(`${ending.reason} (waiting for the answer)`);
  const { code, signal, stdout, stderr } = ending;
  if (signal !== null) return failure(`sh was killed by ${signal}`);
  if (code !== 0 && unsaid(stdout)) return failure(`sh ended with ${code}${said(stderr)}`);
  return success(stdout);
}
