# Sends to the VIP from every source at once: ICMP echo, UDP to port 53, TCP to ports 80 and 8080. Prints what came back, a line each:
#   PROTOCOL SOURCE SOURCE-PORT ANSWERS       ANSWERS: names joined by +, none, or (TCP) hangs, refused, reset
use strict;
use warnings;
use Socket;
use IO::Select;
use Fcntl;
use Errno;
use Time::HiRes qw(time);

my ($vip, $file) = @ARGV;
open(my $list, '<', $file) or die "$file: $!";
chomp(my @sources = <$list>);
$SIG{PIPE} = 'IGNORE';
my $window = 1.6;
my (@probes, %probe);

sub probe {
    my ($protocol, $source, $type, $number) = @_;
    socket(my $socket, PF_INET, $type, $number) or die "socket: $!";
    fcntl($socket, F_SETFL, fcntl($socket, F_GETFL, 0) | O_NONBLOCK);
    bind($socket, sockaddr_in(0, inet_aton($source))) or die "bind $source: $!";
    my ($port) = $type == SOCK_RAW ? (0) : sockaddr_in(getsockname($socket));
    my $one = { protocol => $protocol, source => $source, socket => $socket, port => $port, answers => {}, state => 'none' };
    push @probes, $one;
    $probe{fileno $socket} = $one;
    return $one;
}

sub checksum {
    my $sum = 0;
    $sum += $_ for unpack('n*', $_[0]);
    $sum = ($sum >> 16) + ($sum & 0xffff) while $sum >> 16;
    return ~$sum & 0xffff;
}

my $id = 1;
for my $source (@sources) {
    my $icmp = probe('icmp', $source, SOCK_RAW, 1);
    my $body = pack('nn', $id, 1) . 'rackwatch';
    my $sum = checksum(pack('CCn', 8, 0, 0) . "$body\0");
    $icmp->{id} = $id++;
    send($icmp->{socket}, pack('CCn', 8, 0, $sum) . $body, 0, sockaddr_in(0, inet_aton($vip)));
    my $udp = probe('udp', $source, SOCK_DGRAM, 17);
    send($udp->{socket}, 'hello', 0, sockaddr_in(53, inet_aton($vip)));
    for my $port (80, 8080) {
        my $tcp = probe("tcp$port", $source, SOCK_STREAM, 6);
        connect($tcp->{socket}, sockaddr_in($port, inet_aton($vip)));
        $tcp->{connecting} = 1;
    }
}

my $readers = IO::Select->new(map { $_->{socket} } grep { !$_->{connecting} } @probes);
my $writers = IO::Select->new(map { $_->{socket} } grep { $_->{connecting} } @probes);
my $end = time + $window;
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
    }
    for my $socket (@{ $readable // [] }) {
        my $one = $probe{fileno $socket};
        if ($one->{protocol} eq 'icmp') {
            recv($socket, my $packet, 1500, 0);
            my ($ttl, $from, $type, $got) = (unpack('C', substr($packet, 8, 1)), substr($packet, 12, 4), unpack('C', substr($packet, 20, 1)), unpack('n', substr($packet, 24, 2)));
            $one->{answers}{'n' . ($ttl - 100)}++ if $type == 0 && $got == $one->{id} && $from eq inet_aton($vip);
        } elsif ($one->{protocol} eq 'udp') {
            my $from = recv($socket, my $name, 100, 0);
            if (defined $from) { chomp $name; $one->{answers}{$name}++ }
        } else {
            my $read = sysread($socket, my $name, 100);
            if ($read) { chomp $name; $one->{answers}{$name}++ }
            elsif (!defined $read && !$!{EAGAIN}) { $one->{state} = 'reset' }
            $readers->remove($socket) if !$read;
        }
    }
}
for my $one (@probes) {
    my $answers = join('+', sort keys %{ $one->{answers} });
    print join(' ', $one->{protocol}, $one->{source}, $one->{port}, $answers || $one->{state}), "\n";
}
