-- Pickup points, and the nearest one that serves a location.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(71);
\ir lib/market.sql

-- Adding.
SELECT is(add_pickup_point(id('garden'), 'gate', location(121.5, 25.05)), id('gate'), 'the same arguments give the same id again');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'gate', location(121.5, 25.06))$$, 'KT010',
                 'pickup point "gate" already exists with other properties', 'another place is not the same point');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'gate', location(121.5, 25.05), 100)$$, 'KT010', NULL, 'nor is another radius');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'gate', location(121.5, 25.05), capacity => 1)$$, 'KT010', NULL, 'nor another capacity');
SELECT throws_ok($$SELECT add_pickup_point(id('meadow'), 'gate', location(121.5, 25.05))$$, 'KT010', NULL, 'nor another community');
SELECT throws_ok($$SELECT add_pickup_point(999999, 'x', location(121.5, 25.05))$$, 'KT303', 'community 999999 does not exist', 'an unknown community');
SELECT throws_ok($$SELECT add_pickup_point(NULL, 'x', location(121.5, 25.05))$$, '22004', 'community must not be null', 'no community');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), NULL, location(121.5, 25.05))$$, '22004', 'reference must not be null', 'no key');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'x', NULL)$$, '22004', 'location must not be null', 'no location');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'x', location(121.5, 25.05), NULL)$$, '22004', 'radius and area must not both be null', 'neither radius nor area');
SELECT throws_ok(format($$SELECT add_pickup_point(id('garden'), 'x', location(121.5, 25.05), %L)$$, r), '22023', NULL, 'radius ' || r)
FROM unnest('{0,-1,NaN,Infinity,20000001}'::float8[]) r;
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'x', location(121.5, 25.05), capacity => -1)$$, '22023', 'capacity must be between 0 and 1000000000', 'capacity below zero');

-- Locations that are none: refused, never bent into one.
SELECT throws_ok($$SELECT nearest_pickup(location(25.05, 121.5))$$, '22023', NULL, 'latitude and longitude swapped');
SELECT throws_like($$SELECT nearest_pickup(location(25.05, 121.5))$$, '%latitude%', 'the message names the one that is out of range');
SELECT throws_ok(format('SELECT add_pickup_point(id(''garden''), ''x'', location(%L, %L))', x, y), '22023', NULL,
                 format('longitude %s, latitude %s', x, y))
FROM (VALUES ('181', '0'), ('-180.1', '0'), ('0', '90.01'), ('0', '-91'), ('NaN', '0'), ('0', 'Infinity')) v(x, y);
SELECT throws_ok($$SELECT nearest_pickup('POINT EMPTY'::geography::location)$$, '23514', NULL, 'an empty location');
SELECT throws_ok($$SELECT nearest_pickup('LINESTRING(0 0, 1 1)'::geography::location)$$, '22023', NULL, 'a line');
SELECT is(location(NULL, 25.05), NULL, 'an unknown longitude is no location');
SELECT throws_ok('SELECT nearest_pickup(NULL)', '22004', 'location must not be null', 'and nothing is near to that');

-- The nearest.
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(121.501, 25.05))', 'SELECT id(''gate'')', 'the nearest');
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(121.501, 25.05), k => 5)', 'SELECT id(n) FROM unnest(''{gate,shed}''::text[]) n',
                  'the nearest ones, in order; others serve elsewhere');
SELECT is_empty('SELECT * FROM nearest_pickup(location(0, 0))', 'nobody serves that place');
SELECT results_eq('SELECT metres FROM nearest_pickup(location(121.501, 25.05))',
                  'SELECT ST_Distance(''POINT(121.5 25.05)''::geography, ''POINT(121.501 25.05)''::geography)', 'the distance is PostGIS''s');
SELECT add_pickup_point(id('garden'), 'twin', location(121.5, 25.05)) \g /dev/null
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(121.501, 25.05))', 'SELECT id(''gate'')', 'of two as near the first');
SELECT is_empty($$
    SELECT s FROM generate_series(1, 200) s, LATERAL (SELECT location(121.45 + (s * 37 % 200) / 1000.0, 25.02 + (s * 91 % 200) / 2000.0) AS at) l,
    LATERAL (SELECT ARRAY(SELECT point_id FROM nearest_pickup(l.at, k => 2)) AS got,
                    ARRAY(SELECT p.id FROM pickup_points p WHERE p.state = 'open' AND ktt.distance(p.location, l.at) <= p.radius
                          ORDER BY ktt.distance(p.location, l.at), p.id LIMIT 2) AS want) x
    WHERE got <> want$$, 'at 200 places it is what measuring them all gives');

-- Open, paused, open again.
SELECT answers($$SELECT open_pickup_point(id('gate'), true)$$, '', 'an open point is opened');
SELECT open_pickup_point(id('gate'), false) \g /dev/null
SELECT is((SELECT state FROM pickup_points WHERE id = id('gate')), 'paused', 'a point that is not open pauses');
SELECT answers($$SELECT open_pickup_point(id('gate'), false)$$, '', 'a paused point is paused');
SELECT results_ne('SELECT point_id FROM nearest_pickup(location(121.501, 25.05))', 'SELECT id(''gate'')', 'it is not the nearest');
SELECT is(place('closed', 'buyer', '{rice}', '{1}'), 'point_closed', 'and takes no orders');
SELECT open_pickup_point(id('gate'), true) \g /dev/null
SELECT is(place('open', 'buyer', '{rice}', '{1}'), 'placed', 'until it is opened again');
SELECT throws_ok('SELECT open_pickup_point(999999, true)', 'KT303', 'pickup point 999999 does not exist', 'an unknown point');
SELECT throws_ok('SELECT open_pickup_point(NULL, true)', '22004', 'pickup point must not be null', 'no point');
SELECT throws_ok('SELECT open_pickup_point(id(''gate''), NULL)', '22004', 'open must not be null', 'open or not');

SELECT add_pickup_point(id('garden'), 'court', location(121.7, 25.2), 3000,
                        'POLYGON((121.69 25.19, 121.71 25.19, 121.71 25.2, 121.69 25.2, 121.69 25.19))'::geography) AS court \gset
SELECT is_empty('SELECT * FROM nearest_pickup(location(121.7, 25.205))', 'in the radius, but outside the area');
SELECT isnt_empty('SELECT * FROM nearest_pickup(location(121.7, 25.195))', 'in both');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'y', location(121.7, 25.2), 3000, 'POINT(1 1)'::geography)$$, '23514', NULL, 'an area is a polygon');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'y', location(121.7, 25.2), 3000, 'POLYGON EMPTY'::geography)$$, '23514', NULL, 'that is not empty');
SELECT throws_ok(format('SELECT nearest_pickup(location(121.5, 25.05), k => %s)', k), '22023', 'k must be between 1 and 1000', 'k = ' || k)
FROM unnest('{0,1001}'::int[]) k;
SELECT throws_ok('SELECT nearest_pickup(location(121.5, 25.05), 999999)', 'KT303', 'wave 999999 does not exist', 'an unknown wave');

-- An area without a radius: everywhere in it, however far away.
SELECT add_pickup_point(id('garden'), 'island', location(100, 10), NULL, 'POLYGON((10 10, 11 10, 11 11, 10 11, 10 10))'::geography) AS island \gset
SELECT is(add_pickup_point(id('garden'), 'island', location(100, 10), NULL, 'POLYGON((10 10, 11 10, 11 11, 10 11, 10 10))'::geography), :island::bigint, 'the same again');
SELECT results_eq('SELECT point_id FROM nearest_pickup(location(10.5, 10.5))', 'SELECT ' || :'island' || '::bigint', 'a point that is far away serves its area');
SELECT is_empty('SELECT * FROM nearest_pickup(location(100, 10))', 'and not where it stands');
SELECT is(outcome, o, 'an order from ' || x)
FROM (VALUES (10.5, 'placed'), (9.5, 'out_of_reach')) v(x, o),
     place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', 'island ' || x, NULL, :island, location(x, 10.5));
SELECT throws_ok($$UPDATE pickup_points SET radius = NULL WHERE id = id('gate')$$, '23514', NULL, 'no point has neither radius nor area');
-- Crossing itself: taken as it is, inside is what lies inside an odd number of times.
SELECT isnt(add_pickup_point(id('garden'), 'knot', location(60, 1), NULL, 'POLYGON((60 0, 61 1, 61 0, 60 1, 60 0))'::geography), NULL, 'an area may cross itself');
SELECT isnt_empty('SELECT * FROM nearest_pickup(location(60.1, 0.5))', 'and has an inside');
SELECT is_empty('SELECT * FROM nearest_pickup(location(60.5, 0.9))', 'and an outside');

-- Locations that are none, one by one.
SELECT throws_ok(format($$SELECT add_pickup_point(id('garden'), 'x', %L::geography::location)$$, g), c, NULL, g)
FROM (VALUES ('POINT Z (1 2 3)', '22023'), ('POINT M (1 2 3)', '22023'), ('MULTIPOINT(1 2)', '22023'), ('POLYGON((0 0, 1 0, 1 1, 0 0))', '22023'),
             ('SRID=4267;POINT(1 2)', '22023'), ('POINT EMPTY', '23514'), ('GEOMETRYCOLLECTION EMPTY', '22023')) v(g, c);

-- Capacity.
SELECT name('none', add_pickup_point(id('garden'), 'none', location(30, 30), capacity => 0)) \g /dev/null
SELECT is(place('none', 'buyer', '{rice}', '{1}', NULL, 'none'), 'full', 'a capacity of 0 takes none');
SELECT is_empty('SELECT * FROM nearest_pickup(location(30, 30), id(''wave''))', 'and is no point for a wave');
SELECT throws_ok('UPDATE pickup_points SET capacity = -1', '23514', NULL, 'no capacity is negative');
SELECT throws_ok($$UPDATE pickup_points SET state = 'shut'$$, '23514', NULL, 'a point is open, paused or closed');

SELECT is_empty('SELECT violations()', 'all is well');
SELECT * FROM finish();
ROLLBACK;
