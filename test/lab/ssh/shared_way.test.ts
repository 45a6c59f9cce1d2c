import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sharedWay } from '../../../src/node/shared_way.ts';
import { bundle } from '../../../tools/bundle.ts';
import { clusterRule, filterTable, snapshotText, vip } from '../../snapshot_text.ts';
import { whyNoNamespaces } from '../address/namespaces.ts';
import { whyNoSsh } from './lab.ts';
import { type Machines, openMachines, port } from './machines.ts';
import { endMasters } from './masters.ts';

const why = whyNoSsh() ?? whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

describe.skipIf(why !== null)(`the way of a shared connection${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let machines: Machines;
  let plugin: string;
  beforeAll(async () => {
    machines = await openMachines();
    plugin = machines.file('check_cluster_buckets');
    bundle('plugins/check_cluster_buckets.ts', plugin);
    // Of the two machines that have the same inner address, one holds bucket 1 and the other none.
    const held = { a: { held: '1', local: 1 }, b: { held: '2', local: 2 }, other: { held: '2', local: 2 } };
    for (const [name, { held: buckets, local }] of Object.entries(held))
      writeFileSync(
        machines.file(`${name}.txt`),
        snapshotText({ name: `machine-${name}`, held: buckets, rules: filterTable(clusterRule({ local })) }),
      );
  });
  afterAll(() => machines?.close());
  afterEach(() => endMasters(machines.sockets));

  const configure = (...lines: readonly string[]) =>
    writeFileSync(
      machines.file('config'),
      `${lines.join('\n')}\nIdentityFile ${machines.file('saved')}\n${readFileSync(machines.file('common'), 'utf8')}`,
    );
  /** A node behind one of the two machines; its address and port are the same on both. */
  const behind = (jump: string) => ['Host node1', '  HostName 127.0.0.1', `  Port ${port}`, `  ${jump}`];
  const jumps = () =>
    ['a', 'b'].flatMap((name, i) => [
      `Host jump-${name}`,
      `  HostName 10.99.${i + 1}.2`,
      `  Port ${port}`,
      `  IdentityFile ${machines.file('id')}`,
      `Host *`,
    ]);
  const check = async (from: 'poller' | 'a' | 'b') => {
    const asked = ['-N', 'node1', '-N', `other=file:${machines.file('other.txt')}`];
    const way = ['--ssh-config', machines.file('config'), '--ssh-shared', '30'];
    const { stdout } = await machines.run(from, [process.execPath, plugin, '--vip', vip, ...asked, ...way, '-v']);
    return stdout;
  };
  const open = '(over an open connection)';
  const fine = new RegExp(`^\\[OK\\] ${vip}: 2 buckets on 2 nodes`);
  const lost = new RegExp(`^\\[CRITICAL\\] ${vip}: bucket 1 of 2 on no node`);

  test.each([
    ['another jump host', (name: string) => `ProxyJump jump-${name}`],
    ['another ProxyCommand', (name: string) => `ProxyCommand ssh -F CONFIG -W 127.0.0.1:${port} jump-${name}`],
  ])('%s in the configuration is heeded at once', async (_, jump) => {
    const lead = (name: string) =>
      configure(...jumps(), ...behind(jump(name).replace('CONFIG', machines.file('config'))), 'Host *');
    lead('a');
    expect(await check('poller')).toMatch(fine);
    const again = await check('poller');
    expect(again).toMatch(fine);
    expect(again).toContain(open);
    lead('b');
    const moved = await check('poller');
    expect(moved).toMatch(lost);
    expect(moved).not.toContain(open);
  });

  test('the same name in another network namespace is another node', async () => {
    configure('Host node1', '  HostName 127.0.0.1', `  Port ${port}`);
    expect(await check('a')).toMatch(fine);
    expect(await check('a')).toContain(open);
    const elsewhere = await check('b');
    expect(elsewhere).toMatch(lost);
    expect(elsewhere).not.toContain(open);
  });

  test('every file that ssh itself includes is one that is looked at', async () => {
    const folder = machines.file('included');
    mkdirSync(`${folder}/more/deep`, { recursive: true });
    const escaped = ['three more words', 'half quoted', '*[1]', 'a.*'];
    for (const name of ['one', 'two words', 'b1.conf', 'b2.conf', 'c.conf', 'more/deep/x', 'quoted', ...escaped])
      writeFileSync(`${folder}/${name}`, `Include ${folder}/last\n`);
    writeFileSync(`${folder}/last`, '');
    const lines = [
      ...['Include IN/one', 'include "IN/two words" IN/nothing', '  INCLUDE=IN/b[12].conf', 'Include = IN/?.conf'],
      ...['Include IN/*/*/x # and more', '"Include" IN/quoted', 'Host other', '  Include IN/one'],
      ...['Include IN/three\\ more\\ words', `Include IN/half" quoted"`, 'Include IN/\\*\\[1]', 'Include IN/?.\\*\r'],
    ];
    writeFileSync(machines.file('including'), `${lines.join('\n').replaceAll('IN/', `${folder}/`)}\n`);
    const { stderr } = spawnSync('ssh', ['-G', '-vvv', '-F', machines.file('including'), 'node1'], {
      encoding: 'utf8',
    });
    const included = [...stderr.matchAll(/Including file (.+?) depth/g)].map(([, file]) => file ?? '');
    expect(new Set(included).size, stderr).toBe(12);
    const looked = await sharedWay(machines.file('including'), homedir);
    for (const file of included) expect(looked).toContain(`\n${path.normalize(file)} `);
  });
});
