# Loads an XDP program that drops what goes to an IPv4 address, or passes everything, and pins it: xdp.pl VIP drop|pass FILE
use strict;
use warnings;
use Socket qw(inet_aton);

my ($vip, $verdict, $file) = @ARGV;
# CODE, DST | SRC << 4, OFFSET, IMMEDIATE: see linux/bpf.h.
sub insn { return pack('CCsl', @_) }
my $address = unpack('l', inet_aton($vip));
my @program = (
    insn(0x61, 0x12, 0, 0),           # r2 = data
    insn(0x61, 0x13, 4, 0),           # r3 = data_end
    insn(0xbf, 0x24, 0, 0),           # r4 = r2
    insn(0x07, 0x04, 0, 34),          # r4 += Ethernet and IP header
    insn(0x2d, 0x34, 6, 0),           # too short: pass
    insn(0x69, 0x25, 12, 0),          # r5 = type
    insn(0x56, 0x05, 4, 0x0008),      # no IPv4: pass
    insn(0x61, 0x25, 30, 0),          # r5 = destination
    insn(0x56, 0x05, 2, $address),    # another: pass
    insn(0xb7, 0x00, 0, $verdict eq 'drop' ? 1 : 2),
    insn(0x95, 0, 0, 0),
    insn(0xb7, 0x00, 0, 2),
    insn(0x95, 0, 0, 0),
);
my ($code, $license, $path) = (join('', @program), "GPL\0", "$file\0");
# BPF_PROG_LOAD of type XDP, then BPF_OBJ_PIN.
my $load = pack('LLQQLLQLL', 6, scalar @program, unpack('Q', pack('P', $code)), unpack('Q', pack('P', $license)), 0, 0, 0, 0, 0);
$load .= "\0" x 80;
my $program = syscall(321, 5, $load, length $load);
die "load: $!" if $program < 0;
my $pin = pack('QLL', unpack('Q', pack('P', $path)), $program, 0);
syscall(321, 6, $pin, length $pin) == 0 or die "pin $file: $!";
