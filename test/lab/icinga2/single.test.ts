import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { writtenFor } from '../poller/metrics.ts';
import { sshFiles } from '../poller/nodes.ts';
import { nrpeFiles } from '../poller/nrpe_nodes.ts';
import { snmpdFiles } from '../poller/probes.ts';
import { until } from '../poller/until.ts';
import type { CheckResult } from './api.ts';
import { icingaFiles } from './instance.ts';
import { type Single, startSingle } from './single.ts';

const why = whyNoLab([...icingaFiles, ...sshFiles, ...nrpeFiles, ...snmpdFiles]);

describe.skipIf(why !== null)(
  `the shipped configuration in a running Icinga 2${why ? ` (skipped: ${why})` : ''}`,
  () => {
    let lab: Lab;
    let single: Single;

    beforeAll(async () => {
      lab = openLab('icinga2');
      single = await startSingle(lab);
    }, 300_000);
    afterAll(() => lab?.close());
    beforeEach(() => single.graphite.forget());

    const check = (host: string, service = 'cluster-buckets') => single.icinga.api.check(`${host}!${service}`);
    const firstLine = ({ output }: CheckResult) => output.split('\n')[0]?.trimEnd();
    const pathOf = (host: string) => `icinga2.${host}.services.cluster-buckets.cluster_buckets.perfdata`;

    test.each([
      ['pair', 'healthy', 0, '2 buckets on 2 nodes, each on exactly one'],
      ['pair', 'takeover', 0, '2 buckets on 2 nodes, each on exactly one'],
      // The proc file of the second node is empty.
      ['pair', 'bucket-lost', 2, 'bucket 2 of 2 on no node, 50 % of client addresses get no answer'],
      ['pair', 'bucket-doubled', 2, 'bucket 2 of 2 on n1 and n2, 50 % of client addresses get several answers'],
      ['pair', 'ordinary-user', 3, 'n1: cannot read '],
      ['trio', 'three-nodes-one-lost', 2, 'bucket 3 of 3 on no node, 33 % of client addresses get no answer'],
      // The third node is down, and the two others cover everything.
      ['trio', 'healthy', 1, 'n3 is unreachable'],
      ['nrpe', 'healthy', 0, '2 buckets on 2 nodes, each on exactly one'],
      ['nrpe', 'bucket-lost', 2, 'bucket 2 of 2 on no node, 50 % of client addresses get no answer'],
    ] as const)('%s, %s: exit code %i, and every metric arrives', async (host, situation, state, summary) => {
      single.nodes.show(situation);
      const result = await check(host);
      expect(firstLine(result)).toContain(`] 192.168.56.20: ${summary}`);
      expect([result.state, result.exit_status]).toEqual([state, state]);
      const names = host === 'trio' ? ['n1', 'n2', 'n3'] : ['n1', 'n2'];
      const files = names.map((name) => `${name}=file:test/fixtures/clusterip/${situation}/${name}.txt`);
      const wanted = writtenFor('check_cluster_buckets', [
        ...['--vip', '192.168.56.20'],
        ...files.flatMap((file) => ['--node', file]),
      ]);
      expect(await single.graphite.below(pathOf(host), Object.keys(wanted).length)).toEqual(wanted);
      expect(single.offspring()).toEqual([]);
    });

    test.each([
      ['vip-missing', 0, '[OK] 192.168.56.20'],
      ['healthy', 2, '[CRITICAL] 192.168.56.20'],
      ['vip-nowhere', 2, '[CRITICAL] 192.168.56.20'],
    ])('an address for one node at a time, %s: exit code %i', async (situation, state, start) => {
      single.nodes.show(situation);
      const result = await check('failover', 'cluster-vip');
      expect(firstLine(result)).toContain(start);
      expect(result.state).toBe(state);
      expect(result.command).toContain('--expect');
    });

    test('a node that is down is named with the reason of ssh', async () => {
      single.nodes.show('healthy');
      single.nodes.set('n2', 'down');
      const result = await check('pair');
      expect(result.output).toMatch(/^\[CRITICAL\] .*\n(?:.*\n)*.*n2 is unreachable: .*Connection refused/);
      expect(result.state).toBe(2);
    });

    test.each(['pair-soon', 'nrpe-soon'])(
      'a node that hangs costs the verdict its time, and leaves no process behind (%s)',
      async (host) => {
        single.nodes.show('healthy');
        single.nodes.set('n2', 'hangs');
        const result = await check(host);
        expect(result.output).toMatch(/n2 is unreachable: no answer within 3.\d s/);
        expect(result.state).toBe(2);
        // Icinga itself would wait for a minute.
        expect(result.execution_end - result.execution_start).toBeLessThan(6);
        expect(single.offspring()).toEqual([]);
      },
    );

    test('a node that is gone behind NRPE is named with the reason of check_nrpe', async () => {
      single.nodes.show('healthy');
      await single.nrpe.stop('n2');
      const result = await check('nrpe');
      expect(result.output).toMatch(/n2 is unreachable: .*onnection refused/);
      expect(result.state).toBe(2);
    });

    test('a plugin that Icinga ends says so, and leaves no process behind', async () => {
      single.nodes.show('healthy');
      single.nodes.set('n2', 'hangs');
      const result = await check('pair', 'hasty');
      expect(result.output).toContain('[UNKNOWN] check_cluster_buckets: ended by SIGTERM while asking n1, n2');
      expect(result.state).toBe(3);
      expect(single.offspring()).toEqual([]);
    });

    test('connections that stay open serve the next check, and hold nothing that Icinga waits for', async () => {
      single.nodes.show('healthy');
      for (const over of ['', ' \\(over an open connection\\)']) {
        const { command, output, state } = await check('shared');
        expect(command).toEqual(expect.arrayContaining(['--ssh-shared', '10']));
        expect(output).toMatch(new RegExp(`\nn1 \\(n1\\): answered after \\d+ ms${over}\n`));
        expect(state).toBe(0);
      }
      await until('the connections to end', 20, async () => single.offspring().length === 0);
    });

    test('what is set on the host arrives as the arguments that it means', async () => {
      single.nodes.show('bucket-lost');
      const result = await check('chatty');
      expect(result.command).toEqual([
        path.join(lab.plugins, 'check_cluster_buckets'),
        ...['--critical', '@0', '--mac', '01:23:45:67:89:AB', '--node', 'first=n1', '--node', 'second=n2'],
        ...['--skip', 'vip', '--skip', 'mac', '--ssh-config', single.nodes.sshConfig, '--timeout', '9'],
        ...['--vip', '192.168.56.20', '--warning', '1:', '-vv'],
      ]);
      expect(result.output).toContain('second (n2): answered after');
      // Icinga hands these on as they are, and writes no threshold for them.
      expect(result.performance_data).toContain('held_second=0;1:;@0;0;2');
      const written = await single.graphite.below(pathOf('chatty'), 16);
      expect(Object.keys(written).filter((name) => name.startsWith('held_second'))).toEqual([
        'held_second.value',
        'held_second.min',
        'held_second.max',
      ]);
    });

    test('several VIPs are one service, and each of their metrics arrives under its VIP', async () => {
      single.nodes.show('../vips/clusterip-healthy-lost-doubled');
      const vips = ['192.168.56.20', '192.168.56.21', '192.168.56.22'];
      for (const [host, words] of [
        ['several', vips],
        ['every', ['all']],
      ] as const) {
        const result = await check(host);
        expect(result.command.slice(-2 * words.length)).toEqual(words.flatMap((vip) => ['--vip', vip]));
        expect(result.state).toBe(2);
        expect(result.output).toMatch(/^\[CRITICAL\] 192\.168\.56\.21: .*; also 192\.168\.56\.22; 1 other VIP OK/);
        const written = await single.graphite.below(pathOf(host), 15);
        for (const vip of vips.map((one) => one.replaceAll('.', '_')))
          for (const metric of ['buckets_lost', 'buckets_doubled', 'held_n1', 'held_n2'])
            expect(Object.keys(written)).toContain(`${vip}_${metric}.value`);
      }
    });

    test('a fault pages, unless the host of a node is down: then that has paged already', async () => {
      const failHard = async () => {
        for (let attempt = 0; attempt < 3; attempt++) await check('pair');
      };
      const setHost = (state: 0 | 1) =>
        single.icinga.api.post('actions/process-check-result', {
          ...{ type: 'Host', host: 'n2', exit_status: state, plugin_output: 'said by the lab' },
        });
      single.nodes.show('healthy');
      await check('pair');
      await setHost(1);
      const before = single.paged().length;
      single.nodes.set('n2', 'down');
      await failHard();
      expect(single.paged().slice(before)).toEqual([]);
      expect((await single.icinga.api.service('pair!cluster-buckets')).last_reachable).toBe(false);
      await setHost(0);
      single.nodes.show('healthy');
      await check('pair');
      single.nodes.show('bucket-lost');
      await failHard();
      await until('the page', 10, () => single.paged().slice(before).includes('pair CRITICAL'));
    }, 240_000);

    describe('a sensor probe', () => {
      const probe = (host: string) => check(host, 'sensorprobe');

      test.each([
        ['probe', 0, '[OK] 127.0.0.1: 2 sensors OK', ['temperature=10:50', 'humidity=20:80']],
        ['probe-hot', 2, '[CRITICAL] 127.0.0.1: Room 35.2 C, highCritical', []],
      ] as const)('%s: exit code %i, and every metric arrives', async (host, state, start, warning) => {
        const result = await probe(host);
        expect(firstLine(result)?.startsWith(start), result.output).toBe(true);
        expect(result.state).toBe(state);
        const { port } = host === 'probe' ? single.probes.good : single.probes.hot;
        const args = ['--hostname', '127.0.0.1', '--port', String(port)];
        const wanted = writtenFor('check_sensorprobe', [...args, ...warning.flatMap((range) => ['--warning', range])]);
        const path = `icinga2.${host}.services.sensorprobe.sensorprobe.perfdata`;
        expect(await single.graphite.below(path, Object.keys(wanted).length)).toEqual(wanted);
      });

      test('gets what stands in vars.akcp as arguments', async () => {
        const { command } = await probe('probe');
        expect(command.slice(1)).toEqual([
          ...['--hostname', '127.0.0.1', '--port', String(single.probes.good.port), '--unit', 'C'],
          ...['--warning', 'temperature=10:50', '--warning', 'humidity=20:80'],
        ]);
      });

      test('that answers nobody is CRITICAL, and its community shows in no process list', async () => {
        const { password } = single.probes.user;
        const result = probe('probe-gone');
        const plugin = await until('the plugin to run', 10, () =>
          single.offspring().find(({ command }) => command.includes('check_sensorprobe')),
        );
        expect(readFileSync(`/proc/${plugin.pid}/environ`, 'latin1')).toContain(`SNMP_COMMUNITY=${password}`);
        expect(JSON.stringify(single.offspring())).not.toContain(password);
        expect(firstLine(await result)).toMatch(/^\[CRITICAL\] 127\.0\.0\.1: no answer/);
        expect((await result).state).toBe(2);
        expect(JSON.stringify(await result)).not.toContain(password);
      });

      test.each(['probe-secret', 'probe-file'])('by SNMPv3, its passwords show in no result (%s)', async (host) => {
        const result = await probe(host);
        expect(firstLine(result)).toMatch(/^\[OK\] 127\.0\.0\.1: 2 sensors OK/);
        expect(JSON.stringify(result)).not.toContain(single.probes.user.password);
      });

      test('whose passwords are in a file shows them nowhere in the API', async () => {
        const all = (host: string) => single.icinga.api.text(`objects/hosts/${host}`);
        expect(await all('probe-file')).not.toContain(single.probes.user.password);
        // What stands in the configuration is shown to whoever may read it.
        expect(await all('probe-secret')).toContain(single.probes.user.password);
      });
    });

    test('every metric was understood', async () => {
      const complaints = () =>
        single.icinga.log().match(/Ignoring invalid perfdata.*|Invalid performance data unit.*/g) ?? [];
      expect(complaints()).toEqual([]);
      expect(single.icinga.log().match(/Macro .* is not defined/g)).toBeNull();
      // It would have complained.
      await check('pair', 'odd');
      await until('Icinga to complain', 10, () => complaints().length > 0);
    });
  },
);
