import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { View } from '../src/address/index.ts';
import { memberFacts } from '../src/member/index.ts';
import { notShared } from '../src/node/index.ts';
import { readWatchdog, type Trouble, type Wishes } from '../src/pgpool/index.ts';
import type { Finding } from '../src/plugin/index.ts';
import { parsePattern } from '../src/sensorprobe/index.ts';
import { parseSnapshot } from '../src/snapshot/index.ts';
import { judgeVip, reportVip, type WantedVip } from '../src/vip/index.ts';
import { akcp, integer } from '../test/fixtures/sensorprobe/recording.ts';
import { judged as judgedReplies, usualRules } from '../test/member/replies.ts';
import { backends, capture, captured, faultsOf, limits, telling } from '../test/pgpool/capture.ts';
import { buildSample } from '../test/plugin/built.ts';
import { answerOf, recorded, reportOn } from '../test/sensorprobe/replay.ts';
import { snapshotText, vip } from '../test/snapshot_text.ts';

/** What no recording shows: facts that are laid down here, which the plugins judge as they judge those of a real run. */
export type Judged = {
  /** Where the facts are from, for the page: a noun. */
  readonly facts: string;
  readonly findings: () => readonly Finding[] | Promise<readonly Finding[]>;
};

const pgpool = (facts: string, ...given: Parameters<typeof faultsOf>): Judged => ({
  facts,
  findings: () => faultsOf(...given),
});
const rows = (facts: string, cells: readonly Readonly<Record<string, string | null>>[], wishes: Partial<Wishes> = {}) =>
  pgpool(`the backends of \`pgpool/00-healthy\`, ${facts}`, { told: telling(backends(...cells)) }, wishes);
const session = (facts: string, trouble: Trouble) => pgpool(facts, { trouble });
const watchdog = (facts: string, stdout: string, wishes: Partial<Wishes> = {}) =>
  pgpool(facts, { told: capture('00-healthy').told, watchdog: readWatchdog({ stdout, stderr: '' }) }, wishes);
const asked = captured('30-watchdog-healthy-verbose.txt');
const detached = { status: 'down', pg_status: 'up' } as const;

const question: WantedVip = {
  ...{ vip, prefix: null, expect: 'all', ifname: undefined, mac: undefined, skipMac: false, skipArp: false },
  ...{ allowLo: false, arpMangle: false, unreachable: 'CRITICAL' },
};
/** The device's own summary, and one instance that it cannot have. */
const summary = `${akcp}.1.1.2.0`;
const clusterMac = '01:23:45:67:89:ab';

/** Two nodes that have the VIP, one of which may have said something else of its addresses, and a poller beside them. */
function vipFindings(view: View | null, wanted: Partial<WantedVip> = {}, addresses: readonly string[] | null = null) {
  const nodes = ['n1', 'n2'].map((name) => {
    const said = addresses === null || name === 'n1' ? {} : { sections: { addr: addresses } };
    const snapshot = parseSnapshot(snapshotText({ name, ...said }));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return memberFacts(name, snapshot.value, vip);
  });
  const all = { ...question, ...wanted };
  return reportVip(judgeVip(nodes, view, all), all).findings;
}
const seen = (facts: string, view: View, wanted: Partial<WantedVip> = {}): Judged => ({
  facts: `two nodes that have the VIP, and a poller: ${facts}`,
  findings: () => vipFindings(view, wanted),
});
const answers = (...replies: readonly string[]): View => ({ kind: 'arp', ifname: 'eth0', replies, rounds: 1 });

/** A built plugin that does in its run what the code is about. */
const sample = (what: string, facts: string): Judged => ({ facts, findings: () => findingsOf(what) });

/** The same, ended while it waits for a child, whose number it says when it has begun. */
const ended: Judged = {
  facts: 'a plugin that is ended by its daemon',
  findings: () => findingsOf('child', '60', (plugin) => plugin.stdio[3]?.once('data', () => plugin.kill('SIGTERM'))),
};

async function findingsOf(
  what: string,
  timeout = '1',
  meanwhile: (plugin: ChildProcess) => void = () => undefined,
): Promise<readonly Finding[]> {
  const file = buildSample();
  try {
    const args = [file, '--do', what, '--timeout', timeout, '--output-format', 'json'];
    const plugin = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
    meanwhile(plugin);
    const parts = (await plugin.stdout?.setEncoding('utf8').toArray()) ?? [];
    return JSON.parse(parts.join('')).findings;
  } finally {
    rmSync(path.dirname(file), { recursive: true });
  }
}

export const judgedExamples = {
  'routes-left-out': {
    facts: 'two nodes, one of which has 30 routes that refuse networks',
    findings: () => judgedReplies([{}, { leftOut: ['main, 30 blackhole routes'] }]).flatMap(({ faults }) => faults),
  },
  'route-unreadable': {
    facts: 'two nodes, one of which has a rule of a form that is not known',
    findings: () => judgedReplies([{}, { rules: [...usualRules, '10:\twibble'] }]).flatMap(({ faults }) => faults),
  },
  'facts-unread': {
    facts: 'two nodes, one of which could not be asked for its addresses',
    findings: () => vipFindings(null, {}, ['! Cannot open netlink socket: Permission denied', '= exit 1']),
  },
  'connection-not-shared': {
    facts: 'a run with `--ssh-shared`, before which somebody else has made the folder of the sockets',
    findings: () => notShared([{ unshared: '/tmp/rackwatch-107 belongs to another account (uid 1001)' }]),
  },
  'view-right': seen('both nodes answer', answers(clusterMac, clusterMac)),
  'view-blind': seen('a router stands between', {
    kind: 'blind',
    reason: `this host reaches ${vip} through a router (192.0.2.254)`,
  }),
  'view-unproven': seen('the neighbour table alone', {
    ...{ kind: 'neighbour', ifname: 'eth0', seconds: 2, instead: 'arping is not permitted' },
    outcome: { kind: 'old', mac: clusterMac, seconds: 40, asking: false },
  }),
  'view-silent': seen('nobody answers', answers()),
  'view-unwanted': seen('somebody answers, with `--expect none`', answers(clusterMac), { expect: 0 }),
  'view-macs-differ': seen('two cards answer', answers('02:00:00:00:00:01', '02:00:00:00:00:02')),
  'view-mac-unexpected': seen('with `--mac`', answers('02:00:00:00:00:01', '02:00:00:00:00:01'), { mac: clusterMac }),
  'view-too-few': seen('one node answers', answers(clusterMac)),
  'view-too-many': seen('three hosts answer', answers(clusterMac, clusterMac, clusterMac)),
  'pattern-too-slow': {
    facts: 'a sensor whose name is forty times x, with `--sensor (x+x+)+z`',
    findings: () => {
      const pattern = parsePattern('(x+x+)+z');
      if (!pattern.ok) throw new Error(pattern.reason);
      const cells = recorded('sensorprobe2').map((cell) =>
        cell.oid === `${akcp}.1.2.2.1.16.1.1.0` ? { ...cell, value: 'x'.repeat(40) } : cell,
      );
      return reportOn([answerOf(cells)], { sensor: pattern.value }).findings;
    },
  },
  'probe-nonsense': {
    facts: '`sensorprobe/sensorprobe2.snmp` with an object that cannot be',
    findings: () =>
      reportOn([
        answerOf([...recorded('sensorprobe2').filter(({ oid }) => oid !== summary), integer(`${summary}.1`, 2)]),
      ]).findings,
  },
  'backend-second-primary': rows('the old primary back beside the new one', [
    { ...detached, role: 'standby', pg_role: 'primary' },
    { role: 'primary', pg_role: 'primary' },
  ]),
  'backends-few': rows('one of them down, with `--min-up 2`', [{}, { status: 'down', pg_status: 'down' }], {
    minUp: 2,
  }),
  'backends-unexpected': rows('with `--expect-nodes 3`', [{}, {}], { expectNodes: 3 }),
  'primary-missing': rows('without a primary', [{ role: 'standby', pg_role: 'standby' }, {}]),
  'primary-unexpected': rows('with `--expect-primary db2`', [{}, {}], {
    expectPrimary: { host: 'db2', port: undefined },
  }),
  'role-unknown': rows('one of which does not tell its role', [{ pg_role: 'unknown' }, {}]),
  'replication-blind': pgpool(
    'the backends of `pgpool/00-healthy`, with `sr_check_period = 0`',
    { told: telling(backends({}, { replication_state: '' }), { sr_check_period: '0' }) },
    {},
  ),
  'pool-limit': rows('one of them down, with `--critical up=2:`', [{}, { status: 'down', pg_status: 'down' }], {
    critical: limits('up=2:'),
  }),
  'pool-limit-open': rows('with `--warning delay=10s`', [{}, {}], { warning: limits('delay=10s') }),
  'pool-no-backends': rows('all gone', []),
  'pool-word-unknown': rows('one with a status that no version has', [{ status: 'dreaming' }, {}]),
  'pool-unreachable': session('a port where nobody listens', {
    kind: 'unreachable',
    text: 'connection refused on port 9999',
  }),
  'pool-no-session': session('a Pgpool that accepts no session', { kind: 'silent', limitMs: 5000 }),
  'pool-stalled': session('a session that hangs', { kind: 'stalled', limitMs: 8500, asking: 'SHOW pool_nodes' }),
  'pool-closed': session('a connection that is closed', { kind: 'closed', asking: null }),
  'pool-foreign': session('a web server on the port', { kind: 'foreign', what: 'a server that speaks HTTP' }),
  'pool-refused': session('a password that is wrong', {
    ...{ kind: 'server', code: '28P01', asking: null },
    message: 'password authentication failed for user "monitor"',
  }),
  'pool-unread': session('an account that may not ask', {
    ...{ kind: 'server', code: '42501', asking: 'SHOW pool_nodes' },
    message: 'permission denied',
  }),
  'watchdog-off': pgpool('a Pgpool without a watchdog', {
    told: capture('00-healthy').told,
    watchdog: { kind: 'disabled' },
  }),
  'watchdog-unseen': pgpool('a Pgpool with a watchdog, without `--pcp-port`', {
    told: telling(backends({}, {}), { use_watchdog: 'on' }),
  }),
  'watchdog-unread': watchdog('a `pcp_watchdog_info` that says nothing', ''),
  'quorum-edge': watchdog(
    '`pgpool/30-watchdog-healthy-verbose`, on the edge',
    asked.replace('QUORUM EXIST', 'QUORUM IS ON THE EDGE'),
  ),
  'no-verdict': sample('slow', 'a plugin that comes to no verdict, with `--timeout 1`'),
  'ended-by-signal': ended,
  'internal-error': sample('uncaught', 'a plugin with a mistake in it'),
} satisfies Readonly<Record<string, Judged>>;
