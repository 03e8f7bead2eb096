# Dump and restore: two markets of an owner who is no superuser, and tables of his
# own with every type and index of ktt, in every form of dump. Every table, sequence and definition is the same afterwards, nothing
# fires twice, every constraint still stands, and trade goes on.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Market;

my $node = new_node('dump');
my $directory = PostgreSQL::Test::Utils::tempdir;
my @as_keeper = ('-U', 'keeper');
my @schemas = ('market', 'Second Market');
my @all_schemas = (@schemas, 'kept');

$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN; CREATE ROLE shop LOGIN; CREATE ROLE auditor LOGIN');

# A database with the extension and nothing else, as a superuser prepares it.
sub prepared
{
	my ($database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database OWNER keeper");
	psql_ok($node, $database, 'CREATE EXTENSION ktt CASCADE');
	return;
}

sub in_market
{
	my ($database, $schema, $sql, @options) = @_;
	return psql_ok($node, $database, qq{SET search_path = "$schema", ktt, public; $sql}, @options);
}

# The rows of every table and the state of every sequence, as digests.
sub content
{
	my ($database, $schema) = @_;
	my @relations = split /\n/, $node->safe_psql($database, qq{
		SELECT format('%s %I', c.relkind, c.relname) FROM pg_class c
		WHERE c.relnamespace = '"$schema"'::regnamespace AND c.relkind IN ('r', 'S')
		ORDER BY c.relname});
	return in_market($database, $schema, join ";\n", map {
		my ($kind, $name) = split / /;
		$kind eq 'S' ? "SELECT '$name', last_value, is_called FROM $name"
		  : "SELECT '$name', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM $name t"
	} @relations);
}

# Everything that is not a row: columns, constraints, indexes, triggers, views,
# functions, comments, owners and grants.
sub definitions
{
	my ($database, $schema) = @_;
	return $node->safe_psql($database, qq{
		SELECT 'column', a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v') LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE c.relnamespace = '"$schema"'::regnamespace AND a.attnum > 0 ORDER BY 2, a.attnum;
		SELECT 'relation', c.oid::regclass::text, c.relkind, c.reloptions, pg_get_userbyid(c.relowner), c.relacl, obj_description(c.oid, 'pg_class'), pg_get_viewdef(c.oid)
		FROM pg_class c WHERE c.relnamespace = '"$schema"'::regnamespace AND c.relkind IN ('r', 'v', 'S') ORDER BY 2;
		SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE connamespace = '"$schema"'::regnamespace ORDER BY 2, 3;
		SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid, indisready FROM pg_index JOIN pg_class c ON c.oid = indexrelid
		WHERE c.relnamespace = '"$schema"'::regnamespace ORDER BY 2;
		SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(t.oid), tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
		WHERE c.relnamespace = '"$schema"'::regnamespace AND NOT tgisinternal ORDER BY 2, 3;
		SELECT 'function', p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid)), pg_get_userbyid(p.proowner), p.proacl, obj_description(p.oid, 'pg_proc')
		FROM pg_proc p WHERE p.pronamespace = '"$schema"'::regnamespace ORDER BY 2;
		SELECT 'schema', nspname, pg_get_userbyid(nspowner), nspacl FROM pg_namespace WHERE nspname = '$schema'});
}

# The refusal of a statement.
sub refused
{
	my ($database, $schema, $sql, $expected, $name) = @_;
	my ($status, $out, $err) = $node->psql($database, qq{SET search_path = "$schema", ktt, public; $sql}, extra_params => \@as_keeper);
	return like($err, $expected, $name);
}

# The source: two markets, one of them with its wave still open.
prepared('source');
my %code;
for my $schema (@schemas)
{
	new_market($node, 'source', schema => $schema, user => 'keeper',
		items => 'PERFORM list_item(1, n, 850, 990, stock => 1000, buyer_limit => 100) FROM generate_series(1, 3) n;');
	in_market('source', $schema, "SELECT grant_access('shop', 'app'), grant_access('auditor', 'auditor')", extra_params => \@as_keeper);
}
in_market('source', 'market', "
	SELECT place_order(1, 19, ARRAY[3], ARRAY[2], 'cancelled', point => 1);
	SELECT cancel_order(1, 1)", extra_params => \@as_keeper);
trade($node, 'source', user => 'keeper', orders => 40);
in_market('source', 'market', "
	SELECT post_settlement(open_settlement());
	SELECT refund_order(1, 2, 1, 0, 'part', amount => 100, reason => 'bruised');
	SELECT make_payout(5, 'payout');
	SELECT approve_payout(1, 6);
	SELECT issue_statement(2, now());
	SELECT refund_order(1, 3, 2, 1, 'later');
	SELECT open_settlement()", extra_params => \@as_keeper);
psql_ok($node, 'source', 'GRANT EXECUTE ON FUNCTION ktt.pickup_mac(text, uuid), ktt.pickup_macs(text, uuid) TO keeper');
in_market('source', 'Second Market', "
	SELECT place_order(1, 7, ARRAY[1], ARRAY[2], 'open', point => 1);
	SELECT place_order(1, 8, ARRAY[1], ARRAY[2000], 'refused', point => 1)", extra_params => \@as_keeper);
my $code = in_market('source', 'Second Market', "
	SELECT code FROM place_order(1, 9, ARRAY[1, 2], ARRAY[2, 3], 'coded', point => 1)", extra_params => \@as_keeper);
like($code, qr/^\w{4}-\w{4}$/, 'an order has a code');
in_market('source', 'Second Market', "SELECT pay_order(1, o.id, o.amount, 'pay') FROM orders o WHERE o.request = 'coded'", extra_params => \@as_keeper);
verified($node, 'source', $_, $_) for @schemas;

# Whatever a table, an index and a view can do with the types.
psql_ok($node, 'source', q{
	CREATE SCHEMA kept;
	SET search_path = kept, ktt, public;
	CREATE DOMAIN short AS chain CHECK (depth(VALUE) <= 3);
	CREATE TABLE sales (id bigint PRIMARY KEY, line chain(4) NOT NULL, top short DEFAULT '7>12', rule split, goods basket, parts shares, points pickup_index,
		owed bigint GENERATED ALWAYS AS (total(parts)) STORED, CONSTRAINT sales_goods_check CHECK (cardinality(goods) < 9));
	INSERT INTO sales (id, line, rule, goods, parts, points)
	SELECT n, chain(ARRAY[n % 5 + 1, n % 70 + 10, n + 100]), format('supplier cost, m%s 3%% of sale, leader rest', n)::split,
		basket(ARRAY[n % 9 + 1, n % 40 + 20], ARRAY[1, 2], ARRAY[n, n * 2]), shares(ARRAY[n % 7 + 1, n + 50], ARRAY[n, -n / 2]),
		(SELECT pickup_index(p, location(p * 1.0 / n, n / 7.0), (n % 3)::int, n * 0.1, CASE WHEN p = 2 THEN 'POLYGON((0 0, 1 0, 0 1, 0 0))'::public.geography END)
		 FROM generate_series(1, n % 5) p)
	FROM generate_series(1::bigint, 600) n;
	CREATE INDEX sales_line_btree ON sales (line);
	CREATE INDEX sales_points_btree ON sales (points);
	CREATE INDEX sales_line_hash ON sales USING hash (line);
	CREATE INDEX sales_line_gin ON sales USING gin (line);
	CREATE INDEX sales_goods_gin ON sales USING gin (goods);
	CREATE INDEX sales_parts_gin ON sales USING gin (parts);
	CREATE INDEX sales_several_gin ON sales USING gin (line, goods, parts);
	CREATE INDEX sales_slice_gin ON sales USING gin (slice(goods, '{1,2,3}'));
	CREATE INDEX sales_upline ON sales (upline(line, 2));
	CREATE INDEX sales_depth ON sales (depth(line), total(parts)) WHERE line ? 3;
	CREATE UNIQUE INDEX sales_values ON sales (rule, goods, parts);
	CREATE STATISTICS sales_statistics ON (upline(line, 1)), (cardinality(goods)) FROM sales;
	CREATE VIEW totals AS SELECT upline(line, 1) AS top, sum(goods) AS goods, sum(parts) AS parts, count(*) FILTER (WHERE line ?| '{3,4}' AND goods ?& '{2}')
	FROM sales WHERE line @> '1' IS NOT NULL GROUP BY 1;
	CREATE TABLE ranges (line chain) PARTITION BY RANGE (line);
	CREATE TABLE ranges_1 PARTITION OF ranges FOR VALUES FROM (MINVALUE) TO ('3');
	CREATE TABLE ranges_2 PARTITION OF ranges FOR VALUES FROM ('3') TO (MAXVALUE);
	INSERT INTO ranges SELECT line FROM sales;
	CREATE TABLE places (rule split) PARTITION BY HASH (rule);
	CREATE TABLE places_1 PARTITION OF places FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE TABLE places_2 PARTITION OF places FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	INSERT INTO places SELECT rule FROM sales;
	ANALYZE sales}, extra_params => \@as_keeper);
my %asked = (
	sales_line_btree => q{line <@ '3>12'},
	sales_line_gin => q{line ?| '{120,3}' AND line ?& '{3,22}'},
	sales_goods_gin => q{goods ? 25 AND goods ?& '{3,25}'},
	sales_parts_gin => q{parts ?| '{7,555}'},
	sales_slice_gin => q{slice(goods, '{1,2,3}') ? 2},
	sales_upline => q{upline(line, 2) = '3>12'},
	sales_depth => q{depth(line) = 3 AND total(parts) > 250 AND line ? 3},
);

# What an index answers, or that another one does.
sub answer
{
	my ($database, $index) = @_;
	my $query = "SELECT count(*), sum(id) FROM sales WHERE $asked{$index}";
	my $others = join ' ', map { $_ eq $index ? () : "DROP INDEX $_;" } 'sales_line_hash', 'sales_several_gin', grep { $_ ne $index } keys %asked;
	my $plan = in_market($database, 'kept', "BEGIN; $others SET LOCAL enable_seqscan = off; EXPLAIN (COSTS OFF) $query; ROLLBACK", extra_params => \@as_keeper);
	return 'not by the index' unless $plan =~ /\b\Q$index\E\b/;
	return in_market($database, 'kept', "BEGIN; $others SET LOCAL enable_seqscan = off; $query; ROLLBACK", extra_params => \@as_keeper);
}
my %answer = map { $_ => answer('source', $_) } keys %asked;
for my $index (sort keys %asked)
{
	my $plain = in_market('source', 'kept', "SET enable_indexscan = off; SET enable_bitmapscan = off; SELECT count(*), sum(id) FROM sales WHERE $asked{$index}");
	is($answer{$index}, $plain, "$index answers as the rows do");
	unlike($plain, qr/^0\|/, "$index has something to find");
}

# Trade goes on: orders, a settlement with what was due before, a payout, and in
# the second market the code that was given out before.
sub goes_on
{
	my ($database, $name) = @_;
	my $open = in_market($database, 'market', "
		SELECT s.id, s.orders, s.refunds, s.amount, (SELECT count(*) FROM journals WHERE kind = 'settlement')
		FROM post_settlement(open_settlement()) s", extra_params => \@as_keeper);
	is($open, '2|0|2|-1090|1', "$name: the window that was open is posted");
	in_market($database, 'market', "
		SELECT create_campaign(open_wave('next'), 2, 'next', now() + interval '1 day', hold => '0');
		SELECT list_item(2, 1, 850, 990, stock => 5);
		SELECT publish_campaign(2)", extra_params => \@as_keeper);
	is(in_market($database, 'market', "SELECT outcome, order_id > (SELECT max(id) FROM orders WHERE campaign_id = 1) FROM place_order(2, 7, ARRAY[4], ARRAY[5], 'new', point => 1)", extra_params => \@as_keeper),
		'placed|t', "$name: a new order has a new number");
	is(in_market($database, 'market', "SELECT outcome FROM place_order(2, 8, ARRAY[4], ARRAY[1], 'none', point => 1)", extra_params => \@as_keeper),
		'sold_out', "$name: stock is counted");
	is(in_market($database, 'market', "SELECT refund_order(1, 2, 1, 0, 'part', amount => 100, reason => 'bruised'), make_payout(5, 'payout')", extra_params => \@as_keeper),
		'1|1', "$name: earlier requests get their earlier answers");
	is(in_market($database, 'Second Market', "SELECT outcome, item FROM place_order(1, 8, ARRAY[1], ARRAY[2000], 'refused', point => 1)", extra_params => \@as_keeper),
		'limit|1', "$name: earlier refusals, too");
	in_market($database, 'Second Market', 'SELECT close_wave(1); SELECT freeze_wave(1); SELECT dispatch_wave(1); SELECT arrive(1, 1)', extra_params => \@as_keeper);
	is(in_market($database, 'Second Market', "SELECT outcome, order_id FROM pick_up(1, '$code', 3)", extra_params => \@as_keeper),
		'picked_up|2', "$name: a code that was given out before fetches the goods");
	in_market($database, 'Second Market', 'SELECT complete_wave(1); SELECT post_settlement(open_settlement())', extra_params => \@as_keeper);
	verified($node, $database, "$name, after more trade, $_", $_) for @schemas;
	return;
}

cmp_ok(scalar(split /\n/, content('source', $_)), '>', 40, "$_ has tables and sequences to compare") for @schemas;
my %was = map { ("content $_" => content('source', $_), "definitions $_" => definitions('source', $_)) } @all_schemas;
cmp_ok(scalar(split /\n/, $was{"definitions $_"}), '>', 300, "$_ has definitions to compare") for @schemas;

sub same
{
	my ($database, $name) = @_;
	is(content($database, 'kept'), $was{'content kept'}, "$name: every row of plain tables");
	is(definitions($database, 'kept'), $was{'definitions kept'}, "$name: every definition of them");
	is(in_market($database, 'kept', 'SELECT * FROM totals ORDER BY top'), in_market('source', 'kept', 'SELECT * FROM totals ORDER BY top'), "$name: their view");
	is(answer($database, $_), $answer{$_}, "$name: $_ answers") for sort keys %asked;
	refused($database, 'kept', q{INSERT INTO sales (id, line) VALUES (0, '1>2>3>4>5')}, qr/value too long for type ktt\.chain\(4\)/, "$name: the modifier of chain stands");
	refused($database, 'kept', 'INSERT INTO sales (id, line, rule, goods, parts) SELECT 0, line, rule, goods, parts FROM sales LIMIT 1', qr/unique constraint "sales_values"/, "$name: values are unique");
	for my $schema (@schemas)
	{
		is(content($database, $schema), $was{"content $schema"}, "$name: every row and sequence of $schema");
		is(definitions($database, $schema), $was{"definitions $schema"}, "$name: every definition of $schema");
		verified($node, $database, "$name, $schema", $schema);
		refused($database, $schema, 'UPDATE journals SET kind = kind', qr/ledger entries cannot be changed/, "$name: the ledger refuses changes in $schema");
		refused($database, $schema, 'DELETE FROM postings', qr/ledger entries cannot be changed/, "$name: and deletions");
		refused($database, $schema, "INSERT INTO stewardships (community_id, member_id, account_id, period) SELECT community_id, member_id, account_id, '[2000-01-01,)' FROM stewardships",
			qr/stewardships_one_steward_excl/, "$name: exclusion constraints stand in $schema");
		refused($database, $schema, "INSERT INTO journals (kind, reference, entries, happened_at, written_at, digest) VALUES ('x', 'x', '{1:1,2:1}', now(), now(), '')",
			qr/journals_balanced_check/, "$name: checks stand in $schema");
		refused($database, $schema, 'INSERT INTO orders OVERRIDING SYSTEM VALUE SELECT * FROM orders LIMIT 1', qr/duplicate key value violates unique constraint "orders_/, "$name: keys stand in $schema");
	}
	is(in_market($database, 'Second Market', "SELECT count(*) FROM journals", extra_params => [ '-U', 'auditor' ]), '1', "$name: an auditor may look");
	my ($status, $out, $err) = $node->psql($database, 'SELECT * FROM "Second Market".orders', extra_params => [ '-U', 'shop' ]);
	like($err, qr/permission denied for table orders/, "$name: the application may not");
	return;
}

# Everything, in plain form, by a superuser into a new database.
$node->command_ok([ 'pg_dump', '-f', "$directory/all.sql", 'source' ], 'plain dump');
$node->safe_psql('postgres', 'CREATE DATABASE plain OWNER keeper');
$node->command_ok([ 'psql', '-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-d', 'plain', '-f', "$directory/all.sql" ], 'restores in one transaction');
same('plain', 'plain');
goes_on('plain', 'plain');

# In custom form, by two workers; a dump of what was restored is the same again.
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$directory/all.dump", 'source' ], 'custom dump');
$node->safe_psql('postgres', 'CREATE DATABASE custom OWNER keeper');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-d', 'custom', "$directory/all.dump" ], 'restores by two workers');
$node->command_ok([ 'pg_dump', '-f', "$directory/again.sql", 'custom' ], 'dump of the restored database');
my ($first, $again) = map { my $text = slurp_file("$directory/$_"); $text =~ s/^\\(un)?restrict .*$//mg; $text } qw(all.sql again.sql);
ok($first eq $again, 'is the dump of the first');
same('custom', 'custom');
goes_on('custom', 'custom');

# Only the markets, by their owner, who is no superuser, into a prepared database.
$node->command_ok([ 'pg_dump', @as_keeper, '-Fc', (map { ('-n', qq{"$_"}) } @all_schemas), '-f', "$directory/markets.dump", 'source' ], 'dump by the owner');
prepared('owned');
psql_ok($node, 'owned', 'GRANT EXECUTE ON FUNCTION ktt.pickup_mac(text, uuid), ktt.pickup_macs(text, uuid) TO keeper');
$node->command_ok([ 'pg_restore', @as_keeper, '--exit-on-error', '-d', 'owned', "$directory/markets.dump" ], 'restores by the owner');
same('owned', 'owner');
goes_on('owned', 'owner');

# One market alone, under its quoted name.
$node->command_ok([ 'pg_dump', @as_keeper, '-n', '"Second Market"', '-f', "$directory/second.sql", 'source' ], 'dump of one market');
prepared('single');
$node->command_ok([ 'psql', '-X', '-q', @as_keeper, '-v', 'ON_ERROR_STOP=1', '-d', 'single', '-f', "$directory/second.sql" ], 'restores without the other');
is(content('single', 'Second Market'), $was{'content Second Market'}, 'with every row and sequence');
verified($node, 'single', 'Second Market alone', 'Second Market');

$node->stop;
done_testing();
