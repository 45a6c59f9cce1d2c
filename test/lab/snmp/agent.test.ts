import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecording } from '../../fixtures/sensorprobe/recording.ts';
import { honest } from './agent.ts';
import { decode, encode, type Message, pdu, tag, tlv } from './ber.ts';
import { type Snmpd, startSnmpd, whyNoSnmpd } from './snmpd.ts';
import { bind, close } from './udp.ts';

const why = whyNoSnmpd();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the snmp lab cannot run: ${why}`);

const akcp = '1.3.6.1.4.1.3854';
const temperatures = [1, 3, 4, 5, 7, 8, 9, 10, 12, 14].map((column) => `${akcp}.1.2.2.1.16.1.${column}`);
const exact = temperatures.map((oid) => `${oid}.0`);

/** Requests of each kind: exact cells, missing ones, row after row, past the end. */
const requests: readonly [string, Pick<Message, 'version' | 'type' | 'error' | 'index'>, readonly string[]][] = [
  ['GET on v1', { version: 0, type: pdu.get, error: 0, index: 0 }, exact],
  ['GET on v2c', { version: 1, type: pdu.get, error: 0, index: 0 }, ['1.3.6.1.2.1.1.2.0', ...exact]],
  [
    'GET of a missing cell on v1',
    { version: 0, type: pdu.get, error: 0, index: 0 },
    [...exact, `${akcp}.1.2.2.1.16.1.4.99`],
  ],
  [
    'GET of a missing cell on v2c',
    { version: 1, type: pdu.get, error: 0, index: 0 },
    [...exact, `${akcp}.1.2.2.1.16.1.4.99`],
  ],
  ['GETNEXT over a row on v1', { version: 0, type: pdu.getNext, error: 0, index: 0 }, temperatures],
  ['GETNEXT past the end on v1', { version: 0, type: pdu.getNext, error: 0, index: 0 }, [`${akcp}.9`]],
  ['GETNEXT past the end on v2c', { version: 1, type: pdu.getNext, error: 0, index: 0 }, [`${akcp}.1.1`, `${akcp}.9`]],
  ['GETBULK over a table', { version: 1, type: pdu.getBulk, error: 0, index: 8 }, temperatures],
  ['GETBULK with a non-repeater', { version: 1, type: pdu.getBulk, error: 1, index: 3 }, [akcp, ...temperatures]],
  ['GETBULK beyond the cap', { version: 1, type: pdu.getBulk, error: 0, index: 40 }, temperatures],
  ['GETBULK past the end', { version: 1, type: pdu.getBulk, error: 0, index: 5 }, [`${akcp}.9`, `${akcp}.99`]],
];

describe.skipIf(why !== null)(
  `the agent that lies can also tell the truth${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    const cells = parseRecording(readFileSync('test/fixtures/sensorprobe/sensorprobe8.snmp', 'utf8'));
    let snmpd: Snmpd;
    beforeAll(async () => {
      snmpd = await startSnmpd('sensorprobe8');
    });
    afterAll(() => snmpd.stop());

    test.each(requests)('it answers a %s as snmpd does', async (_, fields, oids) => {
      const varbinds = oids.map((oid) => ({ oid, value: tlv(tag.null) }));
      const request: Message = { ...fields, community: 'public', id: 4711, varbinds };
      expect(honest(cells)(decode(encode(request)))).toEqual(decode(await ask(snmpd.port, encode(request))));
    });
  },
);

async function ask(port: number, request: Buffer): Promise<Buffer> {
  const socket = await bind('127.0.0.1');
  const answer = new Promise<Buffer>((resolve) => {
    socket.once('message', resolve);
  });
  socket.send(request, port, '127.0.0.1');
  const bytes = await answer;
  await close(socket);
  return bytes;
}
