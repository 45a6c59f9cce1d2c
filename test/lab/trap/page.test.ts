import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSteps, stepsOf, systemctl } from '../icinga2/quickstart.ts';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { trapFiles } from './lab.ts';

const why = whyNoLab([...trapFiles, '/usr/lib/icinga2/prepare-dirs', '/usr/bin/curl', '/usr/bin/jq']);

describe.skipIf(why !== null)(`docs/traps.md${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  beforeAll(() => {
    lab = openLab('trap-page', 'copied');
  });
  afterAll(() => lab?.close());

  test('leads by pasting alone from the README’s first ten minutes to a check that a trap asks for', async () => {
    const needed = /npm install|icinga2 api setup|probe1/;
    const before = [
      ...stepsOf('README.md', 'From nothing to a red service in Icinga in ten minutes').filter(({ commands }) =>
        needed.test(commands),
      ),
      // What the README calls after each of them is not what this is about.
    ].map(({ commands }) => ({ commands: commands.replace(/^check .*$/gm, ''), shown: null }));
    expect(before.length).toBeGreaterThanOrEqual(3);
    const steps = stepsOf('docs/traps.md', 'Set it up');
    const outputs = await runSteps(
      lab.folder,
      [...before, ...steps],
      { systemctl: daemons, 'systemctl-icinga2': systemctl, journalctl },
      ['/etc/snmp', '/etc/systemd/system', '/var/lib/snmp'],
    );
    const said = outputs.slice(before.length);
    const shown = steps.flatMap((step, i) => (step.shown === null ? [] : [{ said: said[i], shown: step.shown }]));
    expect(shown.length).toBe(2);
    expect(shown.map((one) => one.said)).toEqual(shown.map((one) => one.shown));
  }, 300_000);
});

/** In place of systemd: snmptrapd as its unit's drop-in says, as its account, with a syslog of this place alone. */
const daemons = `#!/bin/sh
case "$*" in
  "restart icinga2") exec systemctl-icinga2 "$@" ;;
  daemon-reload) ;;
  "restart snmptrapd")
    mkdir -p /run/syslog/dev
    unshare --mount sh ${process.cwd()}/test/lab/trap/syslog.sh /run/syslog >&2 &
    log=$!
    until [ -e /run/syslog/lines ]; do /usr/bin/sleep 0.1; done
    echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
    nsenter --mount=/proc/$log/ns/mnt setpriv --reuid=Debian-snmp --regid=Debian-snmp --clear-groups \\
      $(sed -n 's/^ExecStart=\\(..*\\)/\\1/p' /etc/systemd/system/snmptrapd.service.d/rackwatch.conf) >&2 &
    /usr/bin/sleep 1
    ;;
  *) exit 1 ;;
esac
`;

const journalctl = `#!/bin/sh
[ "$*" = "-t akcp_trap -n 1 -o cat" ] || exit 1
sed -n 's/.* akcp_trap\\[[0-9]*\\]: //p' /run/syslog/lines | tail -n 1
`;
