import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterRule, filterTable, snapshotText } from '../../snapshot_text.ts';
import { type Lab, openLab, whyNoNrpe } from '../nrpe/lab.ts';
import { listen } from '../ssh/sshd.ts';
import { buildDoctor, type Doctor, linesOf, todosOf } from './asking.ts';

const why = whyNoNrpe();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the NRPE lab cannot run: ${why}`);

describe.skipIf(why !== null)(`rackwatch doctor by a real NRPE${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  let doctor: Doctor;
  beforeAll(async () => {
    lab = await openLab();
    doctor = buildDoctor(lab.file('.'));
    for (const held of [1, 2]) {
      const rules = filterTable(clusterRule({ local: held }));
      writeFileSync(lab.file(`saved${held}.txt`), snapshotText({ name: `node${held}`, held: String(held), rules }));
    }
  });
  afterAll(() => lab.close());

  const nodes = (...specs: readonly string[]) => specs.flatMap((spec) => ['--node', spec]);
  /** A node by the command that the first daemon is asked for. */
  const command = (name: string) => `${name}=${lab.node('first', name).replace('first=', '')}`;

  test('a daemon that answers works: its version, the length of its answer, whose reads they are', async () => {
    const { stdout, stderr } = await doctor(nodes(lab.node('first')));
    expect(stderr).toBe('');
    expect(todosOf(stdout, 'first')).toEqual([]);
    const said = Object.fromEntries(linesOf(stdout, 'first').map(({ topic, text }) => [topic, text]));
    expect(said).toMatchObject({
      version: expect.stringMatching(/^NRPE v4\S+, which carries a whole snapshot$/),
      command: expect.stringMatching(/^cluster_node_snapshot is defined and answers after \d+ ms$/),
      length: expect.stringMatching(/^\d+ of at most 65504 bytes$/),
      sudoers: 'root needs no line',
    });
  });

  test('SSL that only one side speaks is told from a host that is not allowed', async () => {
    const { stdout } = await doctor(nodes(lab.node('plain'), lab.node('stranger')));
    expect(todosOf(stdout, 'plain')).toEqual([
      expect.stringMatching(/^SSL: plain does not use SSL: give --nrpe-no-ssl/),
    ]);
    expect(todosOf(stdout, 'stranger')).toEqual([
      expect.stringMatching(/^allowed_hosts: .* asks from 127\.0\.0\.1\. If you /),
    ]);
    const paste = linesOf(stdout, 'stranger').flatMap((line) => line.paste);
    expect(paste.join('\n')).toContain("--include='*.cfg' /etc/nagios /etc/nrpe.d | xargs -r sed -i -E '");
    const plain = await doctor(['--nrpe-no-ssl', ...nodes(lab.node('first'), lab.node('strangerPlain'))]);
    expect(todosOf(plain.stdout, 'first')).toEqual(['SSL: first uses SSL: leave --nrpe-no-ssl out']);
    expect(todosOf(plain.stdout, 'strangerPlain')).toEqual([expect.stringMatching(/^allowed_hosts: /)]);
  });

  test('a daemon that wants a certificate, and one that may not use sudo', async () => {
    const { stdout } = await doctor(nodes(lab.node('mutual'), lab.node('denied'), lab.node('proven')));
    expect(todosOf(stdout, 'mutual')).toEqual([expect.stringMatching(/^SSL: .*certificate/)]);
    expect(todosOf(stdout, 'denied')).toEqual([
      expect.stringMatching(/^sudoers: NRPE's account may not run the script on denied\./),
    ]);
    expect(todosOf(stdout, 'proven')).toEqual([]);
  });

  test('commands that are not there, say nothing, or say too much', async () => {
    const { stdout } = await doctor(nodes(...['absent', 'empty', 'other', 'early', 'long'].map(command)));
    expect(todosOf(stdout, 'absent')).toEqual([expect.stringMatching(/^command: absent has no NRPE command absent\./)]);
    const paste = linesOf(stdout, 'absent').flatMap((line) => line.paste);
    expect(paste.join('\n')).toContain("'command[absent]=sudo -n /usr/lib/nagios/plugins/cluster_node_snapshot 2>&1'");
    expect(todosOf(stdout, 'empty')).toEqual([expect.stringMatching(/^command: .* gave no output/)]);
    expect(todosOf(stdout, 'other')).toEqual([expect.stringMatching(/^answer: no snapshot in the answer: "hello"/)]);
    expect(todosOf(stdout, 'early')).toEqual([expect.stringMatching(/^answer: truncated answer .* 65,504 bytes/)]);
    expect(todosOf(stdout, 'long')).toEqual([expect.stringMatching(/^length: 6550\d of at most 65504 bytes/)]);
  });

  test('packets as short as those of older releases: which of the two sides is one', async () => {
    const old = lab.file('old_check_nrpe');
    writeFileSync(old, '#!/bin/sh\nexec /usr/lib/nagios/plugins/check_nrpe -2 "$@"\n', { mode: 0o755 });
    const { stdout } = await doctor(['--check-nrpe', old, ...nodes(lab.node('first'))]);
    expect(todosOf(stdout, 'first')).toEqual([
      expect.stringMatching(/^check_nrpe: .* cut at 1023 bytes.*\. first has it, so check_nrpe here is too old$/),
    ]);
  });

  test('nothing listens, or something else', async () => {
    const { stdout } = await doctor([
      '--check-nrpe',
      '/no/such/check_nrpe',
      ...nodes('nrpe://127.0.0.1:1', lab.node('first')),
    ]);
    const mail = await listen((write) => write('220 mail.example.net ESMTP\r\n'));
    try {
      const other = await doctor(nodes(`mail=nrpe://127.0.0.1:${mail.port}`));
      expect(todosOf(other.stdout, 'mail')).toEqual([
        `port: what listens at ${mail.port} is no NRPE: it says "220 mail.example.net ESMTP". Another port: nrpe://HOST:PORT`,
      ]);
    } finally {
      await mail.close();
    }
    const mute = await listen(() => {});
    try {
      const silent = await doctor(['--timeout', '6', ...nodes(`mute=nrpe://127.0.0.1:${mute.port}`)]);
      const [said = ''] = todosOf(silent.stdout, 'mute');
      expect(Number(/no answer within ([\d.]+) s/.exec(said)?.[1]), said).toBeGreaterThan(1);
    } finally {
      await mute.close();
    }
    expect(todosOf(stdout, '127.0.0.1')).toEqual([expect.stringMatching(/^port: 1 at 127\.0\.0\.1 is closed/)]);
    expect(todosOf(stdout, 'first')).toEqual([expect.stringMatching(/^check_nrpe: \/no\/such\/check_nrpe/)]);
  });
});
