# The server's pool of serializable transactions run dry: then SERIALIZABLE lets a
# write skew pass in silence (the first tests show it), and nothing of the market
# may rest on it. Orders for last units, limits, places and retried keys are as
# exact as ever, and money is moved once.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Market;

# The pool has ten for each process that the server may have: 10 * (24 + 1 + 1 + 2) = 280. What they have read is kept elsewhere, with room for all of it.
my $node = new_node('serializable', 'max_connections = 24', 'max_wal_senders = 0', 'max_worker_processes = 2',
	'autovacuum_max_workers = 1', 'max_pred_locks_per_transaction = 2000', 'deadlock_timeout = 200ms');
my $fillers = 700;
my $each = long() ? 400 : 40;
psql_ok($node, 'postgres', 'CREATE EXTENSION ktt CASCADE');
psql_ok($node, 'postgres', 'CREATE TABLE fill (n bigint); CREATE TABLE duty (id int PRIMARY KEY, on_duty boolean);');
my $directory = PostgreSQL::Test::Utils::tempdir;

sub value { return $node->safe_psql('postgres', "SET search_path = market, ktt, public; $_[0]") }

# Another serializable transaction, from beginning to end.
sub serially { return value("BEGIN ISOLATION LEVEL SERIALIZABLE; $_[0]; COMMIT") }

# A session with an open serializable transaction that has looked at something.
sub look
{
	my ($sql) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_safe("SET search_path = market, ktt, public; BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT FROM ($sql) x;");
	return $session;
}

# What it says in the end: the answer, or the code of the error.
sub act
{
	my ($session, $sql) = @_;
	my ($answer, $state) = split /;/, $session->query("SELECT ($sql)::text AS answer \\gset\n\\echo :answer ';' :SQLSTATE");
	$session->query('COMMIT');
	$session->quit;
	$session->{stderr} = '';
	s/^\s+|\s+$//g for $answer, $state;
	return $state eq '00000' ? $answer : $state;
}

sub pgbench
{
	my ($name, $clients, $transactions, $level, %scripts) = @_;
	my @files;
	for my $script (sort keys %scripts)
	{
		(my $file = "$directory/$name $script.sql") =~ tr/ /_/;
		append_to_file($file, $scripts{$script});
		push @files, '-f', $file;
	}
	local $ENV{PGOPTIONS} = '-c search_path=market,ktt,public -c default_transaction_isolation=' . $level =~ s/ /\\ /r;
	return $node->command_checks_all([ 'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $transactions, '--max-tries', 10000, @files, 'postgres' ],
		0, [ qr{number of transactions actually processed: @{[ $clients * $transactions ]}/} ], [], $name);
}

sub run_dry { return pgbench("$_[0]: others commit", 4, $fillers / 4, 'serializable', fill => "BEGIN;\nSELECT count(*) FROM fill WHERE n = 0;\nINSERT INTO fill VALUES (1);\nCOMMIT;\n") }

# Two are on duty, each leaves when he sees the other there. One after the other, somebody stays.
sub begin_skew
{
	psql_ok($node, 'postgres', 'DELETE FROM duty; INSERT INTO duty VALUES (1, true), (2, true)');
	my $session = look('SELECT on_duty FROM duty WHERE id = 1');
	serially('SELECT on_duty FROM duty WHERE id = 2; UPDATE duty SET on_duty = false WHERE id = 1');
	return $session;
}

sub end_skew
{
	my ($session) = @_;
	$session->query('UPDATE duty SET on_duty = false WHERE id = 2; COMMIT');
	$session->quit;
	return $node->safe_psql('postgres', 'SELECT count(*) FROM duty WHERE on_duty');
}

is(end_skew(begin_skew()), '1', 'the server refuses a write skew');
my $skew = begin_skew();
run_dry('premise');
is(end_skew($skew), '0', 'but lets it pass when its pool has run dry');

# Item 1 is the last unit, 2 is limited to one a buyer, 3 plenty, 4 lies in several slots.
new_market($node, 'postgres', members => 60,
	items => 'PERFORM list_item(1, n, 850, 990, stock => CASE n WHEN 1 THEN 1 WHEN 3 THEN 100000 WHEN 4 THEN 300 END,
			buyer_limit => CASE n WHEN 2 THEN 1 END) FROM generate_series(1, 4) n;
		PERFORM add_pickup_point(1, \'narrow\', ktt.location(121.5, 25.05), capacity => 1);');
my $order = sub {
	my ($buyer, $item, $key, $point, $units) = @_;
	return sprintf("SELECT concat_ws(' ', p.outcome, p.order_id) FROM place_order(1, %d, ARRAY[%d]::bigint[], ARRAY[%d]::bigint[], '%s', point => %d) p",
		$buyer, $item, $units // 1, $key, $point // 1);
};

# Each looks, somebody else is first, the pool runs dry, and each orders what he saw. He is told to look again, and then the truth.
my %cases = (
	'the last unit' => [ 'SELECT free FROM stock WHERE stock_id = 1', $order->(10, 1, 'a'), $order->(11, 1, 'a'), qr/^sold_out$/ ],
	'what is left in all slots' => [ 'SELECT sum(free) FROM stock WHERE stock_id = 4', $order->(10, 4, 'b', 1, 180), $order->(11, 4, 'b', 1, 180), qr/^sold_out$/ ],
	'a limit' => [ 'SELECT count(*) FROM orders WHERE buyer_id = 12', $order->(12, 2, 'c'), $order->(12, 2, 'd'), qr/^limit$/ ],
	'the last place at a point' => [ 'SELECT parcels FROM point_loads WHERE point_id = 2', $order->(13, 3, 'e', 2), $order->(14, 3, 'e', 2), qr/^full$/ ],
	'a key of an order' => [ "SELECT id FROM orders WHERE buyer_id = 15", $order->(15, 3, 'f'), $order->(15, 3, 'f'), qr/^placed \d+$/ ],
);
my %sessions = map { $_ => look($cases{$_}[0]) } sort keys %cases;
$skew = begin_skew();
my %first = map { $_ => serially($cases{$_}[1]) } sort keys %cases;
like($first{$_}, qr/^placed \d+$/, "$_: the first order is placed") for sort keys %cases;
run_dry('orders');
is(act($sessions{$_}, $cases{$_}[2]), '40001', "$_: the second has to look again") for sort keys %cases;
is(end_skew($skew), '0', 'the pool was dry');
for (sort keys %cases)
{
	my $again = serially($cases{$_}[2]);
	like($again, $cases{$_}[3], "$_: and is told what there is");
	is($again, $first{$_}, "$_: the first order") if /key/;
}
# Also a refusal stands under its key.
my $refused = look("SELECT 1 FROM requests");
is(serially($order->(16, 1, 'g')), 'sold_out', 'a refused key: refused');
value('SELECT restock(1, 1, item => 1)');
run_dry('refusal');
is(act($refused, $order->(16, 1, 'g')), '40001', 'a refused key: who did not see it has to look again');
is(serially($order->(16, 1, 'g')), 'sold_out', 'a refused key: refused for ever');
is(serially($order->(17, 1, 'g')), 'placed ' . value('SELECT max(id) FROM orders'), 'what was restocked is sold to somebody else');
verified($node, 'postgres', 'one by one');

# A sale by eight clients while the pool is dry from before the first order to after the last, every order sent twice.
new_market($node, 'postgres', schema => 'sale', members => 60,
	items => 'PERFORM list_item(1, n, 850, 990, stock => CASE WHEN n = 1 THEN 30 WHEN n = 2 THEN 250 WHEN n < 8 THEN 60 END,
			buyer_limit => CASE n WHEN 8 THEN 1 END) FROM generate_series(1, 8) n;
		CREATE TABLE wanted (buyer bigint, item bigint, units bigint, level text DEFAULT current_setting(\'transaction_isolation\'));');
my $sale = sub { $node->safe_psql('postgres', "SET search_path = sale, ktt, public; $_[0]") };
my $send = sub {
	my ($items, $units) = @_;
	my $place = "sale.place_order(1, :buyer, $items, $units, (:request)::bigint::text, point => 1)";
	return "\\set buyer random(5, 60)\n\\set request random(1, 9000000000000000000)\n\\set a random(3, 5)\n\\set b random(6, 7)\n\\set units random(1, 3)\n"
	  . "BEGIN;\nINSERT INTO sale.wanted (buyer, item, units) SELECT :buyer, l.item, l.units FROM unnest($items, $units) l(item, units);\n"
	  . "SELECT outcome FROM $place;\nCOMMIT;\nSELECT outcome FROM $place;\n";
};
$skew = begin_skew();
run_dry('sale');
pgbench('sale: no client ends with an error', 8, $each, 'serializable',
	last => $send->('ARRAY[1]::bigint[]', 'ARRAY[1]::bigint[]'),
	slots => $send->('ARRAY[2]::bigint[]', 'ARRAY[:units]::bigint[]'),
	several => $send->('ARRAY[:b, :a]::bigint[]', 'ARRAY[1, 1]::bigint[]'),
	limited => $send->('ARRAY[8]::bigint[]', 'ARRAY[1]::bigint[]'));
is(end_skew($skew), '0', 'the pool was dry all the time');
is($sale->('SELECT string_agg(DISTINCT level, chr(32)) FROM wanted'), 'serializable', 'sale: all of it ran so');
is($sale->("SELECT string_agg(format('item %s: %s sold, %s free, %s there', i.id, s.sold, f.free, i.stock), ', ' ORDER BY i.id)
		FROM campaign_items i
		CROSS JOIN LATERAL (SELECT coalesce(sum(ktt.units(o.basket, i.id)), 0) AS sold FROM orders o) s
		CROSS JOIN LATERAL (SELECT sum(k.free) AS free FROM stock k WHERE k.stock_id = i.id) f
		WHERE s.sold + f.free <> i.stock"),
	'', 'sale: what is sold and what is free is what there was');
is($sale->('SELECT free FROM stock WHERE stock_id = 1'), '0', 'sale: the last unit is sold');
is($sale->("SELECT count(*) FROM wanted w WHERE w.item = 1") > 30, 1, 'sale: and more was wanted');
is($sale->("SELECT count(*) FROM requests r CROSS JOIN LATERAL (
			SELECT u.units::bigint AS units FROM jsonb_array_elements_text(r.arguments -> 'items') WITH ORDINALITY i(item, n)
			JOIN jsonb_array_elements_text(r.arguments -> 'units') WITH ORDINALITY u(units, n) USING (n) WHERE i.item = r.result ->> 'item') a
		WHERE r.result ->> 'outcome' = 'sold_out'
		  AND (SELECT sum(s.free) FROM stock s WHERE s.stock_id = (r.result ->> 'item')::bigint) >= a.units"),
	'0', 'sale: nobody was refused in vain');
is($sale->("SELECT string_agg(DISTINCT u.units::text, ' ') FROM limit_uses u"), '1', 'sale: one each of what is limited');
is($sale->("SELECT (SELECT count(DISTINCT buyer) FROM wanted WHERE item = 8) - (SELECT count(*) FROM orders WHERE basket OPERATOR(ktt.?) 8)"),
	'0', 'sale: and one for everybody who wanted it');
is($sale->('SELECT count(*) - count(DISTINCT (buyer_id, request)) FROM orders'), '0', 'sale: no order stands twice');
verified($node, 'postgres', 'sale', 'sale');

# Money. These calls are for READ COMMITTED and say so; with the pool dry and serializable orders beside them they are exact.
new_market($node, 'postgres', schema => 'trade', members => 60);
trade($node, 'postgres', schema => 'trade');
my $trade = sub { $node->safe_psql('postgres', "SET search_path = trade, ktt, public; $_[0]") };
$trade->(q{CREATE SEQUENCE nth;
	DO $$ BEGIN
		PERFORM create_campaign(open_wave('next'), 2, 'next', now() + interval '1 day');
		PERFORM list_item(2, 1, 850, 990);
		PERFORM publish_campaign(2);
	END $$});
$skew = begin_skew();
run_dry('money');
for my $call ('open_settlement()', "make_payout(1, 'x')", 'approve_payout(1, 2)')
{
	$node->psql('postgres', "\\set VERBOSITY sqlstate\nBEGIN ISOLATION LEVEL SERIALIZABLE; SELECT trade.$call", stderr => \my $error);
	like($error, qr/ERROR:  0A000/, "$call is not for this level");
}
$trade->('SELECT post_settlement(open_settlement())') for 1, 2;
my $owed = $trade->('SELECT sum(balance) FROM accounts');
$trade->("SELECT make_payout($_->[0], '$_->[1]')") for [ 5, 'other' ], [ 6, 'one' ];
is($trade->('SELECT count(*) - count(DISTINCT member_id) FROM payout_lines'), '0', 'the second of two payouts finds reserved what the first proposes');
is($trade->("SELECT sum(x.amount) FROM payouts p CROSS JOIN LATERAL approve_payout(p.id, 7) x"), $owed, 'pay them once');
my $money = sub { join '', map { "BEGIN ISOLATION LEVEL READ COMMITTED;\n$_\nCOMMIT;\n" } @_ };
my $key = "\\set request random(1, 9000000000000000000)\n\\set member random(5, 59)\n";
pgbench('money: no client ends with an error', 8, $each, 'serializable',
	order => $key . sprintf("SELECT outcome FROM trade.place_order(2, :member, ARRAY[%s]::bigint[], ARRAY[1]::bigint[], (:request)::bigint::text, point => 1);\n",
		$trade->('SELECT max(id) FROM campaign_items')),
	refund => $key . $money->("SELECT trade.refund_order(1, o.id, 1, 1, (:request)::bigint::text) FROM (SELECT nextval('trade.nth') AS n) k JOIN trade.orders o ON o.id = k.n AND o.campaign_id = 1;"),
	settle => $money->('SELECT trade.open_settlement();', 'SELECT trade.post_settlement(s.id) FROM trade.settlements s WHERE s.posted_at IS NULL;'),
	payout => $key . $money->('SELECT trade.make_payout(:member, (:request)::bigint::text) AS payout \gset', 'SELECT * FROM trade.approve_payout(:payout, 60);'));
is(end_skew($skew), '0', 'the pool was dry all the time');
$trade->('SELECT post_settlement(open_settlement())') for 1, 2;
is($trade->('SELECT (SELECT count(*) FROM orders WHERE due_at IS NOT NULL) - sum(orders) FROM settlements'), '0', 'every order that was due is settled once');
is($trade->('SELECT (SELECT count(*) FROM refunds) - sum(refunds) FROM settlements'), '0', 'and every refund');
is($trade->("SELECT sum(ktt.amount(j.entries, market_account('transfers'))) FROM journals j WHERE j.kind = 'payout'"),
	$trade->("SELECT sum(l.amount) FROM payout_lines l WHERE l.state NOT IN ('proposed', 'dropped')"), 'what was paid is what the payouts say');
verified($node, 'postgres', 'money', 'trade');

unlike(slurp_file($node->logfile), qr/deadlock detected|PANIC/, 'no deadlock in the log');
$node->stop;
done_testing();
