import { type Result, readSecrets } from '../plugin/index.ts';

/** What a credentials file can hold. */
export type Secrets = {
  readonly community?: string;
  readonly authPassword?: string;
  readonly privPassword?: string;
};

/** Reads a credentials file, whose names are those of the environment variables. No reason quotes what is in it. */
export function readCredentials(path: string): Result<Secrets> {
  return readSecrets(path, {
    SNMP_COMMUNITY: 'community',
    SNMP_AUTH_PASSWORD: 'authPassword',
    SNMP_PRIV_PASSWORD: 'privPassword',
  });
}
