// Node's net, loaded at its first use: net-snmp has it for subagents, and it takes 1 ms.
module.exports = new Proxy({}, { get: (_, name) => require('node:net')[name] });
