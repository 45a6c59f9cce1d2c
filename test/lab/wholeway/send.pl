# Sends as any program of a node would, from no address of its own choice: send.pl TARGET PROTOCOL/PORT...
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 AF_INET6 PF_INET6);
use Fcntl;

my ($target, @ways) = @ARGV;
my $six = $target =~ /:/;
my @kept;
for my $way (@ways) {
    my ($protocol, $port) = split m{/}, $way;
    my $udp = $protocol eq 'udp';
    socket(my $socket, $six ? PF_INET6 : PF_INET, $udp ? SOCK_DGRAM : SOCK_STREAM, 0) or die "socket: $!";
    fcntl($socket, F_SETFL, O_NONBLOCK);
    my $to = $six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $target)) : pack_sockaddr_in($port, inet_aton($target));
    if ($udp) { send($socket, 'hello', 0, $to) } else { connect($socket, $to) }
    push @kept, $socket;
}
sleep 1;
