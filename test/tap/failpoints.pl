# Failpoints. Every call that moves money is broken off at every one of its
# points: at each row that it writes and before each commit, by an error, and by
# a kill of its backend there and right after the commit. Nothing of a broken
# call is there, byte for byte; done again with its key it comes to what it comes
# to in a twin that was never broken; done once more it changes nothing.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Faults;
use Market;

seeded();
my $node = new_node('failpoints', 'restart_after_crash = on', 'autovacuum = off');
my $library = built('failpoints');
my $path = 'SET search_path = market, ktt, public';

# Members as ever. Campaign 1 was completed in a month long past, 2 is under way, 3 will be cancelled.
psql_ok($node, 'postgres', 'CREATE EXTENSION ktt CASCADE');
new_market($node, 'postgres');
trade($node, 'postgres', orders => 40);
psql_ok($node, 'postgres', "$path;
	SELECT configure(stock_slots => 1);
	UPDATE orders SET due_at = '2024-05-15 12:00+00';
	DO \$\$ DECLARE o record; BEGIN
		PERFORM describe_sku(6, weight => 500, catch_weight => true);
		PERFORM create_campaign(open_wave('second'), 2, 'second', now() + interval '1 day', hold => '0');
		PERFORM list_item(2, 3 + n, 850, 990, stock => 1000, buyer_limit => 200) FROM generate_series(1, 3) n;
		PERFORM create_campaign(open_wave('third'), 2, 'third', now() + interval '1 day', hold => '0');
		PERFORM list_item(3, 7, 850, 990);
		PERFORM publish_campaign(2), publish_campaign(3), join_campaign(2, 4);
		PERFORM create_subsidy('autumn', 100000), create_subsidy('supplier', 100000, 1);
		FOR n IN 1 .. 36 LOOP
			SELECT * INTO o FROM place_order(CASE WHEN n <= 28 THEN 2 ELSE 3 END, 5 + n % 15, CASE WHEN n <= 28 THEN ARRAY[4, 5, 6] ELSE ARRAY[7] END,
				CASE WHEN n <= 28 THEN ARRAY[1 + n % 3, 1 + n % 2, 1] ELSE ARRAY[2] END, format('order %s', n),
				seller => CASE WHEN n <= 28 AND n % 2 = 0 THEN 4 END, point => 1);
			IF n % 4 = 0 THEN
				PERFORM grant_subsidy(1 + n % 8 / 4, CASE WHEN n <= 28 THEN 2 ELSE 3 END, o.order_id, 90, format('grant %s', o.order_id));
				o.amount := o.amount - 90;
			END IF;
			IF n <> 28 THEN
				PERFORM pay_order(CASE WHEN n <= 28 THEN 2 ELSE 3 END, o.order_id, o.amount, format('pay %s', o.order_id));
			END IF;
		END LOOP;
		PERFORM set_entry_fee(1, 3660, '2024-01-01'), set_entry_fee(4, 36600, '2024-01-01');
		PERFORM set_bonus(2, 'sales_leader ladder(0: 1%, 5000: 3%) of sale, supply_leader rest', '2024-01-01');
		PERFORM set_tariff(1, 'supplier', 'units', '{0,5}', '{100,50}', '2024-05-01');
		PERFORM set_tax_rule('person', '2024-01-01', 'year', 'tax 10% of sale, payee rest', 'test');
		PERFORM set_liability(2, 'spoilage', 'supplier 50% of sale, supply_leader rest');
	END \$\$");

psql_ok($node, 'postgres', "
	CREATE SCHEMA failpoints;
	CREATE FUNCTION failpoints.point() RETURNS trigger LANGUAGE c AS '$library';
	CREATE FUNCTION failpoints.points_passed() RETURNS int LANGUAGE c AS '$library';" . q{
	DO $$ DECLARE t regclass; BEGIN
		FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'market'::regnamespace AND c.relkind = 'r' LOOP
			EXECUTE format('CREATE TRIGGER zz_failpoint BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION failpoints.point()', t);
		END LOOP;
	END $$;
	-- The numbers that will be given next.
	CREATE FUNCTION failpoints.numbers() RETURNS jsonb LANGUAGE plpgsql AS $$ DECLARE s regclass; n int8; c bool; o jsonb := '{}'; BEGIN
		FOR s IN SELECT oid FROM pg_class WHERE relnamespace = 'market'::regnamespace AND relkind = 'S' LOOP
			EXECUTE format('SELECT last_value, is_called FROM %s', s) INTO n, c;
			o := o || jsonb_build_object(s::oid, jsonb_build_array(n, c));
		END LOOP;
		RETURN o;
	END $$;
	CREATE FUNCTION failpoints.give_back(numbers jsonb) RETURNS void LANGUAGE sql AS $$
		SELECT setval(e.key::oid::regclass, (e.value->>0)::bigint, (e.value->>1)::boolean) FROM jsonb_each(numbers) e
	$$;
	-- Every row of every table: all that is in it, or without times, what is computed from them and what is random. Written out, so that
	-- it is planned once.
	DO $do$ DECLARE exact boolean; state text; BEGIN
		FOREACH exact IN ARRAY ARRAY[true, false] LOOP
			SELECT string_agg(format('(SELECT concat(%L, count(*), '':'', sum(hashtextextended(%s, 0))) FROM %s x)', t.name || ' ', t.row, t.name), ', ') INTO state
			FROM (SELECT c.oid::regclass AS name, CASE WHEN exact THEN 'x::text' ELSE format('concat_ws(''|'', %s)', string_agg(CASE
				      WHEN a.atttypid IN ('timestamptz'::regtype, 'tstzrange'::regtype, 'bytea'::regtype) OR a.attname = 'lines' THEN format('x.%I IS NULL', a.attname)
				      ELSE format('coalesce(x.%I::text, ''-'')', a.attname) END, ', ' ORDER BY a.attnum)) END AS row
			      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			      WHERE c.relnamespace = 'market'::regnamespace AND c.relkind = 'r' GROUP BY c.oid) t;
			EXECUTE format('CREATE FUNCTION failpoints.%I() RETURNS text LANGUAGE plpgsql SET search_path = market, ktt, public AS $$ BEGIN '
				|| 'RETURN array_to_string(ARRAY[%s], '', ''); END $$', CASE WHEN exact THEN 'everything' ELSE 'state' END, state);
		END LOOP;
	END $do$});

# What differs between two states.
sub differences
{
	my ($got, $wanted) = map { { map { /^(\S+) (.*)/ ? ($1 => $2) : () } split /, /, $_ } } @_;
	die "no state: $_[1]" unless keys %$wanted > 50;
	return join ', ', grep { ($got->{$_} // '') ne $wanted->{$_} } sort keys %$wanted;
}

# The calls, in their order. "before" is done before one, without breaking anything; "anew" says that called again it has nothing to do and
# says so, instead of what it said the first time.
my @calls;
sub broken
{
	my ($name, $call, %how) = @_;
	push @calls, { name => $name, call => $call, before => $how{before} // '', anew => $how{anew} };
	return;
}

# Money in.
broken('an order', "SELECT outcome, order_id, amount FROM place_order(2, 7, ARRAY[4, 5], ARRAY[2, 1], 'new', point => 1)");
broken('a part of a payment', "SELECT pay_order(2, 77, 1000, 'part')");
broken('too much', "SELECT pay_order(2, 77, 5000, 'rest')");
broken('what comes back of it', "SELECT return_payment('rest')");
broken('a payment', "SELECT pay_order(2, 68, 1970 + 1000 - 90, 'pay 68')");
broken('orders at once', "SELECT outcome, order_id, amount FROM place_orders(ARRAY(SELECT jsonb_build_object('campaign', 2, 'buyer', 5 + n, 'items', '[4]'::jsonb, 'units', '[1]'::jsonb, 'request', 'bulk', 'point', 1) FROM generate_series(1, 5) n))");
broken('another basket', "SELECT * FROM change_order(2, 41, ARRAY[4], ARRAY[1], 'change')");
broken('a cancelled order', 'SELECT cancel_order(2, 42)', anew => 1);
broken('a subsidy', "SELECT grant_subsidy(1, 2, 78, 50, 'late')");
broken('subsidies', 'SELECT * FROM charge_subsidies()', anew => 1);
broken('a cancelled campaign', "SELECT * FROM cancel_campaign(3, 'no van')", anew => 1);

# Refunds before settlement.
broken('a refund', "SELECT refund_order(2, 43, 4, 1, 'refund', cause => 'spoilage')");
broken('the rest', "SELECT refund_rest(2, 44, 'rest')");
broken('refunds at once', "SELECT * FROM refund_orders((SELECT jsonb_agg(jsonb_build_object('campaign', 2, 'order', n, 'item', 4, 'units', 1, 'amount', 5)) FROM generate_series(45, 52) n), 'bulk')");
broken('a weight', "SELECT refund_weight(2, 53, 6, 400, 'weight')");
broken('a shortage', "SELECT * FROM refund_shortage(2, 5, 20, 'short')", before => 'SELECT close_wave(2); SELECT freeze_wave(2)');
broken('completion', 'SELECT complete_wave(2)', anew => 1,
	before => 'SELECT dispatch_wave(2); SELECT arrive(2, 1); SELECT hand_over_as_operator(p.campaign_id, p.order_id) FROM pickups p WHERE p.campaign_id = 2');

# Settlement.
broken('a window', 'SELECT open_settlement()');
broken('a settlement', 'SELECT id, orders, refunds, amount, journal_id FROM post_settlement(1)');

# Payouts.
broken('a security', "SELECT receive_deposit(1, 5000, 'security')");
broken('a security that goes back', "SELECT return_deposit(1, 1000, 'back')");
broken('a hold', "SELECT hold(a.id, 500, 'hold', 'damage') FROM accounts a WHERE a.member_id = 1 AND a.kind = 'goods'");
broken('a hold that is posted', "SELECT post_hold(1, (SELECT a.id FROM accounts a WHERE a.member_id = 2 AND a.kind = 'commission'), 300)");
broken('a hold that is voided', "SELECT void_hold(2)", anew => 1,
	before => "SELECT hold(a.id, 500, 'second', 'damage') FROM accounts a WHERE a.member_id = 1 AND a.kind = 'goods'");
broken('a payout', "SELECT make_payout(5, 'payout', 1)");
broken('a payout that is withdrawn', 'SELECT withdraw_payout(1)');
broken('a payout that a member asks for', "SELECT request_payout(1, 2000, 'mine')");
broken('the next payout', "SELECT make_payout(5, 'next', 1)");
broken('an approval', 'SELECT * FROM approve_payout(3, 6)');
broken('sending', 'SELECT * FROM send_transfers(100)', anew => 1);
my $key = "(SELECT l.key FROM payout_lines l WHERE l.payout_id = 3 AND l.member_id = %s)";
broken('a confirmation', sprintf "SELECT confirm_transfer($key, 'number', (SELECT l.amount FROM payout_lines l WHERE l.payout_id = 3 AND l.member_id = 1))", 1);
broken('a failure', sprintf "SELECT fail_transfer($key, 'closed')", 2);
broken('a late confirmation', sprintf "SELECT confirm_transfer($key, 'late', (SELECT l.amount FROM payout_lines l WHERE l.payout_id = 3 AND l.member_id = 2))", 2);
broken('a return before its confirmation', sprintf("SELECT return_transfer($key, 'back')", 4));
broken('the confirmation that it waited for', sprintf("SELECT confirm_transfer($key, 'number', (SELECT l.amount FROM payout_lines l WHERE l.payout_id = 3 AND l.member_id = 4))", 4));

# What comes after all that: debts, and earnings that pay them back.
broken('refunds after payout', "SELECT * FROM refund_orders((SELECT jsonb_agg(jsonb_build_object('campaign', 1, 'order', n, 'item', 1 + n % 2, 'units', 0, 'amount', 700)) FROM generate_series(1, 40) n), 'after')");
broken('a settlement that makes debts', 'SELECT id, orders, refunds, amount, journal_id FROM post_settlement(2)', before => 'SELECT open_settlement()');
broken('a debt that is paid', "SELECT repay_debt(1, 100, 'paid')");
broken('a debt that is given up', "SELECT write_off_debt(1, 50, 'given up', 'old', 5)");
broken('a penalty', "SELECT impose_penalty(1, 6000, 'rotten', 'penalty', 5)");
broken('an adjustment', "SELECT propose_adjustment('goodwill', format('{%s:-400,%s:400}', market_account('revenue'), a.id)::shares, 'goodwill', 5) FROM accounts a WHERE a.member_id = 4 AND a.kind = 'commission'");
broken('its approval', 'SELECT approve_adjustment(1, 6)');
broken('a reversal', "SELECT propose_reversal((SELECT a.journal_id FROM adjustments a WHERE a.id = 1), 'wrong', 5)");
broken('its approval', 'SELECT approve_adjustment(2, 6)');

# Runs, books and the bank.
broken('fees', "SELECT * FROM accrue_fees('2024-03-01')", anew => 1);
broken('bonuses', "SELECT * FROM compute_bonuses('2024-05-01')", anew => 1);
broken('traffic', "SELECT * FROM charge_traffic('2024-05-01')", anew => 1);
broken('the end of the books', 'SELECT close_books() IS NOT NULL', anew => 1);
broken('tax', 'SELECT * FROM withhold_tax()', anew => 1);
broken('tax that is paid', "SELECT pay_tax(10, 'office')");
broken('a sweep', "SELECT sweep_channel(1000, 'sweep')");
broken('a bill', "SELECT * FROM load_bill('bank', local_day(now()), '[{\"kind\": \"fee\", \"key\": \"f1\", \"amount\": -36}, {\"kind\": \"fee\", \"key\": \"f2\", \"amount\": -4}]')", anew => 1);
broken('a statement', 'SELECT issue_statement(2, (SELECT max(upper(due)) FROM settlements))');
broken('a checkpoint', 'SELECT take_checkpoint()', anew => 1);
broken('journals at once', "SELECT post_many('test', ARRAY['a', 'b'], ARRAY[x, -x]) FROM (SELECT shares(ARRAY[market_account('bank'), a.id], ARRAY[-70, 70]) AS x FROM accounts a WHERE a.member_id = 4 AND a.kind = 'deposit') x",
	before => "SELECT receive_deposit(4, 100, 'of four')");

# Scripts say what comes next of which call; this is what all of them say together.
my %said;
sub part { return "\\echo '\@ $_[0] $_[1]'\n" }
sub everything { return part($_[0], $_[1]) . "SELECT failpoints.everything();\n" }
sub unheard { return "\\o /dev/null\n$_[0];\n\\o\n" }

sub run
{
	my ($database, $script) = @_;
	my $session = session($node, $database, "LOAD '$library'; $path; SET client_min_messages = warning;\n$script", '-v', 'ON_ERROR_STOP=0');
	my $into;
	for (answers($session))
	{
		if (/^@ (\d+) (.*)/) { $into = \($said{$database}[$1]{$2} //= ''); }
		else { $$into .= "$_\n"; }
	}
	return;
}

sub said { return $said{ $_[0] }[ $_[1] ]{ $_[2] } // 'nothing' }

# A call that nothing disturbs, then the same again.
sub first { return "SET failpoints.break_at = 0;\n" . part($_[0], 'first') . "$calls[$_[0]]{call};\n" . part($_[0], 'points') . "SELECT failpoints.points_passed();\n" }

sub again
{
	my ($n) = @_;
	return part($n, 'state') . "SELECT failpoints.state();\n" . part($n, 'again') . "$calls[$n]{call};\n" . part($n, 'last') . "SELECT failpoints.state();\n";
}

$node->safe_psql('template1', "CREATE DATABASE $_ TEMPLATE postgres STRATEGY file_copy") for qw(shop twin);
my $numbers = "SELECT failpoints.numbers() AS numbers \\gset\n\\echo :numbers\n";
run('twin', join '', map {
	unheard($calls[$_]{before}) . part($_, 'before') . $numbers . first($_) . part($_, 'after') . $numbers . again($_) . unheard("SELECT failpoints.give_back(:'numbers')")
} 0 .. $#calls);

# The other one is broken. A script goes on until a kill ends it; the next one begins when the server is back.
my ($kills, $kills_after) = (0, 0);
my ($kills_of_each, $every, $every_after) = long() ? (1000, 1, 1) : (1, 3, 6);
my $script = '';
sub ends
{
	run('shop', $script);
	$script = '';
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
	return;
}

for my $n (0 .. $#calls)
{
	my $call = $calls[$n]{call};
	my ($before, $after) = map { chomp(my $numbers = said('twin', $n, $_)); unheard("SELECT failpoints.give_back('$numbers')") } qw(before after);
	my $last = $calls[$n]{points} = said('twin', $n, 'points') =~ /^(\d+)$/ ? $1 : 0;
	$script .= unheard($calls[$n]{before}) . everything($n, 'was');
	# Numbers that a broken call has taken are gone for good; given back, all that follows can be compared with the twin.
	$script .= "SET failpoints.break_at = $_;\n" . unheard($call) . part($n, "code $_") . "\\echo :SQLSTATE\nSET failpoints.break_at = 0;\n"
	  . $before . everything($n, "broken $_")
	  for 1 .. $last;
	$calls[$n]{killed} = [ $n % $every ? () : chosen($kills_of_each, 1 .. $last) ];
	for my $point (@{ $calls[$n]{killed} })
	{
		$script .= "SET failpoints.kill = on; SET failpoints.break_at = $point;\n" . part($n, "survived $point") . "$call;\n\\echo 'it lives'\n";
		ends();
		$script = $before . everything($n, "killed $point");
		$kills++;
	}
	if ($n % $every_after == $every_after - 1)
	{
		$script .= "SET failpoints.kill_after = 1;\n" . part($n, 'survived its commit') . "$call;\n\\echo 'it lives'\n";
		ends();
		$calls[$n]{killed_after} = 1;
		$kills_after++;
	}
	else
	{
		$script .= first($n);
	}
	$script .= again($n) . $after;
}
ends();

my $points = 0;
for my $n (0 .. $#calls)
{
	my ($name, $last) = @{ $calls[$n] }{qw(name points)};
	my $was = said('shop', $n, 'was');
	my ($state, $state_after) = map { said('twin', $n, $_) } qw(state last);
	cmp_ok($last, '>=', 2, "$name writes");
	$points += $last;
	my @wrong;
	for my $point (1 .. $last)
	{
		my ($code, $left) = map { said('shop', $n, "$_ $point") } qw(code broken);
		push @wrong, "point $point gave $code" if $code ne "53100\n";
		push @wrong, "point $point left " . differences($left, $was) if $left ne $was;
	}
	is(join("\n", @wrong), '', "$name: broken off at each of $last points it leaves nothing");
	for my $point (@{ $calls[$n]{killed} })
	{
		is(said('shop', $n, "survived $point") . differences(said('shop', $n, "killed $point"), $was), '', "$name: killed at point $point of $last, too");
	}
	if ($calls[$n]{killed_after})
	{
		is(said('shop', $n, 'survived its commit'), '', "$name: killed after its commit, before its answer");
	}
	else
	{
		is(said('shop', $n, $_), said('twin', $n, $_), "$name: at last it has the twin's $_") for qw(first points);
	}
	is(said('twin', $n, 'again'), said('twin', $n, 'first'), "$name: called again it gives the same answer") unless $calls[$n]{anew};
	is(said('shop', $n, 'again'), said('twin', $n, 'again'), "$name: called again it answers as the twin");
	is(differences(said('shop', $n, 'state'), $state), '', "$name: all is as with the twin");
	is(differences(said('shop', $n, 'last'), $state) . differences($state_after, $state), '', "$name: and stays so when it is called again");
}
verified($node, $_, "in the end, $_") for qw(shop twin);

# In parts a settlement keeps what it has committed; broken off anywhere it goes on from there, and posts what the twin posts. Many calendars,
# each with a campaign, because each can be settled for the first time once.
my $calendars = 40;
$node->safe_psql('template1', 'CREATE DATABASE parts TEMPLATE postgres STRATEGY file_copy');
psql_ok($node, 'parts', "$path;
	DO \$\$ DECLARE c bigint; o record; BEGIN
		PERFORM open_wave('parts');
		FOR n IN 1 .. $calendars LOOP
			c := create_campaign((SELECT max(id) FROM waves), 2, format('part %s', n), now() + interval '1 day', hold => '0');
			PERFORM set_campaign_calendar(c, create_calendar(format('calendar %s', n)));
			PERFORM list_item(c, 1 + n % 3, 850, 990), publish_campaign(c), join_campaign(c, 4);
			FOR m IN 1 .. 6 LOOP
				SELECT * INTO o FROM place_order(c, 4 + m, ARRAY[(SELECT max(id) FROM campaign_items)], ARRAY[m], 'part', seller => CASE WHEN m % 2 = 0 THEN 4 END, point => 1);
				PERFORM pay_order(c, o.order_id, o.amount, format('part %s/%s', n, m));
			END LOOP;
		END LOOP;
		PERFORM close_wave(w), freeze_wave(w), dispatch_wave(w), arrive(w, 1) FROM (SELECT max(id) FROM waves) x(w);
		PERFORM hand_over_as_operator(p.campaign_id, p.order_id) FROM pickups p WHERE p.campaign_id > 3;
		PERFORM complete_wave((SELECT max(id) FROM waves));
		UPDATE orders SET due_at = '2024-05-15 12:00+00'::timestamptz + id * interval '1 ms' WHERE campaign_id > 3 AND due_at IS NOT NULL;
	END \$\$");
$node->safe_psql('template1', 'CREATE DATABASE parts_twin TEMPLATE parts STRATEGY file_copy');
sub settled { return "CALL settle_calendar(calendar => $_[0], parts => 4)" }
run('parts_twin', join '', map { "SET failpoints.break_at = 0;\n" . settled($_ + 1) . ";\n" . part($_, 'points') . "SELECT failpoints.points_passed();\n" } 1 .. $calendars);
chomp(my $parts = said('parts_twin', 1, 'points'));
cmp_ok($parts, '>', 20, 'a settlement in parts writes');
cmp_ok($parts, '<', $calendars, 'at no more points than there are calendars');
run('parts', join '', map {
	"SET failpoints.break_at = $_;\n" . settled($_ + 1) . ";\n" . part($_, 'code') . "\\echo :SQLSTATE\nSET failpoints.break_at = 0;\n"
	  . part($_, 'kept') . "SELECT sum(violations) FROM verify();\n"
	  . unheard("SELECT setval('journals_id_seq', max(id)) FROM journals") . unheard("SELECT setval('settlements_id_seq', coalesce(max(id), 1), max(id) IS NOT NULL) FROM settlements")
	  . ($_ > $parts ? '' : settled($_ + 1) . ";\n")
} 1 .. $calendars);
my @wrong = grep { said('parts', $_, 'code') ne ($_ > $parts ? "00000\n" : "53100\n") || said('parts', $_, 'kept') ne "0\n" } 1 .. $calendars;
is("@wrong", '', "a settlement in parts is broken off at each of $parts points, and what it has committed is sound");
is(differences(map { $node->safe_psql($_, 'SELECT failpoints.state()') } qw(parts parts_twin)), '', 'it goes on and comes to the same');
is(join(' ', sort map { said('parts_twin', $_, 'points') } 1 .. $calendars), join(' ', ("$parts\n") x $calendars), 'whichever calendar it is');
is($node->safe_psql('parts', "SELECT count(DISTINCT calendar_id), count(*), count(posted_at) FROM market.settlements"), "$calendars|$calendars|$calendars", 'every window was settled once');
verified($node, $_, "after settlements in parts, $_") for qw(parts parts_twin);

note sprintf "%d points of %d calls and $parts of a settlement in parts, each broken off by an error; %d kills at them, %d after a commit", $points, scalar @calls, $kills, $kills_after;
$node->stop;
done_testing();
