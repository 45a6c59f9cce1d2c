import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Lab } from './lab.ts';

/** Certificates of a server, as PEM, with the CA that they are from; and a CA that has nothing to do with them. */
export type Certificates = {
  readonly ca: string;
  readonly otherCa: string;
  /** For the names and addresses given; valid for so many days, and expired where that is negative. */
  serverFiles(names: readonly string[], days?: number): Readonly<Record<string, string>>;
};

/** Makes them with openssl, in a folder of the lab. */
export function makeCertificates(lab: Lab): Certificates {
  lab.folder('certificates');
  const file = (name: string) => lab.file(`certificates/${name}`);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', [...args], { stdio: 'pipe' });
  const makeCa = (name: string) => {
    const subject = [
      '-subj',
      `/CN=${name}`,
      '-days',
      '30',
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.crt`),
    ];
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject);
    return file(`${name}.crt`);
  };
  const [ca, otherCa] = [makeCa('ca'), makeCa('other')];
  let count = 0;
  const serverFiles = (names: readonly string[], days = 30) => {
    const name = `server${++count}`;
    const alternatives = names.map((one) => `${/^[\d.]+$/.test(one) ? 'IP' : 'DNS'}:${one}`);
    writeFileSync(file(`${name}.ext`), `subjectAltName=${alternatives.join(',')}\n`);
    const request = ['-subj', '/CN=server', '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`)];
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...request);
    const signer = ['-CA', ca, '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file(`${name}.ext`)];
    openssl('x509', '-req', '-in', file(`${name}.csr`), ...signer, '-days', String(days), '-out', file(`${name}.crt`));
    return {
      'server.key': readFileSync(file(`${name}.key`), 'utf8'),
      'server.crt': readFileSync(file(`${name}.crt`), 'utf8'),
    };
  };
  return { ca, otherCa, serverFiles };
}
