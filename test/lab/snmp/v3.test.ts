import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Item, items, octets, tag, tlv } from './ber.ts';
import { buildPlugin, patient, type Run } from './plugin.ts';
import { type Snmpd, startSnmpd, type User, whyNoSnmpd } from './snmpd.ts';
import { freeUdpPort, startRelay } from './udp.ts';

// On a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const why = whyNoSnmpd();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the snmp lab cannot run: ${why}`);

/** The plugin's name of a protocol and snmpd's. */
const authentication = {
  MD5: 'MD5',
  SHA: 'SHA',
  'SHA-224': 'SHA-224',
  'SHA-256': 'SHA-256',
  'SHA-384': 'SHA-384',
  'SHA-512': 'SHA-512',
};
const encryption = { DES: 'DES', AES: 'AES', 'AES-256': 'AES-256', 'AES-256C': 'AES-256-C' };

const authPassword = 'auth-pass-12';
const privPassword = 'priv-pass-12';
const pairs = Object.keys(authentication).flatMap((auth) =>
  Object.keys(encryption).map((priv) => [auth, priv] as const),
);

const users: readonly User[] = [
  { name: 'nobody' },
  ...Object.entries(authentication).map(([name, auth]) => ({ name: `a-${name}`, auth, authPassword })),
  ...Object.entries(authentication).flatMap(([a, auth]) =>
    Object.entries(encryption).map(([p, priv]) => ({ name: `${a}-${p}`, auth, authPassword, priv, privPassword })),
  ),
];

describe
  .skipIf(why !== null)
  .concurrent(`check_sensorprobe over SNMPv3 with a real snmpd${why === null ? '' : ` (skipped: ${why})`}`, () => {
    let run: Run;
    let snmpd: Snmpd;
    beforeAll(async () => {
      run = buildPlugin();
      snmpd = await startSnmpd('spx-plus', { users });
    });
    afterAll(() => snmpd.stop());

    const secrets = { SNMP_AUTH_PASSWORD: authPassword, SNMP_PRIV_PASSWORD: privPassword };
    const ask = (args: readonly string[], env: Readonly<Record<string, string>> = secrets, port = snmpd.port) =>
      run(['-H', '127.0.0.1', '-p', String(port), '-P', '3', ...args], env);
    const strong = ['-L', 'authPriv', '-U', 'SHA-256-AES', '-a', 'SHA-256', '-x', 'AES'];

    test.each(pairs)('%s and %s are understood', async (auth, priv) => {
      const { code, stdout, stderr } = await ask([
        ...patient,
        '-L',
        'authPriv',
        '-U',
        `${auth}-${priv}`,
        '-a',
        auth,
        '-x',
        priv,
      ]);
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });

    test.each(Object.keys(authentication))('%s without encryption is understood', async (auth) => {
      const { code, stdout, stderr } = await ask([...patient, '-L', 'authNoPriv', '-U', `a-${auth}`, '-a', auth]);
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });

    test('a user without passwords is understood', async () => {
      const { code, stdout, stderr } = await ask([...patient, '-L', 'noAuthNoPriv', '-U', 'nobody'], {});
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });

    test("check_snmp's options for the passwords are understood", async () => {
      const { code, stdout, stderr } = await ask([...patient, ...strong, '-A', authPassword, '-X', privPassword], {});
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });

    test.each([
      ['an unknown user', ['-L', 'authPriv', '-U', 'nemo', '-a', 'SHA-256', '-x', 'AES'], secrets],
      ['a wrong authentication password', strong, { ...secrets, SNMP_AUTH_PASSWORD: 'wrong-pass-12' }],
      ['a wrong privacy password', strong, { ...secrets, SNMP_PRIV_PASSWORD: 'wrong-pass-12' }],
      ['another authentication protocol', ['-L', 'authPriv', '-U', 'SHA-256-AES', '-a', 'MD5', '-x', 'AES'], secrets],
      ['another privacy protocol', ['-L', 'authPriv', '-U', 'SHA-256-AES', '-a', 'SHA-256', '-x', 'DES'], secrets],
      ['less than the agent asks of the user', ['-L', 'authNoPriv', '-U', 'SHA-256-AES', '-a', 'SHA-256'], secrets],
      ['more than the agent knows of the user', ['-L', 'authPriv', '-U', 'a-SHA', '-a', 'SHA', '-x', 'AES'], secrets],
    ])('%s is CRITICAL, and the text says what to look at', async (_, args, env) => {
      const { code, stdout, stderr } = await ask([...args, '--snmp-timeout', '1'], env);
      expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      expect(stdout).toMatch(/user|password|protocol|level|context/);
      for (const secret of [authPassword, privPassword, 'wrong-pass-12']) expect(stdout).not.toContain(secret);
    });

    test.each([
      ['without encryption', ['-L', 'authNoPriv', '-U', 'a-SHA', '-a', 'SHA']],
      ['with it', strong],
    ])('a wrong context is CRITICAL, and the text says context (%s)', async (_, args) => {
      const { code, stdout, stderr } = await ask([...args, '-N', 'nowhere', '--snmp-timeout', '1']);
      expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      expect(stdout).toContain('a wrong context ("nowhere")');
    });

    test('an agent that is started anew between its discovery and the first request is asked once more', async () => {
      const port = await freeUdpPort();
      const listen = { addresses: ['127.0.0.1'], port };
      const before = await startSnmpd('spx-plus', { users, listen });
      let restarted: Promise<Snmpd> | undefined;
      // Its first answer is its discovery; it is held back until another one listens there.
      const relay = await startRelay(port, {
        hold: async (n) => {
          if (n > 1) return;
          restarted ??= before.stop().then(() => startSnmpd('spx-plus', { users, listen }));
          await restarted;
        },
      });
      const { code, stdout, stderr } = await ask(
        ['-L', 'authNoPriv', '-U', 'a-SHA', '-a', 'SHA', '-v', ...patient],
        secrets,
        relay.port,
      );
      await relay.stop();
      await (await restarted)?.stop();
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });

    // net-snmp believes an answer that says of itself that it is not protected.
    test('an answer that somebody has taken the signature from is not believed', async () => {
      const relay = await startRelay(snmpd.port, { change: (answer, n) => (n < 2 ? answer : unsigned(answer)) });
      const args = ['-L', 'authNoPriv', '-U', 'a-SHA', '-a', 'SHA', '--snmp-timeout', '1', '-t', '20'];
      const { code, stdout, stderr } = await ask(args, secrets, relay.port);
      await relay.stop();
      expect(stdout).toContain('without the protection that was asked for');
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    });

    // Byte by byte from the end: the values, the names, the header of the protected part.
    test.each([
      ['authPriv', strong],
      ['authNoPriv', ['-L', 'authNoPriv', '-U', 'a-SHA', '-a', 'SHA']],
    ] as const)('an answer that was changed on the way is not believed (%s)', async (_, args) => {
      for (const fromEnd of [1, 12, 60]) {
        const relay = await startRelay(snmpd.port, {
          change: (answer, n) => (n < 2 ? answer : flip(answer, answer.length - fromEnd)),
        });
        const { code, stdout, stderr } = await ask([...args, '--snmp-timeout', '1', '-t', '20'], secrets, relay.port);
        await relay.stop();
        expect({ code, stderr }, stdout).toEqual({ code: 2, stderr: '' });
      }
    });
  });

/** The message with one bit of the byte there turned. */
function flip(message: Buffer, at: number): Buffer {
  const changed = Buffer.from(message);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** An SNMPv3 message (RFC 3412, 6; RFC 3414, 2.4) without authentication: its flags are 0, its signature is empty. */
function unsigned(message: Buffer): Buffer {
  const parts = (data: Buffer | undefined) => items(data ?? Buffer.alloc(0));
  const [version, header, security, scopedPdu] = parts(items(message)[0]?.body);
  const [id, size, , model] = parts(header?.body);
  const [engine, boots, time, user, , privacy] = parts(items(security?.body ?? Buffer.alloc(0))[0]?.body);
  const kept = (...all: readonly (Item | undefined)[]) => all.map((item) => item?.whole ?? Buffer.alloc(0));
  return tlv(
    tag.sequence,
    ...kept(version),
    tlv(tag.sequence, ...kept(id, size), octets(Buffer.from([0])), ...kept(model)),
    octets(tlv(tag.sequence, ...kept(engine, boots, time, user), octets(''), ...kept(privacy))),
    ...kept(scopedPdu),
  );
}
