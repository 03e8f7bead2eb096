# A full disk, under the data and under the WAL, while orders, payments, refunds,
# settlements and payouts run. Without space for data every call ends by a clean
# error and leaves nothing; without space for WAL the server ends, and comes back
# when there is some. Nothing acknowledged is lost, nothing half done, and the
# retries finish.
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
my $library = built('no_space', '-ldl');
my $directory = PostgreSQL::Test::Utils::tempdir;
my $node = PostgreSQL::Test::Cluster->new('no_space');
# Segments of 1 MB that are never used again: there is always one to be made soon.
$node->init(extra => [ '--wal-segsize=1' ]);
$node->append_conf('postgresql.conf', join "\n", 'log_statement = none', 'max_connections = 30', 'jit = off', 'restart_after_crash = off',
	'wal_recycle = off', 'min_wal_size = 2MB', 'full_page_writes = on', '');
$ENV{NO_SPACE} = $directory;

# Only the server is to run out of space.
sub start
{
	my (%how) = @_;
	local $ENV{LD_PRELOAD} = join ' ', grep { defined } $ENV{LD_PRELOAD}, $library;
	return $node->start(%how);
}

sub fill { append_to_file("$directory/full_$_[0]", 'full'); return; }
sub free { unlink "$directory/full_$_[0]" or die; return; }
sub postmaster { return (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0] }

my $path = "SET search_path = market, ktt, public; SET client_min_messages = warning;\n";
start();
loaded_market($node, 'load');
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server runs with the library');

# What big calls come to when the disk is full under the data: a clean error each, and nothing of them.
my $big = "SELECT count(*) FROM refund_orders((SELECT jsonb_agg(jsonb_build_object('campaign', 1, 'order', 1 + n % 150, 'item', 1 + n % 2, 'units', 0, 'amount', 0 + n % 2, 'reason', repeat('x', 200))) FROM generate_series(1, 2000) n), 'big')";
my $many = "SELECT count(*) FROM place_orders(ARRAY(SELECT jsonb_build_object('campaign', 2, 'buyer', 5 + n % 50, 'items', '[5]'::jsonb, 'units', '[1]'::jsonb, 'request', 'many ' || n, 'point', 1) FROM generate_series(1, 500) n))";
my $contents = "$path SELECT count(*) FROM refunds; SELECT count(*) FROM orders; SELECT count(*) FROM requests; SELECT sum(free) FROM stock; SELECT count(*) FROM journals; SELECT sum(hashtext(a::text)) FROM accounts a";
my $before = $node->safe_psql('load', $contents);
fill('data');
for my $call ($big, $many)
{
	my $session = session($node, 'load', "$path$call;\n\\echo :SQLSTATE\n", '-v', 'ON_ERROR_STOP=0');
	is(join(' ', answers($session)), '53100', 'no space for a big call: ' . substr $call, 0, 40);
}
is($node->safe_psql('load', $contents), $before, 'nothing of them is there');
free('data');
like($node->safe_psql('load', "$path$many"), qr/^500$/, 'with space it is done');

my ($errors, $panics, $answers) = (0, 0, 0);
my %rounds = (data => long() ? 50 : 2, wal => long() ? 20 : 2);
my $round = 0;
for my $what (map { ($_) x $rounds{$_} } qw(data wal))
{
	$round++;
	my @clients = clients($round, $what eq 'data' ? 150 : 2000);
	my $server = postmaster();
	# Also those who are refused go on, with a call of their own each time.
	my @sessions = map { session($node, 'load', join '', $path, @{ $_->{calls} }) } @clients;
	usleep(200_000 + rand(600_000));
	fill($what);
	my %said;
	if ($what eq 'data')
	{
		$clients[$_]{begun} = acknowledged(\%said, answers($sessions[$_])) for 0 .. $#clients;
		my $complaints = join '', map { complaints($_) } @sessions;
		$errors += () = $complaints =~ /No space left on device/g;
		unlike($complaints, qr/ERROR:  (?!could not (?:extend|write)[^\n]*No space left)|FATAL/, "round $round: no other errors than that there is no space");
		is(postmaster(), $server, "round $round: the server goes on");
		verified($node, 'load', "round $round, while there is no space");
		free($what);
	}
	else
	{
		await_end($server);
		$clients[$_]{begun} = acknowledged(\%said, answers($sessions[$_])) for 0 .. $#clients;
		ended($node);
		$panics++ if slurp_file($node->logfile) =~ /PANIC:  could not write to file "pg_wal\/xlogtemp[^\n]*No space left/;
		free($what);
		start();
	}
	$answers += keys %said;
	numbers_ahead($node, 'load', "round $round");
	verified($node, 'load', "round $round, $what, before the retries");
	stand_once($node, 'load', \%said, "round $round, $what");
	said_again($node, 'load', \%said, "round $round, $what", @clients);
	stand_once($node, 'load', \%said, "round $round, $what, after the retries");
	no_gaps($node, 'load', "round $round, $what");
	verified($node, 'load', "round $round, $what, after the retries");
}
cmp_ok($errors, '>', 0, "$errors clients found no space for data");
is($panics, $rounds{wal}, 'without space for WAL the server ended each time');
note "$answers answers";
is(join(' ', answers(session($node, 'load', "$path$big;\n"))), '2000', 'the big refund is made in the end');
verified($node, 'load', 'in the end');
unlike(slurp_file($node->logfile), qr/deadlock detected|invalid page/, 'no deadlock, no damage in the log');
$node->stop;
done_testing();
