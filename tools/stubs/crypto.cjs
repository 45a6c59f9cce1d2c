// Node's crypto, loaded at its first use: it takes 3 ms, which SNMP v1 and v2c need not pay.
module.exports = new Proxy({}, { get: (_, name) => require('node:crypto')[name] });
