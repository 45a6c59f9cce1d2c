import { oncePerSnapshot, section } from '../snapshot/index.ts';

/** Settings of the kernel's network (sysctl), by their name: `net.ipv4.conf.eth1.rp_filter`. */
export type Settings = ReadonlyMap<string, number>;

/** Extracts the settings from a snapshot; null where they are missing or were not read. */
export const readSettings = oncePerSnapshot((snapshot): Settings | null => {
  const part = section(snapshot, 'sysctl');
  return part?.status === 'read' ? parseSettings(part.lines) : null;
});

/**
 * Reads lines such as `net.ipv4.conf.all.rp_filter = 0`, those of `sysctl` too. Lines of another form and
 * values that are not numbers are ignored.
 */
export function parseSettings(lines: readonly string[]): Settings {
  return new Map(
    lines.flatMap((line): readonly (readonly [string, number])[] => {
      const [, name, value] = /^(net\.\S+) = (-?\d+)\s*$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)]];
    }),
  );
}

/** Settings that every interface has, and what decides: the interface's own value, the larger one, or either. */
const deciding = {
  rp_filter: 'larger',
  arp_ignore: 'larger',
  arp_announce: 'larger',
  arp_filter: 'larger',
  accept_local: 'larger',
  src_valid_mark: 'larger',
  drop_unicast_in_l2_multicast: 'larger',
} as const;

/** The name of a setting that each interface has, in `net.ipv4.conf`. */
export type InterfaceSetting = keyof typeof deciding;

/**
 * The value that counts for an interface over IPv4: the larger one of its own and that of `all` (Linux: ip-sysctl.rst,
 * IN_DEV_MAXCONF and IN_DEV_ORCONF). The script lists an interface only where it differs from `default`. Null where the
 * kernel has no such setting.
 *
 * `drop_unicast_in_l2_multicast` drops what is addressed to one host in a frame to a group MAC, after prerouting: a
 * cluster rule that makes the frame `host` there saves it.
 */
export function ipv4Setting(settings: Settings, ifname: string, name: InterfaceSetting): number | null {
  const all = settings.get(`net.ipv4.conf.all.${name}`);
  const own = settings.get(`net.ipv4.conf.${ifname}.${name}`) ?? settings.get(`net.ipv4.conf.default.${name}`);
  return all === undefined || own === undefined ? null : Math.max(all, own);
}

/**
 * The value that counts for an interface over IPv6, which is its own. `drop_unicast_in_l2_multicast` drops before
 * prerouting here (Linux: ip6_rcv_core), so that no rule can save the frame.
 */
export function ipv6Setting(
  settings: Settings,
  ifname: string,
  name: 'disable_ipv6' | 'drop_unicast_in_l2_multicast',
): number | null {
  return settings.get(`net.ipv6.conf.${ifname}.${name}`) ?? settings.get(`net.ipv6.conf.default.${name}`) ?? null;
}

/** A setting that the whole host has: `net.ipv4.tcp_l3mdev_accept`; null where the kernel does not have it. */
export function hostSetting(settings: Settings, name: string): number | null {
  return settings.get(name) ?? null;
}
