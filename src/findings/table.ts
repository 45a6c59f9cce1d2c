import type { Section } from '../plugin/index.ts';
import { address } from './address.ts';
import { answers, arp, source } from './answers.ts';
import { coverage } from './coverage.ts';
import { kit } from './kit.ts';
import { pool } from './pool.ts';
import { firewall, rules } from './rules.ts';
import { sensors } from './sensors.ts';
import { vip } from './vip.ts';

/** A subject of findings, and the sections of their codes. */
export type Chapter = { readonly title: string; readonly sections: Readonly<Record<string, Section>> };

/** All sections, in the order in which docs/findings.md has them. */
export const chapters: readonly Chapter[] = [
  { title: 'Buckets and clients', sections: coverage },
  { title: 'The cluster rule', sections: rules },
  { title: 'Other rules', sections: firewall },
  { title: 'The address, its interface and the cluster MAC', sections: address },
  { title: 'ARP and neighbour discovery', sections: arp },
  { title: 'The way back of answers', sections: answers },
  { title: 'Where the VIP is', sections: vip },
  { title: 'The source address', sections: source },
  { title: 'Sensors and probes', sections: sensors },
  { title: 'Pgpool-II', sections: pool },
  { title: 'Any plugin', sections: kit },
];

/** The section of every code. */
export const sections = {
  ...coverage,
  ...rules,
  ...firewall,
  ...address,
  ...arp,
  ...answers,
  ...vip,
  ...source,
  ...sensors,
  ...pool,
  ...kit,
};

/** The code of a finding: one of those that have a section. */
export type Code = keyof typeof sections;
