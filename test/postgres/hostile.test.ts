import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { type Access, openSession } from '../../src/postgres/session.ts';
import {
  authenticationOk,
  description,
  errorResponse,
  int32,
  message,
  ready,
  rows,
  type Sent,
  wantsPassword,
} from '../../tools/postgres_messages.ts';
import { timed } from '../timed.ts';
import { askPeer } from './peer.ts';

type Behaviour = (socket: Socket, sent: Sent | 'connected') => void;

/** Without TLS; then what is done at the startup message, and at the question. */
const plain =
  (startup: Behaviour, asked: Behaviour = () => {}): Behaviour =>
  (socket, sent) => {
    if (sent === 'ssl') socket.write('N');
    if (sent === 'startup') startup(socket, sent);
    if (sent === 'other') asked(socket, sent);
  };
const welcome: Behaviour = (socket) => socket.write(Buffer.concat([authenticationOk, ready]));
const answer = rows([{ node_id: '0', status: 'up' }]);
const half = answer.subarray(0, answer.length - 20);

const peers: readonly (readonly [story: string, Behaviour, Partial<Access>, expected: object])[] = [
  ['is silent', () => {}, {}, { kind: 'silent' }],
  ['is silent after the SSLRequest', plain(() => {}), {}, { kind: 'silent' }],
  ['is silent in the TLS handshake', (socket, sent) => sent === 'ssl' && socket.write('S'), {}, { kind: 'silent' }],
  ['hangs up at once', (socket) => socket.destroy(), {}, { kind: 'closed', asking: null }],
  [
    'speaks HTTP',
    (socket, sent) => sent !== 'connected' && socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    {},
    { kind: 'foreign', what: 'a server that speaks HTTP' },
  ],
  [
    'speaks HTTP, without TLS',
    (socket, sent) => sent !== 'connected' && socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    { sslmode: 'disable' },
    { kind: 'foreign', what: 'a server that speaks HTTP' },
  ],
  [
    'is an ssh server, whose banner begins with the S of TLS',
    (socket, sent) => sent === 'connected' && socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    {},
    { kind: 'foreign', what: 'a server that speaks SSH' },
  ],
  [
    'is an ssh server, without TLS',
    (socket, sent) => sent === 'connected' && socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    { sslmode: 'disable' },
    { kind: 'foreign', what: 'a server that speaks SSH' },
  ],
  [
    'is a mail server',
    (socket, sent) => sent === 'connected' && socket.write('220 mail ESMTP\r\n'),
    {},
    { kind: 'foreign', what: 'a server that says "220 mail ESMTP"' },
  ],
  [
    'stops in the middle of an answer',
    plain(welcome, (socket) => socket.write(half)),
    {},
    { kind: 'stalled', asking: 'SHOW pool_nodes' },
  ],
  [
    'hangs up in the middle of an answer',
    plain(welcome, (socket) => socket.end(half)),
    {},
    { kind: 'closed', asking: 'SHOW pool_nodes' },
  ],
  [
    'drips its answer',
    plain(welcome, (socket) => drip(socket, answer)),
    {},
    { kind: 'stalled', asking: 'SHOW pool_nodes' },
  ],
  [
    'stops in the middle of its first message',
    plain((socket) => socket.write(authenticationOk.subarray(0, 3))),
    {},
    { kind: 'silent' },
  ],
  ['sends without end', plain(welcome, endless), {}, { kind: 'foreign', what: 'a server that sends more than 8 MB' }],
  ['turns to nonsense', plain(welcome, (socket) => socket.write(message('?', 'what'))), {}, {}],
  [
    'wants a way to log in that nobody here knows',
    plain((socket) => socket.write(message('R', int32(7)))),
    {},
    { kind: 'refusal', text: expect.stringContaining('not understood') },
  ],
  [
    'wants a password, and there is none',
    plain((socket) => socket.write(wantsPassword)),
    {},
    { kind: 'refusal', text: 'there is none' },
  ],
  [
    'refuses in the words of the old protocol',
    plain((socket) => socket.end('Ecould not fork new process\n\0')),
    {},
    { kind: 'server', message: 'could not fork new process' },
  ],
  [
    'offers no TLS, and must',
    plain(welcome),
    { sslmode: 'require' },
    { kind: 'refusal', text: 'it offers no TLS, but --sslmode wants it' },
  ],
  [
    'answers the SSLRequest with an error, and must offer TLS',
    (socket, sent) => sent === 'ssl' && socket.end(errorResponse('53300', 'too many', 'all busy')),
    { sslmode: 'require' },
    { kind: 'server', code: '53300', message: 'too many: all busy' },
  ],
  [
    'hangs up at the SSLRequest, and gives its reason without TLS',
    (socket, sent) =>
      sent === 'ssl'
        ? socket.destroy()
        : sent === 'startup' && socket.end(errorResponse('08S01', 'no', 'all backend nodes are down')),
    {},
    { kind: 'server', code: '08S01', message: 'no: all backend nodes are down' },
  ],
  [
    'hangs up at the SSLRequest, and must offer TLS',
    (socket, sent) => sent === 'ssl' && socket.destroy(),
    { sslmode: 'verify-full', ca: '' },
    { kind: 'closed', asking: null },
  ],
];

function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 40);
  socket.once('close', () => clearInterval(timer));
}

function endless(socket: Socket): void {
  const row = message('D', Buffer.from([0, 1]), int32(100_000), Buffer.alloc(100_000, 'x'));
  socket.write(description(['one']));
  const more = () => {
    while (!socket.destroyed && socket.write(row));
    socket.once('drain', more);
  };
  more();
}

test.concurrent.each(peers)('a peer that %s', timed, async (_, behave, wishes, expected) => {
  const { told, took } = await askPeer(behave, { limitMs: 1500, ...wishes });
  expect(told.ok).toBe(false);
  if (!told.ok) expect(told.trouble).toMatchObject(expected);
  expect(took).toBeLessThan(2300);
});

test('a peer that answers is heard, also where it describes its rows twice', async () => {
  const twice = Buffer.concat([description(['node_id', 'status']), answer, ready]);
  const { told } = await askPeer(plain(welcome, (socket) => socket.write(twice)));
  expect(told).toEqual({ ok: true, rows: [{ node_id: '0', status: 'up' }] });
});

test('the first address where somebody listens is asked, and a refused one says so', async () => {
  const access: Access = { host: 'x', user: 'm', database: 'd', password: () => '', sslmode: 'prefer', ca: undefined };
  const patience = { until: process.uptime() * 1000 + 1000, limitMs: 1000 };
  const targets = ['127.0.0.1', '127.0.0.2'].map((address) => ({ kind: 'tcp', address, port: 1 }) as const);
  const opened = await openSession(targets, access, patience);
  expect(opened).toMatchObject({ ok: false, trouble: { kind: 'unreachable' } });
  const socket = await openSession([{ kind: 'unix', directory: '/nowhere', port: 9999 }], access, patience);
  expect(socket).toMatchObject({
    trouble: { kind: 'unreachable', text: expect.stringContaining('there is no socket') },
  });
});
