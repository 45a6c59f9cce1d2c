import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyNoLab } from '../poller/lab.ts';
import { addAccount, allow, removeAccount } from '../ssh/account.ts';

const tools = ['/usr/bin/sudo', '/usr/sbin/visudo', '/usr/sbin/useradd', '/usr/sbin/nft', '/usr/sbin/iptables-save'];
const why = whyNoLab(tools);

describe.skipIf(why !== null)(`the shipped sudoers file${why ? ` (skipped: ${why})` : ''}`, () => {
  const id = randomBytes(3).toString('hex');
  const accounts = { reads: `rwsudo${id}r`, script: `rwsudo${id}s` } as const;
  let folder = '';
  let script = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-sudoers-'));
    chmodSync(folder, 0o755);
    script = path.join(folder, 'cluster_node_snapshot');
    copyFileSync('plugins/cluster_node_snapshot', script);
    chmodSync(script, 0o755);
    for (const what of ['reads', 'script'] as const) {
      addAccount(accounts[what]);
      allow(accounts[what], what, script);
    }
  });
  afterAll(() => {
    for (const account of Object.values(accounts)) removeAccount(account);
    rmSync(folder, { recursive: true });
  });

  /** Runs a command by sudo as an account, and says whether sudo let it through. */
  function sudo(what: 'reads' | 'script', command: string) {
    const line = ['--reuid', accounts[what], '--regid', accounts[what], '--init-groups', 'sudo', '-n'];
    const words = command.replace('SCRIPT', script).split(' ');
    const { stdout, stderr } = spawnSync('setpriv', [...line, ...words], { encoding: 'utf8', cwd: '/' });
    return { through: !/^sudo: |Sorry, user/m.test(stderr), stdout };
  }

  test('is valid as it is shipped', () => {
    const said = execFileSync('/usr/sbin/visudo', ['-cf', 'icinga-conf/sudoers/rackwatch'], { encoding: 'utf8' });
    expect(said).toContain('parsed OK');
  });

  test.each([
    ['reads', '/usr/sbin/iptables-legacy-save'],
    ['reads', '/usr/sbin/iptables-save'],
    ['reads', '/usr/sbin/ip6tables-save'],
    ['reads', '/usr/sbin/nft -j list ruleset'],
    ['reads', '/usr/sbin/nft list chains'],
    ['reads', '/usr/sbin/nft -t list ruleset'],
    ['reads', '/usr/sbin/nft list hooks'],
    ['reads', '/usr/sbin/arptables-save'],
    ['reads', '/usr/sbin/ebtables-save'],
    ['reads', '/usr/bin/cat /proc/net/ipt_CLUSTERIP/192.168.56.20'],
    ['script', 'SCRIPT'],
  ] as const)('lets %s through: %s', (what, command) => {
    expect(sudo(what, command).through).toBe(true);
  });

  test('lets the script run as root, to its end', () => {
    expect(sudo('script', 'SCRIPT').stdout).toMatch(/^rackwatch-snapshot 1\n(?:.*\n)*> uid 0\n(?:.*\n)*== end \d+\n$/);
  });

  test.each([
    ['reads', '/usr/bin/cat /etc/shadow'],
    ['reads', '/usr/bin/cat /proc/net/ipt_CLUSTERIP/192.168.56.20 /etc/shadow'],
    ['reads', '/usr/bin/cat /proc/net/ipt_CLUSTERIP/192.168.56.21'],
    ['reads', '/usr/bin/cat /proc/net/ipt_CLUSTERIP/../../../etc/shadow'],
    ['reads', '/usr/bin/cat'],
    // Where there is no such table, this makes one.
    ['reads', '/usr/sbin/iptables-legacy-save -t filter'],
    ['reads', '/usr/sbin/iptables-save -M /bin/sh'],
    ['reads', '/usr/sbin/ip6tables-save -f /etc/passwd'],
    ['reads', '/usr/sbin/nft flush ruleset'],
    ['reads', '/usr/sbin/nft list chains ; flush ruleset'],
    ['reads', '/usr/sbin/ebtables-save -t filter'],
    ['reads', '/usr/sbin/nft -j list ruleset -f /etc/shadow'],
    ['reads', '/usr/sbin/nft -j list ruleset ; flush ruleset'],
    ['reads', '/usr/bin/sh'],
    ['reads', 'SCRIPT'],
    ['reads', '-u nobody /usr/sbin/iptables-save'],
    ['script', 'SCRIPT --vip 192.168.56.20'],
    ['script', '/usr/sbin/iptables-save'],
    ['script', '/usr/bin/cat /etc/shadow'],
  ] as const)('does not let %s through: %s', (what, command) => {
    expect(sudo(what, command)).toEqual({ through: false, stdout: '' });
  });
});
