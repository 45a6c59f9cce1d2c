import { numberOf, textOf } from './cell.ts';
import { placeholders, switches, switchTypes } from './classic.ts';
import type { Kind } from './kind.ts';
import { floatOf, type Limits, limitsOf, measuredValue, noLimits } from './measure.ts';
import { nameSensors } from './naming.ts';
import { type Scale, statusWord } from './status.ts';
import type { Row, Survey } from './survey.ts';
import { type Family, type Field, fieldsIn, type Table } from './table.ts';
import { unitOf } from './unit.ts';

/** One sensor of a probe, as the device told it. */
export type Sensor = {
  readonly family: Family;
  readonly kind: Kind;
  readonly scale: Scale;
  /** The physical port, from 1. */
  readonly port: number;
  /** The row's index as it stands in the OIDs. */
  readonly index: string;
  /** What the user called it; empty where it has no name. */
  readonly name: string;
  /** Its name, or kind and port where it has none. */
  readonly title: string;
  /** Safe, unique among the probe's sensors, and the same whichever of them are plugged in. */
  readonly label: string;
  /** As `label`, from kind and port. */
  readonly place: string;
  readonly value: number | null;
  /** `C`, `F`, `%`, the device's own word, or nothing. */
  readonly unit: string;
  readonly status: number | null;
  /** The MIB's word for the status. */
  readonly word: string | null;
  /** null where the probe did not say it. */
  readonly online: boolean | null;
  readonly limits: Limits;
  /** 0 closed, 1 open, where the device tells what is normal for a contact. */
  readonly normalState: number | null;
  readonly acknowledged: boolean;
  /** What the probe left out of this row although its table has it. */
  readonly missing: readonly string[];
  /** What the selection goes by and the probe did not give: its name, or the type that says its kind. */
  readonly untold: readonly ('name' | 'type')[];
  /** Only holds the place of a temperature or humidity sensor that has a row of its own. */
  readonly placeholder: boolean;
  /** Buzzer, tower light, display and what else stands in the common table alone. */
  readonly aside: boolean;
  readonly unproven: boolean;
};

/** A row, and what names are made of. */
export type Unnamed = { readonly row: Row } & Pick<Sensor, 'kind' | 'scale' | 'port' | 'index' | 'name'>;
/** A row with its names among the others. */
export type Named = { readonly own: Unnamed } & Pick<Sensor, 'title' | 'label' | 'place'>;

/** Cells that say more but decide nothing: a row may lack them. */
const optional: readonly Field[] = ['raw', 'direction', 'normalState', 'rope', 'acknowledged', 'float', 'type'];
/** Cells that no row can do without, even where the whole table lacks them. */
const needed: readonly Field[] = ['status', 'online', 'value'];

/** Turns the rows of a survey into sensors, in the order of the device. */
export function sensorsOf({ family, rows }: Survey): readonly Sensor[] {
  if (family === undefined) return [];
  // Mostly no row lacks anything.
  let given: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  const isGiven: IsGiven = ({ entry }, field) => {
    given ??= fieldsByTable(rows);
    return given.get(entry)?.has(field) === true;
  };
  return nameSensors(rows.map(unnamedOf)).map((named) => sensorOf(family, named, isGiven));
}

function unnamedOf(row: Row): Unnamed {
  const { table, index, cells } = row;
  const { kind, scale } = natureOf(row);
  return {
    row,
    kind,
    scale,
    port: table.port ?? portOf(index),
    // A row of an expansion part is known by the part's port and its own place there.
    index: table.port === undefined ? index : `${table.port}.${index}`,
    name: textOf(cells.name),
  };
}

/** Whether any row of a table has a field. */
type IsGiven = (table: Table, field: Field) => boolean;

function sensorOf(family: Family, { own, title, label, place }: Named, isGiven: IsGiven): Sensor {
  const { row, kind, scale, port, index, name } = own;
  const { table, cells } = row;
  const unit = unitOf(table, cells.unit);
  const status = numberOf(cells.status);
  return {
    family,
    kind,
    scale,
    port,
    index,
    name,
    value: table.common ? (floatOf(cells.float, numberOf(cells.value)) ?? numberOf(cells.value)) : measuredValue(row),
    unit,
    status,
    word: status === null ? null : statusWord(scale, status),
    online: onlineOf(row),
    limits: table.columns.lowCritical === undefined ? noLimits : limitsOf(row),
    normalState: numberOf(cells.normalState),
    acknowledged: numberOf(cells.acknowledged) === 1 && status !== null && status > 2,
    missing: missingOf(row, isGiven),
    untold: untoldOf(row),
    placeholder: table === switches && name === '' && placeholders.includes(numberOf(cells.type) ?? -1),
    aside: table.common === true || table.aside === true,
    unproven: table.unproven === true,
    title,
    label,
    place,
  };
}

function untoldOf({ table, cells }: Row): Sensor['untold'] {
  const nameless = cells.name === undefined;
  const typeless = table === switches && cells.type === undefined;
  if (!nameless && !typeless) return [];
  return [...(nameless ? (['name'] as const) : []), ...(typeless ? (['type'] as const) : [])];
}

/** What a row is: the table says it, and for a row of the classic switch table its type. */
function natureOf({ table, cells }: Row): { readonly kind: Kind; readonly scale: Scale } {
  const { kind, scale } = table === switches ? switchNature(cells) : table;
  // What is measured in per cent has no direction.
  const drives = numberOf(cells.direction) === 1 && (scale === 'switch' || scale === 'contact') && kind !== 'airflow';
  return { kind, scale: drives ? 'output' : scale };
}

function switchNature({ type, rope }: Row['cells']): { readonly kind: Kind; readonly scale: Scale } {
  const [kind, scale] = switchTypes[numberOf(type) ?? -1] ?? (['other', 'switch'] as const);
  return { kind: kind === 'water' && rope !== undefined ? 'rope' : kind, scale };
}

function onlineOf({ table, cells }: Row): boolean | null {
  if (table.columns.online === undefined) return true;
  const online = numberOf(cells.online);
  return online === 1 ? true : online === 2 ? false : null;
}

/** Classic: the index counts ports from 0. Dotted: its fourth part does. */
function portOf(index: string): number {
  const parts = index.split('.');
  return Number(parts.length >= 4 ? parts[3] : parts[0]) + 1;
}

function missingOf(row: Row, isGiven: IsGiven): readonly string[] {
  const missing: string[] = [];
  for (const [field] of fieldsIn(row.table.columns)) {
    if (typeof row.cells[field] !== 'number' && isLost(row, field, isGiven)) missing.push(field);
  }
  return missing;
}

/** Whether a field that is no number should be there, or should be one. */
function isLost({ table, cells }: Row, field: Field, isGiven: IsGiven): boolean {
  if (optional.includes(field) && !(field === 'type' && table === switches)) return false;
  if (cells[field] !== undefined) return needed.includes(field);
  // The scale of a temperature decides what its number means.
  return needed.includes(field) || (field === 'unit' && table.columns.raw !== undefined) || isGiven(table, field);
}

/** The fields that at least one row of a table has: a column that no row has is one that the device does not define. */
function fieldsByTable(rows: readonly Row[]): ReadonlyMap<string, ReadonlySet<string>> {
  const given = new Map<string, Set<string>>();
  for (const { table, cells } of rows) {
    const fields = given.get(table.entry) ?? new Set();
    for (const field of Object.keys(cells)) fields.add(field);
    given.set(table.entry, fields);
  }
  return given;
}
