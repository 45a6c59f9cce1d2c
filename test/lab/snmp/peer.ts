import { readFileSync } from 'node:fs';
import { parseRecording } from '../../fixtures/sensorprobe/recording.ts';
import { honest, type Limits } from './agent.ts';
import { decode, encode, type Message } from './ber.ts';
import type { Lie } from './lies.ts';
import { bind, close } from './udp.ts';

/** An agent on a free port of 127.0.0.1. */
export type Peer = {
  readonly port: number;
  /** The requests that came, in order, retries included. */
  readonly requests: readonly Message[];
  stop(): Promise<void>;
};

/**
 * Answers as the probe of a recording would, from the `from`-th request on (counted from 1) with a lie in place of each
 * answer. `limits` make the honest agent smaller than Net-SNMP's.
 */
export async function startPeer(
  recording: string,
  over: { readonly lie?: Lie; readonly from?: number; readonly limits?: Limits } = {},
): Promise<Peer> {
  const { lie, from = 1, limits = {} } = over;
  const answerTo = honest(parseRecording(readFileSync(`test/fixtures/sensorprobe/${recording}.snmp`, 'utf8')), limits);
  const [socket, stranger] = [await bind('127.0.0.1'), await bind('127.0.0.1')];
  const requests: Message[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  socket.on('message', (raw, { port, address }) => {
    const request = decode(raw);
    requests.push(request);
    const answer = answerTo(request);
    const turn = requests.length - from;
    const datagrams = lie === undefined || turn < 0 ? [encode(answer)] : lie({ request, raw, answer, turn });
    for (const datagram of datagrams) {
      const { bytes, afterMs = 0, foreign = false } = Buffer.isBuffer(datagram) ? { bytes: datagram } : datagram;
      const send = () => {
        if (!stopped) (foreign ? stranger : socket).send(bytes, port, address, () => {});
      };
      if (afterMs === 0) send();
      else timers.add(setTimeout(send, afterMs));
    }
  });
  const stop = async () => {
    stopped = true;
    for (const timer of timers) clearTimeout(timer);
    await Promise.all([close(socket), close(stranger)]);
  };
  return { port: socket.address().port, requests, stop };
}
