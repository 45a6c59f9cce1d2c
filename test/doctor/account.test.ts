import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { examine } from '../../src/doctor/index.ts';
import { here } from './situation.ts';

test.each(['sh', 'bash'])(
  'secrets are asked for by what %s knows, and come to the doctor by its environment',
  (shell) => {
    const names = ['SNMP_AUTH_PASSWORD', 'SNMP_PRIV_PASSWORD'];
    const command = ['printenv', ...names];
    const { subjects } = examine({
      ...{ nodes: [], probes: [], vips: [], clusterOptions: {}, probeOptions: {} },
      here: { ...here, user: 'root', account: 'nagios', command, secretsLeftOut: names },
    });
    const [line = ''] = subjects
      .flatMap(({ lines }) => lines)
      .flatMap(({ steps }) => steps.flatMap((step) => step.commands));
    const asked = `runuser() { shift 3; "$@"; }\n${line}`;
    const said = execFileSync(shell, ['-c', asked], { input: 'a \\b\n c"d\n', encoding: 'utf8', stdio: 'pipe' });
    expect(said).toBe('SNMP_AUTH_PASSWORD: \nSNMP_PRIV_PASSWORD: \na \\b\n c"d\n');
  },
);
