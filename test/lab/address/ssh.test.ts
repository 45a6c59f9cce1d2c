import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { type Lab, openLab, whyNoSsh } from '../ssh/lab.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

describe.skipIf(why !== null)(`addresses and routes over a real ssh${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
    for (const plugin of ['check_cluster_vip', 'check_source_address'])
      bundle(`plugins/${plugin}.ts`, lab.file(plugin));
  });
  afterAll(() => lab.close());

  /** Runs a plugin on the lab's accounts, and gives its report as data. */
  function ask(plugin: string, args: readonly string[]) {
    const nodes = ['-N', lab.node('root'), '-N', lab.node('denied')];
    const way = ['--ssh-config', lab.file('ssh_config'), '--ssh-identity', lab.file('id'), '--output-format', 'json'];
    try {
      return JSON.parse(
        execFileSync(process.execPath, [lab.file(plugin), ...args, ...nodes, ...way], { encoding: 'utf8' }),
      );
    } catch (error) {
      // An alert is an exit code other than 0, with its report.
      if (error instanceof Error && 'stdout' in error) return JSON.parse(String(error.stdout));
      throw error;
    }
  }

  test('an address that both have, asked as root and as a user without any right', () => {
    const report = ask('check_cluster_vip', ['--vip', '127.0.0.1/8', '--allow-lo']);
    expect(report).toMatchObject({ state: 'OK', summary: '127.0.0.1: all 2 nodes have it on lo' });
    expect(ask('check_cluster_vip', ['--vip', '127.0.0.1', '--expect', 'one'])).toMatchObject({
      state: 'CRITICAL',
      summary: '127.0.0.1: split brain: root and denied both have it (+2 more)',
    });
  });

  test('an address that none has', () => {
    expect(ask('check_cluster_vip', ['--vip', '192.0.2.199', '--expect', 'none']).state).toBe('OK');
    expect(ask('check_cluster_vip', ['--vip', '192.0.2.199', '--expect', 'one']).state).toBe('CRITICAL');
  });

  test('a node says the same of its routes as this host of its own, for it is this host', () => {
    const targets = ['198.51.100.1', '127.0.0.2'].flatMap((target) => ['--target', target]);
    const { data } = ask('check_source_address', ['--source', '192.0.2.199', ...targets, '-N', 'local']);
    const [root, denied, local] = data.hosts.map(
      ({ targets: ways }: { targets: readonly { routes: readonly object[] }[] }) =>
        // Only a snapshot tells interface and gateway.
        ways.map(({ routes }) => routes.map((route) => ({ ...route, ifname: null, gateway: null }))),
    );
    expect(root).toEqual(denied);
    expect(root).toEqual(local);
  });
});
