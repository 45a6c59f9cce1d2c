import type { RequestOptions } from 'node:https';
import { parseIp } from '../address/index.ts';
import { judgeAnswer, type Outcome, type RecheckRequest } from '../trap/index.ts';

/** Where Icinga's API is, whom it must be, and who asks it. */
export type Api = {
  /** An address, not a name: no name server stands between a trap and its check. */
  readonly address: string;
  readonly port: number;
  /** The name in its certificate: Icinga's NodeName. */
  readonly name: string;
  /** The authority that has signed it, as PEM. */
  readonly ca: string;
  readonly user: string;
  readonly password: string;
};

/** The longest answer that is read, in characters. */
const longest = 1_000_000;

/** What OpenSSL calls a certificate that the authority has not signed. */
const foreign = [
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Asks Icinga once to check services again. Whatever the other side does, this ends after `limitMs`, with a reason. */
export async function askRecheck(api: Api, body: RecheckRequest, limitMs: number): Promise<Outcome> {
  // Loaded late: most traps of a burst never come here.
  const { request } = await import('node:https');
  const { address, port, name, ca, user, password } = api;
  const identity = await identityOf(name);
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return new Promise((resolve) => {
    // Whatever the other side repeats of what it was told.
    const secrets = [password, Buffer.from(`${user}:${password}`).toString('base64')];
    const fail = (reason: string, kind: 'failed' | 'silent' = 'failed') => {
      const said = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), reason);
      resolve({ kind, reason: `Icinga's API at ${place} ${said}` });
    };
    const asking = request(
      {
        ...{ host: address, port, path: '/v1/actions/reschedule-check', method: 'POST', agent: false },
        ...{ ca, ...identity, auth: `${user}:${password}` },
        // Said outright: the environment can change the default.
        rejectUnauthorized: true,
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length <= longest) return;
          fail('answers without end');
          asking.destroy();
        });
        response.on('end', () => {
          const outcome = judgeAnswer(response.statusCode ?? 0, text);
          if (outcome.kind === 'failed') fail(outcome.reason);
          else resolve(outcome);
        });
        response.on('error', (error) => fail(reasonOf(error, name)));
        response.on('close', () => fail('broke its answer off'));
      },
    );
    asking.on('error', (error) => fail(reasonOf(error, name), 'silent'));
    setTimeout(() => {
      fail(`did not answer within ${limitMs / 1000} s`, 'silent');
      asking.destroy();
    }, limitMs);
    asking.end(JSON.stringify(body));
  });
}

/**
 * How TLS finds the name in a certificate. An address that is a NodeName stands there as a DNS name, as Icinga's own
 * authority writes it, while Node looks for addresses among addresses alone; and a client may not say an address as the
 * name that it wants (RFC 6066). Source: Icinga 2, `icinga2 pki new-cert`, as 2.13 was seen to do it.
 */
async function identityOf(name: string): Promise<Pick<RequestOptions, 'servername' | 'checkServerIdentity'>> {
  if (parseIp(name) === null) return { servername: name };
  const { X509Certificate } = await import('node:crypto');
  const checkServerIdentity = (_: string, { raw }: { readonly raw: Buffer }) => {
    const shown = new X509Certificate(raw);
    if (shown.checkHost(name, { wildcards: false }) ?? shown.checkIP(name)) return undefined;
    return Object.assign(new Error('another name'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  };
  return { servername: '', checkServerIdentity };
}

function reasonOf(error: Error, name: string): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `has a certificate for another name than --api-name ${name}`;
  if (foreign.includes(code)) return 'has a certificate that the authority of --ca has not signed';
  // What Node's reader of HTTP gives.
  if (code.startsWith('HPE_')) return `answers, but not in HTTP as it should (${code})`;
  return reasons[code] ?? `cannot be asked (${code === '' ? error.name : code})`;
}

/** What the codes of the system and of TLS mean here. */
const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has a certificate that has expired, or the one of --ca has',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet, by the clock of this machine',
  ECONNREFUSED: 'refuses connections: nothing listens there',
  ECONNRESET: 'ended the connection',
  EHOSTUNREACH: 'cannot be reached: there is no way to that address, or a firewall refuses it',
  EMFILE: 'cannot be asked: too many open files (ulimit -n)',
  ENETUNREACH: 'cannot be reached: this machine has no route to that address',
  EPROTO: 'does not speak TLS as it should: another program may listen on that port',
};
