# Pings the VIP from the first sources of a list, until each was answered or so many seconds are over: stir.pl VIP LIST SECONDS
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 AF_INET6 PF_INET6);
use IO::Select;
use Time::HiRes qw(time);

my ($vip, $file, $patience) = @ARGV;
my $six = $vip =~ /:/;
open(my $list, '<', $file) or die "$file: $!";
chomp(my @sources = grep { defined } map { scalar <$list> } 1 .. 8);

sub at {
    my ($host) = @_;
    return $six ? pack_sockaddr_in6(0, inet_pton(AF_INET6, $host)) : pack_sockaddr_in(0, inet_aton($host));
}

my $sum = 0xffff ^ (8 << 8) ^ 0;
my $echo = $six ? pack('CCnnn', 128, 0, 0, 0, 0) : pack('CCnnn', 8, 0, $sum, 0, 0);
my $waiting = IO::Select->new;
for my $source (@sources) {
    socket(my $socket, $six ? PF_INET6 : PF_INET, SOCK_RAW, $six ? 58 : 1) or die "socket: $!";
    bind($socket, at($source)) or die "bind $source: $!";
    send($socket, $echo, 0, at($vip));
    $waiting->add($socket);
}
my $end = time + $patience;
while ($waiting->count && (my $left = $end - time) > 0) {
    for my $socket ($waiting->can_read($left)) {
        recv($socket, my $packet, 200, 0);
        $waiting->remove($socket);
    }
}
