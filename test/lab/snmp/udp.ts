import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** Binds a UDP socket to a port of loopback (0: a free one). */
export function bind(host: string, port = 0): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

export function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}

/** A UDP port that is free on 127.0.0.1 and on ::1 at this moment. */
export async function freeUdpPort(): Promise<number> {
  for (;;) {
    const socket = await bind('127.0.0.1');
    const { port } = socket.address();
    const twin = await bind('::1', port).catch(() => null);
    await close(socket);
    if (twin === null) continue;
    await close(twin);
    return port;
  }
}

/** Something between the plugin and an agent that counts the requests, and may hold back answers. */
export type Relay = {
  readonly port: number;
  /** How many datagrams the plugin has sent: retries count. */
  requests(): number;
  /** How many answers came back from the agent. */
  answers(): number;
  stop(): Promise<void>;
};

/**
 * Passes datagrams from 127.0.0.1 to an agent's port there and back. `delayMs` holds each answer back for so long;
 * after `answersPassed` answers, nothing comes through any more; `lose(n)` drops the n-th answer, counted from 1, and
 * `change` gives it another content, and `hold` lets it wait for something.
 */
export async function startRelay(
  agentPort: number,
  over: {
    readonly delayMs?: number;
    readonly answersPassed?: number;
    readonly lose?: (answer: number) => boolean;
    readonly change?: (answer: Buffer, n: number) => Buffer;
    readonly hold?: (answer: number) => Promise<void>;
  } = {},
): Promise<Relay> {
  const {
    delayMs = 0,
    answersPassed = Number.POSITIVE_INFINITY,
    lose = () => false,
    change = (answer) => answer,
    hold = () => Promise.resolve(),
  } = over;
  const front = await bind('127.0.0.1');
  const backs = new Map<string, Promise<Socket>>();
  const timers = new Set<NodeJS.Timeout>();
  let [requests, answers, stopped] = [0, 0, false];
  const backFor = (client: RemoteInfo) => {
    const key = `${client.address} ${client.port}`;
    const known = backs.get(key);
    if (known !== undefined) return known;
    const made = bind('127.0.0.1').then((back) =>
      back.on('message', async (answer) => {
        answers += 1;
        const n = answers;
        if (answers > answersPassed || lose(answers)) return;
        await hold(n);
        const timer = setTimeout(() => {
          timers.delete(timer);
          if (!stopped) front.send(change(answer, n), client.port, client.address);
        }, delayMs);
        timers.add(timer);
      }),
    );
    backs.set(key, made);
    return made;
  };
  front.on('message', async (request, client) => {
    requests += 1;
    (await backFor(client)).send(request, agentPort, '127.0.0.1');
  });
  return {
    port: front.address().port,
    requests: () => requests,
    answers: () => answers,
    stop: async () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await close(front);
      for (const back of backs.values()) await close(await back);
    },
  };
}
