import { createHash } from 'node:crypto';
import type { ThirdParty } from './third_party.ts';

/** What a bill of materials is about: this project, as package.json says it. */
export type Subject = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
};

/** The part of package-lock.json that is read here. */
export type Lock = {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
};

/**
 * The packages in the bundles as a bill of materials: CycloneDX 1.5 as JSON, the same text for the same list. It has no
 * time in it, and its serial number is made of its content. Hashes are those of the packages' archives in npm, as the lock
 * file has them.
 */
export function renderSbom(subject: Subject, parties: readonly ThirdParty[], lock: Lock): string {
  const self = `pkg:npm/${subject.name}@${subject.version}`;
  const content = {
    metadata: {
      component: {
        type: 'application',
        'bom-ref': self,
        name: subject.name,
        version: subject.version,
        description: subject.description,
        licenses: [{ license: { id: subject.license } }],
        purl: self,
      },
    },
    components: parties.map((party) => component(party, lock)),
    dependencies: [{ ref: self, dependsOn: parties.map(purl) }],
  };
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
  };
  return `${JSON.stringify({ ...head, ...content }, null, 2)}\n`;
}

function component(party: ThirdParty, lock: Lock) {
  const { name, version, licence } = party;
  const [, group, rest] = /^(@[^/]+)\/(.*)$/.exec(name) ?? [];
  const hash = sha512(name, version, lock);
  return {
    type: 'library',
    'bom-ref': purl(party),
    ...(group === undefined ? { name } : { group, name: rest }),
    version,
    scope: 'required',
    ...(hash === null ? {} : { hashes: [{ alg: 'SHA-512', content: hash }] }),
    licenses: [{ license: { id: licence } }],
    purl: purl(party),
  };
}

/** In a package URL, the `@` of a scope is written in its escaped form. */
function purl({ name, version }: ThirdParty): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function sha512(name: string, version: string, { packages }: Lock): string | null {
  const entries = Object.entries(packages).filter(([folder]) => folder.endsWith(`node_modules/${name}`));
  const [, digest] =
    /^sha512-(.*)$/.exec(entries.find(([, one]) => one.version === version)?.[1].integrity ?? '') ?? [];
  return digest === undefined ? null : Buffer.from(digest, 'base64').toString('hex');
}

/** A UUID of a text, in the form of version 5 (RFC 9562). */
function uuidOf(text: string): string {
  const hex = createHash('sha1').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
