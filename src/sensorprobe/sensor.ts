import { numberOf, textOf } from './cell.ts';
import { analogTypes, humidities, percentMode, placeholders, plainSwitches, switches, switchTypes } from './classic.ts';
import { commonNature, type Nature } from './common.ts';
import type { Kind } from './kind.ts';
import { type Limits, limitsOf, measuredValue, noLimits } from './measure.ts';
import { nameSensors } from './naming.ts';
import { type Scale, statusWord } from './status.ts';
import type { Row, Survey } from './survey.ts';
import { type Family, type Field, fieldsIn, type Table } from './table.ts';
import { unitOf } from './unit.ts';

/** One sensor of a probe, as reported by the device. */
export type Sensor = {
  readonly family: Family;
  readonly kind: Kind;
  readonly scale: Scale;
  /** The physical port, from 1. */
  readonly port: number;
  /** The row's index as it is in the OIDs. */
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
  /** The user's own word for the status; empty where there is none. */
  readonly text: string;
  /** How far along a rope a leak is, with its unit. */
  readonly leak: string;
  /** The status of the row in the common table, where another one has more of it. */
  readonly overall: number | null;
  /** The worst status of the sensors on a board. */
  readonly worst: number | null;
  readonly acknowledged: boolean;
  /** What the probe left out of this row although its table has it. */
  readonly missing: readonly Field[];
  /** What the selection needs and the probe did not give: its name, or the type that says its kind. */
  readonly untold: readonly ('name' | 'type')[];
  /** Only a placeholder for a temperature or humidity sensor that has a row of its own. */
  readonly placeholder: boolean;
  /** Buzzer, tower light, display and others that are only in the common table. */
  readonly aside: boolean;
  readonly unproven: boolean;
};

/** A row, and what names are made of. */
export type Unnamed = { readonly row: Row } & Pick<
  Sensor,
  'kind' | 'scale' | 'port' | 'index' | 'name' | 'unit' | 'aside'
>;
/** A row with its names among the others. */
export type Named = { readonly own: Unnamed } & Pick<Sensor, 'title' | 'label' | 'place'>;

/** Cells that say more but decide nothing: a row may lack them. */
const optional: readonly Field[] = [
  ...(['raw', 'direction', 'normalState', 'rope', 'ropeUnit', 'acknowledged', 'float', 'type'] as const),
  ...(['exact', 'factor', 'mode', 'worst', 'text', 'overall'] as const),
];
/** Cells that no row can do without, even where the whole table lacks them. */
const needed: readonly Field[] = ['status', 'online', 'value'];

/** Turns the rows of a survey into sensors, in the order of the device. */
export function sensorsOf({ family, rows }: Survey): readonly Sensor[] {
  if (family === undefined) return [];
  // Mostly no row lacks anything.
  let given: ReadonlyMap<Table, ReadonlySet<string>> | undefined;
  const isGiven: IsGiven = (table, field) => {
    given ??= fieldsByTable(rows);
    return given.get(table)?.has(field) === true;
  };
  return nameSensors(rows.map(unnamedOf)).map((named) => sensorOf(family, named, isGiven));
}

function unnamedOf(row: Row): Unnamed {
  const { table, index, cells } = row;
  const unit = unitOfRow(row);
  const [kind, scale, aside] = natureOf(row, unit);
  return {
    ...{ row, kind, scale, unit },
    aside: aside !== undefined || table.aside === true,
    port: table.port ?? portOf(index, row.first),
    // A row of an expansion part is known by the part's port and its own place there.
    index: table.port === undefined ? index : `${table.port}.${index}`,
    name: textOf(cells.name),
  };
}

/** Whether any row of a table has a field. */
type IsGiven = (table: Table, field: Field) => boolean;

function sensorOf(family: Family, { own, title, label, place }: Named, isGiven: IsGiven): Sensor {
  const { row, kind, scale, port, index, name, unit, aside } = own;
  const { table, cells } = row;
  const status = numberOf(cells.status);
  // What signals or switches has a number in the common table, and measures nothing.
  const value = table.common === true && (aside || !measures(scale)) ? null : measuredValue(row);
  const acknowledged = numberOf(cells.acknowledged);
  return {
    ...{ family, kind, scale, port, index, name, value, unit, status },
    word: status === null ? null : statusWord(scale, status),
    online: onlineOf(row),
    limits: table.columns.lowCritical === undefined ? noLimits : limitsOf(row, value),
    normalState: numberOf(cells.normalState),
    text: textOf(cells.text),
    leak: leakOf(row),
    overall: numberOf(cells.overall),
    worst: numberOf(cells.worst),
    acknowledged: status !== null && status > 2 && table.acked?.includes(acknowledged ?? -1) === true,
    missing: missingOf(row, isGiven),
    untold: untoldOf(row),
    placeholder: table === switches && name === '' && placeholders.includes(numberOf(cells.type) ?? -1),
    aside,
    unproven: table.unproven === true || (table === switches && cells.type === undefined),
    ...{ title, label, place },
  };
}

/** Whether a scale is one of sensors that measure, or may. */
function measures(scale: Scale): boolean {
  return scale === 'analog' || scale === 'display' || scale === 'information';
}

/** A row whose type was not given and may be any of a switch's, since later rows have one. */
function untoldOf({ table, cells, typeless }: Row): Sensor['untold'] {
  const lost = table === switches && cells.type === undefined && typeless !== true;
  return [
    ...(cells.name === undefined && 'name' in table.columns ? (['name'] as const) : []),
    ...(lost ? (['type'] as const) : []),
  ];
}

/** What a row is: the table says it, for a classic row the type of the switch row, for one of a common table its type. */
function natureOf({ table, cells }: Row, unit: string): Nature {
  const type = numberOf(cells.type) ?? -1;
  if (table.common) return commonNature(type, unit);
  if (table === humidities) return [analogTypes[type]?.[0] ?? 'humidity', 'analog'];
  const [kind, scale, aside] = isSwitch(table) ? switchNature(cells) : ([table.kind, table.scale] as const);
  // What is measured in per cent has no direction.
  const drives = numberOf(cells.direction) === 1 && (scale === 'switch' || scale === 'contact') && kind !== 'airflow';
  return drives ? [kind, 'output'] : aside === undefined ? [kind, scale] : [kind, scale, aside];
}

function isSwitch(table: Table): boolean {
  return table === switches || table === plainSwitches;
}

function switchNature({ type, rope }: Row['cells']): Nature {
  if (type === undefined) return ['drycontact', 'contact'];
  const [kind, scale] = switchTypes[numberOf(type) ?? -1] ?? (['other', 'switch'] as const);
  return [kind === 'water' && rope !== undefined ? 'rope' : kind, scale];
}

/** The unit of a row, as far as its table or a cell says it. Only humidity and airflow are always per cent. */
function unitOfRow({ table, cells }: Row): string {
  if (table !== humidities) return table.kind === 'rope' ? '' : unitOf(table, cells.unit ?? cells.mode);
  const [kind] = analogTypes[numberOf(cells.type) ?? -1] ?? ['humidity'];
  if (kind === 'humidity' || kind === 'airflow' || numberOf(cells.mode) === percentMode) return '%';
  return textOf(cells.unit);
}

function leakOf({ table, cells }: Row): string {
  const place = numberOf(cells.rope);
  if (place === null) return '';
  const classic = numberOf(cells.ropeUnit);
  const unit = table.kind === 'rope' ? textOf(cells.unit) : classic === 0 ? 'm' : classic === 1 ? 'ft' : '';
  return `${place}${unit === '' ? '' : ` ${unit}`}`;
}

function onlineOf({ table, cells }: Row): boolean | null {
  if (table.columns.online === undefined) return true;
  const online = numberOf(cells.online);
  return online === 1 ? true : online === 2 ? false : null;
}

/**
 * One number counts ports from `first` on; of a dotted index the last part is the sensor on a port, the one before the
 * port.
 */
function portOf(index: string, first: 0 | 1): number {
  const parts = index.split('.');
  return parts.length === 1 ? Number(index) + 1 - first : Number(parts.at(-2)) + 1;
}

function missingOf(row: Row, isGiven: IsGiven): readonly Field[] {
  const missing: Field[] = [];
  for (const [field] of fieldsIn(row.table.columns)) {
    if (typeof row.cells[field] !== 'number' && isLost(row, field, isGiven)) missing.push(field);
  }
  return missing;
}

/** Whether a field that is not a number should be there, or should be one. */
function isLost({ table, cells }: Row, field: Field, isGiven: IsGiven): boolean {
  if (optional.includes(field) || table.optional?.includes(field) === true) return false;
  if (cells[field] !== undefined) return needed.includes(field);
  // The scale of a temperature decides what its number means.
  return needed.includes(field) || (field === 'unit' && table.kind === 'temperature') || isGiven(table, field);
}

/** The fields that at least one row of a table has: a column that no row has is one that the device does not define. */
function fieldsByTable(rows: readonly Row[]): ReadonlyMap<Table, ReadonlySet<string>> {
  const given = new Map<Table, Set<string>>();
  for (const { table, cells } of rows) {
    const fields = given.get(table) ?? new Set();
    for (const field of Object.keys(cells)) fields.add(field);
    given.set(table, fields);
  }
  return given;
}
