# A flash sale at every isolation level: 8, 16 and 32 clients want one unit, a
# hundred, twenty items in any order, an item limited to one each, and one that
# there is enough of. Every order is sent twice under its key. Sold is stock or
# demand, whichever is less; and nobody ends in a deadlock.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Market;

my $each = long() ? 400 : 12;
my $node = new_node('flash', "deadlock_timeout = 200ms\nmax_connections = 60");
psql_ok($node, 'postgres', 'CREATE EXTENSION ktt CASCADE');

my $wish = "\\set buyer random(5, 60)\n\\set request random(1, 9000000000000000000)\n";
my $send = sub {
	my ($items, $units) = @_;
	my $order = "place_order(1, :buyer, $items, $units, (:request)::bigint::text, point => 1)";
	# What is wanted is noted in the order's own transaction, so it counts once however often that is repeated.
	return "BEGIN;\nINSERT INTO wanted (buyer, item, units) SELECT :buyer, l.item, l.units FROM unnest($items, $units) l(item, units);\n"
	  . "SELECT outcome FROM $order;\nCOMMIT;\nSELECT outcome FROM $order;\n";
};
my %scripts = (
	one => $wish . $send->('ARRAY[1]::bigint[]', 'ARRAY[1]::bigint[]'),
	hundred => "$wish\\set units random(1, 3)\n" . $send->('ARRAY[2]::bigint[]', 'ARRAY[:units]::bigint[]'),
	twenty => "$wish\\set a random(3, 8)\n\\set b random(9, 15)\n\\set c random(16, 22)\n\\set turn random(0, 1)\n"
	  . $send->('CASE :turn WHEN 0 THEN ARRAY[:a, :b, :c] ELSE ARRAY[:c, :b, :a] END::bigint[]', 'ARRAY[1, 1, 1]::bigint[]'),
	limited => $wish . $send->('ARRAY[23]::bigint[]', 'ARRAY[1]::bigint[]'),
	ample => $wish . $send->('ARRAY[24]::bigint[]', 'ARRAY[1]::bigint[]'));
my $directory = PostgreSQL::Test::Utils::tempdir;
append_to_file("$directory/$_.sql", $scripts{$_}) for keys %scripts;
my @files = map { ('-f', "$directory/$_.sql") } sort keys %scripts;

for my $level ('read committed', 'repeatable read', 'serializable')
{
	for my $clients (8, 16, 32)
	{
		my $name = "$level, $clients clients";
		(my $schema = "sale_$name") =~ s/\W+/_/g;
		my $value = sub { $node->safe_psql('postgres', "SET search_path = $schema, ktt, public; $_[0]") };
		new_market($node, 'postgres', schema => $schema, members => 60,
			items => "PERFORM offer_sku(add_sku(1, format('sku %s', n)), 2, 600) FROM generate_series(21, 24) n;
				PERFORM list_item(1, n, 850, 990,
					stock => CASE WHEN n = 1 THEN 1 WHEN n = 2 THEN 100 WHEN n < 23 THEN 20 WHEN n = 24 THEN 100000 END,
					buyer_limit => CASE n WHEN 23 THEN 1 END) FROM generate_series(1, 24) n;
				CREATE TABLE wanted (buyer bigint, item bigint, units bigint, level text DEFAULT current_setting('transaction_isolation'));");
		local $ENV{PGOPTIONS} = "-c search_path=$schema,ktt,public -c default_transaction_isolation=" . $level =~ s/ /\\ /r;
		$node->command_checks_all(
			[ 'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $each, '--max-tries', 10000, @files, 'postgres' ],
			0, [ qr{number of transactions actually processed: @{[ $clients * $each ]}/} ], [], "$name: no client ends with an error");
		is($value->('SELECT string_agg(DISTINCT level, chr(32)) FROM wanted'), $level, "$name: all of it ran so");
		# Single units: what is left could still have been sold to somebody who was refused.
		is($value->("SELECT string_agg(format('item %s: %s of %s wanted and %s there', i.id, s.sold, w.units, i.stock), ', ' ORDER BY i.id)
				FROM campaign_items i
				CROSS JOIN LATERAL (SELECT coalesce(sum(ktt.units(o.basket, i.id)), 0) AS sold FROM orders o) s
				CROSS JOIN LATERAL (SELECT coalesce(sum(w.units), 0) AS units FROM wanted w WHERE w.item = i.id) w
				WHERE i.id IN (1, 24) AND s.sold <> least(i.stock, w.units)"),
			'', "$name: stock or demand is sold");
		is($value->("SELECT count(*) FROM requests r CROSS JOIN LATERAL (
					SELECT u.units::bigint AS units FROM jsonb_array_elements_text(r.arguments -> 'items') WITH ORDINALITY i(item, n)
					JOIN jsonb_array_elements_text(r.arguments -> 'units') WITH ORDINALITY u(units, n) USING (n) WHERE i.item = r.result ->> 'item') a
				WHERE r.result ->> 'outcome' = 'sold_out'
				  AND (SELECT sum(s.free) FROM stock s WHERE s.stock_id = (r.result ->> 'item')::bigint) >= a.units"),
			'0', "$name: nobody was refused in vain");
		is($value->("SELECT string_agg(DISTINCT u.units::text, ' ') FROM limit_uses u"), '1', "$name: one each of what is limited");
		is($value->("SELECT (SELECT count(DISTINCT buyer) FROM wanted WHERE item = 23) - (SELECT count(*) FROM orders WHERE basket OPERATOR(ktt.?) 23)"),
			'0', "$name: and one for everybody who wanted it");
		is($value->('SELECT count(*) - count(DISTINCT (buyer_id, request)) FROM orders'), '0', "$name: no order stands twice");
		verified($node, 'postgres', $name, $schema);
	}
}
unlike(slurp_file($node->logfile), qr/deadlock detected|PANIC/, 'no deadlock in the log');
$node->stop;
done_testing();
