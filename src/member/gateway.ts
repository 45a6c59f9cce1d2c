import { type NeighbourEntry, type Stretch as Span, sameIp } from '../address/index.ts';
import { type Fault, fault } from '../plugin/index.ts';
import type { ReachedNode } from './facts.ts';

/** Gateways of a node's way back whose MAC was set by hand and is another one than on other nodes, or that did not answer. */
export function gatewayFaults(
  node: ReachedNode,
  spans: readonly Span[],
  others: readonly { readonly node: ReachedNode }[],
): readonly Fault[] {
  const entries = node.neighbours.filter((entry) => isGateway(entry, spans));
  return entries.flatMap((entry) => {
    const { address, ifname, mac, state } = entry;
    if (state === 'FAILED') {
      const brief = `${node.name}: its gateway ${address} did not answer`;
      return [
        fault(
          'WARNING',
          brief,
          `${brief} when it was last asked on ${ifname} (FAILED in the neighbour table): answers by it are lost while that lasts`,
        ),
      ];
    }
    if (state !== 'PERMANENT' || mac === null) return [];
    const elsewhere = others.flatMap((other) =>
      other.node === node ? [] : other.node.neighbours.filter((one) => sameIp(one.address, address)),
    );
    const differing = elsewhere.find((one) => one.mac !== null && one.mac !== mac);
    if (differing === undefined) return [];
    const brief = `${node.name}: gateway ${address} is set to ${mac}, elsewhere ${differing.mac}`;
    const text = `${node.name}: the neighbour table has ${mac} for the gateway ${address} by hand, another node ${differing.mac}: if that is wrong, every answer by it is lost. Fix: ip neigh del ${address} dev ${ifname}`;
    return [fault('WARNING', brief, text)];
  });
}

function isGateway({ address, ifname }: NeighbourEntry, spans: readonly Span[]): boolean {
  return spans.some(({ cases }) =>
    cases.some(
      ({ lead }) =>
        lead.kind === 'sent' &&
        lead.route.hops.some(
          ({ via, dev }) => via !== null && sameIp(via, address) && (dev === null || dev === ifname),
        ),
    ),
  );
}
