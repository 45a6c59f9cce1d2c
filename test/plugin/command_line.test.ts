import { describe, expect, expectTypeOf, test } from 'vitest';
import { readCommandLine } from '../../src/plugin/command_line.ts';
import {
  definePlugin,
  failure,
  faultsOf,
  type Options,
  type Range,
  type Result,
  success,
} from '../../src/plugin/index.ts';

type Port = { readonly port: number };

function readPort(text: string): Result<Port> {
  return /^\d+$/.test(text) ? success({ port: Number(text) }) : failure('a port is a number');
}

const plugin = definePlugin({
  name: 'check_sample',
  summary: 'Checks a sample',
  options: {
    vip: {
      short: 'H',
      value: 'ADDRESS',
      help: 'address',
      metricLabel: { name: 'vip', of: (text) => text.replace(/\/.*/, '') },
    },
    community: { short: 'C', help: 'community', secret: { env: 'SAMPLE_COMMUNITY' }, default: 'public' },
    warning: { short: 'w', help: 'range', type: 'range' },
    critical: { short: 'c', help: 'range', type: 'range', default: '~:5' },
    node: { short: 'N', help: 'node', repeat: true, default: ['local'] },
    tag: { help: 'tag', repeat: true },
    skip: { help: 'skip', repeat: true, type: ['rules', 'vip'], default: [] },
    state: { help: 'state', type: ['ok', 'critical'], default: 'critical' },
    totalNodes: { short: 'n', help: 'total', type: 'integer', min: 1, max: 65535 },
    share: { help: 'share', type: 'number', max: 1 },
    port: { short: 'p', help: 'port', parse: readPort, default: 161 },
    comment: { help: 'comment', allowEmpty: true },
    quick: { short: 'q', help: 'quick', type: 'flag' },
    strict: { short: 's', help: 'strict', type: 'flag' },
  },
  examples: [],
  check: ({ quick, strict }) => (quick && strict ? '--quick: does not go with --strict' : undefined),
  run: async (values) => {
    expectTypeOf(values.vip).toEqualTypeOf<string | undefined>();
    expectTypeOf(values.community).toEqualTypeOf<string>();
    expectTypeOf(values.warning).toEqualTypeOf<Range | undefined>();
    expectTypeOf(values.critical).toEqualTypeOf<Range>();
    expectTypeOf(values.node).toEqualTypeOf<readonly string[]>();
    expectTypeOf(values.tag).toEqualTypeOf<readonly string[]>();
    expectTypeOf(values.skip).toEqualTypeOf<readonly ('rules' | 'vip')[]>();
    expectTypeOf(values.state).toEqualTypeOf<'ok' | 'critical'>();
    expectTypeOf(values.totalNodes).toEqualTypeOf<number | undefined>();
    expectTypeOf(values.port).toEqualTypeOf<Port>();
    expectTypeOf(values.quick).toEqualTypeOf<boolean>();
    return { summary: '', findings: [] };
  },
});

function read(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return readCommandLine(plugin, argv, env);
}

describe('what is given is what arrives', () => {
  test.each<[readonly string[], Readonly<Record<string, unknown>>]>([
    [['-H', '010'], { vip: '010' }],
    [['-H010'], { vip: '010' }],
    [['-H=010'], { vip: '010' }],
    [['--vip', '1e10'], { vip: '1e10' }],
    [['--vip=a=b'], { vip: 'a=b' }],
    [['--vip=-x'], { vip: '-x' }],
    [['--vip', 'true'], { vip: 'true' }],
    [['--vip', '-'], { vip: '-' }],
    [['-H', 'fe80::1%eth0'], { vip: 'fe80::1%eth0' }],
    [['--vip', 'a\nb'], { vip: 'a\nb' }],
    [['--vip', ' x '], { vip: ' x ' }],
    [['-Cpublic'], { community: 'public' }],
    [['-C', 'pu blic'], { community: 'pu blic' }],
    [['-w', '-5:-1'], { warning: { low: -5, high: -1, inside: false } }],
    [['-w-5:-1'], { warning: { low: -5, high: -1, inside: false } }],
    [['--warning=-5:-1'], { warning: { low: -5, high: -1, inside: false } }],
    [['-w~:5'], { warning: { low: Number.NEGATIVE_INFINITY, high: 5, inside: false } }],
    [['-w', '@1:2'], { warning: { low: 1, high: 2, inside: true } }],
    [['-w', '10'], { warning: { low: 0, high: 10, inside: false } }],
    [['-N', 'a', '--node=b', '-Nc'], { node: ['a', 'b', 'c'] }],
    [['--skip', 'rules', '--skip=vip'], { skip: ['rules', 'vip'] }],
    [['--state', 'ok'], { state: 'ok' }],
    [['-n', '2'], { totalNodes: 2 }],
    [['-n', '+2'], { totalNodes: 2 }],
    [['--share', '.5'], { share: 0.5 }],
    [['--share=-.5'], { share: -0.5 }],
    [['-p', '162'], { port: { port: 162 } }],
    [['--comment='], { comment: '' }],
    [['--comment', ''], { comment: '' }],
    [['-q'], { quick: true, strict: false }],
    [['-qvH10'], { quick: true, vip: '10' }],
    [['-q', '-q', '--quick'], { quick: true }],
    [['--quick', '-H', 'x'], { quick: true, vip: 'x' }],
    [['--'], {}],
    [
      [],
      {
        vip: undefined,
        community: 'public',
        node: ['local'],
        tag: [],
        skip: [],
        state: 'critical',
        port: { port: 161 },
        quick: false,
        comment: undefined,
      },
    ],
  ])('%j', (argv, expected) => {
    const request = read(argv);
    expect(request).toMatchObject({ kind: 'run' });
    expect(request.kind === 'run' && request.values).toMatchObject(expected);
  });

  test('the standard options are the kit’s own', () => {
    expect(read([])).toMatchObject({ verbosity: 0, timeoutMs: 10_000, format: 'text' });
    expect(read(['-vvv', '-t5', '--output-format=json'])).toMatchObject({
      verbosity: 3,
      timeoutMs: 5000,
      format: 'json',
    });
    expect(read(['-v', '--timeout=3600', '--verbose'])).toMatchObject({ verbosity: 2, timeoutMs: 3_600_000 });
    expect(read(['-vvvvv', '-t', '1'])).toMatchObject({ verbosity: 3, timeoutMs: 1000 });
    expect(Object.keys(read([])).sort()).toEqual([
      ...['format', 'kind', 'labelStyle', 'labels', 'noColor', 'timeoutMs', 'values', 'verbosity'],
    ]);
  });

  test('what a run is about is known whatever else is wrong', () => {
    const labels = { vip: '192.0.2.1', site: 'berlin', note: 'a=b' };
    const given = ['-H', '192.0.2.1/24', '--metric-label', 'site=berlin', '--metric-label=note=a=b'];
    expect(read(given)).toMatchObject({ kind: 'run', labels, format: 'text' });
    expect(read([...given, '--vpi', '--output-format', 'openmetrics'])).toMatchObject({
      kind: 'refused',
      format: 'openmetrics',
      labels,
    });
    expect(read([])).toMatchObject({ labels: {}, labelStyle: 'quoted' });
    expect(read(['--label-style', 'plain'])).toMatchObject({ labelStyle: 'plain' });
  });

  test('a secret comes from its environment variable unless it is given; an empty variable is none', () => {
    expect(read([], { SAMPLE_COMMUNITY: 'hidden' })).toMatchObject({ values: { community: 'hidden' } });
    expect(read(['-C', 'given'], { SAMPLE_COMMUNITY: 'hidden' })).toMatchObject({ values: { community: 'given' } });
    expect(read([], { SAMPLE_COMMUNITY: '' })).toMatchObject({ values: { community: 'public' } });
  });
});

describe('a usage error names the option and the text', () => {
  test.each<[readonly string[], string]>([
    [['--vpi', '1.2.3.4'], 'unknown option "--vpi", did you mean --vip?'],
    [['--total'], 'unknown option "--total", did you mean --total-nodes?'],
    [['--total-node=2'], 'unknown option "--total-node", did you mean --total-nodes?'],
    [['--xyzzy'], 'unknown option "--xyzzy"'],
    [['--no-quick'], 'unknown option "--no-quick"'],
    [['--no-vip'], 'unknown option "--no-vip"'],
    [['--a.b', '1'], 'unknown option "--a.b"'],
    [['--__proto__=x'], 'unknown option "--__proto__"'],
    [['--constructor'], 'unknown option "--constructor"'],
    [['--totalNodes=2'], 'unknown option "--totalNodes", did you mean --total-nodes?'],
    [['--=x'], 'unknown option "--"'],
    [['-x'], 'unknown option "-x"'],
    [['-Q'], 'unknown option "-Q", did you mean -q?'],
    [['-qx'], 'unknown option "-x" in "-qx"'],
    [['-v3'], 'unknown option "-3" in "-v3"'],
    [['-?'], 'unknown option "-?"'],
    [['stray'], 'stray argument "stray"'],
    [[''], 'stray argument ""'],
    [['-5'], 'stray argument "-5"'],
    [['--', '-q'], 'stray argument "-q"'],
    [['-q', 'true'], 'stray argument "true"'],
    [['--quick=yes'], '--quick takes no value, but was given "yes"'],
    [['--quick='], '--quick takes no value, but was given ""'],
    [['--verbose=3'], '--verbose takes no value, but was given "3"'],
    [['-H'], '-H needs a value'],
    [['--vip'], '--vip needs a value'],
    [['-H', '-q'], '-H needs a value; "-q" looks like an option (a value like that is written --vip=-q)'],
    [['-H', '--'], '-H needs a value'],
    [['--vip='], '--vip: "" is empty'],
    [['--vip', ''], '--vip: "" is empty'],
    [['-H', '  '], '--vip: "  " is empty'],
    [['-H='], '--vip: "" is empty'],
    [['-w', ''], '--warning: "" is empty'],
    [['--node=a', '--node='], '--node: "" is empty'],
    [['-w', '20:10'], '--warning: "20:10" is not a range: its low end 20 is above its high end 10'],
    [['-w', '1,5'], '--warning: "1,5" is not a range'],
    [['-w=x'], '--warning: "x" is not a range'],
    [['-n', '0'], '--total-nodes: "0" is not between 1 and 65535'],
    [['-n', '1.5'], '--total-nodes: "1.5" is not a whole number'],
    [['-n', '0x10'], '--total-nodes: "0x10" is not a whole number'],
    [['-n', '1e3'], '--total-nodes: "1e3" is not a whole number'],
    [['--share=2'], '--share: "2" is above 1'],
    [['--share=1,5'], '--share: "1,5" is not a number'],
    [['--state', 'OK'], '--state: "OK" is not one of ok, critical'],
    [['-p', 'x'], '--port: "x": a port is a number'],
    [['-t', '0'], '--timeout: "0" is not between 1 and 3600'],
    [['-t3601'], '--timeout: "3601" is not between 1 and 3600'],
    [['-t', '10s'], '--timeout: "10s" is not a whole number'],
    [['-t', '5', '--timeout=7'], '--timeout was given more than once ("5" and "7")'],
    [['-H', 'a', '-H', 'a'], '--vip was given more than once ("a" and "a")'],
    [['--output-format', 'xml'], '--output-format: "xml" is not one of text, json, openmetrics'],
    [['--metric-label', 'site'], '--metric-label: "site" is not a label such as site=berlin'],
    [['--metric-label', 'a b=c'], '--metric-label: "a b=c" is not a label such as site=berlin'],
    [['--metric-label=__name__=x'], '--metric-label: "__name__=x" is not a label such as site=berlin'],
    [['--metric-label', 'vip=x'], '--metric-label: "vip=x": plugins use vip themselves'],
    [['--label-style', 'bare'], '--label-style: "bare" is not one of quoted, plain'],
    [['-q', '-s'], '--quick: does not go with --strict'],
    [['--vip=a\0b'], '--vip: "a\0b" contains a NUL'],
    [['stray', '--vpi'], 'stray argument "stray"'],
  ])('%j', (argv, reason) => {
    expect(read(argv)).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason), format: 'text' });
  });

  test('is told as JSON where JSON was asked for, before or behind it', () => {
    expect(read(['--vpi', '--output-format', 'json'])).toMatchObject({ kind: 'refused', format: 'json' });
    expect(read(['--output-format=json', '-t0'])).toMatchObject({ kind: 'refused', format: 'json' });
  });

  test('a required option that is missing is named, and the variable of a secret', () => {
    const options = {
      vip: { help: 'address', required: true },
      community: { help: 'c', required: true, secret: { env: 'KEY' } },
    } as const;
    const strict = definePlugin({
      name: 'check_x',
      summary: 'x',
      options,
      examples: [],
      run: async () => ({ summary: '', findings: [] }),
    });
    expect(readCommandLine(strict, [], {})).toMatchObject({ reason: '--vip is required' });
    expect(readCommandLine(strict, ['--vip=x'], {})).toMatchObject({
      reason: '--community is required (or KEY in the environment)',
    });
    expect(readCommandLine(strict, ['--vip=x'], { KEY: 'k' })).toMatchObject({
      kind: 'run',
      values: { community: 'k' },
    });
  });

  test('a secret is never quoted', () => {
    const options = {
      port: { help: 'p', parse: readPort, secret: { env: 'KEY' } },
      word: { help: 'w', type: ['a'], secret: { env: 'WORD' } },
    } as const;
    const discreet = definePlugin({
      name: 'check_x',
      summary: 'x',
      options,
      examples: [],
      run: async () => ({ summary: '', findings: [] }),
    });
    for (const [argv, env] of [
      [['--port=s3cret'], {}],
      [[], { KEY: 's3cret' }],
      [['--word=s3cret'], {}],
      [['--word=s3cret', '--word=s3cret'], {}],
    ] as const) {
      const request = readCommandLine(discreet, argv, env);
      expect(request).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/^--(port|word)/) });
      expect(JSON.stringify(request)).not.toContain('s3cret');
    }
  });
});

describe('help wins over everything, version over all but help', () => {
  test.each<[readonly string[], string]>([
    [['-h'], 'help'],
    [['--help'], 'help'],
    [['-vh'], 'help'],
    [['--vpi', 'stray', '-t0', '--help'], 'help'],
    [['-H', '-h'], 'help'],
    [['-V', '-h'], 'help'],
    [['-V'], 'version'],
    [['--version', '--vpi'], 'version'],
    [['--output-format=json', '-h'], 'help'],
    [['-w', '-5:', '-h'], 'help'],
    [['-Hh'], 'run'],
    [['-H', 'h'], 'run'],
    [['--', '-h'], 'refused'],
  ])('%j: %s', (argv, kind) => {
    expect(read(argv).kind).toBe(kind);
  });
});

describe('a declaration that cannot work is told', () => {
  const faults = (options: Options) => faultsOf({ name: 'check_x', options });
  test.each<[Options, string]>([
    [{ timeout: { help: 'x' } }, 'timeout'],
    [{ noQuick: { help: 'x' } }, 'noQuick'],
    [{ 'a.b': { help: 'x' } }, 'a.b'],
    [{ vip: { short: 'h', help: 'x' } }, '-h'],
    [{ vip: { short: 'x', help: 'x' }, mac: { short: 'x', help: 'x' } }, '-x'],
    [{ vip: { short: 'xy', help: 'x' } }, '-xy'],
    [{ vip: { help: 'x', type: 'range', default: '20:10' } }, '--vip: "20:10"'],
  ])('%j', (options, name) => {
    expect(faults(options)).toEqual([expect.stringContaining(name)]);
  });

  test('two options without a letter are fine, and so is the sample', () => {
    expect(faults({ one: { help: 'x' }, two: { help: 'y', required: true } })).toEqual([]);
    expect(faultsOf(plugin)).toEqual([]);
  });
});
