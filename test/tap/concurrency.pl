# Load: clients order, pay and cancel at random against small stocks, limits and
# capacities. Exactly what there is is sold, nobody is refused in vain, and
# nobody ends in a deadlock.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Market;

my $clients = long() ? 16 : 8;
my $rounds = long() ? 10 : 1;
my $each = long() ? 1000 : 250;
my $node = new_node('load', 'deadlock_timeout = 200ms');
psql_ok($node, 'postgres', 'CREATE EXTENSION ktt CASCADE');

sub bench
{
	my ($name, $schema, %scripts) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir;
	my @files = map {
		my ($script, $weight) = split /@/;
		append_to_file("$directory/$script.sql", $scripts{$_});
		('-f', "$directory/$script.sql\@$weight")
	} sort keys %scripts;
	local $ENV{PGOPTIONS} = "-c search_path=$schema,ktt,public";
	return $node->command_checks_all(
		[ 'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $each, @files, 'postgres' ],
		0, [ qr{number of transactions actually processed: @{[ $clients * $each ]}/} ], [], "$name: no client ends with an error");
}

sub value
{
	my ($schema, $sql) = @_;
	return $node->safe_psql('postgres', "SET search_path = $schema, ktt, public; $sql");
}

for my $round (1 .. $rounds)
{
	# Orders only: what is gone is gone, so every refusal can be judged at the end.
	# Items 1 to 3 lie in several slots, 4 to 6 in one; 7 and 8 have limits; 9 and 10 last.
	my $schema = "sale$round";
	new_market($node, 'postgres', schema => $schema, members => 30,
		items => "PERFORM list_item(1, n, 850, 990,
				stock => CASE WHEN n <= 3 THEN 200 WHEN n <= 6 THEN 40 WHEN n > 8 THEN 100000 END,
				buyer_limit => CASE WHEN n IN (7, 8) THEN 12 END) FROM generate_series(1, 10) n;
			-- Members come from beside the first point; there is room for all at the last.
			PERFORM open_pickup_point(1, false);
			PERFORM add_pickup_point(1, format('point %s', n), ktt.location(121.5 + n * 0.001, 25.05), capacity => 100 * n) FROM generate_series(1, 2) n;
			PERFORM add_pickup_point(1, 'last', ktt.location(121.51, 25.05));
			CREATE SEQUENCE keys;");
	bench("sale $round", $schema,
		'one@4' => "\\set buyer random(5, 30)\n\\set item random(1, 8)\n\\set units random(1, 3)\n"
		  . "SELECT outcome FROM place_order(1, :buyer, ARRAY[:item], ARRAY[:units], nextval('keys')::text, location => ktt.location(121.5, 25.05));\n",
		'four@4' => "\\set buyer random(5, 30)\n\\set a random(1, 3)\n\\set b random(4, 6)\n\\set c random(7, 8)\n\\set d random(9, 10)\n\\set units random(1, 2)\n"
		  . "SELECT outcome FROM place_order(1, :buyer, ARRAY[:d, :b, :c, :a], ARRAY[1, :units, 1, :units], nextval('keys')::text, location => ktt.location(121.5, 25.05));\n",
		'point@1' => "\\set buyer random(5, 30)\n\\set item random(1, 10)\n"
		  . "SELECT outcome FROM place_order(1, :buyer, ARRAY[:item], ARRAY[1], nextval('keys')::text, point => 2);\n");
	verified($node, 'postgres', "sale $round", $schema);
	# What a refused order asked for of the item that was missing.
	value($schema, "CREATE VIEW refused AS
		SELECT r.result ->> 'outcome' AS outcome, split_part(r.key, '/', 2)::bigint AS buyer_id, i.item::bigint AS item_id, u.units::bigint AS units
		FROM requests r CROSS JOIN LATERAL jsonb_array_elements_text(r.arguments -> 'items') WITH ORDINALITY i(item, n)
		JOIN LATERAL jsonb_array_elements_text(r.arguments -> 'units') WITH ORDINALITY u(units, n) USING (n)
		WHERE i.item = r.result ->> 'item'");
	is(value($schema, "SELECT count(*) FROM refused r WHERE r.outcome = 'sold_out'
			AND (SELECT sum(s.free) FROM stock s WHERE s.stock_id = r.item_id) >= r.units"),
		'0', 'nobody was told "sold out" while there was enough');
	is(value($schema, "SELECT count(*) FROM refused r LEFT JOIN (SELECT k.item_id, u.subject AS buyer_id, u.units FROM limit_uses u JOIN limits k ON k.id = u.limit_id) l USING (item_id, buyer_id)
			WHERE r.outcome = 'limit' AND coalesce(l.units, 0) + r.units <= 12"),
		'0', 'nobody was told "limit" below it');
	is(value($schema, "SELECT count(*) FROM requests r WHERE r.result ->> 'outcome' = 'full'
			AND (SELECT parcels FROM point_loads WHERE point_id = 2) < 100"),
		'0', 'nobody was told "full" while there was room');
	is(value($schema, "SELECT string_agg(format('%s: %s', p.id, l.parcels), ', ' ORDER BY p.id) FROM pickup_points p LEFT JOIN point_loads l ON l.point_id = p.id WHERE p.capacity IS NOT NULL"),
		'2: 100, 3: 200', 'both points with a capacity are full to the last place');
	like(value($schema, "SELECT string_agg(DISTINCT result ->> 'outcome', ' ' ORDER BY result ->> 'outcome') FROM requests"),
		qr/^full limit sold_out$/, 'all kinds of refusal were met');

	# A hot item, one unit each: demand is above one stock and below the other.
	$schema = "hot$round";
	my $demand = $clients * $each;
	my ($short, $ample) = (int($demand / 2) - 30, $demand);
	new_market($node, 'postgres', schema => $schema, members => 30,
		items => "PERFORM list_item(1, 1, 850, 990, stock => $short); PERFORM list_item(1, 2, 850, 990, stock => $ample);
			CREATE SEQUENCE keys; CREATE TABLE wanted (item bigint); ");
	bench("hot item $round", $schema,
		'hot@1' => "\\set buyer random(5, 30)\n\\set item CASE WHEN random(1, 10) > 7 THEN 2 ELSE 1 END\n"
		  . "INSERT INTO wanted VALUES (:item);\n"
		  . "SELECT outcome FROM place_order(1, :buyer, ARRAY[:item], ARRAY[1], nextval('keys')::text, point => 1);\n");
	is(value($schema, "SELECT string_agg(format('%s of %s', sold, least(stock, demand)), ', ' ORDER BY id) FROM (
			SELECT i.id, i.stock, (SELECT count(*) FROM wanted w WHERE w.item = i.id) AS demand,
				(SELECT sum(ktt.units(o.basket, i.id)) FROM orders o) AS sold FROM campaign_items i) x WHERE sold <> least(stock, demand)"),
		'', 'stock or demand is sold, whichever is less');
	cmp_ok(value($schema, 'SELECT count(*) FROM wanted WHERE item = 1'), '>', $short, 'more was wanted of the hot item than there was');
	verified($node, 'postgres', "hot item $round", $schema);

	# Everything at once, also the scheduler's work.
	$schema = "mixed$round";
	new_market($node, 'postgres', schema => $schema, members => 30,
		items => "PERFORM list_item(1, n, 850, 990, stock => CASE WHEN n <= 3 THEN 200 ELSE 20 END, buyer_limit => CASE WHEN n > 4 THEN 5 END) FROM generate_series(1, 6) n;
			PERFORM open_pickup_point(1, false);
			PERFORM add_pickup_point(1, format('point %s', n), ktt.location(121.5 + n * 0.001, 25.05), capacity => 40) FROM generate_series(1, 3) n;
			CREATE SEQUENCE keys;");
	my $some = "\\set some random(1, 1000000)\nSELECT coalesce((SELECT id FROM orders WHERE id >= :some % (1 + (SELECT coalesce(max(id), 0) FROM orders)) ORDER BY id LIMIT 1), 0) AS id \\gset\n";
	bench("mixed $round", $schema,
		'place@6' => "\\set buyer random(5, 30)\n\\set a random(1, 3)\n\\set b random(4, 6)\n\\set units random(1, 6)\n"
		  . "SELECT outcome FROM place_order(1, :buyer, ARRAY[:b, :a], ARRAY[1, :units], nextval('keys')::text, location => ktt.location(121.5, 25.05));\n",
		'pay@4' => "${some}SELECT pay_order(1, o.id, o.amount, nextval('keys')::text) FROM orders o WHERE o.id = :id;\n",
		'cancel@3' => "${some}SELECT cancel_order(1, o.id) FROM orders o WHERE o.id = :id;\n",
		'expire@1' => "SELECT expire_orders('10 ms', 20);\n",
		'move@1' => "\\set who random(3, 30)\nSELECT appoint_steward(1, :who);\n");
	verified($node, 'postgres', "mixed $round", $schema);
	like(value($schema, "SELECT string_agg(DISTINCT state::text, ' ' ORDER BY state::text) FROM orders"), qr/cancelled expired paid/, 'orders of every kind');

	# What is free can be bought to the last unit.
	value($schema, 'SELECT open_pickup_point(1, true)');
	is(value($schema, "SELECT count(*) FROM stock s CROSS JOIN LATERAL generate_series(1, s.free) n
			CROSS JOIN LATERAL place_order(1, register_member(format('late %s/%s/%s', s.stock_id, s.slot, n)), ARRAY[s.stock_id], ARRAY[1], format('late %s/%s/%s', s.stock_id, s.slot, n), point => 1) p
			WHERE p.outcome <> 'placed'"),
		'0', 'what is left is sold to the last unit');
	is(value($schema, 'SELECT sum(free) FROM stock'), '0', 'and then nothing is left');
	verified($node, 'postgres', "mixed $round, sold out", $schema);
}

unlike(slurp_file($node->logfile), qr/deadlock detected|PANIC/, 'no deadlock in the log');
$node->stop;
done_testing();
