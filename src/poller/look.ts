import { parseIp, parseRoute, type View } from '../address/index.ts';
import { runChild } from '../node/index.ts';
import { now } from '../plugin/index.ts';
import { askByArp } from './arping.ts';
import { command, type Limits } from './command.ts';
import { askByDatagram } from './datagram.ts';

/**
 * What this host sees of an address on its own link: who answers ARP for it, or where ARP cannot be asked (no arping, no
 * right, IPv6), what the neighbour table proves after one UDP datagram. Never rejects.
 */
export async function lookFor(vip: string, limits: Limits): Promise<View> {
  const start = now();
  const left = () => ({ ...limits, limitMs: limits.limitMs - (now() - start) });
  const family = parseIp(vip)?.family ?? 4;
  const asked = await runChild(command('ip', ['-o', 'route', 'get', vip], left()));
  if (asked.kind === 'failed') return blind(asked.reason);
  if (asked.kind === 'late') return blind('ip gave no answer');
  const route = parseRoute(asked.stdout.split('\n'), asked.stderr.split('\n'));
  if (route === null) return blind(`ip route get said: ${asked.stderr.trim() || asked.stdout.trim()}`);
  if (route.kind === 'own') return blind('this host has it itself');
  if (route.kind !== 'sent' || route.ifname === null) return blind('this host has no route to it');
  if (route.gateway !== null) return blind(`the router ${route.gateway} is in between`);
  if (route.ifname === 'lo') return blind('this host reaches it by loopback');
  const { ifname } = route;
  if (family === 6) return askByDatagram(vip, family, ifname, 'ARP is for IPv4 only', left());
  const replies = await askByArp(vip, ifname, left());
  return replies.ok ? replies.value : askByDatagram(vip, family, ifname, replies.reason, left());
}

function blind(reason: string): View {
  return { kind: 'blind', reason };
}
