-- Entry fees: by the year, charged by the day.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(45);
\ir lib/market.sql

-- The part of a day, against days counted one by one in Python.
CREATE TEMP TABLE accrual (yearly bigint, since date, day date, amount bigint);
\copy accrual FROM PROGRAM 'python3 -B test/oracle/fees.py accrual 1 2000' (FORMAT csv)
SELECT is_empty('SELECT a.*, fee_accrued(yearly, since, day) FROM accrual a WHERE fee_accrued(yearly, since, day) <> amount', '2000 random fees are what Python counts');
SELECT is((SELECT sum(fee_accrued(1000, '2023-07-01', d + 1) - fee_accrued(1000, '2023-07-01', d)) FROM generate_series(0, 365) n, LATERAL (SELECT '2023-07-01'::date + n AS d) x),
          1000::numeric, 'the 366 days of a leap year sum to the fee');
SELECT is((SELECT sum(fee_accrued(1000, '2022-07-01', d + 1) - fee_accrued(1000, '2022-07-01', d)) FROM generate_series(0, 364) n, LATERAL (SELECT '2022-07-01'::date + n AS d) x),
          1000::numeric, 'and the 365 of another');
SELECT results_eq($$SELECT y, fee_accrued(1000, '2020-02-29', ('2020-02-29'::date + make_interval(years => y))::date) FROM generate_series(0, 5) y$$,
                  'SELECT y, y * 1000::bigint FROM generate_series(0, 5) y', 'who began on a leap day has his years as well');

-- Setting.
SELECT set_entry_fee(id('mill'), 36500, '2025-01-01') AS fee \gset
SELECT answers('SELECT set_entry_fee(id(''mill''), 36500, ''2025-01-01'')', :'fee', 'the same fee again is the same');
SELECT throws_ok('SELECT set_entry_fee(id(''mill''), 36501, ''2025-01-01'')', 'KT010', NULL, 'another from the same day is not');
SELECT throws_ok('SELECT set_entry_fee(id(''mill''), 36500, ''2025-01-01'', ''2026-01-01'')', 'KT010', NULL, 'nor one with an end');
SELECT is((SELECT account_id FROM entry_fees WHERE id = :fee), account('mill', 'goods'), 'it is taken from what he has');
SELECT set_entry_fee(id('buyer'), 1200, '2025-03-01', '2025-09-01') AS short \gset
SELECT is((SELECT a.kind FROM entry_fees f JOIN accounts a ON a.id = f.account_id WHERE f.id = :short), 'commission', 'or what is opened for him');
SELECT throws_ok(format('SELECT set_entry_fee(id(''buyer''), 1, %L, %L)', s, u), '22023', NULL, format('from %s to %s', s, u))
FROM (VALUES ('2026-01-01', '2026-01-01'), ('2026-01-01', '2025-12-31'), ('infinity', NULL), ('2026-01-01', 'infinity'), ('-infinity', NULL)) v(s, u);
SELECT throws_ok('SELECT set_entry_fee(id(''buyer''), 0, ''2026-01-01'')', '22023', NULL, 'no fee');
SELECT throws_ok('SELECT set_entry_fee(id(''buyer''), 10000000000001, ''2026-01-01'')', '22023', NULL, 'too high a fee');
SELECT throws_ok('SELECT set_entry_fee(id(''buyer''), NULL, ''2026-01-01'')', '22004', 'fee must not be null', 'a fee of NULL');
SELECT throws_ok('SELECT set_entry_fee(id(''buyer''), 1, NULL)', '22004', 'first day must not be null', 'no first day');
SELECT throws_ok('SELECT set_entry_fee(NULL, 1, ''2026-01-01'')', '22004', 'member must not be null', 'nobody');
SELECT throws_ok('SELECT set_entry_fee(999999, 1, ''2026-01-01'')', 'KT303', NULL, 'an unknown member');
SELECT throws_ok('SELECT set_entry_fee(id(''buyer''), 1, ''2025-08-31'')', 'KT301', NULL, 'days that have a fee');
SELECT throws_ok('SELECT set_entry_fee(id(''buyer''), 1, ''2025-02-01'', ''2025-03-02'')', 'KT301', NULL, 'from either side');

-- Charging: the mill has something, the buyer nothing.
SELECT post('test', '1', shares(account('mill', 'goods'), 5000) - shares(market_account('channel'), 5000)) \g /dev/null
SELECT throws_ok('SELECT accrue_fees(local_day(clock_timestamp()) + 1)', '22023', NULL, 'days to come');
SELECT throws_ok('SELECT accrue_fees(''infinity'')', '22023', NULL, 'all days to come');
SELECT results_eq('SELECT * FROM accrue_fees(''2025-01-01'')', 'VALUES (0::bigint, 0::bigint)', 'no day has passed');
SELECT results_eq('SELECT * FROM accrue_fees(''2025-01-11'')', 'VALUES (1::bigint, 1000::bigint)', 'ten days of the mill');
SELECT results_eq('SELECT * FROM accrue_fees(''2025-01-11'')', 'VALUES (0::bigint, 0::bigint)', 'once');
SELECT results_eq('SELECT * FROM accrue_fees(''2025-01-05'')', 'VALUES (0::bigint, 0::bigint)', 'also when it is asked for less');
SELECT results_eq('SELECT balance(''mill'', ''goods''), balance(NULL, ''revenue'')', 'VALUES (4000::bigint, 1000::bigint)', 'the money moves');
SELECT results_eq('SELECT * FROM accrue_fees(''2025-03-11'')', format('VALUES (2::bigint, %s::bigint)', 5900 + (2 * 1200 * 10 + 365) / (2 * 365)), 'days that were missed are made up for, with those of others');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'entry_fee'), 2::bigint, 'one journal for all of them');
SELECT results_eq('SELECT balance(''mill'', ''goods''), balance(''mill'', ''debt''), balance(''buyer'', ''debt'')', 'VALUES (0::bigint, -1900::bigint, -33::bigint)', 'what they do not have is owed');

-- Another fee from a day on, and the end.
SELECT throws_ok('SELECT set_entry_fee(id(''mill''), 73000, ''2025-03-10'')', 'KT301', 'the fee of member ' || id('mill') || ' is charged up to 2025-03-11', 'not for days that are charged');
SELECT set_entry_fee(id('mill'), 73000, '2025-03-21') \g /dev/null
SELECT results_eq('SELECT yearly, days FROM entry_fees WHERE member_id = id(''mill'') ORDER BY days',
                  $$VALUES (36500::bigint, '[2025-01-01,2025-03-21)'::daterange), (73000, '[2025-03-21,)')$$, 'a new fee ends the one before');
SELECT results_eq('SELECT amount FROM accrue_fees(''2025-03-31'')', format('VALUES (%s::bigint)', 1000 + 2000 + (2 * 1200 * 30 + 365) / (2 * 365) - 33), 'each day at its own');
SELECT throws_ok('SELECT end_entry_fee(id(''mill''), ''2025-03-30'')', 'KT301', NULL, 'no end before what is charged');
SELECT is(end_entry_fee(id('mill'), '2025-03-31'), true, 'it ends with the membership');
SELECT is(end_entry_fee(id('mill'), '2025-03-31'), false, 'once');
SELECT throws_ok('SELECT end_entry_fee(id(''mill''), NULL)', '22004', 'day must not be null', 'no day');
SELECT throws_ok('SELECT end_entry_fee(id(''mill''), ''infinity'')', '22023', NULL, 'no end is no day');
SELECT throws_ok('SELECT end_entry_fee(999999, ''2025-03-31'')', 'KT303', NULL, 'of nobody');
SELECT results_eq('SELECT * FROM accrue_fees()', format('VALUES (1::bigint, %s::bigint)', (2 * 1200 * 184 + 365) / (2 * 365) - (2 * 1200 * 30 + 365) / (2 * 365)), 'up to today nothing of the mill, and the rest of the buyer''s half year');
SELECT results_eq('SELECT f.member_id, sum(l.amount)::bigint FROM fee_lines l JOIN entry_fees f ON f.id = l.fee_id GROUP BY 1 ORDER BY 2',
                  format('VALUES (id(''buyer''), %s::bigint), (id(''mill''), %s)', (2 * 1200 * 184 + 365) / (2 * 365), 7900 + 2000), 'every day was charged once');
SELECT is((SELECT sum(balance) FROM trial_balance), 0::numeric, 'the trial balance is zero');
SELECT is_empty('SELECT violations()', 'all invariants hold');

SELECT * FROM finish();
ROLLBACK;
