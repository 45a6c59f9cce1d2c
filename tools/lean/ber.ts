import { tag } from './ber_known.ts';
import { Reader } from './ber_reader.ts';
import { Writer } from './ber_writer.ts';

// What net-snmp takes of asn1-ber, made for many small messages that all name the same few OIDs: those are read and
// written once and then known, and nothing is built on the way that is thrown away at once. It reads and writes what
// asn1-ber 1.2 does, also where bytes are cut short or lie (test/snmp/ber.test.ts holds one against the other).
// Varbinds of the usual form are taken in one step each: see tools/lean/index.ts for where net-snmp asks for it.

export const Ber = {
  Reader,
  Writer,
  OctetString: tag.octetString,
  Sequence: tag.sequence,
  Constructor: tag.constructor,
};
