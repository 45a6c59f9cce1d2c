import { shellQuoted } from './shell.ts';

/** Such a line, in whichever of NRPE's files it stands: Debian has nrpe_local.cfg for those that a person writes. */
const line = '^[[:blank:]]*allowed_hosts[[:blank:]]*=';
const files = `grep -rlsE ${shellQuoted(line)} --include='*.cfg' /etc/nagios /etc/nrpe.d`;

/**
 * Commands that let an address ask, in every file that names who may, unless it is named there. Where none does, NRPE lets
 * everybody ask: a first line would shut the others out.
 */
export function allowCommands(address: string): readonly string[] {
  const itself = address.replace(/[.[\]*^$/\\]/g, '\\$&');
  const add = `/${line}/{/[=,[:blank:]]${itself}([,[:blank:]]|$)/!s/[[:blank:]]*$/,${address}/}`;
  return [
    `${files} | xargs -r sed -i -E ${shellQuoted(add)}`,
    `${files} | grep -q . || echo 'no file has allowed_hosts: is one included from elsewhere (include= in nrpe.cfg), or is it a firewall?'`,
  ];
}
