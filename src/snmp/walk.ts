import { before, compareOids, isBelow, type Oid, orderKey } from './oid.ts';
import type { Call, Value, Varbind } from './session.ts';

/** What should be read of an agent. */
export type Wanted = {
  /** Which OID comes after each of these. */
  readonly next?: readonly Oid[];
  /** Exactly these cells. */
  readonly cells?: readonly Oid[];
  /** Whole columns, with those of one table together. */
  readonly columns?: readonly Columns[];
};

/** Columns of one table. `rows` is how many rows it usually has: fewer or more cost requests, nothing else. */
export type Columns = { readonly oids: readonly Oid[]; readonly rows: number; readonly index: 'integer' | 'dotted' };

/** No table has more rows than this: the agent makes them up. */
const mostRows = 2048;

/** `cursor` is the last cell that has come, and `row` the first number of its index. */
type Column = { readonly oid: Oid; readonly cells: Map<Oid, Value>; cursor: Oid; row: number; done: boolean };
/** Nothing is from one OID on to before the next (null: to the end of the MIB). `key` and `nextKey` order them. */
type Empty = { readonly key: string; readonly next: Oid | null; readonly nextKey: string | undefined };
type Group = { readonly columns: readonly Column[]; readonly rows: number; readonly index: Columns['index'] };

/** One OID in a request, and what it is for. `from` is the OID that is sent. */
type Item = { readonly from: Oid } & (
  | { readonly kind: 'next' }
  | { readonly kind: 'cell'; readonly oid: Oid }
  | { readonly kind: 'column'; readonly column: Column }
);

/** A request, and how its answer is used. `size` is the number of values asked for. */
export type Plan = {
  readonly call: Call;
  readonly size: number;
  readonly items: readonly Item[];
  readonly repeated: readonly Column[];
};

/**
 * What is known of an agent's MIB, and what to ask next: few and large requests, over all wanted columns at once. Does
 * no I/O: it makes requests, takes answers, and says in a sentence when an answer cannot be true.
 */
export class Walk {
  /** Cells that were asked for one by one, or as what comes next. */
  readonly cells = new Map<Oid, Value>();
  /** The cells of each wanted column by their index: what follows the column's OID. */
  readonly columns = new Map<Oid, Map<Oid, Value>>();
  /** What comes after the OIDs of `next`; null at the end of the MIB. */
  readonly following = new Map<Oid, Oid | null>();
  /** Columns that were read to their end. */
  readonly whole = new Set<Oid>();
  readonly #withBulk: boolean;
  readonly #next = new Set<Oid>();
  readonly #cells = new Set<Oid>();
  /** Where nothing is, as answers have shown. */
  readonly #empty: Empty[] = [];
  #groups: Group[] = [];
  #end: Oid | undefined;
  /** The MIB goes at least so far. */
  #furthest: Oid = '';

  /** `withBulk` is for SNMP v2c and v3. */
  constructor(withBulk: boolean) {
    this.#withBulk = withBulk;
  }

  /** How many values have come. */
  get size(): number {
    let size = this.cells.size;
    for (const { size: more } of this.columns.values()) size += more;
    return size;
  }

  /** Whether all that is wanted has been read: then there is no next request. */
  get done(): boolean {
    return this.#next.size === 0 && this.#cells.size === 0 && this.#groups.length === 0;
  }

  want({ next = [], cells = [], columns = [] }: Wanted): void {
    for (const oid of next) {
      // What lies in a part that is known to be empty needs no question.
      const known = this.#emptyAt(orderKey(oid));
      if (known === undefined) this.#next.add(oid);
      else this.following.set(oid, known.next);
    }
    for (const oid of cells) this.#cells.add(oid);
    this.#groups.push(
      ...columns
        .filter(({ oids }) => oids.length > 0)
        .map(({ oids, rows, index }) => ({
          columns: oids.map((oid) => this.#column(oid)),
          rows,
          index,
        })),
    );
  }

  #emptyAt(oid: string): Empty | undefined {
    return this.#empty.find(({ key, nextKey }) => key <= oid && (nextKey === undefined || oid < nextKey));
  }

  /** Keeps what comes after an OID of `next`. */
  #follows(from: Oid, next: Oid | null): void {
    this.following.set(from, next);
    this.#empty.push({ key: orderKey(from), next, nextKey: next === null ? undefined : orderKey(next) });
  }

  #column(oid: Oid): Column {
    const cells = new Map<Oid, Value>();
    this.columns.set(oid, cells);
    return { oid, cells, cursor: oid, row: -1, done: false };
  }

  /** The next request with at most `most` values in its answer; undefined when all is read. Asking changes nothing. */
  plan(most: number): Plan | undefined {
    if (!this.#withBulk) return this.#planByNext(most);
    const heads = [...this.#next].slice(0, most).map((from): Item => ({ kind: 'next', from }));
    const { columns, depth } = this.#pick(most - heads.length);
    if (columns.length > 0) {
      const repetitions = Math.max(1, Math.min(depth, Math.floor((most - heads.length) / columns.length)));
      const oids = [...heads.map(({ from }) => from), ...columns.map(({ cursor }) => cursor)];
      const size = heads.length + columns.length * repetitions;
      return {
        call: { kind: 'bulk', oids, single: heads.length, repetitions },
        size,
        items: heads,
        repeated: columns,
      };
    }
    if (heads.length > 0) return planOf('next', heads);
    const cells = [...this.#cells].slice(0, most).map((oid): Item => ({ kind: 'cell', oid, from: oid }));
    return cells.length === 0 ? undefined : planOf('get', cells);
  }

  /** Without GETBULK: one GETNEXT from many places at once, for the rows that should come. */
  #planByNext(most: number): Plan | undefined {
    const items = [
      ...Array.from(this.#next, (from): Item => ({ kind: 'next', from })),
      ...Array.from(this.#cells, (oid): Item => ({ kind: 'cell', oid, from: before(oid) })),
    ].slice(0, most);
    const room = most - items.length;
    const { columns, depth, index } = this.#pick(room);
    const repetitions = index === 'dotted' ? 1 : Math.max(1, Math.min(depth, Math.floor(room / columns.length)));
    for (const column of columns) {
      let from = column.cursor;
      for (let i = 0; i < repetitions; i++) {
        // A row that is only expected, but is past the end, would have the whole request refused.
        if (i > 0 && this.#end !== undefined && compareOids(from, this.#end) >= 0) break;
        items.push({ kind: 'column', column, from });
        from = expectedAfter(from, column.oid);
      }
    }
    return items.length === 0 ? undefined : planOf('next', items);
  }

  /** The columns that fit into one answer, and for how many rows. */
  #pick(room: number): { columns: readonly Column[]; depth: number; index: Columns['index'] } {
    const columns: Column[] = [];
    let depth = 0;
    let index: Columns['index'] = 'integer';
    for (const group of this.#groups) {
      const open = group.columns.filter(({ done }) => !done);
      const read = Math.max(...open.map(({ cells }) => cells.size));
      // One more row shows the end of the table. A table with more rows than usual gets all the room there is.
      const left = read > group.rows ? Number.POSITIVE_INFINITY : group.rows - read + 1;
      const least = Number.isFinite(left) ? left : 1;
      const fits =
        (columns.length + open.length) * Math.max(depth === Number.POSITIVE_INFINITY ? 1 : depth, least) <= room;
      if (open.length === 0 || room < 1 || (columns.length > 0 && !fits)) continue;
      columns.push(...open.slice(0, room));
      depth = Math.max(depth, left);
      if (group.index === 'dotted') index = 'dotted';
    }
    return { columns, depth, index };
  }

  /** Takes the answer to a plan; a sentence fragment when it cannot be true, undefined otherwise. */
  take({ call, items, repeated }: Plan, varbinds: readonly Varbind[]): string | undefined {
    if (varbinds.length === 0) return 'returns answers without a single value';
    if (call.kind !== 'bulk' && varbinds.length !== items.length)
      return `gives ${varbinds.length} values where ${items.length} were asked for`;
    if (call.kind === 'bulk' && varbinds.length > items.length + repeated.length * call.repetitions)
      return `gives ${varbinds.length} values where at most ${items.length + repeated.length * call.repetitions} were asked for`;
    let wrong: string | undefined;
    let i = 0;
    for (const varbind of varbinds) {
      const item = items[i];
      if (item === undefined) wrong ??= this.#takeRepeated(repeated[(i - items.length) % repeated.length], varbind);
      else wrong ??= call.kind === 'get' ? this.#takeCell(item, varbind) : this.#takeNext(item, varbind);
      i += 1;
    }
    wrong ??= this.#contradiction();
    this.#tidy();
    return wrong;
  }

  /** SNMP v1 has no other word for the end: nothing comes after the OID at `index` (from 1), nor after any later one. */
  takeEnd({ items }: Plan, index: number): string | undefined {
    const at = items[index - 1] ?? (items.length === 1 ? items[0] : undefined);
    if (at === undefined) return 'says noSuchName without naming an object';
    for (const item of items) {
      if (compareOids(item.from, at.from) >= 0) this.#ends(item);
    }
    const wrong = this.#contradiction();
    this.#tidy();
    return wrong;
  }

  /** Takes one more row of a column, unless that has come to its end. */
  #takeRepeated(column: Column | undefined, varbind: Varbind): string | undefined {
    if (column === undefined || column.done) return undefined;
    if (varbind.kind === 'cell' && isBelow(varbind.oid, column.oid))
      return this.#takeRow(column, column.cursor, varbind.oid, varbind.value);
    return this.#takeNext({ kind: 'column', column, from: column.cursor }, varbind);
  }

  /** Takes a cell that lies in a column. */
  #takeRow(column: Column, from: Oid, oid: Oid, value: Value): string | undefined {
    const index = oid.slice(column.oid.length + 1);
    const row = Number.parseInt(index, 10);
    const isNext = from === column.cursor && row > column.row;
    if (!isNext && compareOids(oid, from) <= 0) return `returns ${oid} after ${from}: its tables would never end`;
    column.cells.set(index, value);
    if (from === column.cursor || compareOids(oid, column.cursor) > 0) {
      column.cursor = oid;
      column.row = row;
    }
    return column.cells.size > mostRows ? `gives more than ${mostRows} rows of ${column.oid}` : undefined;
  }

  #takeCell(item: Item, varbind: Varbind): string | undefined {
    if (varbind.kind === 'broken') return brokenText(varbind.oid);
    if (varbind.oid !== item.from) return `gives ${varbind.oid} where ${item.from} was asked for`;
    this.#settle(item);
    if (varbind.kind === 'cell') this.cells.set(varbind.oid, varbind.value);
    return undefined;
  }

  #takeNext(item: Item, varbind: Varbind): string | undefined {
    const { oid } = varbind;
    // Some agents say noSuchObject for the end of the MIB, which RFC 3416 has only for GET.
    if (varbind.kind === 'end' || (varbind.kind === 'none' && oid === item.from)) {
      this.#ends(item);
      return undefined;
    }
    if (varbind.kind === 'none') return `says that nothing is at ${oid}, asked for what comes after ${item.from}`;
    if (varbind.kind !== 'cell') return brokenText(oid);
    if (item.kind === 'column' && isBelow(oid, item.column.oid))
      return this.#takeRow(item.column, item.from, oid, varbind.value);
    if (compareOids(oid, item.from) <= 0) return `gives ${oid} after ${item.from}: its tables would never end`;
    if (item.kind === 'next') {
      this.#follows(item.from, oid);
      this.#shows(oid);
    }
    if (item.kind === 'next' || (item.kind === 'cell' && oid === item.oid)) this.cells.set(oid, varbind.value);
    if (item.kind !== 'column') {
      this.#settle(item);
      return undefined;
    }
    item.column.done = true;
    this.#shows(oid);
    return undefined;
  }

  /** An agent that ends its MIB early gives itself away by what it gave from beyond that end. */
  #contradiction(): string | undefined {
    const end = this.#end;
    if (end === undefined) return undefined;
    for (const { columns } of this.#groups) {
      for (const { cursor, cells, done } of columns) if (!done && cells.size > 0) this.#shows(cursor);
    }
    if (compareOids(this.#furthest, end) <= 0) return undefined;
    return `says that nothing comes after ${end}, and shows ${this.#furthest}`;
  }

  #shows(oid: Oid): void {
    if (compareOids(oid, this.#furthest) > 0) this.#furthest = oid;
  }

  #ends(item: Item): void {
    if (this.#end === undefined || compareOids(item.from, this.#end) < 0) this.#end = item.from;
    if (item.kind === 'column') {
      const { column } = item;
      // The rows before one that was only expected are still to come.
      if (item.from !== column.cursor) return;
      column.done = true;
      if (column.cells.size > 0) this.#shows(column.cursor);
    } else this.#settle(item);
    if (item.kind === 'next') this.#follows(item.from, null);
  }

  #settle(item: Item): void {
    if (item.kind === 'next') this.#next.delete(item.from);
    if (item.kind === 'cell') this.#cells.delete(item.oid);
  }

  #tidy(): void {
    for (const { columns } of this.#groups) {
      for (const { oid, done } of columns) if (done) this.whole.add(oid);
    }
    this.#groups = this.#groups.filter(({ columns }) => columns.some(({ done }) => !done));
  }
}

/** The complaint about a value, or an OID, that cannot be read. */
function brokenText(oid: Oid): string {
  return oid === '' ? 'gives an OID that cannot be read' : `gives a value that cannot be read at ${oid}`;
}

function planOf(kind: 'get' | 'next', items: readonly Item[]): Plan {
  return { call: { kind, oids: items.map(({ from }) => from) }, size: items.length, items, repeated: [] };
}

/** Where a table without holes goes on: its rows are counted from 0. */
function expectedAfter(from: Oid, column: Oid): Oid {
  if (from === column) return `${column}.0`;
  const at = from.lastIndexOf('.');
  return `${from.slice(0, at)}.${Number(from.slice(at + 1)) + 1}`;
}
