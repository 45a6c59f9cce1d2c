import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nagios } from '../poller/account.ts';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { type Nodes, sshFiles, startNodes } from '../poller/nodes.ts';
import { prepareNagios, startNagios, verify } from './nagios.ts';

const why = whyNoLab(['/usr/sbin/nagios4', ...sshFiles]);
const shipped = ['commands.cfg', 'services.cfg'].map((file) => path.resolve('icinga-conf/nagios', file));

describe.skipIf(why !== null)(`the shipped object files in a real Nagios 4${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let nodes: Nodes;
  beforeAll(async () => {
    lab = openLab('nagios');
    nodes = await startNodes(lab.sub('nodes'), nagios());
    lab.undo(nodes.close);
  });
  afterAll(() => lab?.close());

  test('are valid, and a command that is not among them is refused', () => {
    const config = prepareNagios(lab.sub('valid'), nagios(), lab.plugins, shipped);
    const { text, status } = verify(config);
    expect(text).toContain('Total Warnings: 0');
    expect(status, text).toBe(0);
    const [commands = '', services = ''] = shipped;
    const wrong = path.join(lab.folder, 'wrong.cfg');
    writeFileSync(wrong, readFileSync(services, 'utf8').replace('check_cluster_buckets!', 'check_cluster_bucket!'));
    const refused = verify(prepareNagios(lab.sub('refused'), nagios(), lab.plugins, [commands, wrong]));
    expect(refused.text).toMatch(
      /command 'check_cluster_bucket!.*' specified in service 'cluster-buckets' .* not defined anywhere/,
    );
    expect(refused.status).toBe(1);
  });

  test('bring the verdict, the details and the metrics of a check', async () => {
    const [commands = '', services = ''] = shipped;
    const own = path.join(lab.folder, 'services.cfg');
    const asked = `--node n1 --node n2 --ssh-config ${nodes.sshConfig}`;
    writeFileSync(own, readFileSync(services, 'utf8').replace('--node node1 --node admin@node2', asked));
    const daemon = await startNagios(
      prepareNagios(lab.sub('running'), nagios(), lab.plugins, [commands, own]),
      nagios(),
    );
    lab.undo(daemon.stop);
    nodes.show('bucket-lost');
    const status = await daemon.check('cluster-buckets');
    expect(status).toMatchObject({
      current_state: '2',
      plugin_output: '[CRITICAL] 192.168.56.20: bucket 2 of 2 on no node, 50 % of client addresses get no answer',
      performance_data:
        'buckets_total=2;;;0 buckets_lost=1;;0;0;2 buckets_doubled=0;;0;0;2 held_n1=1;;;0;2 held_n2=0;;;0;2',
    });
    expect(status['long_plugin_output']).toContain(
      'bucket 2 is on no node: 50 % of client addresses get no answer. On n2: echo +2 >',
    );
  });
});
