import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../tools/bundle.ts';
import { plugins } from '../../tools/plugins.ts';
import { licenceText, thirdParties } from '../../tools/third_party.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-licences-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('dist/', () => {
  /** The folders of all packages that the bundler reads files of. */
  const packages = new Set<string>();
  const about = (one: string) => JSON.parse(readFileSync(path.join(one, 'package.json'), 'utf8'));
  // A package may have more such files below, which say only how its files are read.
  const isPackage = (one: string) => existsSync(path.join(one, 'package.json')) && 'name' in about(one);
  beforeAll(() => {
    for (const { name } of plugins)
      for (const input of bundle(`plugins/${name}.ts`, path.join(folder, 'bundle'))) {
        let above = path.dirname(input);
        while (above.includes('node_modules/') && !isPackage(above)) above = path.dirname(above);
        if (above.includes('node_modules/')) packages.add(above);
      }
  });

  const squeeze = (text: string) => text.replaceAll(/\s+/g, ' ');

  test('has the licence text of every package in the bundles', () => {
    const licences = squeeze(readFileSync('dist/THIRD-PARTY-LICENSES', 'utf8'));
    // execa, minimist, net-snmp and pg, and what these need.
    expect(packages.size).toBeGreaterThan(20);
    for (const one of packages) {
      const { name, version, license } = about(one);
      const heading = ` ${name} ${version} (${license}) `;
      expect({ heading, there: licences.includes(heading) }).toEqual({ heading, there: true });
      const file = readdirSync(one).find((entry) => /^licen[cs]e/i.test(entry));
      const text = readFileSync(path.join(one, file ?? 'README.md'), 'utf8');
      const said = squeeze(file === undefined ? (text.split(/^#+ licen[cs]e$/im).at(-1) ?? '') : text).trim();
      expect(said).toMatch(/permission/i);
      expect({ name, text: licences.includes(said) }).toEqual({ name, text: true });
    }
  });

  test('has a bill of materials with the same packages, and the hashes of the lock file', () => {
    const bill = JSON.parse(readFileSync('dist/rackwatch-plugins.cdx.json', 'utf8'));
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const components: readonly Readonly<Record<string, never>>[] = bill.components;
    const named = components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`);
    expect(named.sort()).toEqual(
      [...packages]
        .map(about)
        .map(({ name, version }) => `${name}@${version}`)
        .sort(),
    );
    expect(bill.dependencies[0].dependsOn.sort()).toEqual(components.map(({ purl }) => purl).sort());
    const { packages: locked } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const pg = components.find(({ name }) => name === 'pg');
    expect(pg).toMatchObject({ purl: `pkg:npm/pg@${locked['node_modules/pg'].version}`, scope: 'required' });
    expect(pg?.['hashes']).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    const integrity = String(locked['node_modules/pg'].integrity).replace('sha512-', '');
    expect(JSON.stringify(pg)).toContain(Buffer.from(integrity, 'base64').toString('hex'));
  });
});

describe('a licence text', () => {
  function packageWith(files: Readonly<Record<string, string>>): string {
    const made = path.join(mkdtempSync(path.join(folder, 'p-')), 'node_modules/some');
    mkdirSync(made, { recursive: true });
    const about = JSON.stringify({ name: 'some', version: '1.0.0', license: 'MIT' });
    for (const [name, text] of Object.entries({ 'package.json': about, ...files }))
      writeFileSync(path.join(made, name), text);
    return made;
  }
  const words = 'Copyright (c) Somebody\n\nPermission is hereby granted.';

  test.each([
    ['a file', { license: `${words}\n` }],
    ['a file in Markdown', { 'LICENSE.md': words }],
    ['a section of the README', { 'README.md': `# some\n\n## License\n\n${words}\n\n## Thanks\n\nto all` }],
    ['the last section of the README', { 'README.md': `# some\n\n# Licence\n\n${words}\n` }],
  ])('is found in %s', (_, files) => {
    expect(licenceText(packageWith(files))).toBe(words);
  });

  test.each([
    ['nothing', {}],
    ['a section that only names it', { 'README.md': '# some\n\n## License\n\nMIT' }],
  ])('is missing with %s, and the build says so', (_, files) => {
    const one = packageWith(files);
    expect(licenceText(one)).toBeNull();
    expect(() => thirdParties([`${one}/index.js`])).toThrow(
      'some: no licence text, neither as a file nor in its README',
    );
  });
});
