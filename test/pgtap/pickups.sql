-- Arrival, the code that fetches the goods, completion.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(53);
\ir lib/market.sql

-- Every code is kept here as the buyer would.
CREATE TEMP TABLE codes (request text PRIMARY KEY, code text);
GRANT ALL ON codes TO PUBLIC;
CREATE FUNCTION pg_temp.code(request text) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT c.code FROM codes c WHERE c.request = code.request $$;

INSERT INTO codes SELECT r, CASE WHEN buy(r, b, '{rice}', '{1}', NULL, p) = 'paid' THEN current_setting('fixture.code') END
FROM (VALUES ('a', 'buyer', 'gate'), ('b', 'neighbour', 'gate'), ('c', 'rival', 'shed'), ('d', 'chief', 'gate'), ('e', 'cashier', 'barn'), ('f', 'mill', 'barn')) v(r, b, p);
SELECT close_wave(id('wave')), freeze_wave(id('wave')), dispatch_wave(id('wave')) \g /dev/null

-- Arrival.
SELECT throws_ok('SELECT hand_over_as_operator(id(''campaign''), id(''a''))', 'KT301', format('order %s of campaign %s has not arrived', id('a'), id('campaign')), 'nothing is there yet');
SELECT is(arrive(id('wave'), id('gate')), 3, 'three parcels arrive at the gate');
SELECT is(state('a'), 'arrived', 'and can be fetched');
SELECT is(state('c'), 'paid', 'the shed is another point');
SELECT answers('SELECT arrive(id(''wave''), id(''gate''))', '0', 'they arrive once');
SELECT throws_ok('SELECT arrive(NULL, id(''gate''))', '22004', 'wave must not be null', 'no wave');
SELECT throws_ok('SELECT arrive(id(''wave''), NULL)', '22004', 'pickup point must not be null', 'no point');
SELECT throws_ok('SELECT arrive(999999, id(''gate''))', 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT arrive(id('wave'), id('shed')), arrive(id('wave'), id('barn')) \g /dev/null

-- By hand.
SELECT throws_ok('SELECT hand_over(id(''campaign''), id(''d''), id(''neighbour''))', '42501',
                 format('member %s is not the steward of pickup point %s', id('neighbour'), id('gate')), 'only the steward of the point');
SELECT throws_ok('SELECT hand_over(id(''campaign''), id(''e''), id(''steward''))', '42501', NULL, 'not of another');
SELECT is(hand_over(id('campaign'), id('d'), id('steward')), 'picked_up', 'the steward vouches for it');
SELECT is(state('d'), 'picked_up', 'and it is done');
SELECT answers('SELECT hand_over(id(''campaign''), id(''d''), id(''steward''))', 'already_picked_up', 'once');
SELECT is(hand_over_as_operator(id('campaign'), id('e')), 'picked_up', 'or an operator does');
SELECT results_eq('SELECT picked_by FROM pickups WHERE order_id IN (id(''d''), id(''e'')) ORDER BY order_id', $$VALUES ('steward'), ('operator')$$, 'it is written who it was');
SELECT throws_ok('SELECT hand_over_as_operator(NULL, id(''d''))', '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok('SELECT hand_over_as_operator(id(''campaign''), NULL)', '22004', 'order must not be null', 'no order');
SELECT throws_ok('SELECT renew_code(id(''campaign''), id(''d''))', 'KT301', format('order %s is picked_up', id('d')), 'it needs no new code');
SELECT throws_ok('SELECT renew_code(id(''campaign''), 999999)', 'KT303', NULL, 'an unknown order');
SELECT throws_ok('SELECT renew_code(NULL, id(''a''))', '22004', 'campaign must not be null', 'no campaign');

-- By code.
SELECT throws_ok('SELECT pick_up(id(''gate''), ''x'', id(''neighbour''))', '42501', NULL, 'only the steward takes codes');
SELECT throws_ok('SELECT pick_up(999999, ''x'', id(''steward''))', '42501', NULL, 'and at his points');
SELECT throws_ok('SELECT pick_up(NULL, ''x'', id(''steward''))', '22004', 'pickup point must not be null', 'no point');
SELECT throws_ok('SELECT pick_up(id(''gate''), NULL, id(''steward''))', '22004', 'code must not be null', 'no code');
SELECT throws_ok('SELECT pick_up(id(''gate''), ''x'', NULL)', '22004', 'steward must not be null', 'no steward');
SELECT ktt.has_key('code') AS has_key \gset
\if :has_key
SELECT answers('SELECT outcome FROM pick_up(id(''gate''), ''0000'', id(''steward''))', 'mistyped', 'a mistyped code is not counted');
SELECT is((SELECT outcome FROM pick_up(id('shed'), pg_temp.code('a'), id('steward'))), 'invalid_code', 'a code of another point');
SELECT is((SELECT failures FROM code_failures WHERE point_id = id('shed')), 1, 'is counted');
SELECT is((SELECT day FROM code_failures), (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date, 'on the market''s own day');
SELECT results_eq('SELECT * FROM pick_up(id(''gate''), lower(replace(pg_temp.code(''a''), ''-'', '' '')), id(''steward''))',
                  'VALUES (''picked_up''::text, id(''campaign''), id(''a''))', 'the right code fetches the goods, however it is typed');
SELECT is(state('a'), 'picked_up', 'and it is done');
SELECT answers('SELECT outcome FROM pick_up(id(''gate''), pg_temp.code(''a''), id(''steward''))', 'already_picked_up', 'once');
INSERT INTO codes VALUES ('new b', renew_code(id('campaign'), id('b')));
SELECT is((SELECT outcome FROM pick_up(id('gate'), pg_temp.code('b'), id('steward'))), 'invalid_code', 'a renewed code voids the old one');
SELECT is((SELECT outcome FROM pick_up(id('gate'), ktt.new_pickup_code(), id('steward'))), 'invalid_code', 'a code that was never drawn');
SELECT configure(max_code_failures => 2) \g /dev/null
SELECT answers('SELECT outcome FROM pick_up(id(''gate''), pg_temp.code(''new b''), id(''steward''))', 'locked', 'after too many wrong ones the point is locked');
SELECT configure(max_code_failures => 20) \g /dev/null
UPDATE pickups SET code_mac = (SELECT p.code_mac FROM pickups p WHERE p.order_id = id('b')), picked_at = NULL, picked_by = NULL WHERE order_id = id('d');
SELECT answers('SELECT outcome FROM pick_up(id(''gate''), pg_temp.code(''new b''), id(''steward''))', 'ambiguous', 'two parcels with one code: nobody guesses');
UPDATE pickups SET code_mac = (SELECT o.code_mac FROM orders o WHERE o.id = order_id), picked_at = clock_timestamp(), picked_by = 'steward' WHERE order_id = id('d');
SELECT is((SELECT outcome FROM pick_up(id('gate'), pg_temp.code('new b'), id('steward'))), 'picked_up', 'the new one fetches the goods');
\else
SELECT answers('SELECT outcome FROM pick_up(id(''gate''), ''0000'', id(''steward''))', 'no_key', 'without a key file there are no codes');
SELECT throws_ok('SELECT renew_code(id(''campaign''), id(''b''))', 'KT501', NULL, 'nor new ones');
SELECT is((SELECT array_agg(hand_over_as_operator(id('campaign'), id(r))) FROM unnest('{a,b}'::text[]) r), '{picked_up,picked_up}', 'goods are handed over all the same');
SELECT skip('needs a key file', 9);
\endif

-- What was paid back whole is not handed out, by code or without.
SELECT refund_order(id('campaign'), id('f'), id('rice'), 1, 'f') \g /dev/null
SELECT appoint_steward((SELECT community_id FROM pickup_points WHERE id = id('barn')), id('chief')) \g /dev/null
SELECT answers('SELECT hand_over_as_operator(id(''campaign''), id(''f''))', 'refunded', 'a parcel that was paid back stays');
SELECT answers('SELECT outcome FROM pick_up(id(''barn''), coalesce(pg_temp.code(''f''), ''0''), id(''chief''))', CASE WHEN :'has_key' THEN 'refunded' ELSE 'no_key' END,
               'its code does not help');

-- Completion.
SELECT is(complete_wave(id('wave')), 4, 'what was handed over is completed');
SELECT is(state('c'), 'arrived', 'what lies there is not');
SELECT answers('SELECT complete_wave(id(''wave''))', '0', 'once');
SELECT answers('SELECT complete_wave(id(''wave''), ''1 day'')', '0', 'nothing lies there for a day');
SELECT is(complete_wave(id('wave'), '0'), 1, 'automatic receipt');
SELECT is((SELECT count(DISTINCT due_at) FROM orders WHERE state = 'completed'), 2::bigint, 'each completion has its due time');
SELECT is_empty('SELECT * FROM orders WHERE (due_at IS NULL) = (state = ''completed'') OR due_at > clock_timestamp()', 'after the campaign''s hold, which is none');
SELECT is((SELECT outcome FROM pick_up(id('shed'), coalesce(pg_temp.code('c'), '0'), id('steward'))), CASE WHEN :'has_key' THEN 'picked_up' ELSE 'no_key' END,
          'who comes late still gets his goods');
SELECT is(state('c'), 'completed', 'and his order stays completed');
SELECT is_empty('SELECT violations()', 'all is well');
SELECT refund_order(id('campaign'), id('c'), id('rice'), 1, 'whole') \g /dev/null
UPDATE pickups SET picked_at = NULL, picked_by = NULL WHERE order_id = id('c');
SELECT is(hand_over_as_operator(id('campaign'), id('c')), 'refunded', 'unless it was paid back whole after completion');
SELECT throws_ok('SELECT hand_over(id(''campaign''), id(''a''), NULL)', '22004', 'steward must not be null', 'a steward says who he is');
SELECT throws_ok('SELECT complete_wave(999999)', 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT throws_ok('SELECT complete_wave(NULL)', '22004', 'wave must not be null', 'no wave');

SELECT * FROM finish();
ROLLBACK;
