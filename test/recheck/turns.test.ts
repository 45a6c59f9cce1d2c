import { spawn } from 'node:child_process';
import {
  copyFileSync,
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
import { ownerOf, Turns } from '../../src/recheck/index.ts';
import { formatTurn, type Owner } from '../../src/trap/index.ts';

describe('the turns of probes, as files', () => {
  let parent = '';
  let folder = '';
  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'rackwatch-turns-'));
    folder = path.join(parent, 'turns');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  const pace = { hold: 10_000, limit: 5000 };
  const open = () => {
    const opened = Turns.open(folder, pace);
    if (opened.kind !== 'open') throw new Error(opened.reason);
    return opened.turns;
  };
  /** The process of this test, which is there. */
  const alive = ownerOf(process.pid);
  /** A turn of 192.0.2.50, due in so many milliseconds, as somebody has left it; `owner` null: it has asked. */
  const left = (inMs: number, owner: Owner | null) =>
    writeFileSync(path.join(folder, '192.0.2.50_7'), formatTurn({ due: Date.now() + inMs, found: null, owner }));
  const dueIn = (turns: Turns) => {
    const taken = turns.take('192.0.2.50');
    return taken.kind === 'turn' ? taken.turn.due - Date.now() : taken.kind;
  };
  /** Turns that others have taken and wait for. */
  const others = (count: number, owner: Owner | null) => {
    for (let i = 0; i < count; i++)
      writeFileSync(path.join(folder, `192.0.2.${i}_1`), formatTurn({ due: Date.now() + 5000, found: null, owner }));
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
    expect(next).toMatchObject({ kind: 'turn', turn: { number: 2, due: taken.turn.due + 10_000, owner: alive } });
    expect(open().follow('192.0.2.50', taken.turn)).toEqual({ kind: 'covered' });
    expect(open().take('192.0.2.50')).toEqual({ kind: 'covered' });
    expect(open().take('192.0.2.5').kind).toBe('turn');
  });

  test('the first turn after a trap is marked, since a second one follows it, and the mark goes with the turn', () => {
    const turns = open();
    const taken = turns.take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    // The trap itself is asked about at once.
    expect(turns.isFirst('192.0.2.50', taken.turn)).toBe(false);
    const next = turns.follow('192.0.2.50', turns.begin('192.0.2.50', taken.turn));
    if (next.kind !== 'turn') throw new Error(next.kind);
    expect(turns.isFirst('192.0.2.50', next.turn)).toBe(false);
    for (const _ of ['a trap', 'another']) expect(open().take('192.0.2.50')).toEqual({ kind: 'covered' });
    expect(turns.isFirst('192.0.2.50', next.turn)).toBe(true);
    // One that comes while Icinga is asked has a turn at the end of the hold.
    turns.begin('192.0.2.50', next.turn);
    const later = turns.take('192.0.2.50');
    if (later.kind !== 'turn') throw new Error(later.kind);
    expect(later.turn.number).toBe(3);
    expect(turns.isFirst('192.0.2.50', later.turn)).toBe(true);
    expect(turns.follow('192.0.2.50', later.turn).kind).toBe('turn');
    expect(readdirSync(folder).sort()).toEqual(['192.0.2.50_3', '192.0.2.50_3+', '192.0.2.50_4']);
    expect(Turns.open(folder, pace).kind).toBe('open');
  });

  test('a turn covers a trap from when it is taken until it asks, whatever the clock says', () => {
    const turns = open();
    for (const inMs of [-4000, 0, 4000]) {
      left(inMs, alive);
      expect(dueIn(turns)).toBe('covered');
    }
    const asked = turns.begin('192.0.2.50', turns.claim('192.0.2.50', 7));
    // As after the clock was put back.
    turns.write('192.0.2.50', { ...asked, due: asked.due + 4000, found: 1 });
    expect(dueIn(turns)).toBeGreaterThan(9000);
  });

  test('a turn whose process is gone covers nothing, and its place is taken', async () => {
    const turns = open();
    const child = spawn('sleep', ['60']);
    const owner = ownerOf(child.pid ?? 0);
    expect(owner).not.toBeNull();
    left(4000, owner);
    expect(dueIn(turns)).toBe('covered');
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(dueIn(turns)).toBeGreaterThan(3000);
    left(-1000, owner);
    rmSync(path.join(folder, '192.0.2.50_8'));
    expect(dueIn(turns)).toBeLessThan(1000);
  });

  test('neither another process with its number nor another boot is its process', () => {
    const turns = open();
    if (alive === null) throw new Error('no /proc');
    for (const owner of [
      { ...alive, started: alive.started - 1 },
      { ...alive, boot: '00000000-0000-4000-8000-000000000000' },
    ]) {
      left(4000, owner);
      expect(dueIn(turns)).toBeGreaterThan(3000);
      rmSync(path.join(folder, '192.0.2.50_8'));
    }
    expect(ownerOf(0)).toBeNull();
  });

  test('a process is known whatever its program is called', async () => {
    const program = path.join(parent, 'a) Z 1 (');
    copyFileSync('/bin/sleep', program);
    const child = spawn(program, ['60']);
    const owner = ownerOf(child.pid ?? 0);
    expect(owner?.started).toBeGreaterThanOrEqual(alive?.started ?? Number.NaN);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(ownerOf(child.pid ?? 0)).toBeNull();
  });

  test('what can be written no longer is said', () => {
    const turns = open();
    const taken = turns.take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    rmSync(folder, { recursive: true });
    for (const work of [
      () => turns.take('192.0.2.50'),
      () => turns.follow('192.0.2.50', taken.turn),
      () => turns.begin('192.0.2.50', taken.turn),
    ]) {
      let reason = '';
      try {
        work();
      } catch (error) {
        reason = turns.trouble(error);
      }
      expect(reason).toBe(`${folder} cannot be written (there is no such folder)`);
    }
  });

  test('a stranger is known as one', async () => {
    const turns = open();
    const taken = turns.take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    turns.write('192.0.2.50', { ...turns.begin('192.0.2.50', taken.turn), found: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(open().take('192.0.2.50')).toEqual({ kind: 'stranger' });
  });

  test('while the API is silent nobody waits in the foreground, until it has answered somebody', () => {
    const turns = open();
    turns.noteSilence();
    const taken = turns.take('192.0.2.50');
    if (taken.kind !== 'turn') throw new Error(taken.kind);
    expect(taken.turn.due - Date.now()).toBeGreaterThan(9000);
    open().noteAnswer();
    const other = open().take('192.0.2.51');
    if (other.kind !== 'turn') throw new Error(other.kind);
    expect(other.turn.due).toBeLessThanOrEqual(Date.now());
    // Also where there was no silence.
    turns.noteAnswer();
  });

  test('a hundred wait at a time, and no more', () => {
    const turns = open();
    turns.noteSilence();
    others(99, alive);
    expect(turns.take('2001:db8::1').kind).toBe('turn');
    expect(turns.take('2001:db8::2')).toEqual({ kind: 'crowded' });
    // Who has asked is not counted.
    others(1, null);
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
      const reason = `${folder} has something else in it (${name}): give it a folder of its own`;
      expect(Turns.open(folder, pace)).toEqual({ kind: 'useless', reason });
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
    others(2, null);
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
