import type { Cell } from '../../fixtures/sensorprobe/recording.ts';
import { integer, type Message, objectId, octets, pdu, tag, tlv, type Varbind } from './ber.ts';

/** What an agent may do otherwise than Net-SNMP's. */
export type Limits = {
  /** The most varbinds of an answer to a GETBULK; Net-SNMP's is 100. */
  readonly bulk?: number;
  /** The most varbinds it takes in one GET or GETNEXT: more is answered `tooBig`. */
  readonly asked?: number;
};

/** Answers as an honest agent of v1 and v2c would that has these cells, sorted by OID. */
export function honest(cells: readonly Cell[], limits: Limits = {}): (request: Message) => Message {
  const tree = new Tree(cells);
  return (request) => {
    const response: Message = { ...request, type: pdu.response, error: 0, index: 0 };
    if (request.type === pdu.getBulk) return { ...response, varbinds: bulk(tree, request, limits.bulk ?? 100) };
    const asked = request.varbinds;
    if (asked.length > (limits.asked ?? 1000)) {
      return { ...response, error: 1, varbinds: version1(request) ? asked : [] };
    }
    const found = asked.map(({ oid }) => (request.type === pdu.get ? tree.exact(oid) : tree.next(oid)));
    const missing = found.findIndex(({ value }) => isException(value));
    if (!version1(request) || missing < 0) return { ...response, varbinds: found };
    // v1 has no exceptions: one missing variable fails the whole request (noSuchName).
    return { ...response, error: 2, index: missing + 1, varbinds: asked };
  };
}

function version1({ version }: Message): boolean {
  return version === 0;
}

/** RFC 3416, 4.2.3: non-repeaters once, then row after row of the others, until the answer is full. */
function bulk(tree: Tree, { error: once, index: times, varbinds }: Message, most: number): readonly Varbind[] {
  const found = varbinds.slice(0, once).map(({ oid }) => tree.next(oid));
  let row = varbinds.slice(once);
  for (let i = 0; i < times && row.length > 0 && found.length < most; i++) {
    row = row.map(({ oid, value }) => (i > 0 && isException(value) ? { oid, value } : tree.next(oid)));
    found.push(...row);
    if (row.every(({ value }) => isException(value))) break;
  }
  return found.slice(0, most);
}

/** The cells, found by halving: a test's agent must not be the slow one. */
class Tree {
  readonly #cells: readonly Cell[];
  readonly #keys: readonly string[];

  constructor(cells: readonly Cell[]) {
    this.#cells = cells;
    this.#keys = cells.map(({ oid }) => keyOf(oid));
  }

  exact(oid: string): Varbind {
    const key = keyOf(oid);
    const at = this.#after(key) - 1;
    const cell = this.#keys[at] === key ? this.#cells[at] : undefined;
    return { oid, value: cell === undefined ? tlv(tag.noSuchInstance) : wire(cell) };
  }

  next(oid: string): Varbind {
    const cell = this.#cells[this.#after(keyOf(oid))];
    return cell === undefined ? { oid, value: tlv(tag.endOfMibView) } : { oid: cell.oid, value: wire(cell) };
  }

  /** Where the first cell stands that comes after the key. */
  #after(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? '') <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A text that sorts as the OID does. */
function keyOf(oid: string): string {
  return oid
    .split('.')
    .map((part) => part.padStart(10, '0'))
    .join('.');
}

function isException(value: Buffer): boolean {
  return (value[0] ?? 0) >= tag.noSuchObject;
}

function wire({ type, value }: Cell): Buffer {
  if (type === 'integer') return integer(Number(value));
  if (type === 'gauge') return integer(Number(value), tag.gauge32);
  if (type === 'objectid') return objectId(value);
  if (type === 'string') return octets(value);
  return octets(Buffer.from(value.replaceAll(' ', ''), 'hex'), type === 'opaque' ? tag.opaque : tag.octetString);
}
