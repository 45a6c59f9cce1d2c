import { copyFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { runPlugin } from '../../run_plugin.ts';
import { type Lab, openLab, whyNoNrpe } from '../nrpe/lab.ts';

const why = whyNoNrpe();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the NRPE lab cannot run: ${why}`);

const vip = 'check_cluster_vip';
const source = 'check_source_address';

describe.skipIf(why !== null)(
  `addresses and routes over a real NRPE${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await openLab();
      for (const plugin of [vip, source]) bundle(`plugins/${plugin}.ts`, lab.file(plugin));
    });
    afterAll(() => lab.close());

    /** The daemons show what was recorded of the two nodes. */
    const show = (folder: string) => {
      for (const n of [1, 2]) copyFileSync(`test/fixtures/${folder}/n${n}.txt`, lab.file(`saved${n}.txt`));
      return ['-N', lab.node('first', 'saved1'), '-N', lab.node('second', 'saved2')];
    };

    test('an address that both real nodes have, and one that none has', async () => {
      const nodes = ['-N', lab.node('first'), '-N', lab.node('second')];
      const shared = await runPlugin(lab.file(vip), ['--vip', '127.0.0.1/8', '--allow-lo', ...nodes]);
      expect(shared.stdout).toContain('[OK] 127.0.0.1: all 2 nodes have it on lo');
      const absent = await runPlugin(lab.file(vip), ['--vip', '192.0.2.199', '--expect', 'one', ...nodes]);
      expect(absent.stdout).toContain('[CRITICAL] 192.0.2.199: no node has it');
      expect([shared.code, absent.code, shared.stderr + absent.stderr]).toEqual([0, 2, '']);
    });

    test('a split brain', async () => {
      const args = ['--vip', '192.0.2.100', '--expect', 'one', ...show('vip/split-brain')];
      const { code, stdout } = await runPlugin(lab.file(vip), args);
      expect(stdout).toContain('[CRITICAL] 192.0.2.100: split brain: first and second both have it');
      expect(code).toBe(2);
    });

    test('a lost source', async () => {
      const args = ['-s', '192.0.2.100', '--target', '198.51.100.1', '--if-active', '192.0.2.100'];
      const { code, stdout } = await runPlugin(lab.file(source), [...args, ...show('source/source-not-set')]);
      expect(stdout).toContain('[CRITICAL] first: 198.51.100.1 is reached from 192.0.2.11, expected 192.0.2.100');
      expect(stdout).toContain('second does not have 192.0.2.100: it is passive');
      expect(code).toBe(2);
    });

    test('a node whose command asks for no route is UNKNOWN, and told what to add', async () => {
      const args = ['-s', '192.0.2.100', '--target', '198.51.100.1', '-N', lab.node('first')];
      const { code, stdout } = await runPlugin(lab.file(source), args);
      expect(stdout).toContain('[UNKNOWN] first: the way to 198.51.100.1 is not known');
      expect(stdout).toContain('add --route 198.51.100.1 to the command there');
      expect(code).toBe(3);
    });
  },
);
