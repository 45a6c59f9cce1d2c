import type { State } from '../../../src/plugin/index.ts';

// Section 5, what leaves a node by itself: which source a target sees, and what check_source_address must say of it.

/** How packets of node n1 leave for a target, and what is right to say. The source wanted is the VIP. */
export type Leaving = {
  readonly name: string;
  readonly ipv6: boolean;
  /** In the words of words.sh. */
  readonly setup: string;
  /** The source that the target sees, by protocol and port; null: nothing arrives. */
  readonly seen: Readonly<Record<(typeof ways)[number], string | null>>;
  readonly state: readonly State[];
  readonly says: RegExp;
};

/** What is sent to the target. */
export const ways = ['udp/53', 'udp/514', 'tcp/80', 'tcp/443'] as const;

/** Where it is sent, by family. */
export const targetOf = ({ ipv6 }: Pick<Leaving, 'ipv6'>) => (ipv6 ? '2001:db8:1::3' : '10.1.2.3');
export const vipOf = ({ ipv6 }: Pick<Leaving, 'ipv6'>) => (ipv6 ? 'fd00:56::20' : '192.168.56.20');
const ownOf = ({ ipv6 }: Pick<Leaving, 'ipv6'>) => (ipv6 ? 'fd00:56::11' : '192.168.56.11');

/** A situation as it is written down: the ways that are not named leave with the VIP. */
type Sketch = {
  readonly situation: string;
  readonly setup: string;
  readonly ipv6?: boolean;
  /** Ways on which the own address is seen; `none`: nothing arrives. */
  readonly own?: readonly (typeof ways)[number][] | 'all' | 'none';
  readonly state: State | readonly State[];
  readonly says?: RegExp;
};

const set = 'ip -n n1 route replace default via 192.168.56.254 src $VIP';
const set6 = 'ip -n n1 -6 route replace default via fd00:56::fe src $VIP';
const nat = (rules: string, family = 'ip') => `on n1 nft -f - <<RULES
table ${family} away {
  chain away {
    type nat hook postrouting priority srcnat; policy accept;
    ${rules}
  }
}
RULES`;

const sketches: readonly Sketch[] = [
  { situation: 'the route has the VIP as its source', setup: set, state: 'OK' },
  { situation: 'the route has no source', setup: '', own: 'all', state: 'CRITICAL', says: /192\.168\.56\.11/ },
  {
    situation: 'masqueraded behind the route with the VIP',
    setup: `${set}; xt n1 -t nat -A POSTROUTING -o eth1 -j MASQUERADE`,
    own: 'all',
    state: 'CRITICAL',
    says: /MASQUERADE/,
  },
  {
    situation: 'masqueraded by nft behind the route with the VIP',
    setup: `${set}; ${nat('oifname "eth1" masquerade')}`,
    own: 'all',
    state: 'CRITICAL',
    says: /masquerade/,
  },
  {
    situation: 'SNAT to the own address behind the route with the VIP',
    setup: `${set}; xt n1 -t nat -A POSTROUTING -o eth1 -j SNAT --to-source 192.168.56.11`,
    own: 'all',
    state: 'CRITICAL',
    says: /192\.168\.56\.11/,
  },
  {
    situation: 'SNAT to the VIP in place of a route',
    setup: 'xt n1 -t nat -A POSTROUTING -o eth1 -j SNAT --to-source $VIP',
    state: 'OK',
  },
  { situation: 'SNAT by nft to the VIP in place of a route', setup: nat('oifname "eth1" snat to $VIP'), state: 'OK' },
  {
    situation: 'SNAT by nft to the VIP in place of a route, in a table inet',
    setup: nat('oifname "eth1" snat ip to $VIP', 'inet'),
    state: 'OK',
  },
  {
    situation: 'SNAT to the VIP for another network alone',
    setup: 'xt n1 -t nat -A POSTROUTING -d 172.16.0.0/12 -o eth1 -j SNAT --to-source $VIP',
    own: 'all',
    state: 'CRITICAL',
    says: /192\.168\.56\.11/,
  },
  {
    situation: 'containers masqueraded, what is of the host is not',
    setup: `${set}; xt n1 -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE`,
    state: 'OK',
  },
  {
    situation: 'accepted before what masquerades',
    setup: `${set}; xt n1 -t nat -A POSTROUTING -d 10.0.0.0/8 -j ACCEPT; xt n1 -t nat -A POSTROUTING -o eth1 -j MASQUERADE`,
    state: 'OK',
  },
  {
    situation: 'UDP alone masqueraded',
    setup: `${set}; xt n1 -t nat -A POSTROUTING -o eth1 -p udp -j MASQUERADE`,
    own: ['udp/53', 'udp/514'],
    state: ['CRITICAL', 'WARNING'],
    says: /MASQUERADE/,
  },
  {
    situation: 'UDP alone by SNAT to the VIP',
    setup: 'xt n1 -t nat -A POSTROUTING -o eth1 -p udp -j SNAT --to-source $VIP',
    own: ['tcp/80', 'tcp/443'],
    state: ['CRITICAL', 'WARNING'],
    says: /192\.168\.56\.11/,
  },
  {
    situation: 'a rule sends one port by a route with another source',
    setup: `${set}; ip -n n1 rule add ipproto tcp dport 443 lookup 100; ip -n n1 route add default via 192.168.56.254 src 192.168.56.11 table 100`,
    own: ['tcp/443'],
    state: ['OK', 'WARNING', 'UNKNOWN'],
    says: /rule/,
  },
  {
    situation: 'dropped on its way out',
    setup: `${set}; xt n1 -A OUTPUT -d 10.0.0.0/8 -j DROP`,
    own: 'none',
    state: ['OK', 'WARNING', 'CRITICAL'],
  },
  { situation: 'the route of IPv6 has the VIP as its source', setup: set6, ipv6: true, state: 'OK' },
  {
    situation: 'masqueraded behind the route of IPv6 with the VIP',
    setup: `${set6}; xt n1 -t nat -A POSTROUTING -o eth1 -j SNAT --to-source fd00:56::11`,
    ipv6: true,
    own: 'all',
    state: 'CRITICAL',
    says: /fd00:56::11/,
  },
  {
    situation: 'SNAT to the VIP in place of a route of IPv6',
    setup:
      'ip -n n1 -6 addr change $VIP/64 dev eth1 preferred_lft 0; xt n1 -t nat -A POSTROUTING -o eth1 -j SNAT --to-source $VIP',
    ipv6: true,
    state: 'OK',
  },
];

/** Every situation of what leaves a node. */
export const leavings: readonly Leaving[] = sketches.map(
  ({ situation, setup, ipv6 = false, own = [], state, says = /./ }) => ({
    name: `5-leaving-${situation.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase()}`,
    ipv6,
    setup: `${ipv6 ? 'VIP=$VIP6; ' : ''}WAY=iptables-nft; TARGET=${targetOf({ ipv6 })}; cluster 1\n${setup}`,
    seen: {
      'udp/53': sourceOn('udp/53', own, ipv6),
      'udp/514': sourceOn('udp/514', own, ipv6),
      'tcp/80': sourceOn('tcp/80', own, ipv6),
      'tcp/443': sourceOn('tcp/443', own, ipv6),
    },
    state: typeof state === 'string' ? [state] : state,
    says,
  }),
);

function sourceOn(way: (typeof ways)[number], own: NonNullable<Sketch['own']>, ipv6: boolean): string | null {
  if (own === 'none') return null;
  return own === 'all' || own.includes(way) ? ownOf({ ipv6 }) : vipOf({ ipv6 });
}
