/** The buffer of net-snmp's subagents, which nothing here starts. */
export const SmartBuffer = undefined;
