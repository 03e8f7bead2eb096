# A market under load, and what it has said: clients that order, pay, refund,
# settle and pay out, every call under its key; whether all that was acknowledged
# is there once, and whether it is said again.
package Load;
use strict;
use warnings;
use Exporter qw(import);
use Faults;
use Market;
use PostgreSQL::Test::Cluster;
use Test::More;

our @EXPORT = qw(loaded_market clients acknowledged stand_once said_again no_gaps numbers_ahead);

my $path = 'SET search_path = market, ktt, public; SET client_min_messages = warning;';

# A market with orders that are completed and not settled yet, and a campaign that is open: item 4 is scarce, 5 is not.
sub loaded_market
{
	my ($node, $database) = @_;
	$node->safe_psql('template1', "CREATE DATABASE $database");
	psql_ok($node, $database, 'CREATE EXTENSION ktt CASCADE');
	new_market($node, $database, members => 60);
	trade($node, $database, orders => 150);
	psql_ok($node, $database, "$path
		SELECT create_campaign(open_wave('open'), 2, 'open', now() + interval '1 day', hold => '0');
		SELECT list_item(2, 1, 850, 990, stock => 60), list_item(2, 2, 850, 990, stock => 1000000);
		SELECT publish_campaign(2)");
	return;
}

# A call whose answer is shown with its key, once it is committed.
sub shown
{
	my ($key, $call) = @_;
	return "SELECT coalesce(($call)::text, '-') AS answer \\gset\n\\echo $key = :answer\n";
}

# What one client does; a script always does the same under the same keys, so that it can begin anew.
my %does = (
	buyer => sub {
		my ($key) = @_;
		my ($buyer, $item) = (5 + int rand 55, rand() < 0.3 ? 4 : 5);
		return "SELECT outcome, coalesce(order_id::text, '') AS order_id, amount, outcome = 'placed' AS placed FROM place_order(2, $buyer, ARRAY[$item], ARRAY[2], '$key', point => 1) \\gset\n"
		  . "\\echo place $key = :outcome :order_id\n\\if :placed\n"
		  . shown("pay $key", "SELECT pay_order(2, :order_id, :amount, 'pay $key')")
		  . (rand() < 0.3 ? shown("refund $key", "SELECT refund_order(2, :order_id, $item, 1, 'refund $key')") : '')
		  . (rand() < 0.1 ? shown("rest $key", "SELECT refund_rest(2, :order_id, 'rest $key')") : '') . "\\endif\n";
	},
	# Small parts of completed orders go back, so that every window has something.
	settler => sub {
		my ($key) = @_;
		my $first = 1 + int rand 140;
		return shown("refunds $key", "SELECT jsonb_agg(r.outcome) FROM refund_orders((SELECT jsonb_agg(jsonb_build_object('campaign', 1, 'order', n, 'item', 1 + n % 2, 'units', 0, 'amount', 1 + n % 3))
			FROM generate_series($first, $first + 9) n), 'refunds $key') r")
		  . "SELECT open_settlement() AS settlement \\gset\n"
		  . "SELECT coalesce(s.journal_id::text, '') AS journal_id, s.orders, s.refunds, s.amount FROM post_settlement(:settlement) s \\gset\n"
		  . "\\echo settle :settlement = :journal_id :orders :refunds :amount\n";
	},
	payer => sub {
		my ($key) = @_;
		return "SELECT make_payout(5, 'payout $key') AS payout \\gset\n\\echo payout $key = :payout\n"
		  . "SELECT a.requested, a.amount FROM approve_payout(:payout, 6) a \\gset\n\\echo approve :payout = :requested :amount\n"
		  . "SELECT count(*) AS sent FROM send_transfers(100) \\gset\n"
		  . "SELECT concat('transfer ', l.key, ' = ', CASE WHEN l.member_id % 2 = 0 THEN confirm_transfer(l.key, 'number of ' || l.key, l.amount) ELSE fail_transfer(l.key, 'closed') END)\n"
		  . "FROM payout_lines l WHERE l.payout_id = :payout AND l.state = 'sent' ORDER BY l.id;\n";
	});

# The scripts of clients for one round: three that buy, one that settles, one that pays out.
sub clients
{
	my ($round, $calls) = @_;
	my $number = 0;
	return map {
		my ($kind, $client) = ($_, ++$number);
		my @calls = map { "\\echo call $_\n" . $does{$kind}->("$round/$client/$_") } 1 .. ($kind eq 'buyer' ? $calls : $calls / 4);
		{ kind => $kind, calls => \@calls };
	} qw(buyer buyer buyer settler payer);
}

# Answers by their keys, and how many calls were begun.
sub acknowledged
{
	my ($said, @lines) = @_;
	my $begun = 0;
	for (@lines)
	{
		if (/^call (\d+)$/) { $begun = $1; }
		elsif (/^(.*?) = (.*?) *$/) { $said->{$1} = $2; }
	}
	return $begun;
}

# Tests: what was acknowledged is there, once.
sub stand_once
{
	my ($node, $database, $said, $name) = @_;
	my %stored;
	for (split /\n/, $node->safe_psql($database, "$path
		SELECT format('place %s = placed %s', request, id) FROM orders WHERE campaign_id = 2
		UNION ALL SELECT format('place %s = %s ', regexp_replace(key, '^2/[0-9]+/', ''), result ->> 'outcome') FROM requests WHERE kind = 'place_order'
		UNION ALL SELECT format('%s = %s', reference, outcome) FROM payments WHERE campaign_id = 2
		UNION ALL SELECT format('%s = %s', key, result) FROM requests WHERE kind IN ('refund_order', 'refund_rest', 'make_payout')
		UNION ALL SELECT format('%s = %s', key, (SELECT jsonb_agg(e -> 0) FROM jsonb_array_elements(result) e)) FROM requests WHERE kind = 'refund_orders'
		UNION ALL SELECT format('settle %s = %s', id, concat_ws(' ', coalesce(journal_id::text, ''), orders, refunds, amount)) FROM settlements WHERE posted_at IS NOT NULL
		UNION ALL SELECT format('approve %s = %s %s', p.id, count(l.id), coalesce(sum(l.amount), 0)) FROM payouts p LEFT JOIN payout_lines l ON l.payout_id = p.id AND l.state <> 'dropped'
			WHERE p.approved_at IS NOT NULL GROUP BY p.id
		UNION ALL SELECT format('transfer %s = %s', key, state) FROM payout_lines"))
	{
		/^(.*?) = (.*?) *$/ or die $_;
		$stored{$1}{$2}++;
	}
	my @lost = grep { ($stored{$_}{ $said->{$_} } // 0) != 1 || keys %{ $stored{$_} } != 1 } sort keys %$said;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(join("\n", map { "$_ = $said->{$_}, stored: " . join ' and ', %{ $stored{$_} // {} } } @lost), '', "$name: " . keys(%$said) . ' answers stand, each once');
}

# Tests: clients that begin anew and go a little further get the same answers.
sub said_again
{
	my ($node, $database, $said, $name, @clients) = @_;
	my @sessions = map {
		my $last = $_->{begun} + 3;
		session($node, $database, join '', $path, "\n", grep { defined } @{ $_->{calls} }[ 0 .. ($last < @{ $_->{calls} } ? $last : @{ $_->{calls} }) - 1 ])
	} @clients;
	my %again;
	acknowledged(\%again, answers($_)) for @sessions;
	# A window that was settled is not opened again, and a transfer that has its answer is not sent again.
	my @changed = grep { !/^(settle|transfer) / && ($again{$_} // '') ne $said->{$_} } sort keys %$said;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(join("\n", map { "$_ = $said->{$_}, again: " . ($again{$_} // '') } @changed), '', "$name: they are given again");
	$said->{$_} = $again{$_} for keys %again;
	return is(join('', map { complaints($_) } @sessions), '', "$name: all clients go on");
}

# One test: the next number of every table has not been given yet.
sub numbers_ahead
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $behind = $node->safe_psql($database, "SELECT string_agg(format('SELECT %L, %s, (SELECT max(%I) FROM %s) FROM %s WHERE last_value < (SELECT max(%3\$I) FROM %4\$s)',
			s.oid::regclass, 'last_value', a.attname, a.attrelid::regclass, s.oid::regclass), ' UNION ALL ')
		FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
		JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE s.relkind = 'S' AND s.relnamespace = 'market'::regnamespace");
	return is($node->safe_psql($database, $behind), '', "$name: no number will be given twice");
}

# One test: windows follow each other without gap or overlap.
sub no_gaps
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is($node->safe_psql($database, "$path
		SELECT count(*) FILTER (WHERE lower(due) IS DISTINCT FROM before), count(*) > 0, count(*) FILTER (WHERE posted_at IS NULL) <= 1
		FROM (SELECT s.*, lag(upper(due)) OVER (ORDER BY due) AS before FROM settlements s) s"), '0|t|t', "$name: windows of settlements without gap or overlap");
}

1;
