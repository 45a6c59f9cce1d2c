import { madeOnce } from './made_once.ts';
import { tablesUnder } from './scheme.ts';
import { akcp } from './table.ts';

// SP2+, SPX, SPX+: everything stands under E.3.5; a row's index has five parts, of which the fourth is the port and the
// fifth the sensor on it, both from 0. Limits of temperatures are tenths of a degree, those of humidity whole per cent.
export const plusSensors = `${akcp}.3.5`;

/** 0 is not acknowledged, 1 is acknowledged or normal, 2 is what is set to acknowledge. */
export const plusTables = madeOnce(() =>
  tablesUnder(plusSensors, { index: 'dotted', limits: 'tenths', acked: [1, 2] }),
);
