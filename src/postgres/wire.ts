import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { foreignName, type Trouble } from './trouble.ts';

/** The longest conversation, in bytes: a pool of thousands of children stays far below it. */
const longest = 8 * 1024 * 1024;

/** A first message is a login request, an error, a notice or a negotiation of the version, and not this long. */
const firstTypes = 'RENv';
const firstLength = 30_000;

/**
 * The connected socket under npm `pg`, which believes that it connects it. What the library cannot handle is trouble
 * here, not the end of the process; a server of another protocol is known by its first bytes; and no answer grows
 * without end.
 */
export class Wire extends EventEmitter {
  readonly #socket: Socket;
  #start: Buffer | null = Buffer.alloc(0);
  #received = 0;
  /** What was wrong with what came, where that is known here. */
  trouble: Trouble | undefined;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => this.emit('end'));
    socket.on('close', () => this.emit('close'));
    socket.on('error', (error) => this.emit('error', error));
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  write(bytes: Uint8Array, sent?: () => void): boolean {
    return this.#socket.write(bytes, sent);
  }

  end(): this {
    this.#socket.end();
    return this;
  }

  destroy(error?: Error): this {
    this.#socket.destroy(error);
    return this;
  }

  setNoDelay(): this {
    this.#socket.setNoDelay(true);
    return this;
  }

  ref(): this {
    this.#socket.ref();
    return this;
  }

  unref(): this {
    this.#socket.unref();
    return this;
  }

  #take(bytes: Buffer): void {
    if (this.trouble !== undefined) return;
    this.#received += bytes.length;
    const whole = this.#start === null ? bytes : Buffer.concat([this.#start, bytes]);
    if (this.#start !== null && whole.length < 5) {
      this.#start = whole;
      return;
    }
    const strange = this.#start === null ? this.#endless() : oddBeginning(whole);
    this.#start = null;
    if (strange === undefined) this.#hand(whole);
    else this.#refuse(strange);
  }

  #endless(): Trouble | undefined {
    return this.#received > longest ? { kind: 'foreign', what: 'a server that sends more than 8 MB' } : undefined;
  }

  #hand(bytes: Buffer): void {
    try {
      this.emit('data', bytes);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refuse({ kind: 'refusal', text: `its answer is not understood here (${reason})` });
    }
  }

  #refuse(trouble: Trouble): void {
    this.trouble = trouble;
    this.#socket.destroy();
  }
}

/** Why bytes are not a first message; undefined where they are one. An error of the old protocol is text after an E. */
function oddBeginning(bytes: Buffer): Trouble | undefined {
  const type = String.fromCharCode(bytes[0] ?? 0);
  const length = bytes.readUInt32BE(1);
  if (firstTypes.includes(type) && length >= 4 && length <= firstLength) return undefined;
  const old = /^E([\x20-\x7e]{8,200})/.exec(bytes.toString('latin1'))?.[1];
  if (old !== undefined) return { kind: 'server', code: '', message: old.trim(), asking: null };
  return { kind: 'foreign', what: foreignName(bytes) };
}
