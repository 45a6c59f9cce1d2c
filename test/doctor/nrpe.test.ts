import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { nodeOf, nrpe, todos } from './situation.ts';

test('who may ask NRPE is written into every file that names somebody, once, and into no file where nobody is named', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-nrpe-'));
  const closed = 'the node closed the connection: this host is not in its allowed_hosts, or its NRPE does not use SSL';
  const commands = (todos(nodeOf(closed, nrpe))[0]?.paste ?? [])
    .filter((one) => !/systemctl|journalctl|ssl_/.test(one))
    .map((one) => one.replaceAll('/etc/nagios /etc/nrpe.d', folder));
  const paste = () => execFileSync('sh', ['-ec', commands.join('\n')], { encoding: 'utf8' });
  try {
    const before = {
      'nrpe.cfg': 'pid_file=/run/nrpe.pid\n#allowed_hosts=192.0.2.1\n',
      'nrpe_local.cfg': 'allowed_hosts = 192.0.2.1, 192.0.2.90 \n',
      'named.cfg': 'allowed_hosts=192.0.2.9,192.0.2.1\n',
      'nrpe.cfg.dpkg-old': 'allowed_hosts=192.0.2.1\n',
    };
    for (const [name, text] of Object.entries(before)) writeFileSync(path.join(folder, name), text);
    for (let times = 0; times < 3; times++) expect(paste()).toBe('');
    const after = Object.keys(before).map((name) => readFileSync(path.join(folder, name), 'utf8'));
    expect(after).toEqual([
      before['nrpe.cfg'],
      'allowed_hosts = 192.0.2.1, 192.0.2.90,192.0.2.9\n',
      before['named.cfg'],
      before['nrpe.cfg.dpkg-old'],
    ]);
    for (const name of ['nrpe_local.cfg', 'named.cfg']) rmSync(path.join(folder, name));
    expect(paste()).toContain('no file has allowed_hosts');
    expect(readFileSync(path.join(folder, 'nrpe.cfg'), 'utf8')).toBe(before['nrpe.cfg']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('where a closed connection has another cause, what NRPE says of it is shown, and its settings for SSL', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-nrpe-'));
  const [line] = todos(nodeOf('no SSL connection with the node: it does not use SSL', nrpe));
  const [journal, settings = ''] = line?.paste.slice(-2) ?? [];
  try {
    writeFileSync(path.join(folder, 'nrpe.cfg'), '#ssl_version=SSLv2+\nssl_version=TLSv1.3\nallowed_hosts=127.0.0.1\n');
    const shown = execFileSync('sh', ['-ec', settings.replaceAll('/etc/nagios /etc/nrpe.d', folder)], {
      encoding: 'utf8',
    });
    expect(shown.replaceAll(`${folder}/`, '')).toBe(
      'nrpe.cfg:2:ssl_version=TLSv1.3\nnrpe.cfg:3:allowed_hosts=127.0.0.1\n',
    );
    expect(journal).toMatch(/^journalctl -u nagios-nrpe-server -u nrpe /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an NRPE that carries too little', () => {
  const old = { ...nrpe, version: { ok: true, value: 'NRPE v3.2.1' } } as const;
  expect(todos(nodeOf('no snapshot', old))[0]).toMatchObject({
    topic: 'version',
    text: expect.stringContaining('NRPE 4'),
  });
  const close = { ...nrpe, longestAnswer: 1000 };
  expect(todos(nodeOf({}, close)).map(({ topic }) => topic)).toEqual(['length']);
});
