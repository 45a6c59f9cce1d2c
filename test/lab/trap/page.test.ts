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
    const translated = stepsOf('docs/traps.md', 'By snmptt');
    expect(translated).toHaveLength(1);
    const outputs = await runSteps(
      lab.folder,
      // Pasted once more, nothing stands there twice.
      [
        ...before,
        { commands: earlier, shown: null },
        ...steps,
        ...steps,
        { commands: counted, shown: null },
        ...translated,
        { commands: bySnmptt, shown: null },
        { commands: asDaemon, shown: null },
        ...translated,
        { commands: owners, shown: null },
      ],
      { systemctl: daemons, 'systemctl-icinga2': systemctl, journalctl },
      ['/etc/snmp', '/etc/systemd/system', '/var/lib/snmp', '/var/spool/snmptt'],
    );
    const [counts, , called, , , owned] = outputs.slice(-6);
    expect(owned).toBe('snmptt snmptt\n');
    expect(counts).toBe('1 2 1 1 640 Debian-snmp /usr/sbin/snmptrapd -Oq -LOw -f udp:162 udp6:162\n');
    const [once = 0, ...later] = (called ?? '').trim().split(/\s+/).map(Number);
    expect(later).toEqual([once + 1, 0]);
    const said = outputs.slice(before.length + 1);
    const shown = steps.flatMap((step, i) => (step.shown === null ? [] : [{ said: said[i], shown: step.shown }]));
    expect(shown.length).toBe(2);
    expect(shown.map((one) => one.said)).toEqual(shown.map((one) => one.shown));
  }, 300_000);
});

/** In place of systemd: snmptrapd as its unit and drop-ins say, as its account, with a syslog of this place alone. */
const daemons = `#!/bin/sh
case "$*" in
  "restart icinga2") exec systemctl-icinga2 "$@" ;;
  daemon-reload) ;;
  "restart snmptrapd")
    mkdir -p /run/syslog/dev
    if [ -e /run/snmptrapd.pid ]; then
      kill "$(cat /run/snmptrapd.pid)"
    else
      unshare --mount sh ${process.cwd()}/test/lab/trap/syslog.sh /run/syslog >&2 &
      echo $! >/run/syslog.pid
    fi
    log=$(cat /run/syslog.pid)
    until [ -e /run/syslog/lines ]; do /usr/bin/sleep 0.1; done
    echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
    nsenter --mount=/proc/$log/ns/mnt setpriv --reuid=Debian-snmp --regid=Debian-snmp --clear-groups \\
      $(cat /lib/systemd/system/snmptrapd.service /etc/systemd/system/snmptrapd.service.d/*.conf |
        sed -n 's/^ExecStart=\\(..*\\)/\\1/p' | tail -n 1) >&2 &
    echo $! >/run/snmptrapd.pid
    /usr/bin/sleep 1
    ;;
  *) exit 1 ;;
esac
`;

/** What somebody has in these files already, where the last line may have no end. */
const earlier = `
mkdir -p /etc/systemd/system/snmptrapd.service.d
printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/snmptrapd -Oq -LOw -f udp:162 udp6:162\\n' \\
  >/etc/systemd/system/snmptrapd.service.d/local.conf
printf 'const SomebodysOwn = "x"' >>/etc/icinga2/constants.conf
printf 'traphandle .1.3.6.1.4.1.8072.9999 /bin/false --wrong' >>/etc/snmp/snmptrapd.conf`;

const counted = `echo $(grep -c RackwatchTrapPassword /etc/icinga2/constants.conf) \\
  $(grep -c ^traphandle /etc/snmp/snmptrapd.conf) $(grep -c 'false --wrong$' /etc/snmp/snmptrapd.conf) \\
  $(grep -c '"x"$' /etc/icinga2/constants.conf) $(stat -c '%a %G' /etc/snmp/snmptrapd.conf) \\
  $(tr '\\0' ' ' </proc/$(cat /run/snmptrapd.pid)/cmdline)`;

/** As snmptrapd calls snmptt, which is not a daemon by Debian's configuration. */
const bySnmptt = `
asked() {
  grep -c 'Icinga checks 1 service of 127.0.0.1 at once$' /run/syslog/lines
}
asked
nsenter --mount=/proc/$(cat /run/syslog.pid)/ns/mnt sh -c "printf '%s\\n' localhost \\
  'UDP: [127.0.0.1]:1->[127.0.0.1]:162' '.1.3.6.1.2.1.1.3.0 1:2:3:4.00' \\
  '.1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.4.1.3854.1.0.10' |
  setpriv --reuid=Debian-snmp --regid=Debian-snmp --clear-groups snmptt >&2"
sleep 2
asked
grep -c 'state-dir' /run/syslog/lines || :`;

/** As with the unit of Debian's snmptt, which runs it as a daemon by its command line alone. */
const asDaemon = `echo 'traphandle default /usr/sbin/snmptthandler' >>/etc/snmp/snmptrapd.conf`;

const owners = 'echo $(stat -c %U /etc/snmp/akcp_trap_snmptt.secret /var/spool/snmptt/akcp_trap)';

const journalctl = `#!/bin/sh
[ "$*" = "-t akcp_trap -n 1 -o cat" ] || exit 1
sed -n 's/.* akcp_trap\\[[0-9]*\\]: //p' /run/syslog/lines | tail -n 1
`;
