-- Settlement: one aggregate over a window of due times, exactly once.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(37);
\ir lib/market.sql
\ir lib/reference.sql

SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'neighbour', '{apple}', '{2}'), buy('c', 'rival', '{rice}', '{4}', NULL, 'barn') \g /dev/null
SELECT refund_order(id('campaign'), id('c'), id('rice'), 1, 'f0') \g /dev/null
SELECT deliver() \g /dev/null

-- Nothing is due yet.
SELECT open_settlement() AS s0 \gset
SELECT is((SELECT lower_inf(due) FROM settlements WHERE id = :s0), true, 'the first window begins at the beginning');
SELECT is(open_settlement(), :s0::bigint, 'an open window is given again');
SELECT results_eq('SELECT orders, refunds, amount, journal_id FROM post_settlement(' || :'s0' || ')', 'VALUES (0::bigint, 0::bigint, 0::bigint, NULL::bigint)', 'an empty one posts nothing');
SELECT is(open_settlement('2020-01-01'), NULL, 'no window ends before the last one');
SELECT is(open_settlement((SELECT upper(due) FROM settlements WHERE id = :s0)), NULL, 'nor where it ended');

-- Due.
SELECT complete() \g /dev/null
SELECT open_settlement(clock_timestamp() + interval '1 day') AS s1 \gset
SELECT ok((SELECT upper(due) <= clock_timestamp() FROM settlements WHERE id = :s1), 'no window ends in the future');
SELECT is((SELECT lower(due) FROM settlements WHERE id = :s1), (SELECT upper(due) FROM settlements WHERE id = :s0), 'the next begins where the last one ended');
SELECT results_eq('SELECT orders, refunds, amount FROM post_settlement(' || :'s1' || ')', 'VALUES (3::bigint, 1::bigint, 16946::bigint)', 'everything due is settled in one journal');
SELECT answers('SELECT journal_id FROM post_settlement(' || :'s1' || ')', (SELECT journal_id::text FROM settlements WHERE id = :s1), 'once');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'settlement'), 1::bigint, 'one journal');
SELECT is(balance(NULL, 'clearing'), 0::bigint, 'clearing is empty');
SELECT results_eq($$SELECT b.account_id, b.balance FROM balances b WHERE b.kind NOT IN ('channel', 'clearing') AND b.balance <> 0 ORDER BY 1$$,
                  $$SELECT account, amount::bigint FROM reference.settled('infinity') ORDER BY 1$$, 'to the cent what the reference says');
SELECT results_eq($$SELECT name, balance(name, kind) FROM (VALUES ('mill', 'goods'), ('orchard', 'goods'), ('leader', 'commission'), ('seller', 'commission'), ('steward', 'pickup')) v(name, kind)$$,
                  $$VALUES ('mill', 8000::bigint), ('orchard', 3500), ('leader', 3966), ('seller', 896), ('steward', 245)$$, 'which a reader can add up');
SELECT is(balance(NULL, 'revenue'), (16946 - 8000 - 3500 - 3966 - 896 - 245)::bigint, 'the market''s part');

-- Explained.
SELECT journal_id AS j1 FROM settlements WHERE id = :s1 \gset
SELECT is_empty(format('SELECT p.account_id FROM postings p WHERE p.journal_id = %s AND p.amount <> (SELECT sum(e.amount) FROM explain(%1$s, p.account_id) e)', :j1),
                'every posting is the sum of what is behind it');
SELECT results_eq(format('SELECT order_id, refund_id IS NULL, amount FROM explain(%s, account(''mill'', ''goods'')) ORDER BY 1, 2 DESC', :j1),
                  'VALUES (id(''a''), true, 2000::bigint), (id(''c''), true, 8000), (id(''c''), false, -2000)', 'order by order, refund by refund');

-- What comes after.
SELECT refund_order(id('campaign'), id('a'), id('rice'), 1, 'f1') \g /dev/null
SELECT (settle()).id AS s2 \gset
SELECT results_eq('SELECT orders, refunds, amount FROM settlements WHERE id = ' || :'s2', 'VALUES (0::bigint, 1::bigint, -2999::bigint)', 'a refund after settlement is a settlement below zero');
SELECT results_eq($$SELECT b.account_id, b.balance FROM balances b WHERE b.kind NOT IN ('channel', 'clearing') AND b.balance <> 0 ORDER BY 1$$,
                  $$SELECT account, amount::bigint FROM reference.settled('infinity') ORDER BY 1$$, 'to the cent again');
SELECT is((settle()).orders, 0::bigint, 'then there is nothing to settle');
SELECT refund_order(o.campaign_id, o.id, b.item, units(o.basket - o.refunded, b.item), format('rest of %s, %s', o.id, b.item))
FROM orders o, ktt.items(o.basket - o.refunded) b \g /dev/null
SELECT settle() \g /dev/null
SELECT is_empty('SELECT * FROM balances WHERE balance <> 0', 'settled and refunded whole, every balance is zero');
SELECT is_empty('SELECT violations()', 'all is well');

-- A hold: the campaign's, or the market's.
SELECT name('wave', open_wave('second')) \g /dev/null
SELECT name('campaign', create_campaign(id('wave'), id('leader'), 'second', clock_timestamp() + interval '1 hour', hold => '1 hour')) \g /dev/null
SELECT name('rice', list_item(id('campaign'), id('rice sku'), 2500, 2999)) \g /dev/null
SELECT publish_campaign(id('campaign')) \g /dev/null
SELECT buy('h', 'buyer', '{rice}', '{1}') \g /dev/null
SELECT deliver(), complete() \g /dev/null
SELECT ok((SELECT due_at BETWEEN clock_timestamp() + interval '59 minutes' AND clock_timestamp() + interval '1 hour' FROM orders WHERE id = id('h')), 'due after the hold');
SELECT is((settle()).orders, 0::bigint, 'not yet');
SELECT is(balance(NULL, 'clearing'), 2999::bigint, 'the money waits');
SELECT refund_order(id('campaign'), id('h'), id('rice'), 0, 'h1', 999) \g /dev/null
SELECT is((SELECT r.due_at = o.due_at FROM refunds r JOIN orders o ON o.id = r.order_id WHERE o.id = id('h')), true, 'a refund meanwhile is due with its order');
SELECT is((settle()).refunds, 0::bigint, 'and not before');
SELECT is_empty('SELECT violations()', 'all is well');

-- A clock that stood ahead: due times stay behind the last window.
UPDATE settlements SET due = tstzrange(lower(due), clock_timestamp() + interval '2 days', '(]') WHERE id = (SELECT max(id) FROM settlements);
SELECT ok(stamp_due('0') > (SELECT max(upper(due)) FROM settlements), 'a due time is never behind a window');
SELECT is(open_settlement(), NULL, 'and no window before one');

-- Bad calls, and what cannot be.
SELECT throws_ok('SELECT open_settlement(''infinity'')', '22023', 'time must be finite', 'until for ever');
SELECT throws_ok('SELECT open_settlement(''-infinity'')', '22023', 'time must be finite', 'until never');
SELECT throws_ok('SELECT preview_settlement(''infinity'')', '22023', 'time must be finite', 'and a dry run of it');
SELECT throws_ok('SELECT post_settlement(999999)', 'KT303', 'settlement 999999 does not exist', 'an unknown settlement');
SELECT throws_ok('SELECT post_settlement(NULL)', '22004', 'settlement must not be null', 'no settlement');
SELECT throws_ok('INSERT INTO settlements (calendar_id, due, campaigns, elsewhere, accounts) SELECT calendar_id, due, campaigns, elsewhere, accounts FROM settlements LIMIT 1', '23P01', NULL, 'two windows cannot overlap');
SELECT throws_ok('INSERT INTO settlements (calendar_id, due, campaigns, elsewhere, accounts) VALUES (1, ''[2999-01-01,2999-01-02)'', ''{}'', ''{}'', ''{}'')', '23514', NULL, 'a window is open below and closed above');
SELECT throws_ok('INSERT INTO settlements (calendar_id, due, campaigns, elsewhere, accounts) VALUES (1, ''(2999-01-01,)'', ''{}'', ''{}'', ''{}'')', '23514', NULL, 'and has an end');

SELECT * FROM finish();
ROLLBACK;
