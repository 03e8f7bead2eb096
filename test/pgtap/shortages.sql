-- Less came than was ordered, or it weighs less: the right orders get the right money back, line to refund to reversal.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(49);
\ir lib/market.sql

CREATE FUNCTION pg_temp.short(received bigint, request text, item text DEFAULT 'apple', point text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s: %s for %s', n.name, s.units, s.amount), ', ' ORDER BY s.order_id DESC), 'none')
    FROM refund_shortage(id('wave'), id(item), received, request, id(point)) s JOIN fixture.names n ON n.id = s.order_id AND length(n.name) = 1
$$;
CREATE FUNCTION pg_temp.weigh(weighed bigint, request text, of text DEFAULT 'a', item text DEFAULT 'apple') RETURNS bigint
LANGUAGE sql AS $$ SELECT refund_weight(id('campaign'), id(of), id(item), weighed, request) $$;

SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'rival', '{apple}', '{4}'), buy('c', 'neighbour', '{apple}', '{2}', NULL, 'shed'),
       buy('d', 'cashier', '{rice}', '{2}', NULL, 'shed'), place('e', 'chief', '{apple}', '{5}') \g /dev/null
SELECT throws_ok('SELECT pg_temp.short(5, ''s'')', 'KT301', NULL, 'before the lists are frozen nothing is short');
SELECT close_wave(id('wave')) \g /dev/null
SELECT throws_ok('SELECT pg_temp.short(5, ''s'')', 'KT301', NULL, 'nor when the wave is only closed');
SELECT freeze_wave(id('wave')) \g /dev/null

-- Bad calls.
SELECT throws_ok(format('SELECT refund_shortage(%s)', a), c, m, d)
FROM (VALUES ('NULL, id(''apple''), 5, ''s''', '22004', NULL, 'no wave'),
             ('999999, id(''apple''), 5, ''s''', 'KT303', 'wave 999999 does not exist', 'an unknown wave'),
             ('id(''wave''), NULL, 5, ''s''', '22004', 'item must not be null', 'no item'),
             ('id(''wave''), 999999, 5, ''s''', 'KT303', format('wave %s has no item 999999', id('wave')), 'an unknown item'),
             ('id(''wave''), id(''apple''), 5, NULL', '22004', NULL, 'no request key'),
             ('id(''wave''), id(''apple''), 5, ''s'', reason => NULL', '22004', 'reason must not be null', 'no reason'),
             ('id(''wave''), id(''apple''), -1, ''s''', '22023', 'units received must be between 0 and 1000000000000', 'less than nothing'),
             ('id(''wave''), id(''apple''), 5, ''s'', 999999', 'KT303', 'pickup point 999999 does not exist', 'an unknown point'),
             ('id(''wave''), id(''apple''), NULL, ''s'', id(''gate'')', '22004', 'units received must not be null', 'nothing is noted of a point'),
             ('id(''wave''), id(''apple''), NULL, ''s''', '22004', 'units received must not be null', 'nothing is noted yet')) v(a, c, m, d);

-- The pain: 9 ordered, 7 come. Who ordered last goes without.
SELECT receive_goods(id('wave'), id('orchard'), ARRAY[id('apple')], ARRAY[6]) \g /dev/null
SELECT is(pg_temp.short(9, 's0'), 'none', 'all came');
SELECT is(pg_temp.short(90, 's00'), 'none', 'more came');
SELECT is(pg_temp.short(NULL, 's1'), 'c: 2 for 1980, b: 1 for 990', 'as was noted: the last orders go without');
SELECT answers('SELECT pg_temp.short(NULL, ''s1'')', 'c: 2 for 1980, b: 1 for 990', 'the same request again says the same');
SELECT throws_ok('SELECT pg_temp.short(5, ''s1'')', 'KT010', NULL, 'with other arguments it is none');
SELECT is(pg_temp.short(6, 's2'), 'none', 'the same units under another key: nothing more');
SELECT is(state('c'), 'refunded', 'an order of nothing else ends');
SELECT is(state('b'), 'paid', 'another waits for the rest of it');
SELECT is(state('e'), 'expired', 'what was never paid is not short');
SELECT results_eq('SELECT order_id, item_id, units, amount, cause, reason, batch FROM refunds ORDER BY id',
                  $$VALUES (id('c'), id('apple'), 2::bigint, 1980::bigint, 'shortage', 'not delivered', 'refund_shortage/s1'), (id('b'), id('apple'), 1, 990, 'shortage', 'not delivered', 'refund_shortage/s1')$$,
                  'from line to refund');
SELECT is((SELECT entries FROM journals WHERE kind = 'refunds'), shares(account(NULL, 'channel'), 2970) - shares(account(NULL, 'clearing'), 2970), 'in one journal');
SELECT results_eq(format('SELECT order_id, refund_id, amount FROM explain((SELECT id FROM journals WHERE kind = ''refunds''), %s)', account(NULL, 'clearing')),
                  'SELECT order_id, id, -amount FROM refunds ORDER BY order_id', 'which its refunds explain');
SELECT is_empty('SELECT violations()', 'all is well');

-- At a point.
SELECT dispatch_wave(id('wave')), arrive(id('wave'), id('gate')), arrive(id('wave'), id('shed')) \g /dev/null
SELECT is(pg_temp.short(1, 's3', 'rice', 'shed'), 'd: 1 for 2999', 'one was lost on the way to a point');
SELECT is(pg_temp.short(1, 's4', 'rice', 'gate'), 'none', 'the other point got its own');
SELECT is(pg_temp.short(0, 's5', 'rice', 'barn'), 'none', 'and one that ordered nothing lacks nothing');
SELECT is((SELECT count(*) FROM refunds r JOIN orders o ON o.id = r.order_id WHERE o.point_id = id('gate') AND r.item_id = id('rice')), 0::bigint, 'nobody elsewhere pays for it');
-- Who has his goods is served first where his number is lower: the units are gone.
SELECT hand_over_as_operator(id('campaign'), id('a')) \g /dev/null
SELECT is(pg_temp.short(4, 's6'), 'b: 2 for 1980', 'who fetched his goods has them');

-- By weight.
SELECT throws_ok('SELECT pg_temp.weigh(1400, ''w'')', 'KT303', format('item %s of campaign %s is not billed as weighed', id('apple'), id('campaign')), 'apples are counted');
SELECT describe_sku(id('apple sku'), weight => 500, catch_weight => true) \g /dev/null
SELECT throws_ok(format('SELECT refund_weight(%s)', a), c, m, d)
FROM (VALUES ('NULL, id(''a''), id(''apple''), 1, ''w''', '22004', 'campaign must not be null', 'no campaign'),
             ('id(''campaign''), NULL, id(''apple''), 1, ''w''', '22004', 'order must not be null', 'no order'),
             ('id(''campaign''), id(''a''), NULL, 1, ''w''', '22004', 'item must not be null', 'no item to weigh'),
             ('id(''campaign''), id(''a''), id(''apple''), NULL, ''w''', '22004', 'weight must not be null', 'no weight'),
             ('id(''campaign''), id(''a''), id(''apple''), -1, ''w''', '22023', 'weight must be between 0 and 1000000000000000', 'a weight below zero'),
             ('id(''campaign''), 999999, id(''apple''), 1, ''w''', 'KT303', NULL, 'an unknown order'),
             ('id(''campaign''), id(''d''), id(''apple''), 1, ''w''', 'KT303', NULL, 'an order without the item'),
             ('id(''campaign''), id(''c''), id(''apple''), 1, ''w''', 'KT301', format('order %s is refunded', id('c')), 'an order that ended')) v(a, c, m, d);
SELECT is(pg_temp.weigh(1500, 'w0'), 0::bigint, 'it weighs what it should');
SELECT is(pg_temp.weigh(1700, 'w1'), 0::bigint, 'or more: that is never charged');
SELECT is(pg_temp.weigh(1399, 'w2'), 2970 - 2770::bigint, '1399 g at 990 for 500 g are 2770.02: the buyer pays 2770');
SELECT answers('SELECT pg_temp.weigh(1399, ''w2'')', '200', 'the same request says the same');
SELECT throws_ok('SELECT pg_temp.weigh(1398, ''w2'')', 'KT010', NULL, 'with another weight it is none');
SELECT is(pg_temp.weigh(1399, 'w3'), 0::bigint, 'weighed again, nothing more');
SELECT is(pg_temp.weigh(1000, 'w4'), 2770 - 1980::bigint, 'weighed less, the difference');
SELECT is((SELECT units(refunded, id('apple')) FROM orders WHERE id = id('a')), 0::bigint, 'the units are his');
SELECT refund_order(id('campaign'), id('a'), id('apple'), 0, 'bruised', 1900) \g /dev/null
SELECT is(pg_temp.weigh(0, 'w5'), 80::bigint, 'never more than is left of what was paid');
SELECT complete(), settle() \g /dev/null
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
