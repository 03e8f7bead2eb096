# Crashes. A settlement that is cut off at any point is posted once, and pays
# what an uninterrupted twin pays; an order or payment that was acknowledged is
# there after the restart, and its retry gets the same answer.
use strict;
use warnings;
use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);
use Market;

my $seed = $ENV{KTT_SEED} // time ^ $$;
srand($seed);
note "seed $seed";

my $node = new_node('crash', 'restart_after_crash = off');

# Those that still run, whether or not the others have been reaped.
sub alive
{
	return grep {
		my $stat = -e "/proc/$_/stat" ? eval { slurp_file("/proc/$_/stat") } // '' : '';
		$stat =~ /^\d+ \(.*\) ([A-Z])/ && $1 ne 'Z'
	} @_;
}

# The server and all its processes at once, so that none can finish its work.
sub kill_server
{
	my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
	my @backends = grep {
		my $stat = eval { slurp_file("/proc/$_/stat") } // '';
		$stat =~ /^\d+ \(.*\) \S (\d+)/ && $1 == $postmaster
	} map { m{(\d+)$} } glob '/proc/[0-9]*';
	kill 'KILL', @backends;
	$node->kill9;
	for (1 .. 1000)
	{
		last unless alive($postmaster, @backends);
		usleep(10_000);
	}
	# One that is dead but not reaped still counts as running for the next.
	unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
	return;
}

sub crash
{
	my ($how) = @_;
	$how eq 'kill' ? kill_server() : $node->stop('immediate');
	$node->start;
	return;
}

# A session that runs a script on its own; its answers are in its file.
my $sessions = 0;
sub session
{
	my ($database, $sql) = @_;
	my $name = PostgreSQL::Test::Utils::tempdir . '/session' . $sessions++;
	append_to_file("$name.sql", $sql);
	my $run = start([ 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', "$name.sql" ],
		'<', '/dev/null', '>', "$name.out", '2>', "$name.err");
	return { run => $run, name => $name };
}

sub answers
{
	my ($session) = @_;
	eval { $session->{run}->finish };
	return split /\n/, slurp_file("$session->{name}.out");
}

sub wait_for
{
	my ($database, $condition) = @_;
	$node->poll_query_until($database, $condition) or die "waited in vain: $condition";
	return;
}

# Settlement. Two databases with the same content: one is cut off, one is not.
new_market($node, 'postgres') if $node->safe_psql('postgres', 'CREATE EXTENSION ktt CASCADE') eq '';
trade($node, 'postgres', orders => long() ? 2000 : 300);
# Not copied by way of the WAL: after that a sequence may go back in a crash.
$node->safe_psql('template1', "CREATE DATABASE $_ TEMPLATE postgres STRATEGY file_copy") for qw(shop twin);

my $window = 0;
my $open = 'SELECT open_settlement()';
my $post = 'SELECT posted_at IS NOT NULL, orders, refunds, amount FROM post_settlement((SELECT max(id) FROM settlements))';
my $path = 'SET search_path = market, ktt, public';

# Some more that is due: parts of the lines of some orders go back.
sub refund_some
{
	my ($database) = @_;
	psql_ok($node, $database, "$path;
		SELECT count(refund_order(1, o.id, 2, 0, format('refund %s of %s', $window, o.id), amount => 1 + ($window + o.id) % 7))
		FROM orders o WHERE o.id % 5 = $window % 5 AND o.id <= 300
		  AND ktt.amount(o.basket, 2) - coalesce(ktt.amount(o.refunded, 2), 0) > 7");
	return;
}

# What the window's journal says and what everybody has, whatever the ids and times.
my $result = "$path;
	SELECT s.orders, s.refunds, s.amount, j.entries FROM settlements s LEFT JOIN journals j ON j.id = s.journal_id ORDER BY s.due;
	SELECT count(*) FROM journals WHERE kind = 'settlement';
	SELECT account_id, balance FROM balances ORDER BY account_id;
	SELECT * FROM conservation";

sub settle_with_crash
{
	my ($name, $interrupt) = @_;
	refund_some($_) for $window ? qw(shop twin) : ();
	$window++;
	psql_ok($node, 'twin', "$path; $open; $post");
	$interrupt->();
	my $before = $node->safe_psql('shop', "$path;
		SELECT CASE WHEN count(*) < $window THEN 'no window' WHEN every(posted_at IS NOT NULL) THEN 'posted' ELSE 'window open' END FROM settlements");
	my $sound = $node->safe_psql('shop', 'SELECT coalesce(sum(violations), -1) FROM market.verify()');
	# The retry, and one more for nothing.
	psql_ok($node, 'shop', "$path;
		SELECT open_settlement() WHERE (SELECT count(*) FROM settlements) < $window; $post");
	psql_ok($node, 'shop', "$path; $post");
	my ($got, $wanted) = map { $node->safe_psql($_, $result) } qw(shop twin);
	my $after = $node->safe_psql('shop', 'SELECT coalesce(sum(violations), -1) FROM market.verify()');
	ok($sound eq '0' && $after eq '0' && $got eq $wanted && length $wanted > 100,
		"$name: $before after the crash, posted once after the retry")
	  or diag("verify: $sound before, $after after the retry\ncut off:\n$got\ntwin:\n$wanted");
	return $before;
}

for my $how (qw(immediate kill))
{
	is(settle_with_crash("$how between window and journal", sub {
		psql_ok($node, 'shop', "$path; $open");
		crash($how);
	}), 'window open', 'the window is kept');

	is(settle_with_crash("$how before the journal's commit", sub {
		psql_ok($node, 'shop', "$path; $open");
		my $session = session('shop', "$path; BEGIN; $post; SELECT pg_sleep(60);");
		wait_for('shop', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
		crash($how);
		answers($session);
	}), 'window open', 'the journal is not');

	# Journal and postings are written, the balances are not.
	is(settle_with_crash("$how while the journal waits for an account", sub {
		psql_ok($node, 'shop', "$path; $open");
		my $holder = session('shop', "$path; BEGIN; SELECT id FROM accounts WHERE balance IS NOT NULL ORDER BY id DESC LIMIT 1 FOR UPDATE; SELECT pg_sleep(60);");
		wait_for('shop', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
		my $session = session('shop', "$path; $post;");
		wait_for('shop', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
		crash($how);
		answers($_) for $session, $holder;
	}), 'window open', 'the journal is not, either');

	is(settle_with_crash("$how after the answer", sub {
		psql_ok($node, 'shop', "$path; $open; $post");
		crash($how);
	}), 'posted', 'what was answered is kept');
}

# At random moments, from the connection to a little after the answer.
my %met;
my $trials = long() ? 300 : 10;
for my $trial (1 .. $trials)
{
	my $met = settle_with_crash("random moment $trial", sub {
		my $session = session('shop', "$path; $open; $post;");
		usleep(20_000 + rand(60_000));
		crash($trial % 4 ? 'kill' : 'immediate');
		answers($session);
	});
	$met{$met}++;
}
note join ', ', map { "$_ $met{$_} times" } sort keys %met;
verified($node, 'shop', 'after all crashes of settlements');

# Refunds and payouts the same way: every call has its key, so that the whole of it is done again after a crash, and comes to what it
# comes to without one.
my $money = "$path;
	SELECT state, amount, fee, channel_reference IS NOT NULL FROM payout_lines ORDER BY payout_id, member_id;
	SELECT kind, count(*), sum(ktt.amount(entries, market_account('channel'))), sum(ktt.amount(entries, market_account('bank'))), sum(ktt.amount(entries, market_account('transfers')))
	FROM journals GROUP BY kind ORDER BY kind;
	SELECT account_id, balance, available FROM balances ORDER BY account_id;
	SELECT count(*), sum(amount) FROM refunds";
%met = ();
for my $trial (1 .. (long() ? 200 : 6))
{
	my $pay = "$path;
		SELECT refund_order(1, o.id, 2, 0, format('payout $trial of %s', o.id), amount => 3) FROM orders o WHERE o.id % 40 = $trial % 40 AND o.id <= 300
		  AND ktt.amount(o.basket, 2) - coalesce(ktt.amount(o.refunded, 2), 0) > 7;
		SELECT post_settlement(open_settlement()) WHERE $trial > (SELECT count(*) FROM settlements) - $window;
		SELECT make_payout(5, 'payout $trial') AS payout \\gset
		SELECT * FROM approve_payout(:payout, 6);
		SELECT confirm_transfer(t.key, 'number of ' || t.member_id, t.amount) FROM send_transfers(1000, '0') t WHERE t.member_id % 2 = 0;
		SELECT fail_transfer(l.key, 'closed') FROM payout_lines l WHERE l.payout_id = :payout AND l.member_id % 2 = 1 AND l.state = 'sent';";
	psql_ok($node, 'twin', $pay);
	my $session = session('shop', $pay);
	usleep(20_000 + rand(150_000));
	crash($trial % 3 ? 'kill' : 'immediate');
	answers($session);
	my $sound = $node->safe_psql('shop', 'SELECT coalesce(sum(violations), -1) FROM market.verify()');
	my $came = $node->safe_psql('shop', "$path; SELECT coalesce((SELECT string_agg(DISTINCT l.state, ' ' ORDER BY l.state) FROM payout_lines l WHERE l.payout_id = (SELECT max(p.id) FROM payouts p)), 'none'), count(*) FROM payouts");
	$met{$came}++;
	psql_ok($node, 'shop', $pay);
	my ($got, $wanted) = map { $node->safe_psql($_, $money) } qw(shop twin);
	ok($sound eq '0' && $got eq $wanted && length $wanted > 100, "payout $trial: cut off at any moment and done again, it is done once")
	  or diag("verify: $sound\ncut off:\n$got\ntwin:\n$wanted");
}
note join ', ', map { "$_ $met{$_} times" } sort keys %met;
verified($node, 'shop', 'after all crashes of payouts');

# Orders and payments under way while the server dies.
my $clients = 4;
my $rounds = long() ? 50 : 3;
$node->safe_psql('template1', 'CREATE DATABASE trade');
psql_ok($node, 'trade', 'CREATE EXTENSION ktt CASCADE');
new_market($node, 'trade', members => 104,
	items => "PERFORM list_item(1, n, 850, 990, CASE WHEN n <= 3 THEN 60 WHEN n <= 6 THEN 100000 END, CASE WHEN n = 7 THEN 3 END)
		FROM generate_series(1, 8) n;");
my ($lost, $changed, $acknowledged) = (0, 0, 0);
for my $round (1 .. $rounds)
{
	my @scripts = map {
		my $client = $_;
		join '', "$path;\n", map {
			my $key = "$round/$client/$_";
			my ($one, $two) = (1 + int rand 4, 5 + int rand 4);
			my $buyer = 5 + int rand 100;
			"SELECT outcome, coalesce(order_id, 0) AS id, coalesce(amount, 0) AS amount, outcome = 'placed' AS placed FROM place_order(1, $buyer, ARRAY[$two, $one], ARRAY[1, 2], '$key', point => 1) \\gset\n"
			  . "\\echo place $key :outcome :id\n\\if :placed\n"
			  . "SELECT pay_order(1, :id, :amount, 'pay $key') AS paid \\gset\n\\echo pay $key :paid :id\n\\endif\n"
		} 1 .. 2000
	} 1 .. $clients;
	my @running = map { session('trade', $_) } @scripts;
	usleep(250_000 + rand(600_000));
	crash($round % 2 ? 'kill' : 'immediate');
	my %said = map { my ($what, $key, $outcome, $id) = split / /; ("$what $key" => "$outcome $id") } map { answers($_) } @running;
	$acknowledged += keys %said;
	cmp_ok(scalar(keys %said), '<', $clients * 2000, "round $round: the server died under way, after " . keys(%said) . ' answers');
	verified($node, 'trade', "round $round, before the retries");

	my %stored = map { split /\|/, $_, 2 } split /\n/, $node->safe_psql('trade', "$path;
		SELECT format('place %s', request), format('placed %s', id) FROM orders
		UNION ALL SELECT format('place %s', regexp_replace(key, '^1/[0-9]+/', '')), format('%s 0', result ->> 'outcome')
		FROM requests WHERE kind = 'place_order'
		UNION ALL SELECT reference, format('%s %s', outcome, order_id) FROM payments");
	$lost += grep { ($stored{$_} // '') ne $said{$_} } keys %said;

	# Every client begins again and goes a little further than it came.
	my @again = map {
		my $client = $_;
		my $came = grep { m{^place $round/$client/} } keys %said;
		my $script = $scripts[ $client - 1 ];
		my $last = $came + 5;
		$script =~ s{^SELECT outcome[^\n]*'$round/$client/$last'.*\z}{}ms;
		session('trade', $script)
	} 1 .. $clients;
	my %again = map { my ($what, $key, $outcome, $id) = split / /; ("$what $key" => "$outcome $id") } map { answers($_) } @again;
	$changed += grep { ($again{$_} // '') ne $said{$_} } keys %said;
	is(join("\n", map { slurp_file("$_->{name}.err") } @again), '' . ("\n" x ($clients - 1)), "round $round: the retries end without error");
}
cmp_ok($acknowledged, '>', 10 * $rounds, "$acknowledged answers were given");
is($lost, 0, 'all of them stand');
is($changed, 0, 'all of them are given again');
is($node->safe_psql('trade', 'SELECT count(*) - count(DISTINCT request) FROM market.orders'), '0', 'no order stands twice');
verified($node, 'trade', 'after the retries');

unlike(slurp_file($node->logfile), qr/deadlock detected|PANIC|could not (read|write)/, 'no deadlock, no damage in the log');
$node->stop;
done_testing();
