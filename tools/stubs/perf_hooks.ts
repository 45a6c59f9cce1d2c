/** The clock that net-snmp reads, without the 2 ms that `perf_hooks` takes to load. */
export const performance = { now: (): number => process.uptime() * 1000 };
