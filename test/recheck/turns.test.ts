import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Turns } from '../../src/recheck/index.ts';
import { formatTurn } from '../../src/trap/index.ts';

describe('the turns of probes, as files', () => {
  let parent = '';
  let folder = '';
  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'rackwatch-turns-'));
    folder = path.join(parent, 'turns');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  const open = (hold = 10_000) => {
    const turns = Turns.open(folder, hold);
    if (!turns.ok) throw new Error(turns.reason);
    return turns.value;
  };
  /** Turns that others have taken, due in so many milliseconds. */
  const others = (count: number, inMs: number) => {
    for (let i = 0; i < count; i++)
      writeFileSync(path.join(folder, `192.0.2.${i}_1`), formatTurn({ due: Date.now() + inMs, found: null }));
  };

  test('are in a folder that nobody else can look into, whatever the umask is', () => {
    const before = process.umask(0);
    open();
    process.umask(before);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    open().take('2001:db8::1');
    expect(readdirSync(folder)).toEqual(['2001:db8::1_1']);
    expect(statSync(path.join(folder, '2001:db8::1_1')).mode & 0o777).toBe(0o600);
  });

  test('a turn that was taken is another program’s to see', () => {
    const taken = open().take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    const next = open().follow('192.0.2.50', taken.turn);
    expect(next).toMatchObject({ number: 2, due: taken.turn.due + 10_000 });
    expect(open().follow('192.0.2.50', taken.turn)).toBeNull();
    expect(open().take('192.0.2.50')).toEqual({ kind: 'covered' });
    expect(open().take('192.0.2.5').kind).toBe('turn');
  });

  test('a stranger is known as one', async () => {
    const turns = open();
    const taken = turns.take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    turns.write('192.0.2.50', { ...taken.turn, found: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(open().take('192.0.2.50')).toEqual({ kind: 'stranger' });
  });

  test('after a failure nobody waits in the foreground', () => {
    const turns = open();
    turns.noteFailure();
    const taken = turns.take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    expect(taken.turn.due - Date.now()).toBeGreaterThan(9000);
  });

  test('a hundred wait at a time, and no more', () => {
    const turns = open();
    turns.noteFailure();
    others(99, 5000);
    expect(turns.take('2001:db8::1').kind).toBe('turn');
    expect(turns.take('2001:db8::2')).toEqual({ kind: 'crowded' });
    // Who has asked is not counted.
    others(1, -5000);
    expect(turns.take('2001:db8::3').kind).toBe('turn');
  });

  test('a file that is damaged is one of long ago', () => {
    const turns = open();
    writeFileSync(path.join(folder, '192.0.2.50_7'), 'x');
    const taken = turns.take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    expect(taken.turn.number).toBe(8);
    expect(readFileSync(path.join(folder, '192.0.2.50_8'), 'utf8')).toBe(formatTurn(taken.turn));
  });

  test('a folder with anything else in it is refused, and loses nothing', () => {
    open().take('192.0.2.50');
    for (const name of ['id_rsa', '192.0.2.50_1.bak', 'draft.1', '.profile', 'apiary']) {
      writeFileSync(path.join(folder, name), 'precious');
      expect(Turns.open(folder, 10_000)).toEqual({
        ok: false,
        reason: `${folder} has something else in it (${name}); it has to be a folder of akcp_trap's own`,
      });
      rmSync(path.join(folder, name));
    }
    open();
  });

  test('what somebody puts there later is never removed', () => {
    const turns = open();
    const names = ['id_rsa', '192.0.2.50', '192.0.2.50_x', 'draft.txt', 'folder_1'];
    const long = Date.now() / 1000 - 1e6;
    for (const name of names) {
      writeFileSync(path.join(folder, name), 'precious');
      utimesSync(path.join(folder, name), long, long);
    }
    turns.sweep();
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
  });

  test('what no trap looks at again goes, and nothing else', () => {
    const turns = open();
    others(2, 0);
    const long = Date.now() / 1000 - 200;
    utimesSync(path.join(folder, '192.0.2.0_1'), long, long);
    writeFileSync(path.join(folder, 'draft.1.2'), '');
    turns.sweep();
    expect(readdirSync(folder).sort()).toEqual(['192.0.2.1_1', 'draft.1.2']);
    utimesSync(path.join(folder, 'draft.1.2'), long, long);
    turns.sweep();
    expect(existsSync(path.join(folder, 'draft.1.2'))).toBe(false);
  });
});
