# Prints which source packets for a target carry when they arrive, a line each: PROTOCOL/PORT SOURCE. Ends after so many of
# them, or so many seconds: seen.pl TARGET COUNT SECONDS READY
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton inet_ntop AF_INET6);
use IO::Select;
use Time::HiRes qw(time);

my ($target, $count, $patience, $ready) = @ARGV;
my $six = $target =~ /:/;
my $family = $six ? AF_INET6 : AF_INET;
socket(my $frames, 17, SOCK_RAW, unpack('S', pack('n', $six ? 0x86dd : 0x0800))) or die "packet socket: $!";
open(my $flag, '>', $ready) or die "$ready: $!";
close $flag;
my ($select, $end, %seen) = (IO::Select->new($frames), time + $patience);
while (keys %seen < $count && (my $left = $end - time) > 0) {
    $select->can_read($left) or last;
    recv($frames, my $packet, 2000, 0);
    my $ip = substr($packet, 14);
    my ($number, $from, $to, $rest) = $six
        ? (unpack('C', substr($ip, 6, 1)), substr($ip, 8, 16), substr($ip, 24, 16), substr($ip, 40))
        : (unpack('C', substr($ip, 9, 1)), substr($ip, 12, 4), substr($ip, 16, 4), substr($ip, 4 * (unpack('C', $ip) & 15)));
    next if $to ne inet_pton($family, $target) || ($number != 6 && $number != 17);
    my $way = ($number == 6 ? 'tcp' : 'udp') . '/' . unpack('n', substr($rest, 2, 2));
    print "$way ", inet_ntop($family, $from), "\n" unless $seen{$way}++;
}
