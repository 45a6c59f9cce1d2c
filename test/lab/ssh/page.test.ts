import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepsOf } from '../icinga2/quickstart.ts';
import { daemonPath, type Lab, openLab, whyNoLab } from '../poller/lab.ts';

const tools = ['/usr/sbin/sshd', '/usr/bin/ssh-keyscan', '/usr/sbin/nft', '/usr/sbin/visudo', '/usr/sbin/runuser'];
const why = whyNoLab(tools);

const headings = [
  '1. Say which nodes',
  "2. A key for Icinga's account",
  "3. The account and the nodes' host keys",
  '4. What each node needs',
  '5. Run it on the nodes',
  '6. Ask',
];

/**
 * The root of the nodes: this machine's own, or a bare system, which takes a minute to make: `debootstrap
 * --variant=minbase --include=openssh-server,sudo,iproute2,iptables,nftables,procps bookworm FOLDER`.
 */
const lower = process.env['RACKWATCH_BARE_ROOT'] ?? '/';

describe.skipIf(why !== null)(`docs/ssh.md${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let project = '';
  beforeAll(() => {
    lab = openLab('ssh-page');
    // Whatever the commands write into the folder of the project.
    project = lab.sub('project');
    cpSync('icinga-conf', path.join(project, 'icinga-conf'), { recursive: true });
  });
  afterAll(() => lab?.close());

  /** Runs commands on the poller between two nodes, and gives all that they printed. */
  function run(commands: readonly string[]) {
    const file = path.join(lab.folder, 'commands.sh');
    writeFileSync(file, commands.join('\n'));
    const work = path.join(lab.folder, 'work');
    mkdirSync(work, { recursive: true });
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const script = ['bash', 'test/lab/ssh/page.sh', work, project, lab.plugins, lower, file];
    const { stdout, stderr, status } = spawnSync('unshare', [...namespaces, ...script], {
      encoding: 'utf8',
      env: { PATH: daemonPath },
      timeout: 100_000,
    });
    return { stdout, stderr, status };
  }

  const blocks = headings.flatMap((heading) => stepsOf('docs/ssh.md', heading)).map(({ commands }) => commands);

  test('leads from nothing to OK by pasting alone', () => {
    // The account of Icinga has a home that lasts no longer than this.
    const { stdout, stderr, status } = run(blocks);
    const said = stdout.slice(stdout.indexOf('['));
    expect(said, stdout + stderr).toMatch(/^\[OK\] 192\.168\.56\.20: 2 buckets on 2 nodes, each on exactly one/);
    expect(said).not.toMatch(/not read|could not be/);
    expect(status).toBe(0);
  }, 300_000);

  test('does so a second time, and the account gets nothing but its reads', () => {
    const refused = [
      `runuser -u $icinga -- ssh node1 'sudo -n id' 2>&1 || echo "no id: $?"`,
      `runuser -u $icinga -- ssh node1 'sudo -n cat /etc/shadow' 2>&1 || echo "no shadow: $?"`,
      `runuser -u $icinga -- ssh -o ExitOnForwardFailure=yes -o ConnectTimeout=5 -R 7777:127.0.0.1:22 node1 true 2>&1 || echo "no forwarding: $?"`,
    ];
    const { stdout, stderr } = run([...blocks, ...blocks.slice(1), ...refused]);
    expect(stdout.match(/^\[OK\]/gm), stdout + stderr).toHaveLength(2);
    for (const what of ['no id', 'no shadow', 'no forwarding']) expect(stdout).toContain(`${what}: `);
  }, 300_000);

  test('is not shorter than it must be: without the script for the nodes, they let nobody in', () => {
    const without = blocks.filter((block) => !block.includes('rackwatch-node.sh'));
    expect(without).toHaveLength(blocks.length - 2);
    const { stdout } = run(['set +e', ...without]);
    expect(stdout).toMatch(/^\[CRITICAL\] /m);
    expect(stdout).toContain('Permission denied');
  }, 300_000);
});
