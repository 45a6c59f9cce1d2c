import { sanitise } from '../plugin/index.ts';
import type { Named, Unnamed } from './sensor.ts';

/**
 * Gives every sensor a title, a label and a place. Names can be empty, appear twice or differ only in characters that
 * no label can have: then kind and port are added. All rows count, offline ones too, so that a label stays what it is
 * when another sensor is plugged in or pulled out.
 */
export function nameSensors(sensors: readonly Unnamed[]): readonly Named[] {
  const places = placesOf(sensors);
  // A name may have no printable character.
  const names = sensors.map(({ name }) => sanitise(name));
  const told = names.filter((name) => name !== '');
  const seats =
    new Set(told).size === told.length
      ? new Map<string, number>()
      : countsOf(sensors.map(({ kind, port }, i) => `${names[i]} ${kind} ${port}`));
  const titles = sensors.map(({ name, kind, port, index }, i) => {
    if (names[i] === '') return (places[i] ?? '').replaceAll('_', ' ');
    // Two modules may have the same: their lines would be the same, too.
    return seats.size > 0 && (seats.get(`${names[i]} ${kind} ${port}`) ?? 0) > 1 ? `${name} [${index}]` : name;
  });
  const plain = names.map((name, i) => (name === '' ? (places[i] ?? '') : labelText(name)));
  const count = countsOf(plain);
  return sensors.map((own, i) => {
    const label = plain[i] ?? '';
    const place = places[i] ?? '';
    const unique = (count.get(label) ?? 0) > 1 && label !== place ? `${label} ${place}` : label;
    return { own, title: titles[i] ?? '', label: unique, place };
  });
}

/** Kind and port, with as much of the index as it takes to tell all rows of the probe apart. */
function placesOf(sensors: readonly Unnamed[]): readonly string[] {
  const forms: readonly ((sensor: Unnamed) => string)[] = [
    ({ kind, port }) => `${kind}_${port}`,
    ({ kind, port, index }) => (index.includes('.') ? `${kind}_${port}_${lastPart(index) + 1}` : `${kind}_${port}`),
    ({ kind, index }) => `${kind}_${index.replaceAll('.', '_')}`,
  ];
  let places = sensors.map(() => '');
  // Mostly the first form tells all of them apart.
  for (const form of forms) {
    const texts = sensors.map(form);
    const count = countsOf(texts);
    places = places.map((place, i) => {
      const text = texts[i] ?? '';
      return place === '' && count.get(text) === 1 ? text : place;
    });
    if (places.every((place) => place !== '')) return places;
  }
  const twins = new Map<string, number>();
  return places.map((place, i) => {
    if (place !== '') return place;
    const { kind = '', port = 0 } = sensors[i] ?? {};
    const nth = (twins.get(`${kind}_${port}`) ?? 0) + 1;
    twins.set(`${kind}_${port}`, nth);
    return `${kind}_${port}_${nth}`;
  });
}

function lastPart(index: string): number {
  return Number(index.slice(index.lastIndexOf('.') + 1));
}

function countsOf(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** What separates or ends a label somewhere becomes `_`, so that two names that would be printed alike are known here. */
function labelText(name: string): string {
  return name
    .replace(/[=';.:¦|"‹›<>]/g, '_')
    .replace(/\s+/g, ' ')
    .slice(0, 80);
}
