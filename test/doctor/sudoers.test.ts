import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { nodeOf, nrpe, todos } from './situation.ts';

/** A section that only root may read, as an ordinary account sees it. */
const refused = (needs: string) => ['! denied', '= exit 1', `= needs ${needs}`];

test('what a node wants in sudoers is pasted only where it is a read that the script makes', () => {
  const host = ['> name n1', '> kernel 6.1', '> uid 1000', '> user rackwatch', '> script 0.1.0'];
  const needing = (needs: string) => todos(nodeOf({ sections: { host, nft: refused(needs) } }))[0];
  const line = "'rackwatch ALL=(root) NOPASSWD: /usr/sbin/nft -j list ruleset'";
  expect(needing('/usr/sbin/nft -j list ruleset')?.paste).toContain(
    `printf '%s\\n' ${line} >/etc/sudoers.d/rackwatch.add`,
  );
  for (const needs of [
    'ALL',
    '/bin/sh',
    '/usr/sbin/nft -j list ruleset, ALL',
    "/usr/sbin/nft -j list ruleset'; reboot; '",
    '/home/../bin/nft flush ruleset',
    '/usr/bin/cat /etc/shadow',
    '/home/rackwatch/nft -j list ruleset',
    '/usr/bin/../../tmp/nft -j list ruleset',
  ]) {
    const line = needing(needs);
    expect(line?.text).toBe(`the node asks for a command that no release runs: ${needs}`);
    expect(line?.paste).toEqual([]);
  }
});

test('where sudo wants a terminal, that is asked for and no line twice; else sudo is heard, and what may overrule the lines', () => {
  const host = ['> name n1', '> kernel 6.1', '> uid 1000', '> user rackwatch', '> script 0.1.0'];
  const saying = (said: string) => {
    const nft = [
      '! Operation not permitted (you must be root)',
      `! sudo: ${said}`,
      '= exit 1',
      '= needs /usr/sbin/nft -j list ruleset',
    ];
    return todos(nodeOf({ sections: { host, nft } }))[0];
  };
  const terminal = 'sorry, you must have a tty to run sudo';
  const wanted = /^sudo wants a terminal on node1 \(requiretty\)/;
  const line = "'Defaults:rackwatch !requiretty'";
  const refused = saying('a password is required');
  expect(saying(terminal)?.text).toMatch(wanted);
  expect(saying(terminal)?.paste.join('\n')).toContain(`printf '%s\\n' ${line} >`);
  expect(saying(terminal)?.paste.join('\n')).not.toContain('NOPASSWD');
  // Why it counts for nothing, if it does.
  expect(saying(terminal)?.paste.slice(-2)).toEqual([
    refused?.paste.at(-2),
    "grep -rn '^[^#]*requiretty' /etc/sudoers /etc/sudoers.d",
  ]);
  expect(refused?.text).toMatch(
    /its line is missing \(sudo: a password is required\)\. If you have pasted that before, a later line overrides it, or/,
  );
  expect(refused?.paste.at(-1)).toBe('sudo -l -U rackwatch');
  expect(refused?.paste.at(-2)).toContain('includedir');
  const byScript = 'sudo on the node wants a terminal (requiretty in sudoers)';
  expect(todos(nodeOf(byScript))[0]?.paste.join('\n')).toContain(line);
  expect(todos(nodeOf(byScript, nrpe))[0]?.paste.join('\n')).toContain(
    `printf '%s\\n' Defaults:"$(sed -n 's/^nrpe_user=//p' /etc/nagios/nrpe.cfg)"' !requiretty' >`,
  );
});

test('what is there already is not written again, and a shell reads each line as it is meant', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-paste-'));
  try {
    const file = path.join(folder, 'rackwatch');
    const paste =
      todos(nodeOf('sudo on the node wants a password', nrpe))[0]?.paste.filter(
        (one) => !/includedir|sudo -l|visudo/.test(one),
      ) ?? [];
    const commands = paste.map((one) =>
      one.replaceAll('/etc/sudoers.d/rackwatch', file).replaceAll(/"\$\(sed [^)]*\)"/g, '"$(echo nag)"'),
    );
    writeFileSync(file, '# mine\n');
    for (let times = 0; times < 3; times++) {
      execFileSync('sh', ['-ec', commands.join('\n')]);
      renameSync(`${file}.new`, file);
    }
    expect(readFileSync(file, 'utf8')).toBe(
      '# mine\nnag ALL=(root) NOPASSWD: /usr/lib/nagios/plugins/cluster_node_snapshot ""\n',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a user of the node that sudoers would read as something else stays a name', () => {
  const host = ['> name n1', '> kernel 6.1', '> uid 1000', "> user a'b,ALL", '> script 0.1.0'];
  const line = todos(nodeOf({ sections: { host, nft: refused('/usr/sbin/nft -j list ruleset') } }))[0];
  const command = line?.paste.find((one) => one.includes('printf')) ?? '';
  const written = execFileSync('sh', ['-c', command.replace(/ >.*$/, '')], { encoding: 'utf8' });
  expect(written).toBe("a\\'b\\,ALL ALL=(root) NOPASSWD: /usr/sbin/nft -j list ruleset\n");
});
