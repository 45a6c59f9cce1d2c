import { isDebian, type Step, stepsOf, systemctl } from '../lab/icinga2/quickstart.ts';

// Prints a new user's first hour as a shell script: `install` what is installed, which takes the network, `go` all the rest,
// in the order in which the pages lead on. Every block stands as in its page; what a page shows must be what was printed.
const readme = stepsOf('README.md', 'From nothing to a red service in Icinga in ten minutes').filter(
  ({ commands }) => !commands.startsWith('npm install -g'),
);
const mail = ['The machine can send mail', 'Somebody is told', 'A test notification'].flatMap((heading) =>
  stepsOf('docs/notifications.md', heading),
);
const ssh = [
  '1. Say which nodes',
  "2. A key for Icinga's account",
  "3. The account and the nodes' host keys",
  '4. What each node needs',
  '5. Run it on the nodes',
  '6. Ask',
].flatMap((heading) => stepsOf('docs/ssh.md', heading));

/** What the pages say in words, and what shows that it came true. */
const step = (commands: string): Step => ({ commands, shown: null });
const wait = 'for i in $(seq 100); do grep -qs "Test: please ignore" /var/mail/mail && break; sleep 0.2; done';
const steps = [
  ...readme,
  ...ssh,
  step("check 'cluster1!cluster-buckets' | head -2 | tee /tmp/green\ngrep -qx 'state 0' /tmp/green"),
  ...mail,
  step(`${wait}\ngrep -E '^(To|Subject): |bucket|Test: please ignore' /var/mail/mail`),
];

switch (process.argv[2]) {
  case 'install':
    for (const { commands } of steps) if (isDebian(commands)) console.log(commands);
    break;
  case 'go':
    console.log(
      [
        'set -e',
        'mkdir -p /tmp/bin',
        heredoc('/tmp/bin/systemctl', systemctl),
        'chmod +x /tmp/bin/systemctl',
        'PATH=/tmp/bin:$PATH',
        ...steps.flatMap(({ commands, shown }, i) => [
          `{\n${isDebian(commands) ? ':' : commands}\n} >/tmp/output-${i}\ncat /tmp/output-${i}`,
          ...(shown === null
            ? []
            : [heredoc(`/tmp/shown-${i}`, shown), `sed 's/ *$//' /tmp/output-${i} | diff /tmp/shown-${i} -`]),
        ]),
      ].join('\n'),
    );
    break;
  default:
    throw new Error('usage: first_hour.ts install|go');
}

function heredoc(file: string, text: string): string {
  return `cat >${file} <<'END OF FILE'\n${text}END OF FILE`;
}
