#!/usr/bin/perl
# Recounts a file of order lines and writes what a loader of it must arrive at.
#
#   perl recount.pl LINES.csv.gz PREFIX
#
# makes PREFIX_month.csv.gz, PREFIX_item_month.csv.gz and PREFIX_refund_match.csv.gz, in the columns that README.md
# explains.  It shares nothing with the loader it judges: another language, another order of work, integers of
# 1/1000 pound throughout.  Only what every Debian has is used.
use strict;
use warnings;

die "usage: perl recount.pl LINES.csv.gz PREFIX\n" unless @ARGV == 2;
my ($source, $prefix) = @ARGV;

# One line of CSV into its fields.  No field of these files holds a line break.
sub fields {
    my ($text) = @_;
    my @field;
    while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/g) {
        my ($quoted, $plain, $end) = ($1, $2, $3);
        $quoted =~ s/""/"/g if defined $quoted;
        push @field, $quoted // $plain;
        last if $end eq '';
    }
    return @field;
}

# "2.55" is 2550: a price in 1/1000 pound, exactly.
sub thousandths {
    my ($text) = @_;
    my ($sign, $whole, $part) = $text =~ /^(-?)(\d+)(?:\.(\d{1,3}))?$/ or die "not a price: $text\n";
    my $value = $whole * 1000 + substr(($part // '') . '000', 0, 3);
    return $sign ? -$value : $value;
}

# 1/1000 pound to pence, half away from zero.
sub pence {
    my ($milli) = @_;
    return $milli < 0 ? -int((5 - $milli) / 10) : int((5 + $milli) / 10);
}

sub save {
    my ($name, $header, @rows) = @_;
    open(my $out, '|-', "gzip -9n > '${prefix}_$name.csv.gz'") or die "cannot write $name: $!\n";
    print $out "$_\n" for $header, @rows;
    close $out or die "cannot write $name\n";
}

open(my $in, '-|', 'gzip', '-dcf', $source) or die "cannot read $source: $!\n";
my $header = <$in>;
die "not a file of order lines\n" unless $header =~ /^line_no,invoice_no,stock_code,description,quantity,invoice_ts,/;

my (%month, %item, %sold, @cancelled);
while (my $text = <$in>) {
    chomp $text;
    my ($line, $invoice, $code, undef, $units, $at, $price, $customer) = fields($text);
    my $milli  = thousandths($price);
    my $amount = $units * $milli;
    my $when   = substr($at, 0, 7);
    my $back   = $invoice =~ /^C/;

    my $m = $month{$when} //= {map { $_ => 0 } qw(lines units milli pence sale sale_milli back back_units back_milli)};
    $m->{lines}++;
    $m->{invoice}{$invoice} = 1;
    $m->{back_invoice}{$invoice} = 1 if $back;
    $m->{customer}{$customer} = 1 if $customer ne '';
    $m->{units} += $units;
    $m->{milli} += $amount;
    $m->{pence} += pence($amount);
    if ($back) {
        $m->{back}++;
        $m->{back_units} += $units;
        $m->{back_milli} += $amount;
    } elsif ($units > 0 && $milli > 0) {
        $m->{sale} += $units;
        $m->{sale_milli} += $amount;
    }

    my $i = $item{"$when,$code"} //= {lines => 0, units => 0, milli => 0, gross => 0, gross_milli => 0};
    $i->{lines}++;
    $i->{units} += $units;
    $i->{milli} += $amount;
    if ($units > 0 && !$back) {
        $i->{gross} += $units;
        $i->{gross_milli} += $amount;
    }

    next if $customer eq '';
    my $key = "$customer\t$code\t$milli";
    push @{$sold{$key}}, {line => $line, at => $at, left => $units} if !$back && $units > 0;
    push @cancelled, {line => $line, at => $at, invoice => $invoice, key => $key, units => -$units} if $back && $units < 0;
}
close $in or die "cannot read $source\n";

# Latest sale first, each sale used up only once, cancellations in the order they happened.
@$_ = sort { $b->{at} cmp $a->{at} || $b->{line} <=> $a->{line} } @$_ for values %sold;
my @pairs;
for my $c (sort { $a->{at} cmp $b->{at} || $a->{line} <=> $b->{line} } @cancelled) {
    my $open = $c->{units};
    for my $s (@{$sold{$c->{key}} // []}) {
        last if $open == 0;
        next if $s->{left} == 0 || $s->{at} gt $c->{at} || ($s->{at} eq $c->{at} && $s->{line} > $c->{line});
        my $part = $open < $s->{left} ? $open : $s->{left};
        $s->{left} -= $part;
        $open -= $part;
        push @pairs, "$c->{line},$c->{invoice},$s->{line},$part";
    }
}

save('month',
    'month,lines,invoices,cancel_invoices,customers,quantity_sum,amount_milli_gbp,amount_pence_line_rounded,'
      . 'sales_quantity,sales_amount_milli_gbp,cancel_lines,cancel_quantity,cancel_amount_milli_gbp',
    map {
        my $m = $month{$_};
        join ',', $_, $m->{lines}, scalar keys %{$m->{invoice}}, scalar keys %{$m->{back_invoice}},
          scalar keys %{$m->{customer}}, @$m{qw(units milli pence sale sale_milli back back_units back_milli)}
    } sort keys %month);
save('item_month',
    'month,stock_code,lines,quantity_sum,amount_milli_gbp,gross_sale_quantity,gross_sale_amount_milli_gbp',
    map { join ',', $_, @{$item{$_}}{qw(lines units milli gross gross_milli)} } sort keys %item);
save('refund_match', 'cancel_line_no,cancel_invoice_no,sale_line_no,matched_quantity', @pairs);
