import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memberFacts } from '../../../src/member/index.ts';
import { parseSnapshot } from '../../../src/snapshot/index.ts';
import { type Expected, judgeVip, reportVip, type WantedVip } from '../../../src/vip/index.ts';
import { boot, whyNoKernel } from '../uml/uml.ts';

const why = whyNoKernel();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the address lab cannot run: ${why}`);

describe.skipIf(why !== null)(
  `a VIP on a bond, a VLAN and a VRF of a real kernel${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    const lab = mkdtempSync(path.join(tmpdir(), 'rackwatch-forms-'));
    beforeAll(async () => {
      mkdirSync(path.join(lab, 'uml'));
      const said = await boot(lab, 'test/lab/address/forms.sh');
      if (!existsSync(path.join(lab, 'status'))) throw new Error(`the kernel did not come to its end: ${said}`);
    }, 240_000);
    afterAll(() => rmSync(lab, { recursive: true }));

    function judged(node: string, vip: string, expect_: Expected, over: Partial<WantedVip> = {}) {
      const snapshot = parseSnapshot(readFileSync(path.join(lab, `${node}.txt`), 'utf8'));
      if (!snapshot.ok) throw new Error(`${snapshot.reason}: ${readFileSync(path.join(lab, 'guest.log'), 'utf8')}`);
      const wanted: WantedVip = {
        ...{ vip, prefix: null, expect: expect_, ifname: undefined, mac: undefined, skipMac: false, skipArp: false },
        ...{ allowLo: false, arpMangle: false, unreachable: 'CRITICAL', ...over },
      };
      const { state, summary } = reportVip(judgeVip([memberFacts(node, snapshot.value, vip)], null, wanted), wanted);
      return `[${state}] ${summary}`;
    }

    test.each([
      ['healthy', '192.0.2.100', '[OK] 192.0.2.100: healthy has it on bond0'],
      ['healthy', '198.51.100.100', '[OK] 198.51.100.100: healthy has it on bond0.10'],
      ['healthy', '203.0.113.101', '[OK] 203.0.113.101: healthy has it on d2'],
      ['healthy', '203.0.113.100', '[OK] 203.0.113.100: healthy has it on blue'],
      ['slaves-down', '192.0.2.100', '[CRITICAL] 192.0.2.100: slaves-down: bond0 has no live slave below bond0'],
      [
        'slaves-down',
        '198.51.100.100',
        '[CRITICAL] 198.51.100.100: slaves-down: bond0.10 has no live slave below bond0',
      ],
      ['bond-down', '192.0.2.100', '[CRITICAL] 192.0.2.100: bond-down: bond0 is down'],
      ['vrf-down', '203.0.113.101', '[CRITICAL] 203.0.113.101: vrf-down: d2 belongs to blue, which is down'],
      ['vrf-down', '203.0.113.100', '[CRITICAL] 203.0.113.100: vrf-down: blue is down'],
      ['bond-down', '198.51.100.100', '[CRITICAL] 198.51.100.100: bond-down: bond0.10 is down'],
    ])('%s: %s', (node, vip, says) => {
      expect(judged(node, vip, 1)).toBe(says);
    });

    test('the cluster MAC is found on a bond and on a VLAN upon it', () => {
      const mac = '01:23:45:67:89:ab';
      expect(judged('healthy', '192.0.2.100', 'all')).toBe(`[OK] 192.0.2.100: healthy has it on bond0 with ${mac}`);
      expect(judged('healthy', '198.51.100.100', 'all', { mac })).toBe(
        `[OK] 198.51.100.100: healthy has it on bond0.10 with ${mac}`,
      );
      expect(judged('healthy', '203.0.113.101', 'all', { mac })).toBe(
        '[CRITICAL] 203.0.113.101: healthy: cluster MAC not on d2',
      );
    });
  },
);
