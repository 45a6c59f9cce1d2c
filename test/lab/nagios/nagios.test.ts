import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepsOf } from '../icinga2/quickstart.ts';
import { nagios } from '../poller/account.ts';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { type Nodes, sshFiles, startNodes } from '../poller/nodes.ts';
import { prepareNagios, startNagios, verify } from './nagios.ts';

const why = whyNoLab(['/usr/sbin/nagios4', ...sshFiles]);
const shipped = ['commands.cfg', 'services.cfg'].map((file) => path.resolve('icinga-conf/nagios', file));

/** The services with their examples, as somebody has them who took the # away. */
function examples(): string {
  return readFileSync('icinga-conf/nagios/services.cfg', 'utf8').replaceAll(/^#(?=define|\}| {2})/gm, '');
}

/** The hosts that Nagios made of a configuration. */
function hostsOf(folder: string): readonly string[] {
  const text = readFileSync(path.join(folder, 'precache'), 'utf8');
  return [...text.matchAll(/^define host \{\n\thost_name\t(.*)$/gm)].map(([, name = '']) => name);
}

describe.skipIf(why !== null)(`the shipped object files in a real Nagios 4${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let nodes: Nodes;
  beforeAll(async () => {
    lab = openLab('nagios');
    nodes = await startNodes(lab.sub('nodes'), nagios());
    lab.undo(nodes.close);
  });
  afterAll(() => lab?.close());

  /** Debian's own configuration in a folder of the lab, with a file for the path of each of its. */
  function stock(name: string) {
    const folder = lab.sub(name);
    cpSync('/etc/nagios4', folder, { recursive: true });
    const config = path.join(folder, 'nagios.cfg');
    writeFileSync(config, readFileSync(config, 'utf8').replaceAll('/etc/nagios4', folder));
    return { folder, config };
  }

  test('make no host and no service as they are installed beside what Debian ships', () => {
    const { folder, config } = stock('installed');
    const before = verify(config).text.match(/Checked \d+ (?:hosts|services)\./g);
    for (const file of shipped) cpSync(file, path.join(folder, 'conf.d', path.basename(file)));
    const { text, status } = verify(config);
    expect(text).toContain('Total Warnings: 0');
    expect(status, text).toBe(0);
    expect(text.match(/Checked \d+ (?:hosts|services)\./g)).toEqual(before);
  });

  test('are valid with their examples, and a command that is not among them is refused', () => {
    const [commands = ''] = shipped;
    const all = path.join(lab.folder, 'examples.cfg');
    writeFileSync(all, examples());
    const folder = lab.sub('valid');
    const { text, status } = verify(prepareNagios(folder, nagios(), lab.plugins, [commands, all]), '-p');
    expect(text).toContain('Total Warnings: 0');
    expect([...hostsOf(folder)].sort()).toEqual(['cluster1', 'database-vip', 'pgpool1', 'probe1']);
    expect(status, text).toBe(0);
    const wrong = path.join(lab.folder, 'wrong.cfg');
    writeFileSync(wrong, examples().replace('check_cluster_buckets!', 'check_cluster_bucket!'));
    const refused = verify(prepareNagios(lab.sub('refused'), nagios(), lab.plugins, [commands, wrong]));
    expect(refused.text).toMatch(
      /command 'check_cluster_bucket!.*' specified in service 'cluster-buckets' .* not defined anywhere/,
    );
    expect(refused.status).toBe(1);
  });

  test('are taken by the Nagios of Debian as the document says', () => {
    const { folder } = stock('documented');
    const steps = stepsOf('docs/icinga.md', 'Nagios 4').map(({ commands }) =>
      commands.replaceAll('/etc/nagios4', folder),
    );
    const { stdout, status } = spawnSync('bash', ['-e'], { input: steps.join('\n'), encoding: 'utf8' });
    expect(stdout).toContain('Checked 2 hosts.');
    expect(stdout).toContain('Total Errors:   0');
    expect(status, stdout).toBe(0);
  });

  test('bring the verdict, the details and the metrics of a check', async () => {
    const [commands = ''] = shipped;
    const own = path.join(lab.folder, 'services.cfg');
    const asked = `--node n1 --node n2 --ssh-config ${nodes.sshConfig}`;
    writeFileSync(own, examples().replace('--node node1 --node admin@node2', asked));
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
      'bucket 2 is on no node: 50 % of client addresses get no answer. On n2: write +2 into /proc/net/ipt_CLUSTERIP/192.168.56.20',
    );
    // Its mail has lost what illegal_macro_output_chars names, and not a word of the repair.
    const mail = await daemon.mailAbout('cluster-buckets');
    expect(mail).toContain('[CRITICAL] 192.168.56.20: bucket 2 of 2 on no node');
    expect(mail).toContain('On n2: write +2 into /proc/net/ipt_CLUSTERIP/192.168.56.20');
  });
});
