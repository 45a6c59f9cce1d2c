import type { Socket } from 'node:dgram';
import type { Datagrams } from 'net-snmp';

/** What a gate tells its session. */
export type GateListener = {
  /** The system says that nobody can be reached: a code such as ECONNREFUSED. */
  unreachable(code: string): void;
  /** A datagram that could not be read. */
  garbled(): void;
};

/**
 * The socket under a session. It is connected, so that the kernel drops what others send and reports a closed port at
 * once; it counts what is sent; and a datagram that the library stumbles over is an event here, not the end of the
 * process (net-snmp throws at a Report in SNMPv2c, for one).
 */
export class Gate implements Datagrams {
  readonly #socket: Socket;
  readonly #connected: Promise<void>;
  readonly #listener: GateListener;
  #closed = false;
  sent = 0;

  constructor(socket: Socket, port: number, address: string, listener: GateListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.on('error', (error) => this.#unreachable(error));
    this.#connected = new Promise((resolve, reject) => {
      socket.once('error', reject);
      // Node gives this function the error, too, and then no event.
      socket.connect(port, address, (error?: Error | null) => {
        socket.off('error', reject);
        if (error) reject(error);
        else resolve();
      });
    });
    // The sender is notified.
    this.#connected.catch(() => undefined);
  }

  on(event: string, listener: (value?: unknown) => void): this {
    if (event === 'close') this.#socket.on('close', () => listener());
    if (event === 'message')
      this.#socket.on('message', (bytes) => {
        try {
          // The library does not look: it also reads half of a message.
          if (isWhole(bytes)) listener(bytes);
          else this.#listener.garbled();
        } catch {
          this.#listener.garbled();
        }
      });
    return this;
  }

  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    _port: number,
    _address: string,
    sent: (error: Error | null) => void,
  ): void {
    this.#connected
      .then(() => {
        if (this.#closed) return;
        this.sent += 1;
        this.#socket.send(bytes, offset, length, (error) => {
          if (error === null) sent(null);
          else this.#unreachable(error);
        });
      })
      .catch((error: unknown) => this.#unreachable(error));
  }

  ref(): this {
    if (!this.#closed) this.#socket.ref();
    return this;
  }

  unref(): this {
    if (!this.#closed) this.#socket.unref();
    return this;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #unreachable(error: unknown): void {
    if (this.#closed) return;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    this.#listener.unreachable(code);
  }
}

/** Whether bytes begin with a whole SEQUENCE of BER, as every SNMP message does. What follows it does not count. */
function isWhole(bytes: Buffer): boolean {
  const first = bytes[1] ?? 0;
  if (bytes[0] !== 0x30 || bytes.length < 2) return false;
  if (first < 0x80) return bytes.length >= 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || bytes.length < 2 + size) return false;
  return bytes.length >= 2 + size + bytes.readUIntBE(2, size);
}
