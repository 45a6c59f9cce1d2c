// What several sections say alike about a reboot.

/** Rules of iptables and nftables. */
export const keepRules =
  'Put it into what loads the rules at boot: /etc/nftables.conf with the nftables service enabled, for iptables the files of netfilter-persistent (netfilter-persistent save writes them, with everything else that is loaded at the moment). Where Pacemaker, a firewall manager or a configuration tool writes the rules, change it there, or the next run undoes it.';

/** Rules that arptables or nftables apply to ARP. */
export const keepArp =
  'nftables: put the arp table into /etc/nftables.conf and enable the nftables service. arptables: netfilter-persistent does not save its rules; write them with arptables-save to a file, and load that with arptables-restore from a unit or an up line of the interface.';

/** Addresses, links and multicast groups. */
export const keepAddress =
  'Set it in what configures the interface at boot (ifupdown, systemd-networkd, netplan, NetworkManager), or in the resource of the cluster manager where that owns the address; what ip sets is gone after a reboot.';

/** Routes and rules of policy routing. */
export const keepRoute =
  'Put the route or ip rule into the configuration of the interface (ifupdown: up lines; systemd-networkd: the sections Route and RoutingPolicyRule; NetworkManager: ipv4.routes), the same on all nodes.';

/** Settings of the kernel. */
export const keepSetting =
  'Write the setting into a file of its own in /etc/sysctl.d; sysctl --system applies it at once.';

/** The arguments of the check itself. */
export const keepService = 'The arguments are in the service definition; rebooting a node changes nothing there.';

/** What is as it should be. */
export const keepNothing =
  'There is nothing to change. Whatever sets it up must be loaded at boot, as on the other nodes.';

/** What is set on the probe. */
export const keepProbe =
  'What is set on the web page of the probe survives its reboot once it is saved there; a reboot of the poller changes nothing.';
