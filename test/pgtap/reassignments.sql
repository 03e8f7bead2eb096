-- Points that are closed, moved and made smaller: where their orders go.
\set ON_ERROR_STOP on
BEGIN;
SELECT no_plan();
\ir lib/market.sql
\ir lib/places.sql

CREATE FUNCTION fixture.order_from(request text, point text, x float8 DEFAULT NULL, buyer text DEFAULT 'buyer') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_order record;
BEGIN
    SELECT * INTO v_order FROM place_order(id('campaign'), id(buyer), ARRAY[id('rice')], '{1}', request, NULL, id(point), location(x, 25.05));
    IF v_order.outcome = 'placed' THEN
        PERFORM name(request, v_order.order_id);
    END IF;
    RETURN v_order.outcome;
END
$$;
-- Where an order is; which points the rows of a call name.
CREATE FUNCTION fixture.at(request text) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT n.name FROM orders o JOIN fixture.names n ON n.id = o.point_id AND n.name IN (SELECT reference FROM pickup_points) WHERE o.id = id(at.request) $$;
CREATE FUNCTION fixture.went(rows reassignments[]) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT string_agg(format('%s %s', o.request, coalesce(p.reference, r.reason)), ', ' ORDER BY o.id)
    FROM unnest(rows) r JOIN orders o ON o.id = r.order_id LEFT JOIN pickup_points p ON p.id = r.to_point
$$;
CREATE FUNCTION fixture.closes(point text, request text) RETURNS text LANGUAGE sql AS $$ SELECT went(array_agg(r)) FROM close_pickup_point(id(point), request) r $$;
CREATE FUNCTION fixture.moves(point text, x float8, radius float8, request text) RETURNS text LANGUAGE sql AS
    $$ SELECT went(array_agg(r)) FROM move_pickup_point(id(point), location(x, 25.05), radius, NULL, request) r $$;
CREATE FUNCTION fixture.resizes(point text, capacity int, request text) RETURNS text LANGUAGE sql AS $$ SELECT went(array_agg(r)) FROM resize_pickup_point(id(point), capacity, request) r $$;
CREATE FUNCTION fixture.load(point text) RETURNS int LANGUAGE sql STABLE AS $$ SELECT parcels FROM point_loads WHERE wave_id = id('wave') AND point_id = id(point) $$;

-- Closing. The shed has two places, one is taken; the barn of another steward is far from all but one.
SELECT name('barn steward', register_member('barn steward')) \g /dev/null
SELECT appoint_steward(id('meadow'), id('barn steward')) \g /dev/null
SELECT order_from('a', 'gate', 121.504), order_from('b', 'gate', 121.502), order_from('c', 'gate'), order_from('d', 'shed') \g /dev/null
SELECT pay('a') \g /dev/null
SELECT is(closes('gate', 'k1'), 'a shed, b full, c full', 'the nearest takes the last place, whoever is farther stays');
SELECT is((SELECT state FROM pickup_points WHERE id = id('gate')), 'closed', 'the point is closed');
SELECT is(at('a'), 'shed', 'a moved order is at its new point');
SELECT is(at('b'), 'gate', 'one that could not be placed stays');
SELECT is(load('shed'), 2, 'the place is taken');
SELECT results_eq('SELECT order_id, point_id, state::text, cause, reason FROM unplaced_orders ORDER BY 1',
                  $$VALUES (id('b'), id('gate'), 'placed', 'close', 'full'), (id('c'), id('gate'), 'placed', 'close', 'full')$$, 'and is listed');
SELECT results_eq('SELECT order_id, from_point, to_point, metres, cause, request, reason FROM reassignments ORDER BY order_id',
                  $$VALUES (id('a'), id('gate'), id('shed'), ST_Distance('POINT(121.504 25.05)'::geography, 'POINT(121.51 25.05)'::geography), 'close', 'k1', NULL),
                           (id('b'), id('gate'), NULL, NULL, 'close', 'k1', 'full'), (id('c'), id('gate'), NULL, NULL, 'close', 'k1', 'full')$$, 'there is a row about each');
SELECT is_empty('SELECT violations()', 'no promise is broken');
SELECT answers($$SELECT closes('gate', 'k1')$$, 'a shed, b full, c full', 'the same key gives the same rows again');
SELECT throws_ok($$SELECT closes('shed', 'k1')$$, 'KT010', NULL, 'the same key for another point');
SELECT is(order_from('e', 'gate', 121.501), 'point_closed', 'a closed point takes no order');
SELECT throws_ok($$SELECT place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', 'a', NULL, id('shed'), location(121.504, 25.05))$$, 'KT010', NULL, 'an order placed again for its new point is another order');
SELECT results_eq($$SELECT outcome, order_id, pickup_point FROM place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', 'a', NULL, id('gate'), location(121.504, 25.05))$$,
                  $$VALUES ('placed', id('a'), id('shed'))$$, 'for the point that it was placed at it is the same, and where it is now');

-- A freed place: nobody moves by himself; closing again tries again, and only for those that stayed.
SELECT cancel_order(id('campaign'), id('d')) \g /dev/null
SELECT is(load('shed'), 1, 'a place returns');
SELECT is(closes('gate', 'k2'), 'b shed, c full', 'another key tries again: the nearer goes');
SELECT is_empty('SELECT violations()', 'no promise is broken');
SELECT cancel_order(id('campaign'), id('c')) \g /dev/null
SELECT is_empty('SELECT * FROM unplaced_orders', 'who cancels is no longer listed');
SELECT is(closes('gate', 'k3'), NULL, 'and nothing is left to do');
SELECT answers($$SELECT closes('gate', 'k3')$$, NULL, 'also the second time');

-- Opening again.
SELECT open_pickup_point(id('gate'), false) \g /dev/null
SELECT is((SELECT state FROM pickup_points WHERE id = id('gate')), 'closed', 'a closed point does not pause');
SELECT open_pickup_point(id('gate'), true) \g /dev/null
SELECT is(at('a'), 'shed', 'who went stays where he went');
SELECT is(order_from('f', 'gate', 121.501), 'placed', 'new orders come');
SELECT closes('gate', 'k4') \g /dev/null
SELECT is((SELECT reason FROM unplaced_orders), 'full', 'and have nowhere to go');
SELECT open_pickup_point(id('gate'), true) \g /dev/null
SELECT is_empty('SELECT * FROM unplaced_orders', 'until the point opens again: then they are in place');
SELECT results_eq('SELECT from_point, to_point, cause, request, metres FROM reassignments WHERE order_id = id(''f'') ORDER BY id DESC LIMIT 1',
                  $$VALUES (id('gate'), id('gate'), 'open', NULL, ST_Distance('POINT(121.501 25.05)'::geography, 'POINT(121.5 25.05)'::geography))$$, 'which is on record');
SELECT is_empty('SELECT violations()', 'no promise is broken');

-- Moving: who is no longer served leaves. Without a location a buyer is where the point was.
SELECT name('hut', add_pickup_point(id('meadow'), 'hut', location(121.49, 25.05), 2000)) \g /dev/null
SELECT order_from('g', 'gate', 121.52), order_from('h', 'gate'), order_from('i', 'gate', 121.49) \g /dev/null
SELECT is(moves('gate', 121.52, 2500, 'm1'), 'i hut', 'only who is out of reach leaves');
SELECT is(at('h'), 'gate', 'the old place is in reach of the new');
SELECT is((SELECT longitude(location) FROM pickup_points WHERE id = id('gate')), 121.52::float8, 'the point is somewhere else');
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(121.521, 25.05))', 'SELECT id(''gate'')', 'and is found there');
SELECT answers($$SELECT moves('gate', 121.52, 2500, 'm1')$$, 'i hut', 'the same key gives the same rows again');
SELECT throws_ok($$SELECT moves('gate', 121.52, 2501, 'm1')$$, 'KT010', NULL, 'the same key with other arguments');
SELECT is(moves('gate', 121.54, 1000, 'm2'), 'f hut, g full, h full', 'farther away: the one who is nearest to the hut, the others'' only point is full');
SELECT is(moves('gate', 121.53, 1500, 'm3'), 'g gate, h gate', 'nearer again: it serves them again');
SELECT is_empty('SELECT * FROM unplaced_orders', 'who are no longer listed');
SELECT is_empty('SELECT violations()', 'no promise is broken');
SELECT is((SELECT went(array_agg(r)) FROM move_pickup_point(id('gate'), location(100, 10), NULL, 'POLYGON((121.5 25, 121.55 25, 121.55 25.1, 121.5 25.1, 121.5 25))'::geography, 'm4') r),
          NULL, 'an area instead of a radius: nobody has to leave');

-- Shrinking: the latest placed leave; in one wave and not in another.
SELECT order_from('j', 'gate', 121.51), order_from('k', 'gate', 121.512), order_from('l', 'gate', 121.545) \g /dev/null
SELECT is((SELECT count(*) FROM point_loads WHERE point_id = id('gate')), 0::bigint, 'without a limit nobody counts');
SELECT is(resizes('gate', 5, 'r1'), NULL, 'all have room');
SELECT is(load('gate'), 5, 'now they are counted');
SELECT cancel_order(id('campaign'), id('a')) \g /dev/null
SELECT is(resizes('gate', 2, 'r2'), 'j shed, k full, l no_point', 'first come, first served; of the rest the nearest has the free place');
SELECT is(load('gate'), 4, 'who could not leave still counts');
SELECT is(order_from('m', 'gate', 121.51), 'full', 'and nobody comes in');
SELECT is_empty('SELECT violations()', 'no promise is broken');
SELECT is(resizes('gate', 3, 'r3'), 'k gate, l no_point', 'one place more');
SELECT is(resizes('gate', NULL, 'r4'), 'l gate', 'no limit');
SELECT is((SELECT count(*) FROM point_loads WHERE point_id = id('gate')), 0::bigint, 'nobody counts any more');
SELECT is(resizes('gate', 0, 'r5'), 'g full, h full, k full, l no_point', 'no place at all');
SELECT is(resizes('gate', 4, 'r6'), 'g gate, h gate, k gate, l gate', 'all the places that are needed');
SELECT is_empty('SELECT violations()', 'no promise is broken');

-- Money: the new point's steward has the fee.
SELECT order_from('n', 'hut', 121.49) \g /dev/null
SELECT order_from('o', 'hut', 121.49), order_from('p', 'hut', 121.49), pay('n'), pay('o'), pay('p') \g /dev/null
SELECT refund_order(id('campaign'), id('o'), id('rice'), 0, 'o', 100) \g /dev/null
SELECT end_stewardship(id('garden')) \g /dev/null
SELECT is(moves('gate', 121.49, 3000, 'm5'), 'g full, h full, l no_point', 'the gate comes to the hut');
SELECT resizes('gate', NULL, 'r7') \g /dev/null
SELECT shares AS shares_n FROM orders WHERE id = id('n') \gset
SELECT is(closes('hut', 'k5'), 'f gate, i gate, n gate, o gate, p gate', 'the hut''s orders go to the gate, which nobody keeps');
SELECT is((SELECT steward_account_id FROM orders WHERE id = id('n')), NULL, 'an order has the steward of its new point: none');
SELECT is((SELECT shares FROM orders WHERE id = id('n')),
          :'shares_n'::shares - shares(account('barn steward', 'pickup'), 100) + shares(account('leader', 'commission'), 100), 'the leader has the rest');
SELECT is((SELECT steward_account_id FROM orders WHERE id = id('o')), account('barn steward', 'pickup'), 'who gave a part of the fee back for a refund keeps what is left');
SELECT is((SELECT array_agg(steward_account_id ORDER BY order_id) FROM reassignments WHERE request = 'k5' AND order_id IN (id('n'), id('o'))),
          ARRAY[NULL, account('barn steward', 'pickup')], 'both are on record');
SELECT is_empty('SELECT violations()', 'no promise is broken');
SELECT appoint_steward(id('garden'), id('steward')) \g /dev/null
SELECT open_pickup_point(id('hut'), true) \g /dev/null
SELECT closes('gate', 'k6') \g /dev/null
SELECT is((SELECT steward_account_id FROM orders WHERE id = id('n')), account('barn steward', 'pickup'), 'and back');
SELECT is((SELECT shares FROM orders WHERE id = id('n')), :'shares_n'::shares, 'to the cent');
SELECT open_pickup_point(id('gate'), true), moves('gate', 121.51, 3000, 'm6') \g /dev/null
SELECT is_empty('SELECT violations()', 'no promise is broken');

-- Frozen lists: the goods are on their way to the point.
SELECT close_wave(id('wave')) \g /dev/null
SELECT matches(closes('shed', 'k8'), '^b .*j ', 'orders of a closed wave still move');
SELECT open_pickup_point(id('shed'), true) \g /dev/null
SELECT freeze_wave(id('wave')) \g /dev/null
SELECT name('listed', (SELECT party_id FROM wave_lists WHERE kind = 'delivery' AND orders > 1 ORDER BY orders DESC LIMIT 1)) \g /dev/null
SELECT is((SELECT DISTINCT reason FROM close_pickup_point(id('listed'), 'k9')), 'frozen', 'orders on frozen lists do not');
SELECT is((SELECT count(*) FROM unplaced_orders WHERE reason = 'frozen'), (SELECT orders FROM wave_lists WHERE kind = 'delivery' AND party_id = id('listed')), 'but are listed');
SELECT is_empty('SELECT violations()', 'no promise is broken');
SELECT dispatch_wave(id('wave')) \g /dev/null
SELECT is((SELECT DISTINCT reason FROM close_pickup_point(id('listed'), 'k10')), 'frozen', 'nor on the way');
SELECT arrive(id('wave'), p.id) FROM pickup_points p \g /dev/null
SELECT is_empty('SELECT * FROM unplaced_orders', 'until the goods are there');
SELECT is_empty($$SELECT close_pickup_point(id('listed'), 'k11')$$, 'what is there stays there');
SELECT complete(), settle() \g /dev/null
SELECT is_empty('SELECT violations()', 'settled, and no promise is broken');

-- Bad input.
SELECT throws_ok('SELECT close_pickup_point(999999, ''x1'')', 'KT303', 'pickup point 999999 does not exist', 'an unknown point');
SELECT throws_ok('SELECT close_pickup_point(NULL, ''x1'')', '22004', 'pickup point must not be null', 'no point');
SELECT throws_ok('SELECT close_pickup_point(id(''shed''), NULL)', '22004', NULL, 'no key');
SELECT throws_ok('SELECT close_pickup_point(id(''shed''), '''')', '22023', NULL, 'an empty key');
SELECT throws_ok('SELECT move_pickup_point(999999, location(1, 1), 1, NULL, ''x1'')', 'KT303', 'pickup point 999999 does not exist', 'an unknown point is not moved');
SELECT throws_ok('SELECT move_pickup_point(id(''shed''), NULL, 1, NULL, ''x1'')', '22004', 'location must not be null', 'nor to no place');
SELECT throws_ok('SELECT move_pickup_point(id(''shed''), location(1, 1), NULL, NULL, ''x1'')', '22004', 'radius and area must not both be null', 'nor without a reach');
SELECT throws_ok(format('SELECT move_pickup_point(id(''shed''), location(1, 1), %L, NULL, ''x1'')', r), '22023', NULL, 'radius ' || r) FROM unnest('{0,-1,NaN,Infinity}'::float8[]) r;
SELECT throws_ok('SELECT move_pickup_point(id(''shed''), location(25, 121), 1, NULL, ''x1'')', '22023', NULL, 'latitude and longitude swapped');
SELECT throws_ok('SELECT resize_pickup_point(999999, 1, ''x1'')', 'KT303', 'pickup point 999999 does not exist', 'an unknown point has no size');
SELECT throws_ok('SELECT resize_pickup_point(id(''shed''), -1, ''x1'')', '22023', NULL, 'a negative capacity');
SELECT is_empty('SELECT * FROM requests WHERE key = ''x1''', 'none of them took the key');

SELECT * FROM finish();
ROLLBACK;
