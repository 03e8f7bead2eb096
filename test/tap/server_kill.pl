# The server is killed under load: orders, payments, refunds, settlements and
# payouts. What was acknowledged is there exactly once after every restart, all
# invariants hold before the clients come back, and their retries get the same
# answers. With fsync, as a server in earnest has it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use Faults;
use Load;
use Market;

seeded();
my $node = new_node('server_kill', 'restart_after_crash = off', 'fsync = on', 'synchronous_commit = on', 'full_page_writes = on');
is($node->safe_psql('postgres', 'SHOW fsync'), 'on', 'the server writes through');
my $rounds = long() ? 500 : 5;
my ($kinds, $answers) = ({}, 0);
for my $round (1 .. $rounds)
{
	# A new market now and then, so that verify() has an end.
	my $database = 'load' . int(($round - 1) / 25);
	loaded_market($node, $database) if $round % 25 == 1;
	my @clients = clients($round, 1000);
	my @sessions = map { session($node, $database, join '', "SET search_path = market, ktt, public; SET client_min_messages = warning;\n", @{ $_->{calls} }) } @clients;
	usleep(400_000 + rand(800_000));
	kill_server($node);
	my %said;
	$clients[$_]{begun} = acknowledged(\%said, answers($sessions[$_])) for 0 .. $#clients;
	$node->start;
	numbers_ahead($node, $database, "round $round");
	verified($node, $database, "round $round, before the retries");
	stand_once($node, $database, \%said, "round $round");
	/^(\w+)/ && $kinds->{$1}++ for keys %said;
	$answers += keys %said;
	said_again($node, $database, \%said, "round $round", @clients);
	stand_once($node, $database, \%said, "round $round, after the retries");
	no_gaps($node, $database, "round $round");
	verified($node, $database, "round $round, after the retries");
}
ok($kinds->{$_}, "of kind $_ there was one") for qw(place pay refund refunds settle payout approve transfer);
note "$answers answers before kills: " . join ', ', map { "$kinds->{$_} $_" } sort keys %$kinds;
unlike(slurp_file($node->logfile), qr/deadlock detected|PANIC|could not (read|write)/, 'no deadlock, no damage in the log');
$node->stop;
done_testing();
