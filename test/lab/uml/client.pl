# Sends to the VIP from every source at once: ICMP echo, UDP to port 53, TCP to ports 80 and 8080. Prints what came back, a line each:
#   PROTOCOL SOURCE SOURCE-PORT ANSWERS [NODES]
# ANSWERS: names joined by +, none, or (TCP) hangs, refused, reset. NODES, for TCP: those that sent a SYN-ACK, joined by +, or -.
# Who sent an echo reply or a SYN-ACK is told from the source of its frame: 02:00:00:00:00:0N is nN.
# A node that answers twice is named twice. Source ports are the same in every run. It ends when nothing was answered for
# QUIET seconds. With a router in between, FRAMES is the network namespace in which the nodes' frames are seen.
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 AF_INET6 PF_INET6);
use IO::Select;
use Fcntl;
use Errno;
use Time::HiRes qw(time);

my ($vip, $file, $quiet) = @ARGV;
my $six = $vip =~ /:/;
open(my $list, '<', $file) or die "$file: $!";
chomp(my @sources = <$list>);
$SIG{PIPE} = 'IGNORE';
my (@probes, %probe, %of);

sub at {
    my ($port, $host) = @_;
    return $six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host)) : pack_sockaddr_in($port, inet_aton($host));
}

sub packed { return $six ? inet_pton(AF_INET6, $_[0]) : inet_aton($_[0]) }

sub probe {
    my ($protocol, $source, $type, $number, $port) = @_;
    socket(my $socket, $six ? PF_INET6 : PF_INET, $type, $number) or die "socket: $!";
    fcntl($socket, F_SETFL, fcntl($socket, F_GETFL, 0) | O_NONBLOCK);
    bind($socket, at($type == SOCK_RAW ? 0 : $port, $source)) or die "bind $source: $!";
    my $one = { protocol => $protocol, source => $source, socket => $socket, port => $port, answers => {}, nodes => {}, state => 'none' };
    push @probes, $one;
    return $one;
}

sub checksum {
    my $sum = 0;
    $sum += $_ for unpack('n*', $_[0]);
    $sum = ($sum >> 16) + ($sum & 0xffff) while $sum >> 16;
    return ~$sum & 0xffff;
}

# From here on in another network namespace: setns(2), CLONE_NEWNET.
sub namespace {
    open(my $namespace, '<', $_[0]) or die "$_[0]: $!";
    return $namespace;
}
sub within { syscall(308, fileno $_[0], 0x40000000) == 0 or die "setns: $!" }
my $own = namespace("/proc/$$/ns/net");

# Every frame that comes in (PF_PACKET 17, ETH_P_IP or ETH_P_IPV6), with room for all of them (SO_RCVBUFFORCE 33).
within(namespace($ENV{FRAMES})) if $ENV{FRAMES};
socket(my $frames, 17, SOCK_RAW, unpack('S', pack('n', $six ? 0x86dd : 0x0800))) or die "packet socket: $!";
setsockopt($frames, SOL_SOCKET, 33, pack('i', 16_000_000)) or die "receive buffer: $!";
fcntl($frames, F_SETFL, fcntl($frames, F_GETFL, 0) | O_NONBLOCK);

within($own) if $ENV{FRAMES};

my $id = 1;
for my $source (@sources) {
    my $port = 20000 + ($id * 7919) % 40000;
    my $icmp = probe('icmp', $source, SOCK_RAW, $six ? 58 : 1, 0);
    my $body = pack('nn', $id, 1) . 'rackwatch' . "\0";
    my $kind = $six ? 128 : 8;
    my $sum = $six ? 0 : checksum(pack('CCn', $kind, 0, 0) . $body);
    send($icmp->{socket}, pack('CCn', $kind, 0, $sum) . $body, 0, at(0, $vip));
    close $icmp->{socket};
    $of{'icmp ' . packed($source) . " $id"} = $icmp;
    my $udp = probe('udp', $source, SOCK_DGRAM, 17, $port);
    send($udp->{socket}, 'hello', 0, at(53, $vip));
    $probe{fileno $udp->{socket}} = $udp;
    my $offset = 1;
    for my $service (80, 8080) {
        my $tcp = probe("tcp$service", $source, SOCK_STREAM, 6, $port + $offset);
        connect($tcp->{socket}, at($service, $vip));
        $tcp->{connecting} = 1;
        $probe{fileno $tcp->{socket}} = $tcp;
        $of{'tcp ' . packed($source) . ' ' . ($port + $offset++)} = $tcp;
    }
    $id++;
}

my $end = time + $quiet;
sub answered { $end = time + $quiet }

sub frame {
    my ($packet) = @_;
    my $node = 'n' . unpack('C', substr($packet, 5 + 6, 1));
    my $ip = substr($packet, 14);
    my ($number, $from, $to, $rest) = $six
        ? (unpack('C', substr($ip, 6, 1)), substr($ip, 8, 16), substr($ip, 24, 16), substr($ip, 40))
        : (unpack('C', substr($ip, 9, 1)), substr($ip, 12, 4), substr($ip, 16, 4), substr($ip, 4 * (unpack('C', $ip) & 15)));
    return if $from ne packed($vip);
    if ($number == ($six ? 58 : 1)) {
        return if unpack('C', $rest) != ($six ? 129 : 0);
        my $one = $of{"icmp $to " . unpack('n', substr($rest, 4, 2))} or return;
        $one->{answers}{$node}++;
        answered();
    } elsif ($number == 6 && (unpack('C', substr($rest, 13, 1)) & 0x3f) == 0x12) {
        my $one = $of{"tcp $to " . unpack('n', substr($rest, 2, 2))} or return;
        $one->{nodes}{$node}++;
    }
}

my $readers = IO::Select->new($frames, map { $_->{socket} } grep { $_->{protocol} eq 'udp' } @probes);
my $writers = IO::Select->new(map { $_->{socket} } grep { $_->{connecting} } @probes);
while ((my $left = $end - time) > 0) {
    my ($readable, $writable) = IO::Select->select($readers, $writers, undef, $left);
    for my $socket (@{ $writable // [] }) {
        my $one = $probe{fileno $socket};
        $writers->remove($socket);
        my $error = unpack('i', getsockopt($socket, SOL_SOCKET, SO_ERROR));
        if ($error) {
            $one->{state} = 'refused';
        } else {
            $one->{state} = 'hangs';
            syswrite($socket, "hello\n");
            $readers->add($socket);
        }
        answered();
    }
    for my $socket (@{ $readable // [] }) {
        if ($socket == $frames) {
            my $packet;
            while (defined(my $from = recv($frames, $packet, 2000, 0))) {
                # Frames to another's MAC are nothing: sll_pkttype, PACKET_OTHERHOST.
                frame($packet) if unpack('x10 C', $from) != 3;
            }
            next;
        }
        my $one = $probe{fileno $socket};
        if ($one->{protocol} eq 'udp') {
            my $from = recv($socket, my $name, 100, 0);
            # As a socket that is connected: what another address sends is nothing to it.
            if (defined $from && $from eq at(53, $vip)) { chomp $name; $one->{answers}{$name}++; answered() }
        } else {
            my $read = sysread($socket, my $name, 100);
            if ($read) { chomp $name; $one->{answers}{$name}++; answered() }
            elsif (!defined $read && !$!{EAGAIN}) { $one->{state} = 'reset' }
            $readers->remove($socket) if !$read;
        }
    }
}
for my $one (@probes) {
    my %count = %{ $one->{answers} };
    my $answers = join('+', map { ($_) x $count{$_} } sort keys %count);
    my @nodes = $one->{protocol} =~ /^tcp/ ? (join('+', sort keys %{ $one->{nodes} }) || '-') : ();
    print join(' ', $one->{protocol}, $one->{source}, $one->{port}, $answers || $one->{state}, @nodes), "\n";
}
