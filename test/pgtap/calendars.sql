-- Calendars of settlements, dry runs, windows in parts. Whoever settles what, the sum is what one calendar would have settled.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(55);
\ir lib/market.sql
\ir lib/reference.sql

SELECT create_calendar('mill, by week', 'week') AS weekly, create_calendar('fair') AS fair \gset
SELECT is(create_calendar('mill, by week', 'week'), :weekly::bigint, 'the same calendar again');
SELECT throws_ok('SELECT create_calendar(''fair'', ''day'')', 'KT010', NULL, 'the same name for another');
-- A second campaign, which is settled by itself, and a supplier who is.
SELECT name('other', create_campaign(id('wave'), id('leader'), 'other', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('other rice', list_item(id('other'), id('rice sku'), 2400, 2800)), publish_campaign(id('other')) \g /dev/null
SELECT set_campaign_calendar(id('other'), :fair), set_supplier_calendar(id('mill'), :weekly) \g /dev/null
SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'neighbour', '{apple}', '{2}') \g /dev/null
SELECT pay_order(o.campaign_id, o.id, o.amount, 'other') FROM (SELECT id('other'), order_id, amount FROM place_order(id('other'), id('rival'), ARRAY[id('other rice')], '{5}', 'x', point => id('gate'))) o(campaign_id, id, amount) \g /dev/null
SELECT deliver(), complete() \g /dev/null

-- What each would post, before it does.
CREATE TEMP TABLE dry AS SELECT c.id AS calendar, p.* FROM calendars c, preview_settlement(NULL, c.id) p;
SELECT is_empty('SELECT * FROM settlements', 'a dry run opens nothing');
SELECT is_empty(format('SELECT * FROM dry WHERE calendar = %s', :weekly), 'the week is not over');
SELECT is_empty('SELECT account_id FROM dry GROUP BY account_id, calendar HAVING count(*) > 1', 'one line for each account');
SELECT ok((SELECT bool_and(balance = amount) FROM dry WHERE member_id IS NOT NULL), 'with what it would come to');
SELECT settle() AS market \gset
SELECT results_eq('SELECT account_id, amount FROM postings WHERE journal_id = (SELECT journal_id FROM settlements WHERE calendar_id = 1) AND account_id <> market_account(''clearing'') ORDER BY 1',
                  'SELECT account_id, amount FROM dry WHERE calendar = 1 ORDER BY 1', 'the market''s calendar posts what it said');
SELECT is(balance('mill', 'goods'), 0::bigint, 'nothing of the supplier who has his own');
SELECT is((SELECT count(*) FROM explain((SELECT journal_id FROM settlements WHERE calendar_id = 1), market_account('clearing'))), 2::bigint, 'nor of the campaign that has its own');
SELECT post_settlement(open_settlement(calendar => :fair)) \g /dev/null
SELECT results_eq(format('SELECT account_id, amount FROM postings WHERE journal_id = (SELECT journal_id FROM settlements WHERE calendar_id = %s) AND account_id <> market_account(''clearing'') ORDER BY 1', :fair),
                  format('SELECT account_id, amount FROM dry WHERE calendar = %s ORDER BY 1', :fair), 'the campaign''s calendar posts what it said');
SELECT is(balance('mill', 'goods'), 10000::bigint, 'with the supplier''s part of it');
SELECT results_eq(format('SELECT upper(p.due), p.orders FROM post_settlement(%s) p', open_settlement(calendar => :weekly)),
                  'SELECT local_start(''week'', now()), 0::bigint', 'a calendar by week settles up to the beginning of this one');
SELECT is(open_settlement(calendar => :weekly), NULL, 'and waits for it to end');
SELECT is_empty('SELECT violations()', 'all is well');

-- A week later.
SELECT due_at AS due FROM orders WHERE id = id('a') \gset
UPDATE calendars SET every = NULL WHERE id = :weekly;
SELECT post_settlement(open_settlement(calendar => :weekly)) \g /dev/null
SELECT is(balance('mill', 'goods'), 12000::bigint, 'then the rest of the supplier''s part');
SELECT results_eq($$SELECT b.account_id, b.balance FROM balances b WHERE b.kind NOT IN ('channel', 'clearing') AND b.balance <> 0 ORDER BY 1$$,
                  $$SELECT account, amount::bigint FROM reference.settled('infinity') ORDER BY 1$$, 'together they settled, to the cent, what is due');
SELECT is(balance(NULL, 'clearing'), 0::bigint, 'nothing is left in clearing');
SELECT is_empty(format('SELECT p.account_id FROM settlements s JOIN postings p ON p.journal_id = s.journal_id WHERE p.amount <> (SELECT sum(e.amount) FROM explain(s.journal_id, p.account_id) e)'),
                'every posting of every calendar is the sum of what is behind it');
SELECT is_empty('SELECT violations()', 'all is well');

-- Windows of weeks end when the market's week begins, on its Monday.
SELECT results_eq($$SELECT local_start('week', '2026-11-29 15:59+00'), local_start('week', '2026-11-29 16:00+00'), local_start('day', '2026-11-27 17:00+00'), local_start('month', '2026-10-31 16:30+00')$$,
                  $$VALUES ('2026-11-22 16:00+00'::timestamptz, '2026-11-29 16:00+00'::timestamptz, '2026-11-27 16:00+00'::timestamptz, '2026-10-31 16:00+00'::timestamptz)$$, 'in the market''s zone');

-- Changing the calendar: only where nothing can be settled twice or never.
SELECT throws_ok(format('SELECT set_supplier_calendar(id(''mill''), 1)'), 'KT301', 'calendars are not settled up to the same time', 'not while one is ahead');
SELECT throws_ok(format('SELECT set_campaign_calendar(id(''other''), %s)', :weekly), 'KT301', 'calendars are not settled up to the same time', 'nor for a campaign');
SELECT max(upper(due)) AS w FROM settlements WHERE calendar_id = :weekly \gset
SELECT post_settlement(open_settlement(:'w', 1)), post_settlement(open_settlement(:'w', :fair)) \g /dev/null
SELECT open_settlement(calendar => 1) AS open \gset
SELECT throws_ok(format('SELECT set_supplier_calendar(id(''mill''), 1)'), 'KT301', 'a settlement of calendar "market" is open', 'nor while a window is open');
SELECT post_settlement(:open), post_settlement(open_settlement((SELECT upper(due) FROM settlements WHERE id = :open), :weekly)), post_settlement(open_settlement((SELECT upper(due) FROM settlements WHERE id = :open), :fair)) \g /dev/null
SELECT lives_ok('SELECT set_supplier_calendar(id(''mill''), 1)', 'when they are level');
SELECT lives_ok(format('SELECT set_campaign_calendar(id(''other''), %s)', :weekly), 'a campaign, from one to the other');
SELECT refund_order(id('other'), (SELECT o.id FROM orders o WHERE o.campaign_id = id('other')), id('other rice'), 2, 'f1'),
       refund_order(id('campaign'), id('a'), id('rice'), 1, 'f2') \g /dev/null
SELECT settle(), post_settlement(open_settlement(calendar => :weekly)), post_settlement(open_settlement(calendar => :fair)) \g /dev/null
SELECT results_eq($$SELECT b.account_id, b.balance FROM balances b WHERE b.kind NOT IN ('channel', 'clearing') AND b.balance <> 0 ORDER BY 1$$,
                  $$SELECT account, amount::bigint FROM reference.settled('infinity') ORDER BY 1$$, 'and still to the cent');
SELECT is_empty('SELECT violations()', 'all is well');

-- In parts: the same in the end, however many there are.
SELECT name('wave', open_wave('second')) \g /dev/null
SELECT name('campaign', create_campaign(id('wave'), id('leader'), 'second', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('apple', list_item(id('campaign'), id('apple sku'), 850, 990)), name('rice', list_item(id('campaign'), id('rice sku'), 2500, 2999)) \g /dev/null
SELECT publish_campaign(id('campaign')), join_campaign(id('campaign'), id('seller')) \g /dev/null
SELECT buy('p' || n, 'buyer', '{apple,rice}', ARRAY[n, 1 + n % 3], CASE WHEN n % 2 = 0 THEN 'seller' END) FROM generate_series(1, 40) n \g /dev/null
SELECT deliver(), complete() \g /dev/null
SELECT setseed(0.3) \g /dev/null
UPDATE orders SET due_at = due_at + random() * interval '20 ms' WHERE campaign_id = id('campaign');
SELECT refund_order(id('campaign'), id('p' || n), id('rice'), 1, 'p' || n) FROM generate_series(1, 40, 3) n \g /dev/null
SELECT pg_sleep(0.03) \g /dev/null
CREATE TEMP TABLE whole AS SELECT * FROM preview_settlement();
SELECT open_settlement() AS s \gset
SELECT is(part_settlement(:s, 7), 7, 'a window in parts');
SELECT is(part_settlement(:s, 3), 7, 'divided once');
SELECT results_eq(format('SELECT range_agg(due) FROM settlement_parts WHERE settlement_id = %s', :s), format('SELECT tstzmultirange(due) FROM settlements WHERE id = %s', :s), 'without gaps');
SELECT ok(sum_part(:s), 'one is summed') FROM generate_series(1, 3);
SELECT results_eq(format('SELECT parts, summed, posted_at IS NULL FROM settlement_progress WHERE settlement_id = %s', :s), 'VALUES (7::bigint, 3::bigint, true)', 'one can see how far it is');
SELECT ok(max(x.orders) < 2 * min(x.orders), 'parts are of about one size') FROM settlement_parts x WHERE settlement_id = :s AND summed_at IS NOT NULL;
SELECT results_eq(format('SELECT orders, refunds FROM post_settlement(%s)', :s), 'VALUES (40::bigint, 14::bigint)', 'posting sums the rest');
SELECT results_eq(format('SELECT account_id, amount FROM postings WHERE journal_id = (SELECT journal_id FROM settlements WHERE id = %s) AND account_id <> market_account(''clearing'') ORDER BY 1', :s),
                  'SELECT account_id, amount FROM whole ORDER BY 1', 'the journal is that of one go');
SELECT ok(NOT sum_part(:s), 'nothing is left to sum');
SELECT is(part_settlement(:s, 3), 7, 'nor to divide');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT throws_ok(c, s, m, c)
FROM (VALUES
    ('SELECT create_calendar(''x'', ''hour'')', '22023', 'every must be day, week or month'),
    ('SELECT create_calendar(NULL)', '22004', 'name must not be null'),
    ('SELECT create_calendar('''')', '22023', 'name must be between 1 and 256 bytes'),
    ('SELECT open_settlement(calendar => 999999)', 'KT303', 'calendar 999999 does not exist'),
    ('SELECT open_settlement(calendar => NULL)', '22004', 'calendar must not be null'),
    ('SELECT preview_settlement(NULL, 999999)', 'KT303', 'calendar 999999 does not exist'),
    ('SELECT set_supplier_calendar(999999, 1)', 'KT303', 'supplier 999999 does not exist'),
    ('SELECT set_supplier_calendar(id(''mill''), 999999)', 'KT303', 'calendar 999999 does not exist'),
    ('SELECT set_supplier_calendar(id(''mill''), NULL)', '22004', 'calendar must not be null'),
    ('SELECT set_campaign_calendar(999999, 1)', 'KT303', 'campaign 999999 does not exist'),
    ('SELECT set_campaign_calendar(id(''campaign''), NULL)', '22004', 'calendar must not be null'),
    ('SELECT part_settlement(999999, 4)', 'KT303', 'settlement 999999 does not exist'),
    ('SELECT sum_part(999999)', 'KT303', 'settlement 999999 does not exist'),
    (format('SELECT part_settlement(%s, 0)', 1), '22023', 'parts must be between 1 and 10000'),
    (format('SELECT part_settlement(%s, NULL)', 1), '22004', 'parts must not be null')) v(c, s, m);

SELECT * FROM finish();
ROLLBACK;
