import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, whyNoSsh } from '../ssh/lab.ts';
import { type Sshd, startSshd } from '../ssh/sshd.ts';
import { buildDoctor, type Doctor, linesOf, todosOf } from './asking.ts';

const why = whyNoSsh();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the ssh lab cannot run: ${why}`);

/** What sshd has against an account, and what of the doctor's words is pasted for it. This machine is the node. */
describe.skipIf(why !== null)(
  `what the doctor says of a login, pasted${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    const account = `rwlog${randomBytes(3).toString('hex')}`;
    const home = `/home/${account}`;
    let lab: Lab;
    let doctor: Doctor;
    let sshd: Sshd;
    let pam: Sshd;
    beforeAll(async () => {
      lab = await openLab();
      doctor = buildDoctor(lab.file('.'));
      const folder = lab.file('strict');
      mkdirSync(folder);
      copyFileSync(lab.file('host'), path.join(folder, 'host'));
      chmodSync(path.join(folder, 'host'), 0o600);
      const settings = ['StrictModes yes', 'AuthorizedKeysFile .ssh/authorized_keys'];
      sshd = await startSshd(folder, undefined, settings);
      pam = await startSshd(folder, undefined, ['UsePAM yes', ...settings]);
      const known = (port: number) => readFileSync(lab.file('known_hosts'), 'utf8').replace(`:${lab.port}`, `:${port}`);
      writeFileSync(lab.file('strict_hosts'), known(sshd.port) + known(pam.port));
      const config = readFileSync(lab.file('ssh_config'), 'utf8').replaceAll(
        lab.file('known_hosts'),
        lab.file('strict_hosts'),
      );
      writeFileSync(lab.file('strict_config'), config);
      // A group of the account's name, which useradd refuses to make again.
      execFileSync('/usr/sbin/groupadd', [account]);
    });
    afterAll(async () => {
      await sshd?.stop();
      await pam?.stop();
      spawnSync('/usr/sbin/userdel', ['--force', '--remove', account]);
      spawnSync('/usr/sbin/groupdel', [account]);
      await lab?.close();
    });

    async function ask({ port } = sshd) {
      const files = ['--ssh-config', lab.file('strict_config'), '--ssh-identity', lab.file('id')];
      const { stdout } = await doctor([...files, '--node', `it=ssh://${account}@127.0.0.1:${port}`]);
      const [first] = linesOf(stdout, 'it').filter(({ state }) => state === 'TODO');
      return {
        todos: todosOf(stdout, 'it'),
        commands: (first?.paste ?? []).filter((line) => !line.startsWith('on it, as root')),
      };
    }

    /**
     * What is left to do after the first of it was pasted into a shell of root. Only a login is mended so: any other words
     * would be followed on this very machine.
     */
    async function paste(expected: unknown, at = sshd) {
      const { todos, commands } = await ask(at);
      expect(todos).toEqual([expected]);
      expect(commands.join('\n')).not.toContain('sudoers');
      const { stderr } = spawnSync('bash', ['-s'], { input: commands.join('\n'), encoding: 'utf8' });
      return { before: todos, after: (await ask(at)).todos, stderr };
    }

    const denied = expect.stringMatching(/^login: it does not let \w+ in \(Permission denied \(publickey\)\)/);
    const inside = [expect.stringMatching(/^sudoers: /)];

    test('an account that is not there is made, though a group has its name', async () => {
      const { after, stderr } = await paste(denied);
      expect(after, stderr).toEqual(inside);
    });

    test.each([
      ['is locked, without a password', ['usermod', '--lock', account]],
      ['has a home that others can write to', ['chmod', '0777', home]],
      ['has keys that others can write to', ['chmod', '-R', 'a+w', `${home}/.ssh`]],
    ])('one that %s is let in', async (_, [command = '', ...args]) => {
      execFileSync(command, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
      const { before, after, stderr } = await paste(denied);
      expect(before[0]).toContain('the last three show why sshd on it still refuses');
      expect(after, stderr).toEqual(inside);
      expect(readFileSync(`${home}/.ssh/authorized_keys`, 'utf8').trim().split('\n')).toHaveLength(1);
    });

    test.each([
      [
        'has no shell',
        ['usermod', '--shell', '/usr/sbin/nologin', account],
        /^answer: .*This account is currently not available/,
      ],
      ['has /bin/false', ['usermod', '--shell', '/bin/false', account], /^answer: the remote command ended with 1/],
    ])('one that %s gets what it lacks', async (_, [command = '', ...args], said) => {
      execFileSync(command, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
      const { after, stderr } = await paste(expect.stringMatching(said));
      expect(after, stderr).toEqual(inside);
    });

    test('one that has to change its password need not any more', async () => {
      execFileSync('/usr/bin/chage', ['--lastday', '0', account]);
      const { after, stderr } = await paste(
        expect.stringMatching(/^login: .*expired on it\. The commands renew it/),
        pam,
      );
      expect(after, stderr).toEqual(inside);
    });

    test('one that has expired is cut off without a word: where the word is', async () => {
      execFileSync('/usr/bin/chage', ['--expiredate', '1', account]);
      const { todos, commands } = await ask(pam);
      execFileSync('/usr/bin/chage', ['--expiredate', '-1', account]);
      expect(todos).toEqual([expect.stringContaining(`(then: chage --expiredate -1 ${account})`)]);
      expect(commands).toContain(`chage -l ${account}`);
    });

    test('one that cannot be made gets no folder in the root of the machine', async () => {
      execFileSync('/usr/sbin/usermod', ['--lock', account]);
      const { commands } = await ask();
      execFileSync('/usr/sbin/usermod', ['--unlock', account]);
      const input = commands.join('\n').replaceAll(account, 'rw-no:such');
      const { stderr } = spawnSync('bash', ['-s'], { input, encoding: 'utf8' });
      expect(stderr).toContain('home: parameter null or not set');
      expect(existsSync('/.ssh')).toBe(false);
    });
  },
);
