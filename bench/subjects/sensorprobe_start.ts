import { accessSync } from 'node:fs';
import { startSnmpd, whyNoSnmpd } from '../../test/lab/snmp/snmpd.ts';
import { installed } from '../installed.ts';
import { type Command, compared, pairs, type Row, type Subject, startsPerRound } from '../pairs.ts';

/** Value, status, online, two limits of two temperatures: what a plugin of the usual sort asks for. */
const tenCells = [3, 4, 5, 7, 8].flatMap((column) =>
  [0, 1].map((row) => `1.3.6.1.4.1.3854.1.2.2.1.16.1.${column}.${row}`),
);

export const subject: Subject = {
  title: 'check_sensorprobe: one run',
  about:
    'A full check of a probe with six sensors over v2c, against `node` on an empty CommonJS file; the agent is a real snmpd on loopback that has the values at hand, and its time is part of the figure. Beside it what a user would run instead, which both only fetch ten values that must be known beforehand: Net::SNMP in Perl (libnet-snmp-perl), and check_snmp in C (monitoring-plugins-standard).',
  measure: async (rounds) => {
    const why = whyNoSnmpd();
    if (why !== null) return { skipped: why };
    const snmpd = await startSnmpd('sensorprobe4-six-sensors', { ownValues: true });
    const port = String(snmpd.port);
    const turns = startsPerRound * rounds;
    try {
      return await installed(async ({ plugin, empty }) => {
        const own = plugin('check_sensorprobe', '-H', '127.0.0.1', '-p', port);
        const bundle = { ...own, args: ['dist/check_sensorprobe', ...own.args.slice(1)] };
        const perl = { program: 'bench/net_snmp_ten_values', args: ['127.0.0.1', port, ...tenCells] };
        const c = {
          program: '/usr/lib/nagios/plugins/check_snmp',
          args: ['-H', '127.0.0.1', '-p', port, '-P', '2c', '-o', tenCells.join(',')],
        };
        return [
          compared('six sensors', pairs(own, empty, turns), 1.75),
          compared('six sensors, without the code cache', pairs(bundle, empty, turns), 2.3),
          rival('Perl, ten values', perl, '/usr/share/perl5/Net/SNMP.pm', empty, turns),
          rival('check_snmp, ten values', c, c.program, empty, turns),
        ];
      });
    } finally {
      await snmpd.stop();
    }
  },
};

function rival(what: string, command: Command, needed: string, empty: Command, turns: number): Row {
  try {
    accessSync(needed);
  } catch {
    return { what, figure: `not measured: ${needed} missing`, ratio: null, limit: null };
  }
  return compared(what, pairs(command, empty, turns), null);
}
