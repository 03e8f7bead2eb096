-- The cut-off: orders become demand, sort and delivery lists.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(64);
\ir lib/market.sql
\ir lib/reference.sql

SELECT buy('a', 'buyer', '{apple,rice}', '{2,1}', 'seller'), buy('b', 'neighbour', '{apple}', '{5}', NULL, 'shed'), buy('c', 'rival', '{rice}', '{3}'),
       place('d', 'rival', '{apple}', '{1}'), buy('e', 'rival', '{rice}', '{1}', NULL, 'barn'), buy('f', 'chief', '{rice}', '{1}', NULL, 'barn') \g /dev/null
SELECT cancel_order(id('campaign'), id('e')), refund_order(id('campaign'), id('f'), id('rice'), 1, 'f'),
       refund_order(id('campaign'), id('c'), id('rice'), 1, 'c'), refund_order(id('campaign'), id('c'), id('rice'), 0, 'c2', 500) \g /dev/null

-- Out of turn.
SELECT throws_ok('SELECT freeze_wave(id(''wave''))', 'KT301', format('wave %s is still open', id('wave')), 'an open wave is not frozen');
SELECT throws_ok('SELECT dispatch_wave(id(''wave''))', 'KT301', format('wave %s is open', id('wave')), 'nor dispatched');
SELECT throws_ok('SELECT arrive(id(''wave''), id(''gate''))', 'KT301', format('wave %s is open', id('wave')), 'nor does it arrive');
SELECT throws_ok('SELECT receive_goods(id(''wave''), id(''mill''), ''{}'', ''{}'')', 'KT303', NULL, 'nor do its goods');
SELECT throws_ok('SELECT complete_wave(id(''wave''))', 'KT301', format('wave %s is open', id('wave')), 'nor completed');

-- Closing.
SELECT is(close_wave(id('wave')), 1, 'the wave closes its campaign');
SELECT is((SELECT state FROM campaigns WHERE id = id('campaign')), 'closed', 'for good');
SELECT answers('SELECT close_wave(id(''wave''))', '0', 'once');
SELECT throws_ok('SELECT close_wave(999999)', 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT throws_ok('SELECT close_wave(NULL)', '22004', 'wave must not be null', 'no wave');
SELECT is(place('late', 'buyer', '{rice}', '{1}'), 'closed', 'nothing is ordered after it');

-- Freezing.
SELECT results_eq('SELECT * FROM freeze_wave(id(''wave''))', 'VALUES (3::bigint, 10::bigint, (7 * 990 + 3 * 2999 - 500)::bigint, 1::bigint)', 'the lists are frozen');
SELECT is(state('d'), 'expired', 'who has not paid is out');
SELECT results_eq('SELECT * FROM freeze_wave(id(''wave''))', 'VALUES (3::bigint, 10::bigint, (7 * 990 + 3 * 2999 - 500)::bigint, 0::bigint)', 'again the same totals');
SELECT answers('SELECT orders FROM freeze_wave(id(''wave''))', '3', 'and nothing changes');
SELECT results_eq('SELECT supplier_id, item_id, sku, units, amount FROM demand WHERE wave_id = id(''wave'') ORDER BY item_id',
                  $$VALUES (id('orchard'), id('apple'), 'apple', 7::bigint, 4900::bigint), (id('mill'), id('rice'), 'rice', 3, 6000)$$,
                  'demand: what each supplier brings and is paid');
SELECT results_eq('SELECT item_id, point_id, units FROM sort_list WHERE wave_id = id(''wave'') ORDER BY 1, 2',
                  $$VALUES (id('apple'), id('gate'), 2::bigint), (id('apple'), id('shed'), 5), (id('rice'), id('gate'), 3)$$, 'how the warehouse sorts it');
SELECT results_eq('SELECT point_id, item_id, units, amount FROM delivery_list WHERE wave_id = id(''wave'') ORDER BY 1, 2',
                  $$VALUES (id('gate'), id('apple'), 2::bigint, 1980::bigint), (id('gate'), id('rice'), 3, 3 * 2999 - 500::bigint), (id('shed'), id('apple'), 5, 4950)$$,
                  'what goes to each point');
SELECT results_eq('SELECT point_id, item_id, units, amount FROM delivery_list ORDER BY 1, 2', 'SELECT * FROM reference.rollup(id(''wave'')) ORDER BY 1, 2',
                  'as a recount of the lines has it');
SELECT is((SELECT array_agg(l.digest = ktt.blake2b(ktt.basket_send(l.basket))) FROM wave_lists l), '{t,t,t,t}'::boolean[], 'every list has its digest');
SELECT is_empty('SELECT violations()', 'all is well');
SELECT throws_ok('SELECT freeze_wave(999999)', 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT throws_ok('SELECT freeze_wave(NULL)', '22004', 'wave must not be null', 'no wave');

-- A refund after the lists leaves them as they are.
SELECT refund_order(id('campaign'), id('b'), id('apple'), 2, 'b') \g /dev/null
SELECT is((SELECT units FROM sort_list WHERE point_id = id('shed')), 5::bigint, 'a refund after the lists leaves them as they are');
SELECT is_empty('SELECT violations()', 'and is no violation');

-- Goods at the warehouse.
SELECT is(receive_goods(id('wave'), id('orchard'), ARRAY[id('apple')], '{6}'), basket(id('apple'), 1, 0), 'an apple is missing');
SELECT is(receive_goods(id('wave'), id('orchard'), ARRAY[id('apple')], '{8}'), basket(id('apple'), -1, 0), 'one too many');
SELECT is(receive_goods(id('wave'), id('orchard'), ARRAY[id('apple')], '{7}')::text, '{}', 'all there');
SELECT answers('SELECT receive_goods(id(''wave''), id(''orchard''), ARRAY[id(''apple'')], ''{7}'')', '{}', 'said again, nothing changes');
SELECT is((SELECT count(*) FROM receipts), 1::bigint, 'one receipt per supplier');
SELECT is(receive_goods(id('wave'), id('mill'), '{}', '{}'), basket(id('rice'), 3, 0), 'the miller did not come');
SELECT throws_ok('SELECT receive_goods(id(''wave''), id(''mill''), ARRAY[id(''apple'')], ''{1}'')', '22023', 'goods received must be of the demand and not negative', 'goods of another supplier');
SELECT throws_ok('SELECT receive_goods(id(''wave''), id(''mill''), ARRAY[id(''rice'')], ''{-1}'')', '22023', 'goods received must be of the demand and not negative', 'less than nothing');
SELECT throws_ok('SELECT receive_goods(id(''wave''), id(''mill''), ARRAY[id(''rice'')], ''{1,2}'')', '22023', NULL, 'more units than items');
SELECT throws_ok('SELECT receive_goods(id(''wave''), id(''mill''), NULL, ''{1}'')', '22004', NULL, 'no items');
SELECT throws_ok('SELECT receive_goods(id(''wave''), NULL, ''{}'', ''{}'')', '22004', 'supplier must not be null', 'no supplier');
SELECT throws_ok('SELECT receive_goods(id(''wave''), id(''leader''), ''{}'', ''{}'')', 'KT303', NULL, 'nobody''s supplier');

-- On the way.
SELECT lives_ok('SELECT dispatch_wave(id(''wave''))', 'the drivers leave');
SELECT answers('SELECT dispatch_wave(id(''wave''))', '', 'once');
SELECT throws_ok('SELECT dispatch_wave(999999)', 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT throws_ok('SELECT dispatch_wave(NULL)', '22004', 'wave must not be null', 'no wave');
SELECT results_eq('SELECT orders FROM freeze_wave(id(''wave''))', 'VALUES (3::bigint)', 'the lists can still be asked for');

-- An empty wave.
SELECT name('empty', open_wave('empty')) \g /dev/null
SELECT is(close_wave(id('empty')), 0, 'a wave without campaigns closes none');
SELECT results_eq('SELECT * FROM freeze_wave(id(''empty''))', 'VALUES (0::bigint, 0::bigint, 0::bigint, 0::bigint)', 'its lists are empty');
SELECT is_empty('SELECT violations()', 'all is well at the end');

-- The day of delivery: who is open on it serves the wave. 2026-11-30 is a Monday.
SELECT name('monday', open_wave('monday', '2026-11-30')) \g /dev/null
SELECT is(open_wave('monday', '2026-11-30'), id('monday'), 'the same key and day give the same wave');
SELECT throws_ok('SELECT open_wave(''monday'', ''2026-12-01'')', 'KT010', 'wave "monday" already exists with another day of delivery', 'another day is another wave');
SELECT throws_ok('SELECT open_wave(''monday'')', 'KT010', NULL, 'so is no day');
SELECT throws_ok('SELECT open_wave(''never'', ''infinity'')', '22023', 'day of delivery must be finite', 'a day that never comes');
SELECT name('campaign', create_campaign(id('monday'), id('leader'), 'monday', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('rice', list_item(id('campaign'), id('rice sku'), 2500, 2999)), publish_campaign(id('campaign')) \g /dev/null
SELECT is(set_opening_hours(id('gate'), '{7,2,3}', '{09:00,09:00,09:00}', '{18:00,18:00,18:00}'), 70::smallint, 'the gate is shut on Mondays');
SELECT is(place('m1', 'buyer', '{rice}', '{1}'), 'point_closed', 'and takes no order of a wave on a Monday');
SELECT is(place('m2', 'buyer', '{rice}', '{1}', NULL, 'barn'), 'placed', 'a point without hours does');
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(121.501, 25.05), id(''monday''))', 'SELECT id(''shed'')', 'the next one is the nearest');
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(121.501, 25.05))', 'SELECT id(''gate'')', 'without a wave it is the gate');
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(121.501, 25.05), id(''empty''))', 'SELECT id(''gate'')', 'so it is for a wave without a day');
SELECT open_pickup_point(id('shed'), false) \g /dev/null
CREATE FUNCTION pg_temp.order_at(x float8, request text) RETURNS text LANGUAGE sql AS
    $$ SELECT outcome FROM place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', request, location => location(x, 25.05)) $$;
SELECT is(pg_temp.order_at(121.501, 'm3'), 'point_closed', 'who has no other point learns that it is shut on the day');
SELECT is(pg_temp.order_at(10, 'm4'), 'no_point', 'who has none at all learns that');
SELECT name('tiny', add_pickup_point(id('garden'), 'tiny', location(121.5, 25.05), capacity => 1)) \g /dev/null
SELECT is(pg_temp.order_at(121.501, 'm5'), 'placed', 'one place');
SELECT is(pg_temp.order_at(121.501, 'm6'), 'full', 'is one place');
SELECT is(set_opening_hours(id('gate'), '{1}', '{22:00}', '{02:00}'), 1::smallint, 'open on Monday nights');
SELECT is(place('m7', 'buyer', '{rice}', '{1}'), 'placed', 'is open on Mondays');
SELECT set_opening_hours(id('gate'), '{7}', '{22:00}', '{02:00}') \g /dev/null
SELECT is(place('m8', 'buyer', '{rice}', '{1}'), 'point_closed', 'open on Sunday nights is not');
SELECT set_opening_hours(id('gate'), '{}', '{}', '{}') \g /dev/null
SELECT is(place('m9', 'buyer', '{rice}', '{1}'), 'placed', 'without hours it is open every day');
SELECT is_empty('SELECT violations()', 'and no promise is broken');

SELECT * FROM finish();
ROLLBACK;
