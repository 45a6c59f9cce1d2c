import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSockets, sharingArguments, socketName, takeAway, unspentName } from '../../src/node/shared_socket.ts';

const node1 = ['root', 'node1', null, undefined, undefined];
const minute = 60_000;

test('a name has 8 characters that mean nothing to ssh', () => {
  for (let i = 0; i < 2000; i++) expect(socketName([`node${i}`], 60, i * minute)).toMatch(/^[A-Za-z0-9_-]{8}$/);
});

test('a name depends on everything that is meant, and on the seconds', () => {
  const others = [
    ['root', 'node2'],
    ['root', 'node1', 22],
    ['node1'],
    [null, 'rootnode1'],
    [...node1.slice(0, 4), '/id'],
  ];
  const names = [node1, ...others].map((means) => socketName(means, 60, 0));
  expect(new Set([...names, socketName(node1, 61, 0)]).size).toBe(names.length + 1);
});

test.each([60, 900, 3600])('with %i s a connection is begun anew every 15 minutes, whatever its use', (seconds) => {
  const names = Array.from({ length: 45 }, (_, i) => socketName(node1, seconds, i * minute));
  const changes = names.filter((name, i) => i > 0 && name !== names[i - 1]).length;
  expect([2, 3]).toContain(changes);
  expect(new Set(names).size).toBe(changes + 1);
});

test('connections are not begun anew all at once', () => {
  const change = (node: string) => {
    const names = Array.from({ length: 15 }, (_, i) => socketName([node], 60, i * minute));
    return names.findIndex((name) => name !== names[0]);
  };
  expect(new Set(Array.from({ length: 50 }, (_, i) => change(`node${i}`))).size).toBeGreaterThan(8);
});

test('the longest folder, the name and what ssh appends fit into the path of a socket', () => {
  const folder = `/${'x'.repeat(39)}`;
  const setting = sharingArguments({ folder, seconds: 60, way: '' }, socketName(node1, 60, 0)).find((one) =>
    /^ControlPath=/.test(one),
  );
  const path = setting?.replace('ControlPath=', '').replace('%C', '0'.repeat(40)) ?? '';
  expect(path.length + '.0123456789abcdef'.length).toBeLessThanOrEqual(107);
});

test('a connection that nobody uses any more after 15 minutes does not stay open for longer', () => {
  const persist = (seconds: number) => sharingArguments({ folder: '/x', seconds, way: '' }, 'name').join(' ');
  expect(persist(60)).toContain('ControlPersist=60 ');
  expect(persist(3600)).toContain('ControlPersist=900 ');
});

describe('a name whose socket was taken away', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync('/tmp/rwn-');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const sharing = () => ({ folder, seconds: 60, way: '' });
  const hash = '0'.repeat(40);

  test('is not used again, nor is the next one that loses its socket', () => {
    const names = Array.from({ length: 4 }, () => {
      const name = unspentName(node1, sharing(), 0);
      writeFileSync(`${folder}/${name}.${hash}`, '');
      expect(unspentName(node1, sharing(), 0)).toBe(name);
      takeAway(openSockets(folder, name));
      expect(openSockets(folder, name)).toEqual([]);
      return name;
    });
    expect(new Set(names).size).toBe(4);
  });

  test('says nothing about other connections', () => {
    const other = unspentName(['node2'], sharing(), 0);
    const name = unspentName(node1, sharing(), 0);
    writeFileSync(`${folder}/${name}.${hash}`, '');
    takeAway(openSockets(folder, name));
    expect(unspentName(['node2'], sharing(), 0)).toBe(other);
  });

  test('keeps what has taken its place since', () => {
    const name = unspentName(node1, sharing(), 0);
    const file = `${folder}/${name}.${hash}`;
    writeFileSync(file, '');
    const before = openSockets(folder, name);
    writeFileSync(`${file}.new`, '');
    renameSync(`${file}.new`, file);
    takeAway(before);
    expect(openSockets(folder, name)).toHaveLength(1);
  });
});
