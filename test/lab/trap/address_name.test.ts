import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Instance, shippedConfiguration, startIcinga } from '../icinga2/instance.ts';
import { giveTo, nagios } from '../poller/account.ts';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { addresses, password, startTrapLab, type TrapLab, trapFiles } from './lab.ts';
import { runsOf } from './runs.ts';

const why = whyNoLab(trapFiles);
const names = ['127.0.0.1', '2001:db8::1'] as const;

describe.skipIf(why !== null)(`akcp_trap where NodeName is an address${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let traps: TrapLab;
  beforeAll(async () => {
    lab = openLab('trap-address-name');
    traps = await startTrapLab(lab);
  }, 300_000);
  afterAll(() => lab?.close());

  const { args, logged } = runsOf(() => ({ lab, traps }));

  describe.each(names)('%s', (name) => {
    let icinga: Instance;
    let given: Readonly<Record<string, string>>;
    beforeAll(async () => {
      icinga = await startIcinga({
        ...{ name, folder: lab.sub(name.replaceAll(/\W/g, '-')), account: nagios(), plugins: lab.plugins },
        files: { 'main.conf': configuration(name) },
      });
      lab.undo(icinga.stop);
      const ca = path.join(lab.folder, 'snmptrapd', `${name}.ca`);
      copyFileSync(path.join(icinga.tree, 'certs/ca.crt'), ca);
      giveTo(traps.account, ca);
      given = { api: `127.0.0.1:${icinga.port}`, 'api-name': name, ca, hold: '3600' };
    }, 60_000);

    test('is known by its certificate, which has the address as a DNS name', async () => {
      const certificate = new X509Certificate(readFileSync(path.join(icinga.tree, `certs/${name}.crt`)));
      expect(certificate.subjectAltName).toBe(`DNS:${name}`);
      const { line, result } = await logged(() => traps.run(args(given)));
      expect(line).toBe(`daemon.info Icinga checks 1 service of ${addresses.probe} at once`);
      expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
      await traps.endWaiting();
    });

    test.each([
      ...['icinga1', '127.0.0.2', '127.0.0', '2001:db8::2', '2001:db8:0::1'],
      ...names.filter((other) => other !== name),
    ])('is not taken for %s', async (other) => {
      const { line, result } = await logged(() => traps.run(args({ ...given, 'api-name': other })));
      expect(line).toContain(` has a certificate for another name than --api-name ${other};`);
      expect(result.code).toBe(1);
      await traps.endWaiting();
    });

    test('is not believed where another authority has signed it', async () => {
      const { ca: _, ...rest } = given;
      const { line, result } = await logged(() => traps.run(args(rest)));
      expect(line).toContain(' has a certificate that the authority of --ca has not signed;');
      expect(result.code).toBe(1);
      await traps.endWaiting();
    });
  });
});

const configuration = (name: string) => `
${shippedConfiguration('rackwatch-commands.conf')}
${shippedConfiguration('rackwatch-services.conf')}
const RackwatchTrapPassword = "${password}"
${shippedConfiguration('rackwatch-trap-user.conf')}
object Endpoint "${name}" { }
object Zone "main" { endpoints = [ "${name}" ] }
object IcingaApplication "app" { enable_service_checks = false }
object Host "probe" {
  address = "${addresses.probe}"
  vars.akcp = { port = 9 }
}
`;
