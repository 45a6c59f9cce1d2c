import type { Section } from '../plugin/index.ts';
import { keepNothing, keepService } from './keep.ts';

const keepPool =
  'What is changed in pgpool.conf survives a restart. What pcp_attach_node does is in the pgpool_status file, which Pgpool reads when it starts.';

/** Pgpool-II, its backends and its watchdog: check_pgpool. */
export const pool = {
  'backend-up': {
    means: 'The backend is in use, and nothing is wrong with it as far as Pgpool knows.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'backend-down': {
    means: 'Pgpool does not use the backend: it is down or quarantined. Others serve the clients meanwhile.',
    now: 'Start PostgreSQL there and see that it replicates; then attach it with pcp_attach_node. A quarantined backend comes back by itself once Pgpool reaches it.',
    keep: keepPool,
  },
  'backend-detached': {
    means:
      'Pgpool lists the backend as down although its PostgreSQL is running: a short network fault is enough for that, and nobody attached it again. It stays down until somebody does.',
    now: 'Make sure that it is a standby that replicates, then run the pcp_attach_node command that the line gives.',
    keep: 'Set auto_failback in pgpool.conf where standbys may come back by themselves, and make sure that health checks tolerate short faults (health_check_max_retries).',
  },
  'backend-second-primary': {
    means:
      'A backend that Pgpool has detached is a primary in PostgreSQL while another one takes the writes. Attaching it would give two primaries.',
    now: 'Do not attach it. Stop it, and rebuild it as a standby with pg_rewind or pcp_recovery_node.',
    keep: 'Let the failover script stop or fence the old primary.',
  },
  'backend-dead': {
    means:
      'Pgpool still uses the backend, but its PostgreSQL does not answer: clients that are sent there wait or fail.',
    now: 'Start PostgreSQL there. If it was the primary and cannot come back, promote a standby.',
    keep: 'Enable health checks (health_check_period) so that Pgpool detaches a dead backend by itself.',
  },
  'backends-few': {
    means: 'Fewer backends are up than --min-up asks for.',
    now: 'Start or attach the backends that the other lines name.',
    keep: keepPool,
  },
  'backends-unexpected': {
    means: 'Pgpool has a different number of backends from the one that --expect-nodes gives.',
    now: 'Compare pgpool.conf with what you expect, and correct the one that is wrong.',
    keep: keepPool,
  },
  'primary-missing': {
    means: 'Pgpool uses no backend as primary: nothing can be written.',
    now: 'Start the primary, or promote a standby. If PostgreSQL has one that Pgpool does not use, find out why it was detached before attaching it.',
    keep: 'Set a failover_command that promotes a standby, and test it.',
  },
  'primaries-several': {
    means: 'Several PostgreSQL servers accept writes at the same time: their data diverge further with every write.',
    now: 'Find out which of them has the data that counts, stop the others at once, and rebuild them as standbys.',
    keep: 'Let the failover script stop or fence the old primary, and keep anybody from promoting a standby by hand while one is there.',
  },
  'primary-unexpected': {
    means:
      'The primary is not the backend that --expect-primary names: there was a failover, or the option is out of date.',
    now: 'If the failover was intended, change the option; otherwise switch back at a quiet time.',
    keep: keepService,
  },
  'role-differs': {
    means:
      'Pgpool and PostgreSQL disagree about the role of a backend: it was promoted, or started without standby.signal, behind the back of Pgpool.',
    now: 'Look at pg_is_in_recovery on each backend, and make Pgpool and PostgreSQL agree again before more is written.',
    keep: 'Promote only through Pgpool: by its failover_command or pcp_promote_node.',
  },
  'role-unknown': {
    means: 'Pgpool cannot ask the PostgreSQL of a backend for its role, although it runs.',
    now: 'Check sr_check_user and sr_check_password in pgpool.conf, and pg_hba.conf of the backend.',
    keep: keepPool,
  },
  'replication-state': {
    means: 'A standby that is in use does not stream from the primary, or Pgpool is not allowed to see that it does.',
    now: 'Look at pg_stat_replication on the primary. If the standby is there, give sr_check_user the role pg_monitor, and set backend_application_name to its name.',
    keep: keepPool,
  },
  'replication-blind': {
    means: 'sr_check_period is 0: Pgpool does not look at replication, so a delay or a broken standby goes unnoticed.',
    now: 'Set sr_check_period and sr_check_user, and reload Pgpool.',
    keep: keepPool,
  },
  'pool-limit': {
    means: 'A value is outside its range of -w or -c: delay, children or backends up.',
    now: 'Look at what the line names: long transactions or a slow disk on a standby, clients that keep their sessions, backends that are down.',
    keep: keepService,
  },
  'pool-limit-open': {
    means:
      'A range of -w or -c, or --expect-primary, has nothing to judge: there is no such value in this mode of Pgpool, or it is in another unit.',
    now: 'Leave the option out, or write the range in the unit that the line names.',
    keep: keepService,
  },
  'pool-no-backends': {
    means: 'Pgpool lists no backend.',
    now: 'Check the backend_hostname lines of pgpool.conf.',
    keep: keepPool,
  },
  'pool-word-unknown': {
    means:
      'Pgpool, or its watchdog, uses a word for a state or a role that this release does not know. It is never treated as OK.',
    now: 'Look the word up in the manual of your Pgpool-II, and tell the authors of the plugins.',
    keep: keepNothing,
  },
  'pool-unreachable': {
    means: 'Nothing answers at the host and port: connection refused, no route, or a name without an address.',
    now: 'Check whether Pgpool is running there, and what it listens on (listen_addresses, port).',
    keep: 'Enable the service of Pgpool so that it starts with the host.',
  },
  'pool-no-session': {
    means:
      'Pgpool is running but gives no session: all children are busy, it is looking for a primary, or no backend is left.',
    now: 'Find out which by its log and by pcp_node_info: raise num_init_children, end idle sessions, or start a backend.',
    keep: keepPool,
  },
  'pool-stalled': {
    means: 'A session was established, but then no answer came: a backend is frozen or cut off.',
    now: 'Find the backend that does not answer, and detach or restart it.',
    keep: 'Enable health checks with a short health_check_timeout.',
  },
  'pool-closed': {
    means: 'The other side closed the connection before answering.',
    now: 'Read the log of Pgpool: it is stopping, or has no backend left.',
    keep: keepPool,
  },
  'pool-foreign': {
    means: 'What answers at the port is not Pgpool-II: PostgreSQL itself, or another service.',
    now: 'Give the port of Pgpool with --port (9999 unless it was changed).',
    keep: keepService,
  },
  'pool-refused': {
    means:
      'The login was refused, or could not be tried: password, role, database, pool_hba.conf, TLS, or the permissions of a socket.',
    now: 'Correct what the line names: the credentials file, the role, pool_hba.conf, or --sslmode and --sslrootcert.',
    keep: keepService,
  },
  'pool-unread': {
    means: 'Part of what the check asks for was refused or left out.',
    now: 'Look at the reason in the line; the role of the check needs no rights beyond a login.',
    keep: keepService,
  },
  'watchdog-well': {
    means: 'The watchdog has a quorum and a leader, and all its Pgpools are alive.',
    now: 'Nothing.',
    keep: keepNothing,
  },
  'watchdog-off': {
    means: 'No watchdog is enabled in this Pgpool.',
    now: 'Nothing, unless --watchdog require says that there must be one: then set use_watchdog.',
    keep: keepPool,
  },
  'watchdog-unseen': {
    means: 'The watchdog is enabled but was not checked, because that needs PCP.',
    now: 'Give --pcp-port, and a PCP user in pcp.conf.',
    keep: keepService,
  },
  'watchdog-unread': {
    means: 'PCP did not report the state of the watchdog, or not all of it.',
    now: 'Check the PCP port, user and password, and pcp_listen_addresses.',
    keep: keepService,
  },
  'watchdog-leader': {
    means: 'The watchdog has no leader, or several: nobody, or more than one, holds the virtual address.',
    now: 'Repair the network between the Pgpools, and read their logs.',
    keep: 'Use an odd number of Pgpools, at least three.',
  },
  'watchdog-member': {
    means: 'A Pgpool of the watchdog is lost, not yet a member, or does not count for the quorum.',
    now: 'Start it, or look at its network.',
    keep: 'Enable the service of Pgpool so that it starts with the host.',
  },
  'quorum-lost': {
    means: 'Fewer than half of the Pgpools see each other: no virtual address, no failover.',
    now: 'Start the Pgpools that are lost, or repair the network between them.',
    keep: 'Use an odd number of Pgpools, at least three.',
  },
  'quorum-edge': {
    means: 'Exactly as many Pgpools are alive as the quorum needs: if one more is lost, so is the quorum.',
    now: 'Start the Pgpools that are lost.',
    keep: 'Use an odd number of Pgpools, at least three.',
  },
} satisfies Record<string, Section>;
