# Answers for one node: TCP on ports 80 and 8080 and UDP on port 53 of the VIP, always with the node's name.
# The file READY appears when it listens. TCP may be served on another address: server.pl NAME VIP READY [ADDRESS]
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 AF_INET6 PF_INET6);
use IO::Select;

my ($name, $vip, $ready, $tcp_on) = @ARGV;
my $six = $vip =~ /:/;
my $select = IO::Select->new;
my %kind;

sub at {
    my ($port, $host) = @_;
    return $six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host)) : pack_sockaddr_in($port, inet_aton($host));
}

for my $port (80, 8080) {
    socket(my $tcp, $six ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($tcp, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($tcp, at($port, $tcp_on // $vip)) or die "bind: $!";
    listen($tcp, 1024);
    $select->add($tcp);
    $kind{$tcp} = 'listener';
}
socket(my $udp, $six ? PF_INET6 : PF_INET, SOCK_DGRAM, 0) or die "socket: $!";
bind($udp, at(53, $vip)) or die "bind: $!";
$select->add($udp);
open(my $flag, '>', $ready) or die "$ready: $!";
close $flag;
while (1) {
    for my $socket ($select->can_read) {
        if ($socket == $udp) {
            my $from = recv($udp, my $data, 100, 0);
            send($udp, "$name\n", 0, $from) if $from;
        } elsif (($kind{$socket} // '') eq 'listener') {
            accept(my $connection, $socket) or next;
            $select->add($connection);
        } else {
            # The name is sent when the client has spoken: a connection that only opened shows as one that hangs.
            my $read = sysread($socket, my $data, 100);
            syswrite($socket, "$name\n") if $read;
            $select->remove($socket);
            close $socket;
        }
    }
}
