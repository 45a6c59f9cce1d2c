export { type Answer, isWorthAnotherLook, judgePgpool, type Verdict } from './answer.ts';
export { nameOf, placeOf, readBackends } from './backend.ts';
export { complaintOf, type PcpOutput, readPcpNodes } from './pcp.ts';
export type { Told } from './pool.ts';
export { reportPgpool } from './report.ts';
export type { Row } from './row.ts';
export type { Trouble } from './trouble.ts';
export { readWatchdog, type WatchdogReading, type WatchdogWish } from './watchdog.ts';
export { type Limit, type Place, parseLimit, parsePlace, twice, type Wishes } from './wishes.ts';
