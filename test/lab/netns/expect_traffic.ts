import { expect } from 'vitest';
import type { Outcome } from '../uml/uml.ts';
import type { Scenario, Shares } from './scenario.ts';
import { measure, tolerance } from './traffic.ts';

/** Holds the traffic against what the scenario lays down, whatever the plugin thinks of it. */
export function expectTraffic({ tcp, datagrams, ipv6 }: Scenario, { traffic }: Outcome): void {
  for (const [protocol, wanted] of [
    ['tcp80', tcp],
    ['udp', datagrams],
    ['icmp', datagrams],
  ] as const) {
    const probes = traffic.filter((probe) => probe.protocol === protocol);
    expect(probes.length).toBe(256);
    if (wanted === null) continue;
    // Eight clients of one /32 are as good as one where only that is hashed.
    expectNear(measure(probes), wanted, ipv6 ? 210 : 256, protocol);
  }
}

/** A share that was measured over so many clients is near the true one. */
export function expectNear(measured: Shares, wanted: Shares, clients: number, what: string): void {
  for (const i of [0, 1] as const) {
    const allowed = tolerance(wanted[i], clients) + 1e-9;
    expect(Math.abs(measured[i] - wanted[i]), `${what}: ${measured} for ${wanted}`).toBeLessThanOrEqual(allowed);
  }
}
