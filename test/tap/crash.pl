# Crashes. Settlements, refunds and payouts whose backend is killed at a random
# moment, or the whole server, are done once when they are done again, and come to
# what they come to in a twin that nobody disturbs.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use Faults;
use Market;

seeded();
my $node = new_node('crash', 'restart_after_crash = off');

sub crash
{
	my ($how) = @_;
	$how eq 'kill' ? kill_server($node) : $node->stop('immediate');
	$node->start;
	return;
}

# A script whose backend, or now and then the whole server, is killed at a random moment within so many seconds after it began, or after it ended.
my ($killed, $too_late) = (0, 0);
sub cut_off
{
	my ($trial, $within, $sql) = @_;
	my $session = session($node, 'shop', "SELECT pg_backend_pid();\n$sql");
	my $backend = '';
	until ($backend =~ /^(\d+)\n/)
	{
		usleep(1000);
		$backend = slurp_file("$session->{name}.out");
	}
	usleep(rand($within * 1e6));
	if ($trial % 4 == 0)
	{
		crash($trial % 8 ? 'kill' : 'immediate');
	}
	elsif (kill_backend($node, $backend =~ /^(\d+)/))
	{
		$node->start;
		$killed++;
	}
	else
	{
		$too_late++;
	}
	answers($session);
	return;
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
		my $session = session($node, 'shop', "$path; BEGIN; $post; SELECT pg_sleep(60);");
		wait_for('shop', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
		crash($how);
		answers($session);
	}), 'window open', 'the journal is not');

	# Journal and postings are written, the balances are not.
	is(settle_with_crash("$how while the journal waits for an account", sub {
		psql_ok($node, 'shop', "$path; $open");
		my $holder = session($node, 'shop', "$path; BEGIN; SELECT id FROM accounts WHERE balance IS NOT NULL ORDER BY id DESC LIMIT 1 FOR UPDATE; SELECT pg_sleep(60);");
		wait_for('shop', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
		my $session = session($node, 'shop', "$path; $post;");
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
my $trials = long() ? 1300 : 10;
for my $trial (1 .. $trials)
{
	my $met = settle_with_crash("random moment $trial", sub {
		cut_off($trial, 0.06, "$path; $open; $post;");
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
for my $trial (1 .. (long() ? 1000 : 8))
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
	cut_off($trial, 0.15, $pay);
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

note "$killed backends were killed at random moments, $too_late were done before";
unlike(slurp_file($node->logfile), qr/deadlock detected|PANIC|could not (read|write)/, 'no deadlock, no damage in the log');
$node->stop;
done_testing();
