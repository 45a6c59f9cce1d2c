import { parseBlock, parseMac } from '../../address/index.ts';
import type { RuleLine, Ruleset } from '../iptables/save.ts';
import {
  isNamedPeer,
  openness,
  operationNumber,
  operationOf,
  tellsMac,
  throughInterface,
  withinBlocks,
} from './field.ts';
import {
  type ArpBase,
  type ArpCondition,
  type ArpPart,
  type ArpRule,
  type ArpVerdict,
  type Open,
  opposite,
} from './program.ts';

/** Writes what `arptables-save` has shown as chains. Both of its kinds filter at priority 0 (NF_ARP_IN and NF_ARP_OUT). */
export function arptablesChains(ruleset: Ruleset): readonly ArpBase[] {
  return [...ruleset].flatMap(([, chains]) => {
    const table = new Map(
      [...chains.values()].map(({ name, rules }) => [name, rules.map((line) => readLine(line, chains))] as const),
    );
    return (['INPUT', 'OUTPUT'] as const).flatMap((name): readonly ArpBase[] => {
      const rules = table.get(name);
      if (rules === undefined) return [];
      const policy = chains.get(name)?.policy === 'DROP' ? `-P ${name} DROP` : null;
      const hook = name === 'INPUT' ? 'input' : 'output';
      return [{ hook, priority: 0, devices: [], rules, policy, table, place: null }];
    });
  });
}

type Option = { readonly name: string; readonly word: string; readonly negated: boolean };

function readLine({ text, words }: RuleLine, chains: ReadonlyMap<string, unknown>): ArpRule {
  const options = splitOptions(words);
  const conditions = options.filter(({ name }) => !isTarget(name)).map(readCondition);
  return { text, parts: [...conditions, ...targetOf(options, chains)] };
}

/** arptables of nf_tables writes `! -s ADDRESS`, the older one `-s ! ADDRESS`, both with the target first. */
function splitOptions(words: readonly string[]): readonly Option[] {
  const options: Option[] = [];
  for (let i = 0; i < words.length; ) {
    const before = words[i] === '!';
    const name = words[before ? i + 1 : i] ?? '';
    let end = i + (before ? 2 : 1);
    const inside = words[end] === '!';
    if (inside) end++;
    const start = end;
    while (end < words.length && words[end] !== '!' && !(words[end] ?? '').startsWith('-')) end++;
    options.push({ name, word: words.slice(start, end).join(' '), negated: before || inside });
    i = end;
  }
  return options;
}

function isTarget(name: string): boolean {
  return ['-j', '--jump', '-g', '--goto'].includes(name) || name.startsWith('--mangle-') || name === '--set-class';
}

function readCondition({ name, word, negated }: Option): ArpPart {
  const [met, open] = conditionOf(name, word);
  return { kind: 'when', met: negated ? (packet, told) => opposite(met(packet, told)) : met, open };
}

const notKnown: readonly [ArpCondition, Open] = [() => null, 'other'];

function conditionOf(name: string, word: string): readonly [ArpCondition, Open] {
  switch (name) {
    case '-s':
    case '--source-ip':
    case '--src-ip':
      return address('sender', word);
    case '-d':
    case '--destination-ip':
    case '--dst-ip':
      return address('target', word);
    case '-i':
    case '--in-interface':
      return [throughInterface('input', word, '+'), 'other'];
    case '-o':
    case '--out-interface':
      return [throughInterface('output', word, '+'), 'other'];
    case '--opcode':
      return operation(word);
    case '--src-mac':
    case '--source-mac':
    case '--source-hw':
      return [tellsMac(parseMac(word)), 'host'];
    case '--dst-mac':
    case '--destination-mac':
    case '--target-hw':
      return [parseMac(word) === null ? () => null : isNamedPeer, 'host'];
    case '--h-length':
      return fixed(word, '6');
    case '--h-type':
      return fixed(word.toLowerCase(), '1', '0x1', '0x0001', 'ethernet');
    case '--proto-type':
      return fixed(word.toLowerCase(), '0x800', '0x0800', '2048', 'ipv4');
    case '--comment':
    case '-c':
    case '--set-counters':
      return [() => true, 'other'];
    default:
      return notKnown;
  }
}

function address(side: 'sender' | 'target', word: string): readonly [ArpCondition, Open] {
  const block = parseBlock(word);
  return block === null || block.family !== 4 ? notKnown : [withinBlocks(side, [block]), openness([block])];
}

function operation(word: string): readonly [ArpCondition, Open] {
  const number = operationNumber(word);
  return number === null ? notKnown : [(packet) => operationOf(packet) === number, 'other'];
}

/** Conditions with the same result for every ARP packet of IPv4 on Ethernet. */
function fixed(word: string, ...values: readonly string[]): readonly [ArpCondition, Open] {
  return [() => values.includes(word), 'other'];
}

function targetOf(options: readonly Option[], chains: ReadonlyMap<string, unknown>): readonly ArpPart[] {
  const jump = options.find(({ name }) => ['-j', '--jump', '-g', '--goto'].includes(name));
  if (jump === undefined) return [];
  if (jump.word === 'mangle') return manglingOf(options);
  const verdict = verdictOf(jump, chains);
  return verdict === null ? [] : [{ kind: 'end', verdict }];
}

/** arpt_mangle: writes, and accepts unless it is told otherwise. */
function manglingOf(options: readonly Option[]): readonly ArpPart[] {
  const word = (name: string) => options.find((one) => one.name === name)?.word;
  const mac = word('--mangle-mac-s');
  const tells: readonly ArpPart[] = mac === undefined ? [] : [{ kind: 'tell', mac: parseMac(mac) }];
  // Another address of sender or target makes it a packet about something else.
  if (word('--mangle-ip-s') !== undefined || word('--mangle-ip-d') !== undefined)
    return [...tells, { kind: 'end', verdict: { kind: 'unknown' } }];
  const then = (word('--mangle-target') ?? 'ACCEPT').toUpperCase();
  if (then === 'CONTINUE') return tells;
  const kind = then === 'ACCEPT' ? 'accept' : then === 'DROP' ? 'drop' : 'unknown';
  return [...tells, { kind: 'end', verdict: { kind } }];
}

function verdictOf({ name, word }: Option, chains: ReadonlyMap<string, unknown>): ArpVerdict | null {
  if (chains.has(word)) return { kind: name === '-g' || name === '--goto' ? 'goto' : 'jump', chain: word };
  switch (word) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'CONTINUE':
    case 'CLASSIFY':
    case 'MARK':
      return null;
    default:
      return { kind: 'unknown' };
  }
}
