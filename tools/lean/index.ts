import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const cache = 'node_modules/.cache/rackwatch';

/**
 * What bundles contain in place of packages and modules: net-snmp without its half for agents, receivers and MIB files
 * and with requests that make nothing in vain, another make of asn1-ber, and of Node's own modules what they need at
 * once. A start of check_sensorprobe is a fifth faster for it, and asking hundreds of probes takes half the time.
 * Paths are absolute; the project's directory is the current one.
 */
export function leanNetSnmp(): Record<string, string> {
  return {
    'net-snmp': path.resolve(writeSnmp()),
    'asn1-ber': path.resolve('tools/lean/ber.ts'),
    crypto: path.resolve('tools/lean/crypto.ts'),
    perf_hooks: path.resolve('tools/lean/perf_hooks.ts'),
  };
}

/**
 * The same for execa: it brings along what its output, signals and messages to children may need, which is a third of
 * the time that it takes to load.
 */
export function leanExeca(): Record<string, string> {
  const lean = (file: string) => path.resolve(`tools/lean/${file}.ts`);
  return {
    'human-signals': lean('human_signals'),
    yoctocolors: lean('verbose'),
    figures: lean('verbose'),
    'node:process': lean('process'),
    'node:v8': lean('v8'),
  };
}

/** What of a session nobody here calls. */
const unused = 'set inform trap subtree table tableColumns walk onProxyResponse'.split(' ');

/**
 * The three requests. The library's own also make what pairs an answer with them, which is never asked: answers are taken
 * as they come (src/snmp/session.ts).
 */
const requests = `
function asked (oids) {
	return oids.map (function (oid) { return { oid: oid }; });
}

Session.prototype.get = function (oids, responseCb) {
	this.simpleGet (GetRequestPdu, null, asked (oids), responseCb);
};

Session.prototype.getNext = function (oids, responseCb) {
	this.simpleGet (GetNextRequestPdu, null, asked (oids), responseCb);
};

Session.prototype.getBulk = function (oids, nonRepeaters, maxRepetitions, responseCb) {
	this.simpleGet (GetBulkRequestPdu, null, asked (oids), responseCb,
			{ nonRepeaters: nonRepeaters, maxRepetitions: maxRepetitions });
};
`;

/** Writes net-snmp with its manager's half alone, and gives the path. Throws when it does not look as it did (3.29). */
function writeSnmp(): string {
  const source = readFileSync('node_modules/net-snmp/index.js', 'utf8');
  const from = source.indexOf('var Listener = ');
  const to = source.indexOf('exports.Session = ');
  if (from < 0 || to < from) throw new Error('net-snmp is built in another way: see tools/lean');
  const manager = [...unused, 'get', 'getNext', 'getBulk'].reduce(withoutMethod, source.slice(0, from));
  const kept = `${manager}${requests}${source.slice(to)}`
    .replace(
      /^exports\.(?:createReceiver|createAgent|createModuleStore|createSubagent|createMib|AgentXPdu) = .*$/gm,
      '',
    )
    .replace(/^const (?:smartbuffer|mibparser|net) = require .*$/gm, '')
    .replace(...step('readVarbinds', 'while (1) {', 'if (buffer.readUsual (varbinds)) continue;'))
    .replace(...step('writeVarbinds', 'i++) {', 'if (buffer.writeUsual (varbinds[i])) continue;'));
  if (/\b(?:Receiver|Agent|Subagent|Mib)\.|\bmibparser\b|\bsmartbuffer\b|\bnet\.\w/.test(kept))
    throw new Error('net-snmp needs more than was kept: see tools/lean');
  if (kept.split('Usual (').length !== 3) throw new Error('net-snmp reads varbinds in another way: see tools/lean');
  mkdirSync(cache, { recursive: true });
  const file = `${cache}/net-snmp.js`;
  // Several bundles may be built at once.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, kept);
  renameSync(own, file);
  return file;
}

function withoutMethod(source: string, name: string): string {
  const method = new RegExp(`^Session\\.prototype\\.${name} *= function[^]*?^};$`, 'm');
  if (!method.test(source)) throw new Error(`net-snmp has no ${name} any more: see tools/lean`);
  return source.replace(method, '');
}

/** Puts a statement at the begin of the first loop of a function of net-snmp. */
function step(name: string, loop: string, statement: string): [RegExp, string] {
  const begin = `function ${name} \\(buffer, varbinds\\) \\{[^{]*${loop.replace(/[(){+]/g, '\\$&')}`;
  return [new RegExp(begin), `$&\n\t\t${statement}`];
}
