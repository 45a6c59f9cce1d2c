import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { runPlugin, type Surroundings } from '../../run_plugin.ts';
import { clusterRule, filterTable, snapshotText, vip } from '../../snapshot_text.ts';
import { timed } from '../../timed.ts';
import { listen } from '../ssh/sshd.ts';
import { type Lab, openLab, whyNoNrpe } from './lab.ts';

const why = whyNoNrpe();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the NRPE lab cannot run: ${why}`);

describe.skipIf(why !== null)(
  `check_cluster_buckets over a real NRPE${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let lab: Lab;
    let plugin: string;
    let mark: Mark;
    beforeAll(async () => {
      lab = await openLab();
      plugin = lab.file('check_cluster_buckets');
      bundle('plugins/check_cluster_buckets.ts', plugin);
      for (const held of [1, 2]) save(`saved${held}`, `node${held}`, held);
    });
    afterAll(() => lab.close());
    beforeEach(() => {
      mark = newMark();
    });
    afterEach(() => {
      const left = marked(mark);
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
      expect(left).toEqual([]);
    });

    const save = (file: string, name: string, held: number) =>
      writeFileSync(
        lab.file(`${file}.txt`),
        snapshotText({ name, held: String(held), rules: filterTable(clusterRule({ local: held })) }),
      );
    const run = (args: readonly string[], over: Surroundings = {}) =>
      runPlugin(plugin, ['--vip', vip, ...args], { mark, ...over });

    test('two nodes that share the buckets are OK', async () => {
      const { code, stdout, stderr } = await run([
        '-N',
        lab.node('first', 'saved1'),
        '-N',
        lab.node('second', 'saved2'),
      ]);
      expect(stdout).toMatch(/^\[OK\] 192\.168\.56\.20: [^\n]+\n(?:\\_ \[OK\] [^\n]+\n)+$/);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    });

    test('two nodes with the same bucket are CRITICAL, each under its name', async () => {
      const { code, stdout } = await run(['-N', lab.node('first', 'saved2'), '-N', lab.node('second', 'saved2')]);
      expect(stdout).toMatch(/^\[CRITICAL\] /);
      expect(stdout).toContain('bucket 2 is on first and second');
      expect(code).toBe(2);
    });

    test('two real nodes without the VIP are CRITICAL, each read as root', async () => {
      const { code, stdout, stderr } = await run(['-v', '-N', lab.node('first'), '-N', lab.node('second')]);
      expect(stdout).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: no node has the VIP or a cluster rule for it/);
      expect(stdout).toMatch(/first \(nrpe:\/\/127\.0\.0\.1:\d+\): answered after \d+ ms/);
      expect(stdout).not.toContain('sudoers');
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    });

    test('without SSL and with certificates, by the options for that', async () => {
      const plain = await run(['--nrpe-no-ssl', '-N', lab.node('plain', 'saved1'), '--expect-buckets', '1']);
      expect({ code: plain.code, stderr: plain.stderr }).toEqual({ code: 0, stderr: '' });
      const certificate = ['--nrpe-ca', lab.file('ca.pem'), '--nrpe-cert', lab.file('client.pem')];
      const key = ['--nrpe-key', lab.file('client.key')];
      const mutual = await run([...certificate, ...key, '-N', lab.node('mutual', 'saved1'), '--expect-buckets', '1']);
      expect({ code: mutual.code, stderr: mutual.stderr }).toEqual({ code: 0, stderr: '' });
    });

    test('what one node says stands while the other is refused', async () => {
      const gone = await listen(() => {});
      await gone.close();
      const { code, stdout, stderr } = await run([
        ...['-N', lab.node('first', 'saved1'), '-N', `node2=nrpe://127.0.0.1:${gone.port}`],
      ]);
      expect(stdout).toContain('first holds bucket 1');
      expect(stdout).toContain(`node2 is unreachable: check_nrpe: port ${gone.port}: Connection refused`);
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    });

    test('a hanging node leaves a verdict within -t', timed, async () => {
      const { code, stdout, stderr, milliseconds } = await run([
        ...['-t', '3', '-N', lab.node('first', 'saved1'), '-N', lab.node('second', 'hangs')],
      ]);
      expect(milliseconds).toBeLessThan(3000);
      expect(stdout).toContain('second is unreachable: no answer within 2 s (connected, waiting for the answer)');
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    });

    test('ended by SIGTERM in the middle, it answers UNKNOWN and leaves nothing', async () => {
      const { code, stdout, stderr } = await run(
        ['-N', lab.node('first', 'hangs'), '-N', lab.node('second', 'hangs')],
        {
          meanwhile(child) {
            const timer = setInterval(() => {
              if (marked(mark).filter(({ command }) => command.includes('check_nrpe')).length < 2) return;
              clearInterval(timer);
              child.kill('SIGTERM');
            }, 20);
          },
        },
      );
      expect(stdout).toBe('[UNKNOWN] check_cluster_buckets: ended by SIGTERM while asking first, second\n');
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    });

    test('the lack of check_nrpe is said, with where it was looked for', async () => {
      const { stdout } = await run(['--check-nrpe', lab.file('missing'), '-N', lab.node('first')]);
      expect(stdout).toContain(`first is unreachable: ${lab.file('missing')} is not installed`);
      const unshared = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /usr/lib/nagios/plugins && exec "$@"', 'sh'];
      const without = await run(['-N', lab.node('first')], { wrapper: unshared });
      expect(without.stdout).toContain('first is unreachable: check_nrpe is not installed (looked in ');
      expect(without.stdout).toContain('give its path with --check-nrpe');
    });
  },
);
