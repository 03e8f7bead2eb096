# A synchronous standby is promoted when its primary was killed under load. What
# was acknowledged is on the new primary, once; settlement goes on there without
# gap or overlap, and the clients' retries get the same answers.
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
my $primary = PostgreSQL::Test::Cluster->new('first');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', join "\n", 'log_statement = none', 'max_connections = 30', 'jit = off', 'restart_after_crash = off',
	'synchronous_commit = on', '');
$primary->start;
loaded_market($primary, 'load');

my $rounds = long() ? 100 : 2;
my $answers = 0;
for my $round (1 .. $rounds)
{
	my $level = $round % 2 ? 'remote_apply' : 'on';
	$primary->backup("before $round");
	my $standby = PostgreSQL::Test::Cluster->new("standby$round");
	$standby->init_from_backup($primary, "before $round", has_streaming => 1);
	$standby->start;
	# Only now: the backup has not got it, so the standby will be a primary that waits for nobody.
	$primary->safe_psql('postgres', "ALTER SYSTEM SET synchronous_standby_names = '*'");
	$primary->safe_psql('postgres', "ALTER SYSTEM SET synchronous_commit = $level");
	$primary->reload;
	$primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'") or die 'no synchronous standby';

	my @clients = clients($round, 1000);
	my @sessions = map { session($primary, 'load', join '', "SET search_path = market, ktt, public; SET client_min_messages = warning;\n", @{ $_->{calls} }) } @clients;
	usleep(600_000 + rand(800_000));
	kill_server($primary);
	my %said;
	$clients[$_]{begun} = acknowledged(\%said, answers($sessions[$_])) for 0 .. $#clients;
	$standby->promote;
	$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'not promoted';
	$answers += keys %said;
	numbers_ahead($standby, 'load', "round $round");
	verified($standby, 'load', "round $round, on the new primary");
	stand_once($standby, 'load', \%said, "round $round ($level)");
	said_again($standby, 'load', \%said, "round $round", @clients);
	stand_once($standby, 'load', \%said, "round $round, after the retries");
	is($standby->safe_psql('load', "SET search_path = market, ktt, public;
		SELECT refund_rest(2, max(id), 'after $round') FROM orders WHERE campaign_id = 2 AND state = 'paid' \\g /dev/null
		SELECT posted_at IS NOT NULL FROM post_settlement(open_settlement())"),
		't', "round $round: it is settled there");
	no_gaps($standby, 'load', "round $round");
	verified($standby, 'load', "round $round, after more");
	unlike(slurp_file($_->logfile), qr/deadlock detected|PANIC/, "round $round: no deadlock, no damage in the log") for $primary, $standby;
	$primary->clean_node;
	$primary = $standby;
}
cmp_ok($answers, '>', 20 * $rounds, "$answers answers before the primaries died");
$primary->stop;
done_testing();
