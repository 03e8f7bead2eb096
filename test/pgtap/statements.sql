-- Statements: a member's ledger, line by line, and as it was issued.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(32);
\ir lib/market.sql

SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
SELECT clock_timestamp() AS middle \gset
SELECT set_config('test.middle', :'middle', true) \g /dev/null
SELECT refund_order(id('campaign'), id('a'), id('rice'), 1, 'f') \g /dev/null
SELECT settle() \g /dev/null
SELECT approve_payout(make_payout(id('cashier'), 'p'), id('chief')) \g /dev/null

SELECT results_eq('SELECT line, kind, account, amount, balance FROM statement(id(''seller''), ''-infinity'', ''infinity'')',
                  $$VALUES (0::bigint, 'opening', NULL, NULL::bigint, 0::bigint), (1, 'settlement', 'commission', 896, 896), (2, 'settlement', 'commission', -450, 446),
                           (3, 'payout', 'commission', -446, 0), (4, 'closing', NULL, NULL, 0)$$, 'opening, every posting with the balance after it, closing');
SELECT results_eq(format('SELECT line, kind, amount, balance FROM statement(id(''seller''), %L, ''infinity'')', :'middle'),
                  $$VALUES (0::bigint, 'opening', NULL::bigint, 896::bigint), (1, 'settlement', -450, 446), (2, 'payout', -446, 0), (3, 'closing', NULL, 0)$$, 'from a time on');
SELECT results_eq(format('SELECT line, kind, amount, balance FROM statement(id(''seller''), ''-infinity'', %L)', :'middle'),
                  $$VALUES (0::bigint, 'opening', NULL::bigint, 0::bigint), (1, 'settlement', 896, 896), (2, 'closing', NULL, 896)$$, 'up to a time');
SELECT results_eq('SELECT line, kind, balance FROM statement(id(''buyer''), ''-infinity'', ''infinity'')', $$VALUES (0::bigint, 'opening', 0::bigint), (1, 'closing', 0)$$, 'who has no account has nothing');
SELECT is_empty($$SELECT s.line FROM members m, LATERAL (SELECT line, kind, balance - coalesce(lag(balance) OVER (ORDER BY line), 0) - coalesce(amount, 0) AS off
                  FROM statement(m.id, '-infinity', 'infinity')) s WHERE s.off <> 0$$, 'every line adds up, for everybody');
-- What is behind it, order line by order line.
SELECT results_eq('SELECT kind, order_id, refund_id IS NOT NULL, item_id, units, sale, amount FROM statement_orders(id(''seller''), ''-infinity'', ''infinity'')',
                  $$VALUES ('settlement', id('a'), false, id('apple'), 3::bigint, 2970::bigint, 446::bigint), ('settlement', id('a'), false, id('rice'), 1, 2999, 450),
                           ('settlement', id('a'), true, id('rice'), -1, -2999, -450), ('payout', NULL, false, NULL, NULL, NULL, -446)$$, 'with order, refund and item');
SELECT is((SELECT count(DISTINCT rule) FROM statement_orders(id('seller'), '-infinity', 'infinity') WHERE rule LIKE '%sales_leader 15% of sale%'), 1::bigint, 'and the rule');
SELECT is_empty($$SELECT m.id FROM members m, (VALUES ('-infinity'::timestamptz, 'infinity'::timestamptz), ('-infinity', current_setting('test.middle')::timestamptz), (current_setting('test.middle')::timestamptz, 'infinity')) v(low, high)
                  WHERE coalesce((SELECT sum(amount) FROM statement_orders(m.id, v.low, v.high)), 0) <> coalesce((SELECT sum(amount) FROM statement(m.id, v.low, v.high)), 0)$$,
                'it sums to the statement, for everybody');
SELECT throws_ok('SELECT statement_orders(999999, ''-infinity'', ''infinity'')', 'KT303', 'member 999999 does not exist', 'an unknown member');
SELECT throws_ok('SELECT statement_orders(id(''seller''), ''2020-01-01'', ''2020-01-01'')', '22023', 'period must end after it starts', 'an empty period');

SELECT throws_ok('SELECT statement(999999, ''-infinity'', ''infinity'')', 'KT303', 'member 999999 does not exist', 'an unknown member');
SELECT throws_ok('SELECT statement(id(''seller''), ''2020-01-01'', ''2020-01-01'')', '22023', 'period must end after it starts', 'an empty period');
SELECT throws_ok('SELECT statement(id(''seller''), ''2020-01-02'', ''2020-01-01'')', '22023', NULL, 'a period backwards');
SELECT throws_ok('SELECT statement(NULL, ''-infinity'', ''infinity'')', '22004', 'member must not be null', 'no member');
SELECT throws_ok('SELECT statement(id(''seller''), NULL, ''infinity'')', '22004', 'since must not be null', 'no beginning');
SELECT throws_ok('SELECT statement(id(''seller''), ''-infinity'', NULL)', '22004', 'until must not be null', 'no end');

-- Issued.
SELECT issue_statement(id('seller'), :'middle') AS s1 \gset
SELECT results_eq('SELECT lower(period), upper(period), opening, closing FROM statements WHERE id = ' || :'s1',
                  format('SELECT registered_at, %L::timestamptz, 0::bigint, 896::bigint FROM members WHERE id = id(''seller'')', :'middle'), 'issued from his registration');
SELECT answers(format('SELECT issue_statement(id(''seller''), %L)', :'middle'), :'s1', 'the same end is the same statement');
SET LOCAL timezone = 'Asia/Taipei';
SELECT clock_timestamp() AS latest \gset
SELECT issue_statement(id('seller'), :'latest') AS s2 \gset
SELECT results_eq('SELECT lower(period), opening, closing, jsonb_array_length(lines) FROM statements WHERE id = ' || :'s2', format('VALUES (%L::timestamptz, 896::bigint, 0::bigint, 4)', :'middle'), 'the next begins where the last one ended');
SELECT ok((SELECT lines #>> '{1,written_at}' LIKE '%+00:00' FROM statements WHERE id = :s2), 'its times are written in one zone, whoever issues it');
RESET timezone;
SELECT is_empty('SELECT violations()', 'and it verifies');
SELECT throws_ok(format('SELECT issue_statement(id(''seller''), %L::timestamptz - interval ''1 us'')', :'middle'), '22023', NULL, 'none for a time that is covered');
SELECT throws_ok('SELECT issue_statement(id(''seller''), clock_timestamp() + interval ''1 minute'')', '22023', 'a statement can only be issued up to a time that has passed', 'none for the future');
SELECT throws_ok('SELECT issue_statement(id(''seller''), ''infinity'')', '22023', NULL, 'none for ever');
SELECT throws_ok('SELECT issue_statement(999999, now())', 'KT303', 'member 999999 does not exist', 'an unknown member');
SELECT throws_ok('SELECT issue_statement(NULL, now())', '22004', 'member must not be null', 'no member');
SELECT throws_ok('SELECT issue_statement(id(''seller''), NULL)', '22004', 'until must not be null', 'no end');
SELECT throws_ok($$INSERT INTO statements (member_id, period, opening, closing, lines, digest) SELECT member_id, period, 0, 0, '[]', '' FROM statements$$, '23P01', NULL, 'two cannot cover the same time');
SELECT is((SELECT count(*) FROM statements), 2::bigint, 'there are two');

-- The books stay closed when the clock steps back: here their end is set ahead of it.
UPDATE settings SET books_closed_at = '2999-01-01';
SELECT refund_order(id('campaign'), id('a'), id('apple'), 1, 'late') \g /dev/null
SELECT is((SELECT written_at FROM journals ORDER BY id DESC LIMIT 1), '2999-01-01'::timestamptz, 'no journal is written into closed books');

-- Where a sales leader has a rule of his own, his lines were divided by it.
SELECT set_rate(id('leader'), 'supplier cost, platform 2% of sale, sales_leader 20% of sale, supply_leader rest', sales_leader => id('seller')) \g /dev/null
SELECT name('wave', open_wave('the next')) \g /dev/null
SELECT name('campaign', create_campaign(id('wave'), id('leader'), 'the next', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('apple', list_item(id('campaign'), id('apple sku'), 850, 990)), publish_campaign(id('campaign')), join_campaign(id('campaign'), id('seller')) \g /dev/null
SELECT buy('b', 'buyer', '{apple}', '{2}', 'seller') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
SELECT refund_order(id('campaign'), id('b'), id('apple'), 1, 'one of two') \g /dev/null
SELECT settle() \g /dev/null
SELECT results_eq($$SELECT units, sale, amount, rule ~ 'sales_leader 20% of sale' FROM statement_orders(id('seller'), '-infinity', 'infinity') WHERE order_id = id('b')$$,
                  'VALUES (2::bigint, 1980::bigint, 396::bigint, true), (-1, -990, -198, true)', 'a rule of his own, in what he earned and in what went back');
SELECT set_liability(id('leader'), 'late', 'sales_leader 50% of sale, supplier rest') \g /dev/null
SELECT refund_order(id('campaign'), id('b'), id('apple'), 1, 'the other', cause => 'late') \g /dev/null
SELECT settle() \g /dev/null
SELECT results_eq($$SELECT amount, rule FROM statement_orders(id('seller'), '-infinity', 'infinity') WHERE order_id = id('b') ORDER BY refund_id NULLS FIRST OFFSET 2$$,
                  $$VALUES (-495::bigint, 'sales_leader 50% of sale, supplier rest')$$, 'and the rule by which he bears a refund');

SELECT * FROM finish();
ROLLBACK;
