-- Coverage of communities, reach of points and white spots, against the same asked of PostGIS pair by pair.
\set ON_ERROR_STOP on
BEGIN;
SELECT no_plan();
\ir lib/market.sql

SELECT is_empty('SELECT * FROM white_spots()', 'without dwellings there are no white spots');
SELECT results_eq('SELECT households, located, covered, overlapping, buyers, percent, wanted, density FROM coverage() WHERE community_id = id(''garden'')',
                  'VALUES (200::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0.0, 100::bigint, NULL::numeric)', 'what is not located is not covered');

-- A grid of dwellings around the two points of "garden", some of them at one place, and a village far away.
SELECT is(add_dwellings(id('garden'), array_agg('g' || n), array_agg(location(121.49 + n % 9 * 0.004, 25.04 + n / 9 % 6 * 0.004)), array_agg(n % 7 * 5)), 60::bigint,
          'dwellings are added') FROM generate_series(1, 60) n;
SELECT is(add_dwellings(id('meadow'), array_agg('m' || n), array_agg(location(121.65 + n * 0.002, 25.1)), array_agg(30)), 10::bigint, 'of another community too') FROM generate_series(1, 10) n;
SELECT is(add_dwellings(id('garden'), '{g1,g2}', ARRAY[location(121.494, 25.04), location(121.498, 25.04)], '{5,11}'), 1::bigint, 'only what has changed counts');
SELECT is((SELECT households FROM dwellings WHERE reference = 'g2'), 11, 'and is replaced');
SELECT is(add_dwellings(id('garden'), '{}', '{}', '{}'), 0::bigint, 'no dwellings are none');

-- The reference: every pair by ST_DWithin.
CREATE FUNCTION pg_temp.near(place location, metres float8) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM pickup_points p WHERE p.state = 'open' AND ST_DWithin(p.location::geography, place::geography, metres)
$$;
CREATE FUNCTION pg_temp.coverage(metres float8) RETURNS TABLE (community_id bigint, located bigint, covered bigint, overlapping bigint) LANGUAGE sql STABLE AS $$
    SELECT c.id, coalesce(sum(d.households), 0), coalesce(sum(d.households) FILTER (WHERE pg_temp.near(d.location, metres) > 0), 0),
           coalesce(sum(d.households) FILTER (WHERE pg_temp.near(d.location, metres) > 1), 0)
    FROM communities c LEFT JOIN dwellings d ON d.community_id = c.id GROUP BY c.id ORDER BY c.id
$$;
SELECT results_eq(format('SELECT community_id, located, covered, overlapping FROM coverage(%s)', m), format('SELECT * FROM pg_temp.coverage(%s)', m), 'coverage within ' || m)
FROM unnest('{0,300,800,1500,5000,20000}'::float8[]) m;
SELECT results_eq(format('SELECT point_id, households, alone FROM point_reach(%s)', m), format($$
    SELECT p.id, coalesce(sum(d.households), 0)::bigint, coalesce(sum(d.households) FILTER (WHERE pg_temp.near(d.location, %1$s) = 1), 0)::bigint
    FROM pickup_points p LEFT JOIN dwellings d ON ST_DWithin(p.location::geography, d.location::geography, %1$s) WHERE p.state = 'open' GROUP BY p.id ORDER BY p.id$$, m),
    'reach of points within ' || m)
FROM unnest('{0,300,800,1500,5000}'::float8[]) m;
SELECT cmp_ok((SELECT overlapping FROM coverage(1500) WHERE community_id = id('garden')), '>', 0::bigint, 'some households have a choice');

-- Greedy by hand: every dwelling is tried for every spot.
CREATE FUNCTION pg_temp.spots(metres float8, n int) RETURNS TABLE (rank int, dwelling_id bigint, gained bigint) LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE uncovered ON COMMIT DROP AS SELECT d.id, d.location, d.households FROM dwellings d WHERE pg_temp.near(d.location, metres) = 0;
    FOR i IN 1 .. n LOOP
        rank := i;
        SELECT d.id, sum(u.households) INTO dwelling_id, gained
        FROM dwellings d JOIN uncovered u ON ST_DWithin(u.location::geography, d.location::geography, metres) GROUP BY d.id HAVING sum(u.households) > 0
        ORDER BY 2 DESC, 1 LIMIT 1;
        EXIT WHEN NOT FOUND;
        RETURN NEXT;
        DELETE FROM uncovered u USING dwellings d WHERE d.id = spots.dwelling_id AND ST_DWithin(u.location::geography, d.location::geography, metres);
    END LOOP;
    DROP TABLE uncovered;
END
$$;
SELECT results_eq(format('SELECT rank, dwelling_id, gained FROM white_spots(%s, %s)', m, n), format('SELECT * FROM pg_temp.spots(%s, %s)', m, n), format('%s white spots within %s', n, m))
FROM unnest('{0,400,900,2000}'::float8[]) m, unnest('{1,3,100}'::int[]) n;
SELECT is((SELECT sum(gained) FROM white_spots(800, 10000)), (SELECT sum(located - covered) FROM coverage(800))::numeric, 'enough spots cover everybody');
SELECT open_pickup_point(id('gate'), false) \g /dev/null
SELECT results_eq('SELECT community_id, located, covered, overlapping FROM coverage(1500)', 'SELECT * FROM pg_temp.coverage(1500)', 'a paused point covers nobody');
SELECT open_pickup_point(id('gate'), true) \g /dev/null

-- Buyers: a platform that has 100 of 1000 households and aims at 500.
SELECT add_community('garden', 1000) \g /dev/null
SELECT place_order(id('campaign'), id(b), ARRAY[id('rice')], '{1}', 'near ' || b, location => location(121.5, 25.051)) FROM unnest('{buyer,neighbour}'::text[]) b \g /dev/null
SELECT place_order(id('campaign'), id('rival'), ARRAY[id('rice')], '{1}', 'far', point => id('gate'), location => location(121.52, 25.06)) \g /dev/null
SELECT pay_order(campaign_id, id, amount, 'payment ' || id) FROM orders WHERE buyer_id <> id('neighbour') \g /dev/null
SELECT results_eq('SELECT households, buyers, buyers_covered, percent, wanted FROM coverage(800, 50) WHERE community_id = id(''garden'')',
                  'VALUES (1000::bigint, 2::bigint, 1::bigint, 0.2, 498::bigint)', 'who has paid is a buyer, and one of two lives near');
SELECT is((SELECT buyers FROM point_reach() WHERE point_id = id('gate')), 2::bigint, 'the point has two buyers');
SELECT is((SELECT density FROM coverage() WHERE community_id = id('meadow')), NULL, 'dwellings in a row have no density');
SELECT is((SELECT density FROM coverage() WHERE community_id = id('garden')),
          (SELECT round((sum(households) * 1000000 / ST_Area(ST_ConvexHull(ST_Collect(location::geometry))::geography))::numeric, 1) FROM dwellings WHERE community_id = id('garden')),
          'density is households by square kilometre');

SELECT throws_ok(format('SELECT * FROM coverage(%s)', a), c, NULL, 'coverage of ' || a)
FROM (VALUES ('NULL', '22004'), ('-1', '22023'), ('''NaN''', '22023'), ('1e9', '22023'), ('800, NULL', '22004'), ('800, 101', '22023'), ('800, ''NaN''', '22023')) v(a, c);
SELECT throws_ok(format('SELECT * FROM white_spots(%s)', a), c, NULL, 'white spots of ' || a)
FROM (VALUES ('NULL', '22004'), ('-1', '22023'), ('800, NULL', '22004'), ('800, 0', '22023'), ('800, 10001', '22023')) v(a, c);
SELECT throws_ok('SELECT * FROM point_reach(NULL)', '22004', NULL, 'reach of NULL');
SELECT throws_ok(format('SELECT add_dwellings(%s)', a), c, NULL, 'dwellings: ' || a)
FROM (VALUES ('999999, ''{x}'', ARRAY[location(1, 1)], ''{1}''', 'KT303'), ('NULL, ''{x}'', ARRAY[location(1, 1)], ''{1}''', '22004'),
             ('id(''garden''), NULL, ARRAY[location(1, 1)], ''{1}''', '22004'), ('id(''garden''), ''{x}'', NULL, ''{1}''', '22004'),
             ('id(''garden''), ''{x}'', ARRAY[location(1, 1)], NULL', '22004'), ('id(''garden''), ''{x,y}'', ARRAY[location(1, 1)], ''{1}''', '22023'),
             ('id(''garden''), ''{NULL}'', ARRAY[location(1, 1)], ''{1}''', '22004'), ('id(''garden''), ''{x}'', ''{NULL}'', ''{1}''', '22004'),
             ('id(''garden''), ''{x}'', ARRAY[location(1, 1)], ''{NULL}''', '22004'), ('id(''garden''), ''{""}'', ARRAY[location(1, 1)], ''{1}''', '22023'),
             ('id(''garden''), ''{x,x}'', ARRAY[location(1, 1), location(1, 1)], ''{1,1}''', '22023'), ('id(''garden''), ''{x}'', ARRAY[location(1, 1)], ''{-1}''', '22023'),
             ('id(''garden''), ARRAY[repeat(''x'', 257)], ARRAY[location(1, 1)], ''{1}''', '22023')) v(a, c);

SELECT * FROM finish();
ROLLBACK;
