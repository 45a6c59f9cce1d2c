import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterLab, openCluster } from './lab.ts';
import { whyNoNamespaces } from './namespaces.ts';

const why = whyNoNamespaces() ?? (existsSync('/usr/sbin/keepalived') ? null : 'not installed: keepalived');
if (why !== null && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`the keepalived lab cannot run: ${why}`);

/** A pair that decides within a second; the VIP stands on a macvlan with the MAC of the virtual router. */
const configuration = (priority: number) => `
vrrp_instance VI {
  version 3
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 0.2
  use_vmac vrrp.51
  virtual_ipaddress {
    192.0.2.100/24
  }
}
`;

describe.skipIf(why !== null)(`a pair under a real keepalived${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: ClusterLab;
  const running: Promise<unknown>[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-keepalived-'));
  const file = (name: string) => path.join(folder, name);
  beforeAll(async () => {
    lab = await openCluster('check_cluster_vip');
    lab.build('');
    for (const [n, priority] of [100, 99].entries()) {
      const node = `n${n + 1}`;
      writeFileSync(file(`${node}.conf`), configuration(priority));
      const files = ['-f', file(`${node}.conf`), '-p', file(`${node}.pid`), '-r', file(`${node}.vrrp`)];
      running.push(lab.run(node, ['keepalived', '--dont-fork', '--log-console', ...files]));
    }
  });
  afterAll(async () => {
    for (const node of ['n1', 'n2']) stop(node);
    await Promise.all(running);
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  function stop(node: string): void {
    if (existsSync(file(`${node}.pid`))) process.kill(Number(readFileSync(file(`${node}.pid`), 'utf8')), 'SIGTERM');
  }

  /** Asks both nodes until the first line is as expected, for at most a minute; gives the last one. */
  async function settled(args: readonly string[], expected: string): Promise<string> {
    const end = performance.now() + 60_000;
    for (;;) {
      const specs = await Promise.all(
        ['n1', 'n2'].map(async (node) => `${node}=file:${await lab.snapshot(node, ['--addresses-only'])}`),
      );
      const nodes = specs.flatMap((spec) => ['-N', spec]);
      const { stdout } = await lab.check('mon', ['--vip', '192.0.2.100/24', '--expect', 'one', ...args, ...nodes]);
      const [first = ''] = stdout.split(' | ');
      if (first === expected || performance.now() > end) return first;
    }
  }

  test('one holder with the MAC of the virtual router, then a split brain when the nodes lose sight of each other', async () => {
    const mac = ['--mac', '00:00:5e:00:01:33'];
    const healthy = '[OK] 192.0.2.100: n1 has it on vrrp.51 with 00:00:5e:00:01:33, no other node';
    expect(await settled(mac, healthy)).toBe(healthy);
    const seen = '[OK] 192.0.2.100: n1 has it on vrrp.51 with 00:00:5e:00:01:33, no other node';
    expect(await settled([...mac, '--from-here'], seen)).toBe(seen);
    lab.sh(`on n2 nft -f - <<RULES
table inet lost { chain input { type filter hook input priority 0; policy accept; ip protocol vrrp drop; }; }
RULES`);
    const split = '[CRITICAL] 192.0.2.100: split brain: n1 and n2 both have it';
    expect(await settled(mac, split)).toBe(split);
    expect(await settled([...mac, '--from-here'], `${split} (+1 more)`)).toBe(`${split} (+1 more)`);
    lab.sh('on n2 nft flush ruleset');
    expect(await settled(mac, healthy)).toBe(healthy);
    stop('n1');
    const taken = '[OK] 192.0.2.100: n2 has it on vrrp.51 with 00:00:5e:00:01:33, no other node';
    expect(await settled(mac, taken)).toBe(taken);
  }, 240_000);
});
