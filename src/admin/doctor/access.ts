import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type ProbeFacts, probeSecrets } from '../../doctor/index.ts';
import { success } from '../../plugin/index.ts';
import { type Access, accessOf, readCredentials } from '../../snmp/index.ts';
import { UsageError } from '../subcommand.ts';
import type { DoctorValues } from './options.ts';

/**
 * The access to probes that the options and the file of credentials give, and where its secrets are from. Throws a
 * `UsageError` where they give none.
 */
export function accessIn(values: DoctorValues): { access: Access; secret: ProbeFacts['secret'] } {
  const file = values.credentials === undefined ? success({}) : readCredentials(values.credentials);
  if (!file.ok && values.probe.length > 0) throw new UsageError(`--credentials: ${file.reason}`);
  const access = accessOf(values, file.ok ? file.value : {});
  if (!access.ok) throw new UsageError(access.reason);
  const secrets = [values.community, values.authpasswd, values.privpasswd];
  if (secrets.some((one) => one !== undefined))
    return { access: access.value, secret: typedSecret(values, access.value) };
  return { access: access.value, secret: { kind: values.credentials !== undefined ? 'file' : 'default' } };
}

/** Whether the file that Icinga's host will name gives the access that was typed. */
function typedSecret(values: DoctorValues, access: Access): ProbeFacts['secret'] {
  const names =
    access.version === '3'
      ? [...(access.auth ? ['SNMP_AUTH_PASSWORD'] : []), ...(access.priv ? ['SNMP_PRIV_PASSWORD'] : [])]
      : ['SNMP_COMMUNITY'];
  const usual = isDeepStrictEqual(accessOf({ ...values, ...untyped }, {}), success(access));
  if (usual) return { kind: 'default' };
  const file = path.resolve(values.credentials ?? probeSecrets);
  return { kind: 'typed', file, names, trouble: fileTrouble(values, access, file) };
}

/** What is typed as a secret, not typed. */
const untyped = { community: undefined, authpasswd: undefined, privpasswd: undefined };

function fileTrouble(values: DoctorValues, access: Access, file: string): string | null {
  const read = readCredentials(file);
  if (!read.ok) return read.reason;
  const written = accessOf({ ...values, ...untyped }, read.value);
  return isDeepStrictEqual(written, success(access)) ? null : `${file} does not have those that were given here`;
}
