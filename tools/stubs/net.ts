/** Streams serve net-snmp's subagents alone, which nothing here starts: Node's module takes 1 ms to load. */
export class Socket {
  constructor() {
    throw new Error('no subagent here');
  }
}
