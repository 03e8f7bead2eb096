# Dump and restore with money in it, twice over: settled, refunded, paid out and
# on its way, held, owed, corrected, taxed, with closed books. Rows, trial
# balance and dumps are the same each time, and the same trade afterwards comes
# to the same in all of them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Market;

my $node = new_node('dump_money');
my $directory = PostgreSQL::Test::Utils::tempdir;
my $path = 'SET search_path = market, ktt, public';
sub in_market { return psql_ok($node, $_[0], "$path; $_[1]") }

psql_ok($node, 'postgres', 'CREATE DATABASE first');
psql_ok($node, 'first', 'CREATE EXTENSION ktt CASCADE');
new_market($node, 'first');
trade($node, 'first', orders => 60);
in_market('first', "
	UPDATE orders SET due_at = '2024-05-15 12:00+00'::timestamptz + id * interval '1 hour';
	SELECT set_entry_fee(1, 3660, '2024-01-01'), set_tax_rule('person', '2024-01-01', 'year', 'tax 10% of sale, payee rest', 'test');
	SELECT set_bonus(2, 'sales_leader ladder(0: 1%, 5000: 3%) of sale, supply_leader rest', '2024-01-01');
	SELECT set_liability(2, 'spoilage', 'supplier 50% of sale, supply_leader rest');
	SELECT refund_order(1, 1, 1, 0, 'before', amount => 100, cause => 'spoilage');
	CALL settle_calendar(parts => 4);
	SELECT accrue_fees('2024-03-01'), compute_bonuses('2024-05-01'), close_books();
	SELECT withhold_tax(), take_checkpoint();
	SELECT receive_deposit(1, 5000, 'security'), impose_penalty(1, 700, 'rotten', 'penalty', 5);
	SELECT hold(a.id, 500, 'hold', 'damage', '2099-01-01'), hold(a.id, 600, 'moved', 'damage') FROM accounts a WHERE a.member_id = 1 AND a.kind = 'goods';
	SELECT post_hold(2, (SELECT a.id FROM accounts a WHERE a.member_id = 2 AND a.kind = 'commission'), 300);
	SELECT make_payout(5, 'payout', 1);
	SELECT approve_payout(1, 6);
	SELECT * FROM send_transfers(100);
	SELECT confirm_transfer(l.key, 'number ' || l.id, l.amount) FROM payout_lines l WHERE l.member_id = 1;
	SELECT fail_transfer(l.key, 'closed') FROM payout_lines l WHERE l.member_id = 2;
	SELECT request_payout(2, 50, 'mine');
	SELECT refund_orders((SELECT jsonb_agg(jsonb_build_object('campaign', 1, 'order', n, 'item', 1 + n % 2, 'units', 0, 'amount', 800)) FROM generate_series(1, 60) n), 'after');
	SELECT post_settlement(open_settlement());
	SELECT repay_debt(1, 100, 'paid'), write_off_debt(1, 50, 'given up', 'old', 5);
	SELECT propose_adjustment('goodwill', format('{%s:-400,%s:400}', market_account('revenue'), a.id)::shares, 'goodwill', 5) FROM accounts a WHERE a.member_id = 4 AND a.kind = 'commission';
	SELECT approve_adjustment(1, 6);
	SELECT propose_reversal((SELECT a.journal_id FROM adjustments a WHERE a.id = 1), 'wrong', 5);
	SELECT approve_adjustment(2, 6);
	SELECT load_bill('bank', local_day(now()), '[{\"kind\": \"fee\", \"key\": \"f1\", \"amount\": -36}]'), sweep_channel(1000, 'sweep');
	SELECT issue_statement(2, now()), issue_statement(1, now());
	SELECT refund_order(1, 2, 1, 0, 'open', amount => 10);
	SELECT open_settlement()");
is($node->safe_psql('first', "$path; SELECT (SELECT count(*) > 0 FROM debts), (SELECT count(*) FROM holds WHERE state = 'held'), (SELECT count(*) FROM holds WHERE state = 'posted'),
	(SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM payout_lines), (SELECT count(*) FROM settlements WHERE posted_at IS NULL), (SELECT count(*) > 0 FROM checkpoints),
	(SELECT books_closed_at IS NOT NULL FROM settings), (SELECT count(*) > 15 FROM (SELECT DISTINCT kind FROM journals) k)"),
	't|1|1|confirmed failed proposed sent|1|t|t|t', 'there is money of every kind');
verified($node, 'first', 'at first');

# Rows of all tables, all numbers, and what the accounts come to.
sub state_of
{
	my ($database) = @_;
	my @relations = split /\n/, $node->safe_psql($database, "SELECT format('%s %I', c.relkind, c.relname) FROM pg_class c
		WHERE c.relnamespace = 'market'::regnamespace AND c.relkind IN ('r', 'S') ORDER BY c.relname");
	cmp_ok(scalar @relations, '>', 80, "$database has tables and sequences");
	return in_market($database, join ";\n", (map {
		my ($kind, $name) = split / /;
		$kind eq 'S' ? "SELECT '$name', last_value, is_called FROM $name" : "SELECT '$name', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM $name t"
	} @relations), 'SELECT * FROM trial_balance ORDER BY kind', 'SELECT * FROM debts ORDER BY journal_id', 'SELECT * FROM balances ORDER BY account_id', 'SELECT * FROM conservation');
}

sub dumped
{
	my ($database) = @_;
	$node->command_ok([ 'pg_dump', '-f', "$directory/$database.sql", $database ], "dump of $database");
	# What psql is told once for each dump is random.
	return slurp_file("$directory/$database.sql") =~ s/^\\(un)?restrict .*$//mgr;
}

# From one to the next, the second time in another form and by several workers.
my %state = (first => state_of('first'));
my %dump = (first => dumped('first'));
cmp_ok(length $dump{first}, '>', 100_000, 'it has something to say');
psql_ok($node, 'postgres', 'CREATE DATABASE second');
$node->command_ok([ 'psql', '-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-d', 'second', '-f', "$directory/first.sql" ], 'restored');
psql_ok($node, 'postgres', 'CREATE DATABASE third');
$node->command_ok([ 'pg_dump', '-Fd', '-j', '2', '-f', "$directory/second.dir", 'second' ], 'dump of what was restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-d', 'third', "$directory/second.dir" ], 'restored once more');
for my $database (qw(second third))
{
	$state{$database} = state_of($database);
	$dump{$database} = dumped($database);
	is($state{$database}, $state{first}, "$database: every row, every number, every balance");
	ok($dump{$database} eq $dump{first}, "$database: dumped again it is the same text");
	verified($node, $database, $database);
}

# The books stay closed, the open window is posted with what was due in it, requests of before have their answers of before, and all the rest
# goes on: to the same end in all three.
my %after;
for my $database (qw(first second third))
{
	$after{$database} = in_market($database, "
		SELECT open_settlement(), make_payout(5, 'payout', 1), refund_order(1, 1, 1, 0, 'before', amount => 100, cause => 'spoilage'), request_payout(2, 50, 'mine');
		SELECT id, orders, refunds, amount, journal_id FROM post_settlement(open_settlement());
		SELECT * FROM approve_payout(2, 7);
		SELECT key, member_id, amount, tries FROM send_transfers(100);
		SELECT confirm_transfer(l.key, 'number ' || l.id, l.amount) FROM payout_lines l WHERE l.state = 'sent' ORDER BY l.id;
		SELECT void_hold(1), repay_debt(1, 10, 'more'), propose_reversal((SELECT j.id FROM journals j WHERE j.kind = 'write_off'), 'not yet', 5);
		SELECT approve_adjustment(3, 6);
		SELECT refund_order(1, 3, 1, 0, 'later', amount => 20), refund_rest(1, 4, 'all of it');
		SELECT id, orders, refunds, amount, journal_id FROM post_settlement(open_settlement());
		SELECT count(*) FROM postings p JOIN settings s ON p.written_at < s.books_closed_at;
		SELECT account_id, balance, available FROM balances ORDER BY account_id;
		SELECT member_id, sum(open) FROM debts GROUP BY 1 ORDER BY 1;
		SELECT count(*) FILTER (WHERE lower(due) IS DISTINCT FROM before) FROM (SELECT s.due, lag(upper(s.due)) OVER (ORDER BY s.due) AS before FROM settlements s) s");
	verified($node, $database, "$database, after more");
}
like($after{first}, qr/^3\|1\|1\|2\n3\|0\|1\|/, 'what was asked before has its answer, and the window is the open one');
is($after{$_}, $after{first}, "$_ goes on as the first") for qw(second third);

$node->stop;
done_testing();
