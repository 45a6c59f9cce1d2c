import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/admin/index.ts';
import { carried } from '../../tools/carried.ts';

const healthy = 'test/fixtures/clusterip/healthy';
const saved = [1, 2].flatMap((number) => ['--node', `file:${healthy}/n${number}.txt`]);

/** What the doctor says of saved snapshots, which need no machine and no account. */
async function doctor(...args: readonly string[]) {
  const [said, errors]: [string[], string[]] = [[], []];
  const streams = { out: (line: string) => said.push(line), error: (line: string) => errors.push(line) };
  const code = await run(['doctor', ...args], { carried: carried('1.2.3'), self: '/usr/bin/rackwatch' }, streams);
  return { code, said: said.join('\n'), errors: errors.join('\n') };
}

test('files stand in the host by their whole paths: Icinga runs its checks in a folder of its own', async () => {
  const files = [
    '--ssh-config',
    'a.conf',
    '--ssh-identity',
    'id',
    '--check-nrpe',
    '../check_nrpe',
    '--nrpe-ca',
    '/ca.pem',
  ];
  const { said, code } = await doctor(...saved, ...files);
  expect(code).toBe(0);
  expect(said).toContain(
    `  vars.cluster_nodes = [ "file:${path.resolve(healthy)}/n1.txt", "file:${path.resolve(healthy)}/n2.txt" ]
  vars.cluster_buckets_ssh_config = "${path.resolve('a.conf')}"
  vars.cluster_buckets_ssh_identity = "${path.resolve('id')}"
  vars.cluster_buckets_check_nrpe = "${path.resolve('../check_nrpe')}"
  vars.cluster_buckets_nrpe_ca = "/ca.pem"
`,
  );
});

test('what ssh itself reads in a path stays as it is, and so does the name of a file that is a node', async () => {
  const named = ['--node', `left=file:${healthy}/n1.txt`, ...saved.slice(2)];
  const { said } = await doctor(...named, '--ssh-config', 'none', '--ssh-identity', '~/.ssh/id_checks');
  expect(said).toContain(`vars.cluster_nodes = [ "left=file:${path.resolve(healthy)}/n1.txt", `);
  expect(said).toContain('  vars.cluster_buckets_ssh_config = "none"\n');
  expect(said).toContain('  vars.cluster_buckets_ssh_identity = "~/.ssh/id_checks"\n');
});

test.each([
  [['--vip', '999.1.1.1'], '--vip: "999.1.1.1" is not an address'],
  [['--vip', '192.0.2.1/33'], `--vip: "192.0.2.1/33": a network's length is 0 to 32`],
  [['--vip', '192.0.2.1/'], '--vip: "192.0.2.1/"'],
  [['--vip', 'a:b'], '--vip: "a:b" is not an address'],
  [['--probe', '::1', '--probe', '[::1]'], '--probe: ::1 was given twice'],
])('refuses %j', async (args, error) => {
  const { code, said, errors } = await doctor(...saved, ...args);
  expect(errors).toContain(error);
  expect({ code, said }).toEqual({ code: 2, said: '' });
});

test('an address is the same however it is spelled', async () => {
  const { said, code } = await doctor(...saved, '--vip', '192.168.056.020/24');
  expect(said).toContain('  address = "192.168.56.20"\n');
  expect(code).toBe(0);
});
