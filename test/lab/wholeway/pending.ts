/**
 * Situations of which the plugin does not say what is right yet, by name, and what it says today. A test fails when one has
 * become right: it is struck off then.
 */
export const pending: Readonly<Record<string, string>> = {
  '5-the-gateway-permanently-wrong-in-the-neighbour-table-of-n2-iptables-nft': 'OK, CRITICAL or WARNING is right',
  '5-the-gateway-permanently-wrong-in-the-neighbour-table-of-n2-nftables': 'OK, CRITICAL or WARNING is right',
  '5-the-gateway-permanently-wrong-in-the-neighbour-table-of-n2-nftables-ipv6':
    'does not know --skip arp; CRITICAL or WARNING is right',
  '5-a-gateway-that-does-not-answer-on-n2-iptables-nft': 'OK, CRITICAL or WARNING is right',
  '5-a-gateway-that-does-not-answer-on-n2-nftables': 'OK, CRITICAL or WARNING is right',
};
