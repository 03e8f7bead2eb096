-- Pickup points, and the nearest one that serves a location.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(45);
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
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'x', location(121.5, 25.05), NULL)$$, '22004', 'radius must not be null', 'no radius');
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
                    ARRAY(SELECT p.id FROM pickup_points p WHERE p.open AND ktt.distance(p.location, l.at) <= p.radius
                          ORDER BY ktt.distance(p.location, l.at), p.id LIMIT 2) AS want) x
    WHERE got <> want$$, 'at 200 places it is what measuring them all gives');

SELECT answers($$SELECT open_pickup_point(id('gate'), true)$$, '', 'an open point is opened');
SELECT open_pickup_point(id('gate'), false) \g /dev/null
SELECT results_ne('SELECT point_id FROM nearest_pickup(location(121.501, 25.05))', 'SELECT id(''gate'')', 'a closed point is not the nearest');
SELECT is(place('closed', 'buyer', '{rice}', '{1}'), 'point_closed', 'and takes no orders');
SELECT open_pickup_point(id('gate'), true) \g /dev/null
SELECT is(place('open', 'buyer', '{rice}', '{1}'), 'placed', 'until it is opened again');
SELECT throws_ok('SELECT open_pickup_point(999999, true)', 'KT303', 'pickup point 999999 does not exist', 'an unknown point');
SELECT throws_ok('SELECT open_pickup_point(id(''gate''), NULL)', '22004', 'open must not be null', 'open or not');

SELECT add_pickup_point(id('garden'), 'court', location(121.7, 25.2), 3000,
                        'POLYGON((121.69 25.19, 121.71 25.19, 121.71 25.2, 121.69 25.2, 121.69 25.19))'::geography) AS court \gset
SELECT is_empty('SELECT * FROM nearest_pickup(location(121.7, 25.205))', 'in the radius, but outside the area');
SELECT isnt_empty('SELECT * FROM nearest_pickup(location(121.7, 25.195))', 'in both');
SELECT throws_ok($$SELECT add_pickup_point(id('garden'), 'y', location(121.7, 25.2), 3000, 'POINT(1 1)'::geography)$$, '23514', NULL, 'an area is a polygon');
SELECT throws_ok(format('SELECT nearest_pickup(location(121.5, 25.05), k => %s)', k), '22023', 'k must be between 1 and 1000', 'k = ' || k)
FROM unnest('{0,1001}'::int[]) k;

SELECT * FROM finish();
ROLLBACK;
