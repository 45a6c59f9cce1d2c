import { tablesUnder } from './scheme.ts';
import { akcp, type Table } from './table.ts';

// securityProbe: the same sensors stand under E.2.5 (with the five-part index of plus devices) and under E.2.3 (with a
// plain one); the first is read where it exists. Limits of temperatures occur in whole degrees and in tenths.
export const securitySensors = { dotted: `${akcp}.2.5`, plain: `${akcp}.2.3` } as const;

export const securityTables: Readonly<Record<keyof typeof securitySensors, readonly Table[]>> = {
  dotted: tablesUnder(securitySensors.dotted, 'either', true),
  plain: tablesUnder(securitySensors.plain, 'either', true),
};
