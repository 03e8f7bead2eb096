# What the tests of a market on a server of their own share.
package Market;
use strict;
use warnings;
use Exporter qw(import);
use PostgreSQL::Test::Cluster;
use Test::More;

our @EXPORT = qw(new_node new_market verified psql_ok trade long);

# The long form of the tests.
sub long { return $ENV{KTT_LONG} ? 1 : 0 }

sub new_node
{
	my ($name, @settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', join "\n", 'log_statement = none', 'max_connections = 30',
		'jit = off', 'autovacuum_naptime = 5', @settings, '');
	$node->start;
	return $node;
}

# The result of a script that must succeed.
sub psql_ok
{
	my ($node, $database, $sql, @options) = @_;
	return $node->safe_psql($database, "SET client_min_messages = warning;\n$sql", @options);
}

# Members "m1", "m2", ...: 1 supplier, 2 leader, 3 steward, 4 sales leader, the
# others buy. Campaign 1 has the items that the caller lists.
sub new_market
{
	my ($node, $database, %with) = @_;
	my $schema = $with{schema} // 'market';
	my $members = $with{members} // 20;
	my $items = $with{items} // 'PERFORM list_item(1, n, 850, 990) FROM generate_series(1, 3) n;';
	my $options = $with{user} ? [ '-U', $with{user} ] : [];
	psql_ok($node, $database, qq{
		SELECT ktt.create_market('$schema');
		SET search_path = "$schema", ktt, public;
		DO \$\$ BEGIN
			PERFORM register_member(format('m%s', n)) FROM generate_series(1, $members) n;
			PERFORM add_community('garden', 500);
			PERFORM appoint_steward(1, 3);
			PERFORM add_pickup_point(1, 'gate', ktt.location(121.5, 25.05));
			PERFORM offer_sku(add_sku(1, format('sku %s', n)), 2, 600 + n) FROM generate_series(1, 20) n;
			PERFORM set_rate(2, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest');
			PERFORM create_campaign(open_wave('wave'), 2, 'campaign', now() + interval '1 day', hold => '0');
			$items
			PERFORM publish_campaign(1);
			PERFORM form_partnership(2, 4);
			PERFORM join_campaign(1, 4);
		END \$\$;}, extra_params => $options);
	return;
}

# Orders of members 5 to 19, paid, delivered, completed.
sub trade
{
	my ($node, $database, %with) = @_;
	my $schema = $with{schema} // 'market';
	my $orders = $with{orders} // 60;
	my $options = $with{user} ? [ '-U', $with{user} ] : [];
	psql_ok($node, $database, qq{
		SET search_path = "$schema", ktt, public;
		DO \$\$ DECLARE o record; BEGIN
			FOR n IN 1 .. $orders LOOP
				SELECT * INTO o FROM place_order(1, 5 + n % 15, ARRAY[1, 2], ARRAY[1 + n % 3, 1 + n % 2], format('order %s', n),
					seller => CASE WHEN n % 2 = 0 THEN 4 END, point => 1);
				PERFORM pay_order(1, o.order_id, o.amount, format('pay %s', o.order_id));
			END LOOP;
			PERFORM close_wave(1), freeze_wave(1), dispatch_wave(1);
			PERFORM arrive(1, 1);
			PERFORM hand_over_as_operator(p.campaign_id, p.order_id) FROM pickups p;
			PERFORM complete_wave(1);
		END \$\$;}, extra_params => $options);
	return;
}

# One test: every invariant holds.
sub verified
{
	my ($node, $database, $name, $schema) = @_;
	$schema //= 'market';
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is($node->safe_psql($database, qq{
		SELECT invariant, checked, violations, first FROM "$schema".verify() WHERE violations > 0
		UNION ALL SELECT 'nothing was checked', 0, 0, NULL WHERE NOT EXISTS (SELECT FROM "$schema".verify() WHERE checked > 0)}),
		'', "every invariant holds: $name");
}

1;
