// Firewalls as admins' programs load them, in the form of iptables-restore or nft. All of them open what the lab's
// clients use (ping, UDP port 53, TCP port 80) and nothing beside it but ssh.

/** ufw: its chains before and after the user's, with logging. */
const ufw = `*filter
:INPUT DROP [0:0]
:ufw-before-logging-input - [0:0]
:ufw-before-input - [0:0]
:ufw-after-input - [0:0]
:ufw-after-logging-input - [0:0]
:ufw-reject-input - [0:0]
:ufw-track-input - [0:0]
:ufw-logging-deny - [0:0]
:ufw-not-local - [0:0]
:ufw-user-input - [0:0]
:ufw-user-limit - [0:0]
:ufw-user-limit-accept - [0:0]
:ufw-skip-to-policy-input - [0:0]
-A INPUT -j ufw-before-logging-input
-A INPUT -j ufw-before-input
-A INPUT -j ufw-after-input
-A INPUT -j ufw-after-logging-input
-A INPUT -j ufw-reject-input
-A INPUT -j ufw-track-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 3 -j ACCEPT
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT
-A ufw-before-input -d 239.255.255.250/32 -p udp -m udp --dport 1900 -j ACCEPT
-A ufw-before-input -j ufw-user-input
-A ufw-after-input -p udp -m udp --dport 137 -j ufw-skip-to-policy-input
-A ufw-after-input -p tcp -m tcp --dport 445 -j ufw-skip-to-policy-input
-A ufw-after-input -m addrtype --dst-type BROADCAST -j ufw-skip-to-policy-input
-A ufw-after-logging-input -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
-A ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min --limit-burst 10 -j RETURN
-A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
-A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
-A ufw-not-local -j DROP
-A ufw-skip-to-policy-input -j DROP
-A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource
-A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j ufw-user-limit
-A ufw-user-input -p tcp -m tcp --dport 22 -j ufw-user-limit-accept
-A ufw-user-input -p tcp -m tcp --dport 80 -m comment --comment "'dapp_Nginx%20HTTP'" -j ACCEPT
-A ufw-user-input -p udp -m udp --dport 53 -j ACCEPT
-A ufw-user-limit -m limit --limit 3/min -j LOG --log-prefix "[UFW LIMIT BLOCK] "
-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable
-A ufw-user-limit-accept -j ACCEPT
COMMIT`;

/** docker's chains, with a published port, and its rules against what comes to containers from outside. */
const docker = `*raw
-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP
COMMIT
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 5000 -j DNAT --to-destination 172.17.0.2:5000
COMMIT
*filter
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 5000 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT`;

/** kube-proxy with iptables: services on node ports, balanced by chance, and its firewall. */
const kubeProxy = `*mangle
:KUBE-KUBELET-CANARY - [0:0]
COMMIT
*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-EXT-WEB - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SEP-B - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-EXT-WEB -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-WEB -j KUBE-SVC-WEB
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-EXT-WEB
-A KUBE-SEP-A -s 10.244.1.5/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-A -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.244.1.5:8080
-A KUBE-SEP-B -s 10.244.2.7/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-B -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.244.2.7:8080
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-WEB
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-WEB ! -s 10.244.0.0/16 -d 10.96.7.7/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -m comment --comment "default/web:http -> 10.244.1.5:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A
-A KUBE-SVC-WEB -m comment --comment "default/web:http -> 10.244.2.7:8080" -j KUBE-SEP-B
COMMIT
*filter
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A INPUT -j KUBE-FIREWALL
-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/down:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30090 -j REJECT --reject-with icmp-port-unreachable
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
COMMIT`;

/** Calico's host side: marks, reverse paths and sets of its own. */
const calico = `*raw
:cali-PREROUTING - [0:0]
:cali-rpf-skip - [0:0]
:cali-from-host-endpoint - [0:0]
-A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
-A cali-PREROUTING -j MARK --set-xmark 0x0/0xf0000
-A cali-PREROUTING -i cali+ -j MARK --set-xmark 0x40000/0x40000
-A cali-PREROUTING -m mark --mark 0x40000/0x40000 -j cali-rpf-skip
-A cali-PREROUTING -m mark --mark 0x40000/0x40000 -m rpfilter --validmark --invert -j DROP
-A cali-PREROUTING -m mark --mark 0x0/0x40000 -j cali-from-host-endpoint
-A cali-PREROUTING -m mark --mark 0x10000/0x10000 -j ACCEPT
COMMIT
*filter
:cali-INPUT - [0:0]
:cali-wl-to-host - [0:0]
:cali-from-host-endpoint - [0:0]
-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT
-A cali-INPUT -p ipencap -m comment --comment "Allow IPIP packets from Calico hosts" -m set --match-set cali40all-hosts-net src -m addrtype --dst-type LOCAL -j ACCEPT
-A cali-INPUT -p ipencap -m comment --comment "Drop IPIP packets from non-Calico hosts" -j DROP
-A cali-INPUT -p udp -m comment --comment "Allow VXLAN from hosts" -m multiport --dports 4789 -m set --match-set cali40all-hosts-net src -m addrtype --dst-type LOCAL -j ACCEPT
-A cali-INPUT -i cali+ -g cali-wl-to-host
-A cali-INPUT -m mark --mark 0x10000/0x10000 -j ACCEPT
-A cali-INPUT -j MARK --set-xmark 0x0/0xf0000
-A cali-INPUT -j cali-from-host-endpoint
-A cali-INPUT -m mark --mark 0x10000/0x10000 -j ACCEPT
-A cali-wl-to-host -j ACCEPT
COMMIT`;

/** What Red Hat's old iptables service loads, with two ports more. */
const redHat = `*filter
:INPUT ACCEPT [0:0]
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m multiport --dports 80,443 -j ACCEPT
-A INPUT -p udp -m state --state NEW -m udp --dport 53 -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT`;

/** fail2ban with twenty banned hosts of the web server's jail. */
const fail2ban = `*filter
:f2b-nginx - [0:0]
:f2b-sshd - [0:0]
-A INPUT -p tcp -m multiport --dports 80,443 -j f2b-nginx
-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
${Array.from({ length: 20 }, (_, i) => `-A f2b-nginx -s 192.0.2.${(i * 37) % 256}/32 -j REJECT --reject-with icmp-port-unreachable`).join('\n')}
-A f2b-nginx -j RETURN
-A f2b-sshd -s 198.51.100.7/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-sshd -j RETURN
COMMIT`;

/** ConfigServer's firewall: lists, invalid flags, floods. */
const csf = `*filter
:INPUT DROP [0:0]
:ALLOWIN - [0:0]
:DENYIN - [0:0]
:INVALID - [0:0]
:INVDROP - [0:0]
:LOCALINPUT - [0:0]
:LOGDROPIN - [0:0]
:SYNFLOOD - [0:0]
:CONNLIMIT - [0:0]
-A INPUT ! -i lo -j LOCALINPUT
-A INPUT -i lo -j ACCEPT
-A INPUT ! -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j SYNFLOOD
-A INPUT ! -i lo -p tcp -j INVALID
-A INPUT ! -i lo -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -m connlimit --connlimit-above 20 --connlimit-mask 32 --connlimit-saddr -j CONNLIMIT
-A INPUT ! -i lo -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT ! -i lo -p tcp -m conntrack --ctstate NEW -m tcp --dport 22 -j ACCEPT
-A INPUT ! -i lo -p tcp -m conntrack --ctstate NEW -m tcp --dport 80 -j ACCEPT
-A INPUT ! -i lo -p udp -m conntrack --ctstate NEW -m udp --dport 53 -j ACCEPT
-A INPUT ! -i lo -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A INPUT ! -i lo -j LOGDROPIN
-A ALLOWIN -s 198.51.100.99/32 ! -i lo -j ACCEPT
-A CONNLIMIT -p tcp -j REJECT --reject-with tcp-reset
${Array.from({ length: 60 }, (_, i) => `-A DENYIN -s 192.0.2.${(i * 7) % 256}/32 ! -i lo -j DROP`).join('\n')}
-A INVALID -m conntrack --ctstate INVALID -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG FIN,SYN,RST,PSH,ACK,URG -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags FIN,RST FIN,RST -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags FIN,ACK FIN -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags PSH,ACK PSH -j INVDROP
-A INVALID -p tcp -m tcp --tcp-flags ACK,URG URG -j INVDROP
-A INVALID -p tcp -m conntrack --ctstate NEW -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j INVDROP
-A INVDROP -j DROP
-A LOCALINPUT ! -i lo -j ALLOWIN
-A LOCALINPUT ! -i lo -j DENYIN
-A LOGDROPIN -p tcp -m tcp --dport 23 -j DROP
-A LOGDROPIN -p tcp -m limit --limit 30/min -j LOG --log-prefix "Firewall: *TCP_IN Blocked* "
-A LOGDROPIN -j DROP
-A SYNFLOOD -m limit --limit 5000/sec --limit-burst 5000 -j RETURN
-A SYNFLOOD -m limit --limit 30/min -j LOG --log-prefix "Firewall: *SYNFLOOD Blocked* "
-A SYNFLOOD -j DROP
COMMIT`;

/** A careful admin's own: rates, lists, helpers, odd packets. */
const byHand = `*raw
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
-A PREROUTING -i lo -j CT --notrack
-A PREROUTING -m rpfilter --invert -j DROP
COMMIT
*filter
:INPUT DROP [0:0]
:bad - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -f -j DROP
-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j DROP
-A INPUT -m pkttype --pkt-type broadcast -j DROP
-A INPUT -m pkttype --pkt-type multicast -j DROP
-A INPUT -m set --match-set blocklist src -j DROP
-A INPUT -p tcp -m multiport --dports 80,443 -m connlimit --connlimit-above 100 --connlimit-mask 32 --connlimit-saddr -j REJECT --reject-with tcp-reset
-A INPUT -p tcp -m tcp --dport 80 -m hashlimit --hashlimit-above 50/sec --hashlimit-burst 100 --hashlimit-mode srcip --hashlimit-name web -j DROP
-A INPUT -m recent --rcheck --seconds 600 --name portscan --mask 255.255.255.255 --rsource -j DROP
-A INPUT -p tcp -m tcp --dport 139 -m recent --set --name portscan --mask 255.255.255.255 --rsource -j DROP
-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 2000/sec --limit-burst 2000 -j ACCEPT
-A INPUT -m helper --helper ftp -j ACCEPT
-A INPUT -m policy --dir in --pol ipsec -j ACCEPT
-A INPUT -p tcp -m multiport --dports 22,80,443 -j ACCEPT
-A INPUT -p udp -m udp --dport 53 -m length --length 0:1500 -j ACCEPT
-A INPUT -p udp -m udp --dport 53 -j ACCEPT
-A INPUT -m iprange --src-range 10.99.0.1-10.99.0.50 -j ACCEPT
-A INPUT -j NFLOG --nflog-group 5
COMMIT`;

/** ufw's rules for IPv6, whose own packets must not be counted as anybody's. */
const ufw6 = `*filter
:INPUT DROP [0:0]
:ufw6-before-input - [0:0]
:ufw6-user-input - [0:0]
-A INPUT -j ufw6-before-input
-A ufw6-before-input -i lo -j ACCEPT
-A ufw6-before-input -m rt --rt-type 0 --rt-segsleft 0 -j DROP
-A ufw6-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw6-before-input -p ipv6-icmp -m icmp6 --icmpv6-type 129 -j ACCEPT
-A ufw6-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw6-before-input -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT
-A ufw6-before-input -p ipv6-icmp -m icmp6 --icmpv6-type 133 -m hl --hl-eq 255 -j ACCEPT
-A ufw6-before-input -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT
-A ufw6-before-input -p ipv6-icmp -m icmp6 --icmpv6-type 136 -m hl --hl-eq 255 -j ACCEPT
-A ufw6-before-input -s fe80::/10 -d fe80::/10 -p udp -m udp --sport 547 --dport 546 -j ACCEPT
-A ufw6-before-input -d ff02::fb/128 -p udp -m udp --dport 5353 -j ACCEPT
-A ufw6-before-input -j ufw6-user-input
-A ufw6-user-input -p tcp -m tcp --dport 80 -j ACCEPT
-A ufw6-user-input -p udp -m udp --dport 53 -j ACCEPT
COMMIT`;

/** firewalld: zones by interface, policies, rejection at the end. */
const firewalld = `table inet firewalld {
  ct helper helper-ftp-tcp { type "ftp" protocol tcp; l3proto inet; }
  set trusted { type ipv4_addr; flags interval; elements = { 10.99.0.0/24, 10.98.0.1 } }
  chain mangle_PREROUTING {
    type filter hook prerouting priority mangle + 10; policy accept;
    jump mangle_PREROUTING_ZONES
  }
  chain mangle_PREROUTING_POLICIES_pre { jump mangle_PRE_policy_allow-host-ipv6; }
  chain mangle_PREROUTING_ZONES {
    iifname "eth1" goto mangle_PRE_public
    goto mangle_PRE_public
  }
  chain mangle_PREROUTING_POLICIES_post { }
  chain mangle_PRE_public { jump mangle_PREROUTING_POLICIES_pre; jump mangle_PREROUTING_POLICIES_post; }
  chain mangle_PRE_policy_allow-host-ipv6 { }
  chain nat_PREROUTING {
    type nat hook prerouting priority dstnat + 10; policy accept;
    jump nat_PREROUTING_ZONES
  }
  chain nat_PREROUTING_ZONES { goto nat_PRE_public; }
  chain nat_PRE_public { jump nat_PRE_public_allow; }
  chain nat_PRE_public_allow { tcp dport 4443 redirect to :443; }
  chain filter_PREROUTING {
    type filter hook prerouting priority filter + 10; policy accept;
    icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
    meta nfproto ipv6 fib saddr . mark . iif oif missing drop
  }
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_INPUT_ZONES {
    ip saddr @trusted goto filter_IN_trusted
    iifname "eth1" goto filter_IN_public
    goto filter_IN_public
  }
  chain filter_IN_trusted { accept; }
  chain filter_INPUT_POLICIES_pre { jump filter_IN_policy_allow-host-ipv6; }
  chain filter_INPUT_POLICIES_post { }
  chain filter_IN_policy_allow-host-ipv6 {
    icmpv6 type { nd-neighbor-advert, nd-neighbor-solicit, nd-router-advert, nd-redirect } accept
  }
  chain filter_IN_public {
    jump filter_INPUT_POLICIES_pre
    jump filter_IN_public_pre
    jump filter_IN_public_log
    jump filter_IN_public_deny
    jump filter_IN_public_allow
    jump filter_IN_public_post
    jump filter_INPUT_POLICIES_post
    meta l4proto { icmp, ipv6-icmp } accept
    reject with icmpx admin-prohibited
  }
  chain filter_IN_public_pre { }
  chain filter_IN_public_log { tcp dport 23 limit rate 3/minute log prefix "telnet "; }
  chain filter_IN_public_deny { ip saddr 192.0.2.66 reject; }
  chain filter_IN_public_allow {
    tcp dport 22 accept
    tcp dport 80 accept
    udp dport 53 accept
    tcp dport 21 ct helper set "helper-ftp-tcp"
    ip6 daddr fe80::/64 udp dport 546 accept
  }
  chain filter_IN_public_post { }
}`;

/** podman's netavark, with a published port. */
const netavark = `table inet netavark {
  chain INPUT {
    type filter hook input priority filter; policy accept;
    ip saddr 10.88.0.0/16 meta l4proto { tcp, udp } th dport 53 accept
  }
  chain FORWARD {
    type filter hook forward priority filter; policy accept;
    ct state invalid drop
  }
  chain PREROUTING {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local jump NETAVARK-HOSTPORT-DNAT
  }
  chain OUTPUT {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump NETAVARK-HOSTPORT-DNAT
  }
  chain NETAVARK-HOSTPORT-SETMARK { meta mark set meta mark | 0x00002000; }
  chain nv_2f259bab_10_88_0_0_nm16_dnat {
    ip saddr 10.88.0.0/16 tcp dport 5000 jump NETAVARK-HOSTPORT-SETMARK
    ip saddr 127.0.0.1 tcp dport 5000 jump NETAVARK-HOSTPORT-SETMARK
    tcp dport 5000 dnat ip to 10.88.0.2:80
  }
  chain NETAVARK-HOSTPORT-DNAT { tcp dport 5000 jump nv_2f259bab_10_88_0_0_nm16_dnat; }
}`;

/** kube-proxy with nftables: services in maps, end points by chance. */
const kubeProxyNft = `table ip kube-proxy {
  comment "rules for kube-proxy"
  set cluster-ips { type ipv4_addr; elements = { 10.96.0.1, 10.96.7.7 } }
  set nodeport-ips { type ipv4_addr; elements = { 192.168.56.11, 192.168.56.12, 192.168.56.20 } }
  map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.9.9 . tcp . 80 : goto reject-chain } }
  map no-endpoint-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . 30090 : goto reject-chain } }
  map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.7.7 . tcp . 80 : goto service-WEB } }
  map service-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . 30080 : goto external-WEB } }
  chain reject-chain { reject; }
  chain mark-for-masquerade { meta mark set meta mark | 0x00004000; }
  chain endpoint-A { ip saddr 10.244.1.5 jump mark-for-masquerade; meta l4proto tcp dnat to 10.244.1.5:8080; }
  chain endpoint-B { ip saddr 10.244.2.7 jump mark-for-masquerade; meta l4proto tcp dnat to 10.244.2.7:8080; }
  chain service-WEB {
    ip daddr 10.96.7.7 tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
    numgen random mod 2 vmap { 0 : goto endpoint-A, 1 : goto endpoint-B }
  }
  chain external-WEB { jump mark-for-masquerade; goto service-WEB; }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }
  chain service-endpoints-check {
    ip daddr . meta l4proto . th dport vmap @no-endpoint-services
  }
  chain nodeport-endpoints-check { ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
  chain firewall-check { ip daddr . meta l4proto . th dport vmap @firewall-ips; }
  chain filter-prerouting { type filter hook prerouting priority -110; policy accept; ct state new jump firewall-check; }
  chain filter-input { type filter hook input priority -110; policy accept; ct state new jump nodeport-endpoints-check; ct state new jump service-endpoints-check; }
  chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
}`;

/** fail2ban's nft action with twenty banned hosts, which stands before the firewall. */
const fail2banNft = `table inet f2b-table {
  set addr-set-sshd { type ipv4_addr; elements = { 198.51.100.7 } }
  set addr-set-nginx { type ipv4_addr; elements = { ${Array.from({ length: 20 }, (_, i) => `192.0.2.${(i * 37) % 256}`).join(', ')} } }
  chain f2b-chain {
    type filter hook input priority filter - 1; policy accept;
    tcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable
    tcp dport { 80, 443 } ip saddr @addr-set-nginx reject with icmp port-unreachable
  }
}`;

/** Debian's example, filled in. */
const debian = `table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname "lo" accept
    meta l4proto vmap { icmp : accept, ipv6-icmp : accept, tcp : jump tcp_in, udp : jump udp_in }
    meta pkttype { broadcast, multicast } drop
    log prefix "input: " counter
  }
  chain tcp_in { tcp dport { 22, 80, 443 } counter accept; }
  chain udp_in { th dport 53 accept; }
  chain forward { type filter hook forward priority filter; policy accept; }
  chain output { type filter hook output priority filter; policy accept; }
}`;

/** A careful admin's own nftables: rates, sets with time limits, meters, helpers, ingress. */
const byHandNft = `table netdev early {
  set martians { type ipv4_addr; flags interval; elements = { 127.0.0.0/8, 169.254.0.0/16, 240.0.0.0/5 } }
  chain ingress {
    type filter hook ingress device eth1 priority -500; policy accept;
    ip frag-off & 0x1fff != 0 counter drop
    ip saddr @martians counter drop
    tcp flags & (fin|syn) == (fin|syn) drop
    tcp flags & (syn|rst) == (syn|rst) drop
    tcp flags & (fin|syn|rst|psh|ack|urg) == 0x0 drop
    tcp flags syn tcp option maxseg size 1-500 counter drop
  }
}
table inet main {
  counter denied { }
  quota monthly { over 900000 mbytes; }
  limit pings { rate 2000/second burst 2000 packets; }
  ct helper ftp { type "ftp" protocol tcp; }
  set blocked { type ipv4_addr; flags interval, timeout; elements = { 192.0.2.0/25 timeout 12h, 198.51.100.4 } }
  set crawlers { type ipv4_addr; flags dynamic, timeout; timeout 1h; size 65535; }
  set flooders { type ipv4_addr; flags dynamic; size 65535; }
  set admins { type ipv4_addr . inet_service; flags interval; elements = { 10.97.0.0/16 . 8000-8999, 10.96.0.4 . 9100 } }
  map doors { type inet_proto . inet_service : verdict; elements = { tcp . 22 : jump ssh, tcp . 80 : accept, udp . 53 : accept } }
  chain ssh { ct state new limit rate 10/minute accept; ct state new drop; accept; }
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    fib saddr . iif oif missing counter drop
    fib daddr . iif type != { local, broadcast, multicast } drop
    iifname "lo" notrack
    tcp dport 21 ct helper set "ftp"
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iif "lo" accept
    ct state established,related accept
    ct state invalid counter name "denied" drop
    tcp flags & (fin|syn|rst|ack) != syn ct state new counter drop
    ip saddr @blocked counter name "denied" drop
    ip saddr @crawlers drop
    ct state new tcp dport 80 add @flooders { ip saddr limit rate over 500/second burst 500 packets } drop
    ip saddr . tcp dport @admins accept
    icmp type echo-request limit name "pings" accept
    icmp type echo-request drop
    quota name "monthly" drop
    ip protocol esp accept
    udp sport 123 udp dport 123 accept
    ip daddr 192.168.56.0/24 meta l4proto . th dport vmap @doors
    meta ipsec exists accept
    ip saddr 10.95.0.0/16 tcp dport 1024-65535 accept
    log prefix "denied " level info limit rate 5/minute
    reject with icmpx type port-unreachable
  }
}`;

/** A set of blocked hosts that is longer than a snapshot carries. */
const longList = `table inet blocklist {
  set blocked { type ipv4_addr; elements = { ${Array.from(
    { length: 900 },
    (_, i) => `192.0.${(i * 7) % 200}.${(i * 13) % 256}`,
  )
    .filter((one, i, all) => all.indexOf(one) === i)
    .join(', ')} } }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    ip saddr @blocked drop
  }
}`;

export type Firewall = {
  readonly name?: string;
  readonly tool: 'nft' | 'iptables';
  readonly text: string;
  readonly limitsPings?: true;
};

const iptables = (name: string, text: string) => ({ name, tool: 'iptables', text }) as const;
const nft = (name: string, text: string) => ({ name, tool: 'nft', text }) as const;

export const iptablesFirewalls = {
  ufw: iptables('ufw', ufw),
  docker: iptables('docker', docker),
  kubeProxy: iptables('kube-proxy (iptables)', kubeProxy),
  calico: iptables('Calico', calico),
  redHat: iptables('the iptables service', redHat),
  fail2ban: iptables('fail2ban', fail2ban),
  csf: iptables('CSF', csf),
  byHand: { ...iptables('rates, lists and helpers (iptables)', byHand), limitsPings: true },
} as const;

export const iptablesFirewalls6 = { ufw6: iptables('ufw', ufw6) } as const;

export const nftFirewalls = {
  firewalld: nft('firewalld', firewalld),
  netavark: nft('podman', netavark),
  kubeProxyNft: nft('kube-proxy (nftables)', kubeProxyNft),
  fail2banNft: nft('fail2ban (nftables)', fail2banNft),
  debian: nft('maps of states and protocols', debian),
  byHandNft: { ...nft('rates, lists and helpers (nftables)', byHandNft), limitsPings: true },
  longList: nft('a long list of blocked hosts', longList),
} as const;
