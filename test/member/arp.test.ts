import { describe, expect, test } from 'vitest';
import { judgeAnswering } from '../../src/member/index.ts';
import { type Situation, vip } from '../snapshot_text.ts';
import { arpRule, denied, member, nft } from './member.ts';

const ab = '01:23:45:67:89:ab';
const cd = '01:23:45:67:89:cd';
const saved = (...words: readonly string[]) => [...words.map((line) => `> ${line}`), '= exit 0'];

const rows: Readonly<Record<string, readonly [Situation, string | null]>> = {
  'CLUSTERIP answers by itself': [{}, null],
  'an nft rule': [{ held: null, sections: { nft: nft(arpRule(vip, ab)) } }, null],
  'an nft rule with a set': [{ held: null, sections: { nft: nft(arpRule({ set: ['10.0.0.1', vip] }, ab)) } }, null],
  'an nft rule for all but the VIP': [
    { held: null, sections: { nft: nft(arpRule(vip, ab, '!=')) } },
    'CRITICAL n1: no ARP rule',
  ],
  'an nft rule for another address': [
    { held: null, sections: { nft: nft(arpRule('192.168.56.21', ab)) } },
    'CRITICAL n1: no ARP rule',
  ],
  'an arptables rule for the network of the VIP': [
    {
      held: null,
      sections: { arptables: saved('-A OUTPUT -j mangle -s 192.168.56.0/24 --mangle-mac-s 01:23:45:67:89:AB') },
    },
    null,
  ],
  'an arptables rule for all but the VIP': [
    { held: null, sections: { arptables: saved(`-A OUTPUT -j mangle ! -s ${vip} --mangle-mac-s ${ab}`) } },
    'CRITICAL n1: no ARP rule',
  ],
  'an arptables rule with another MAC': [
    { held: null, sections: { arptables: saved(`-A OUTPUT -j mangle -s ${vip} --mangle-mac-s ${cd}`) } },
    `CRITICAL n1: ARP rule announces ${cd}`,
  ],
  'none at all': [{ held: null }, 'CRITICAL n1: no ARP rule'],
  'rules that may only be read by root': [
    { held: null, sections: { nft: denied } },
    'UNKNOWN n1: cannot read the nft rules',
  ],
  'CLUSTERIP may be in rules that were not read': [
    { held: null, sections: { 'iptables-legacy': denied } },
    'UNKNOWN n1: cannot read the legacy iptables rules',
  ],
  'a kernel without nf_tables has no such rules': [
    {
      held: null,
      sections: { nft: ['! netlink: Error: cache initialization failed: Protocol not supported', '= exit 1'] },
    },
    'CRITICAL n1: no ARP rule',
  ],
};

describe('who answers ARP for the VIP with the cluster MAC', () => {
  test.each(Object.entries(rows))('%s', (_, [situation, says]) => {
    const wanted = { vip, mac: ab, named: [], required: true, unread: 'UNKNOWN' } as const;
    const { faults } = judgeAnswering([{ node: member('n1', situation), ifname: 'eth1' }], wanted);
    const [found] = (faults.get('n1') ?? []).filter(({ state }) => state !== 'OK');
    expect(found === undefined ? null : `${found.state} ${found.brief}`).toBe(says);
  });

  test('a MAC that was said to be the wrong one of all nodes is not said once more of each', () => {
    const rule = `-A OUTPUT -j mangle -s ${vip} --mangle-mac-s ${cd}`;
    const node = member('n1', { held: null, sections: { arptables: saved(rule) } });
    const wanted = { vip, mac: ab, named: [cd], required: false, unread: 'UNKNOWN' } as const;
    expect([...judgeAnswering([{ node, ifname: 'eth1' }], wanted).faults.values()].flat()).toEqual([]);
  });
});
