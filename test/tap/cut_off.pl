# The cut-off passes for real, on a server whose clock libfaketime sets: where
# clocks are put forward and back, and when somebody puts back the server's.
use strict;
use warnings;
use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use Time::Local qw(timegm);
use Market;

my ($faketime) = glob '/usr/lib/*/faketime/libfaketime.so.1';
plan skip_all => 'no libfaketime' unless $faketime;
plan skip_all => 'a sanitizer wants to be the first library' if $ENV{LD_PRELOAD};

my $dial = PostgreSQL::Test::Utils::tempdir . '/clock';

# Put every clock of the server at a moment; it runs on from there.
sub clock
{
	my ($moment) = @_;
	unlink "$dial.new";
	append_to_file("$dial.new", sprintf('%+.6f', $moment - time));
	rename "$dial.new", $dial or die "no clock: $!";
	return;
}

sub utc
{
	my ($y, $mo, $d, $h, $mi, $s) = $_[0] =~ /(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)/;
	return timegm($s, $mi, $h, $d, $mo - 1, $y);
}

clock(utc('2025-01-01 00:00:00'));
my $node;
{
	# Waiting is not faked: only what the time is.
	local %ENV = (%ENV, LD_PRELOAD => $faketime, FAKETIME_TIMESTAMP_FILE => $dial, FAKETIME_NO_CACHE => 1,
		FAKETIME_DONT_FAKE_MONOTONIC => 1, NO_FAKE_STAT => 1);
	$node = new_node('cut_off');
}
$node->safe_psql('postgres', 'CREATE EXTENSION ktt CASCADE');
is($node->safe_psql('postgres', 'SELECT now() AT TIME ZONE $$UTC$$ BETWEEN $$2025-01-01$$ AND $$2025-01-01 00:05$$'), 't', 'the server believes the clock');
new_market($node, 'postgres');

my $path = 'SET search_path = market, ktt, public';
my @zones = ('UTC', 'America/New_York', 'Europe/Dublin', 'Australia/Lord_Howe', 'Pacific/Apia');

sub sql { return psql_ok($node, 'postgres', "$path; $_[0]") }

# One order after the other, each in a transaction of its own, until twenty were late; WRONG is what the clock before or behind an
# answer contradicts.
sql(q{
	CREATE TABLE public.answers (campaign bigint, buyer bigint, n int, answer text);
	CREATE PROCEDURE public.rush(campaign bigint, item bigint, buyer bigint) LANGUAGE plpgsql AS $$
	DECLARE
		v_ends timestamptz := (SELECT c.closes_at + c.grace FROM campaigns c WHERE c.id = campaign);
		v_before timestamptz;
		v_outcome text;
		v_late int := 0;
		n int := 0;
	BEGIN
		WHILE v_late < 20 LOOP
			n := n + 1;
			v_before := clock_timestamp();
			v_outcome := (SELECT p.outcome FROM place_order(campaign, buyer, ARRAY[item], '{1}', format('rush %s', n), point => 1) p);
			v_late := v_late + (v_outcome <> 'placed')::int;
			INSERT INTO public.answers VALUES (campaign, buyer, n, v_outcome
				|| CASE WHEN v_outcome = 'placed' AND v_before >= v_ends OR v_outcome = 'closed' AND clock_timestamp() < v_ends THEN ' WRONG' ELSE '' END);
			COMMIT;
			PERFORM pg_sleep(0.004);
		END LOOP;
	END $$});

# From a session of every zone: their outcomes, each once.
sub ask
{
	my ($campaign, $item, $request) = @_;
	my $n = 5;
	my %seen = map { $_ => 1 } split /\n/, sql(join '', map { my $buyer = $n++;
		"SET timezone = '$_'; SELECT p.outcome FROM place_order($campaign, $buyer, ARRAY[$item], '{1}', '$request', point => 1) p;\n" } @zones);
	return join ', ', sort keys %seen;
}

# Zone, local time of the end, the moment that it is, how far the end is moved by a grace.
my @cases = (
	[ 'Australia/Lord_Howe', '2025-04-06', '01:45', '2025-04-05 15:15:00', 0, 'half an hour comes twice' ],
	[ 'America/Santiago', '2025-09-07', '00:00', '2025-09-07 04:00:00', 0, 'midnight is skipped' ],
	[ 'Africa/Casablanca', '2026-02-15', '02:30', '2026-02-15 02:30:00', 7200, 'an hour comes twice, for Ramadan' ],
	[ 'America/New_York', '2026-03-08', '02:30', '2026-03-08 07:30:00', 0, 'an hour is skipped' ],
	[ 'Europe/Dublin', '2026-10-25', '01:30', '2026-10-25 01:30:00', 0, 'an hour comes twice, into the saving' ],
	[ 'Europe/London', '2027-03-28', '01:30', '2027-03-28 01:30:00', 90, 'an hour is skipped' ],
	[ 'Asia/Shanghai', '2027-05-01', '20:00', '2027-05-01 12:00:00', 86400, 'nothing happens' ]);
for my $case (@cases)
{
	my ($zone, $day, $at, $moment, $grace, $what) = @$case;
	my $name = "$zone, $day $at, where $what";
	my $end = utc($moment) + $grace;
	clock($end - 3 * 86400);
	my ($wave, $campaign, $item) = split /\|/, sql(qq{
		SELECT configure(time_zone => '$zone') IS NULL \\g /dev/null
		SELECT open_wave('$zone') AS wave \\gset
		SELECT create_campaign(:wave, 2, '$zone', local_time('$day', '$at'), hold => '0', grace => make_interval(secs => $grace)) AS campaign \\gset
		SELECT list_item(campaign => :campaign, sku => 1, distribution_price => 850, sale_price => 990) AS item \\gset
		SELECT publish_campaign(:campaign) \\g /dev/null
		SELECT :wave, :campaign, :item});
	is(sql("SELECT closes_at = '$moment+00' FROM campaigns WHERE id = $campaign"), 't', "$name: ends at $moment UTC");

	# Just behind where the other reading of that time would be.
	for my $before (7199, 3599, 1799)
	{
		clock($end - $before);
		is(ask($campaign, $item, "$before seconds before"), 'placed', "$before seconds before, it is in time from everywhere");
	}

	# The end passes, while buyers in all zones order as fast as they can.
	clock($end - 3600);
	my $buyer = 5;
	my @running = map {
		my $err = '';
		{ err => \$err, run => start([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'),
			'-c', "$path", '-c', "SET timezone = '$_'", '-c', "CALL rush($campaign, $item, " . $buyer++ . ')' ], '<', '/dev/null', '>', '/dev/null', '2>', \$err) }
	} @zones;
	$node->poll_query_until('postgres', "SELECT count(DISTINCT buyer) = 5 FROM answers WHERE campaign = $campaign") or die 'nobody orders';
	clock($end - 0.5);
	$_->{run}->finish for @running;
	is(join('', map { ${ $_->{err} } } @running), '', 'nobody gets an error');
	is(sql("SELECT string_agg(DISTINCT answer, ', ' ORDER BY answer) FROM answers WHERE campaign = $campaign"), 'closed, placed', 'all are in time or late by the clock');
	is(sql("SELECT count(*) FROM (SELECT answer, lag(answer) OVER (PARTITION BY buyer ORDER BY n) AS previous FROM answers WHERE campaign = $campaign) a
		WHERE answer = 'closed' AND previous = 'placed' OR answer = 'placed' AND previous = 'closed'"), '5', 'once for each buyer, who is not in time again');
	is(sql("SELECT max(o.placed_at) < c.closes_at + c.grace AND c.closes_at + c.grace = to_timestamp($end)
		FROM orders o JOIN campaigns c ON c.id = o.campaign_id WHERE c.id = $campaign GROUP BY c.id"), 't', 'no order has a later time');
	my $orders = sql("SELECT count(*) FROM orders WHERE campaign_id = $campaign");

	# Then it is closed, and the clock goes back.
	is(sql("SELECT close_wave($wave)"), '1', 'it is closed');
	for my $back (3600, 86400)
	{
		clock($end - $back);
		is(sql("SELECT clock_timestamp() < closes_at + grace FROM campaigns WHERE id = $campaign"), 't', "somebody puts the clock back by $back seconds");
		is(ask($campaign, $item, "back by $back"), 'closed', 'which reopens nothing');
		is(ask($campaign, $item, '3599 seconds before'), 'placed', 'and takes nothing from who was in time');
		is(sql("SELECT string_agg(DISTINCT cancel_order(campaign_id, id), '') FROM orders WHERE campaign_id = $campaign AND buyer_id = 5"), 'closed', 'who cannot leave');
		for my $call ("publish_campaign($campaign)", "create_campaign($wave, 2, 'again', now() + interval '1 hour')",
			"list_item(campaign => $campaign, sku => 2, distribution_price => 850, sale_price => 990)")
		{
			my ($status, undef, $error) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$path; SELECT $call");
			like($error, qr/KT301/, "refused: $call");
		}
		is(sql("SELECT close_wave($wave)"), '0', 'it cannot be closed twice');
	}
	is(sql("SELECT c.state || ' ' || w.state || ' ' || (SELECT count(*) FROM orders WHERE campaign_id = c.id) FROM campaigns c JOIN waves w ON w.id = c.wave_id WHERE c.id = $campaign"),
		"closed closed $orders", 'all is as it was when it closed');
	verified($node, 'postgres', $name);
}

unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal|stuck/, 'the server took it well');
$node->stop;
done_testing();
