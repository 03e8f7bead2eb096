-- The live index: a session's tree of a table of points says what the rows say, whatever has happened to them meanwhile.
\set ON_ERROR_STOP on
BEGIN;
SELECT no_plan();
\ir lib/market.sql

-- 400 points in a city, some at one place, some paused, closed, limited to a radius or an area, some shut on Mondays, some full.
INSERT INTO pickup_points (community_id, reference, location, radius, area, capacity, state, open_days)
SELECT id('garden'), 'p' || n, location(121.4 + (n * 37 % 100) / 500.0, 25.0 + (n * 53 % 90) / 500.0), CASE WHEN n % 3 = 0 THEN NULL ELSE 500 + n * 20 END,
       CASE WHEN n % 3 = 0 THEN ST_Buffer(location(121.4 + (n * 37 % 100) / 500.0, 25.0 + (n * 53 % 90) / 500.0)::geography, 2000 + n)::geography END,
       CASE WHEN n % 4 = 0 THEN n % 3 END, (ARRAY['open', 'open', 'open', 'paused', 'closed'])[1 + n % 5], CASE WHEN n % 6 = 0 THEN 126 ELSE 127 END
FROM generate_series(1, 400) n;
SELECT name('monday', open_wave('monday', '2026-11-30')), name('sunday', open_wave('sunday', '2026-11-29')) \g /dev/null
INSERT INTO point_loads SELECT w, p.id, p.id % 3 FROM pickup_points p, unnest(ARRAY[id('monday'), id('sunday')]) w WHERE p.capacity IS NOT NULL AND p.id % 2 = 0;
CREATE TEMP TABLE asked AS SELECT n, location(121.38 + (n * 71 % 240) / 1000.0, 24.98 + (n * 97 % 220) / 1000.0) AS location FROM generate_series(1, 60) n;

-- Slow and obvious.
CREATE FUNCTION pg_temp.by_rows(place location, wave bigint, k int) RETURNS TABLE (point_id bigint, metres float8) LANGUAGE sql STABLE AS $$
    SELECT p.id, ST_Distance(p.location::geography, place::geography) FROM pickup_points p LEFT JOIN point_loads l ON l.wave_id = wave AND l.point_id = p.id
    WHERE p.state = 'open' AND (p.radius IS NULL OR ST_DWithin(p.location::geography, place::geography, p.radius))
      AND (p.area IS NULL OR ST_Covers(p.area::geography, place::geography))
      AND (p.capacity IS NULL OR p.capacity > coalesce(l.parcels, 0))
      AND (wave IS NULL OR coalesce((SELECT p.open_days & (1 << (extract(isodow FROM w.delivery_on)::int - 1)) FROM waves w WHERE w.id = wave), 1) > 0)
    ORDER BY 2, 1 LIMIT k
$$;
CREATE FUNCTION pg_temp.differences() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM asked a, unnest(ARRAY[NULL, id('wave'), id('monday'), id('sunday')]) w, unnest('{1,4,20}'::int[]) k
    WHERE (ARRAY(SELECT f FROM nearest_pickup(a.location, w, k) f) <> ARRAY(SELECT r FROM pg_temp.by_rows(a.location, w, k) r))
       OR nearest_point(a.location, w) IS DISTINCT FROM (SELECT r.point_id FROM pg_temp.by_rows(a.location, w, 1) r)
$$;
SELECT is(pg_temp.differences(), 0::bigint, 'at 60 places, in three waves and in none, for one, four and twenty');
SELECT cmp_ok((SELECT count(DISTINCT nearest_point(location, id('monday'))) FROM asked), '>', 20::bigint, 'which is not always the same point');

-- Whatever happens to the rows, in the same transaction, with the tree warm.
CREATE FUNCTION pg_temp.still(change text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE change;
    RETURN is(pg_temp.differences(), 0::bigint, 'after ' || change);
END
$$;
SELECT pg_temp.still(c) FROM unnest(ARRAY[
    'INSERT INTO pickup_points (community_id, reference, location, radius) SELECT id(''garden''), ''new '' || n, location(121.45 + n / 100.0, 25.05), 3000 FROM generate_series(1, 5) n',
    'UPDATE pickup_points SET location = location(121.5, 25.1) WHERE reference = ''new 1''',
    'UPDATE pickup_points SET radius = 10 WHERE reference = ''new 2''',
    'UPDATE pickup_points SET area = ST_Buffer(location::geography, 300)::geography WHERE reference = ''new 3''',
    'UPDATE pickup_points SET state = CASE state WHEN ''open'' THEN ''paused'' ELSE ''open'' END WHERE id % 2 = 0',
    'UPDATE pickup_points SET capacity = 1 WHERE id % 3 = 0',
    'UPDATE pickup_points SET capacity = NULL WHERE id % 7 = 0',
    'UPDATE pickup_points SET open_days = 64 WHERE id % 5 = 0',
    'UPDATE point_loads SET parcels = parcels + 1',
    'UPDATE point_loads SET parcels = 0 WHERE point_id % 4 = 0',
    'INSERT INTO point_loads SELECT id(''monday''), p.id, 1 FROM pickup_points p ON CONFLICT DO NOTHING',
    'DELETE FROM point_loads WHERE point_id % 2 = 0',
    'UPDATE waves SET delivery_on = NULL WHERE id = id(''sunday'')',
    'UPDATE waves SET delivery_on = ''2026-12-07'' WHERE id = id(''sunday'')',
    'DELETE FROM pickup_points WHERE reference LIKE ''new%''',
    'ALTER TABLE point_loads ADD note text',
    'ALTER TABLE pickup_points ADD note text',
    'CREATE UNIQUE INDEX other ON pickup_points (id)',
    'CLUSTER pickup_points USING pickup_points_pkey',
    'CLUSTER point_loads USING point_loads_pkey',
    'TRUNCATE point_loads',
    'SET LOCAL enable_indexscan = off']) c;

-- What is taken back is forgotten.
SAVEPOINT s;
SELECT is(nearest_point(location(10, 10)), NULL, 'nothing serves a place far away');
SELECT add_pickup_point(id('garden'), 'there', location(10, 10)) AS there \gset
SELECT is(nearest_point(location(10, 10)), :there::bigint, 'a point added in this transaction does');
ROLLBACK TO s;
SELECT is(nearest_point(location(10, 10)), NULL, 'and is gone with its savepoint');
SELECT throws_ok($$DO $do$ BEGIN PERFORM add_pickup_point(id('garden'), 'there', location(10, 10)); PERFORM nearest_point(location(10, 10)); PERFORM 1 / 0; END $do$ $$, '22012', NULL, 'a call that fails');
SELECT is(nearest_point(location(10, 10)), NULL, 'leaves nothing either');

-- Two markets do not mix.
SELECT ktt.create_market('other') \g /dev/null
SELECT other.add_pickup_point(other.add_community('there'), 'there', location(121.5, 25.05)) AS there \gset
SELECT is(other.nearest_point(location(121.5, 25.05)), :there::bigint, 'another market has its own points');
SELECT is(pg_temp.differences(), 0::bigint, 'and this one its');

-- Any table will do that has what it takes, and none that has not.
CREATE TABLE stalls (id bigint PRIMARY KEY, location ktt.location, radius float8, area ktt.area, capacity int, state text, open_days smallint);
INSERT INTO stalls VALUES (1, location(1, 1), NULL, NULL, NULL, 'open', NULL), (2, NULL, NULL, NULL, NULL, 'open', NULL), (3, location(1, 1), NULL, NULL, NULL, NULL, NULL);
SELECT is(live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL), 1::bigint, 'a table of stalls');
UPDATE stalls SET state = 'closed';
SELECT is(live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL), NULL, 'rows are read at every call, also without a trigger');
CREATE TRIGGER told AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF id, location, radius, area ON stalls FOR EACH STATEMENT EXECUTE FUNCTION ktt.pickup_points_changed();
INSERT INTO stalls VALUES (4, location(1, 1), NULL, NULL, NULL, 'open', NULL);
SELECT is(live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL), 4::bigint, 'new ones are known by the trigger');
DROP TABLE stalls;
CREATE TABLE stalls (id bigint, location ktt.location, radius float8, area ktt.area, capacity int, state text, open_days smallint);
CREATE TRIGGER told AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF id, location, radius, area ON stalls FOR EACH STATEMENT EXECUTE FUNCTION ktt.pickup_points_changed();
SELECT throws_ok($$SELECT live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL)$$, '55000', NULL, 'no index over the ids');
ALTER TABLE stalls ADD UNIQUE (id) DEFERRABLE;
SELECT throws_ok($$SELECT live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL)$$, '55000', NULL, 'one that may be violated for a while');
ALTER TABLE stalls ADD PRIMARY KEY (id);
SELECT is(live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL), NULL, 'no points at all');
INSERT INTO stalls VALUES (-1, location(1, 1), NULL, NULL, NULL, 'open', NULL);
SELECT throws_ok($$SELECT live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL)$$, '22023', NULL, 'an id below 1');
UPDATE stalls SET id = 1, radius = 'NaN';
SELECT throws_ok($$SELECT live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL)$$, '22023', NULL, 'a radius that is none');
ALTER TABLE stalls DROP capacity;
SELECT throws_ok($$SELECT live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL)$$, '42703', NULL, 'a column is missing');
ALTER TABLE stalls ADD capacity text;
SELECT throws_ok($$SELECT live_pickup('stalls', 'point_loads', 'waves', location(2, 2), NULL)$$, '42703', NULL, 'or of another type');
SELECT throws_ok($$SELECT live_pickup('unplaced_orders', 'point_loads', 'waves', location(2, 2), NULL)$$, '42809', NULL, 'a view');
SELECT throws_ok($$SELECT live_pickup('pickup_points', 'waves', 'waves', location(2, 2), id('wave'))$$, '42703', NULL, 'no table of loads');
SELECT throws_ok($$SELECT live_pickup('pickup_points', 'point_loads', 'point_loads', location(2, 2), id('wave'))$$, '42703', NULL, 'no table of waves');
SELECT throws_ok($$SELECT live_pickup('pickup_points', 'point_loads', 'waves', location(2, 2), 999999)$$, 'KT303', 'wave 999999 does not exist', 'no such wave');
SELECT throws_ok($$SELECT nearest_point(location(2, 2), 999999)$$, 'KT303', 'wave 999999 does not exist', 'by the market''s own call too');
SELECT throws_ok(format('SELECT live_pickup(%s)', a), '22004', n || ' must not be null', n || ' is not null')
FROM (VALUES ('NULL, ''point_loads'', ''waves'', location(2, 2), 1', 'points'), ('''pickup_points'', NULL, ''waves'', location(2, 2), 1', 'loads'),
             ('''pickup_points'', ''point_loads'', NULL, location(2, 2), 1', 'waves'), ('''pickup_points'', ''point_loads'', ''waves'', NULL, 1', 'location')) v(a, n);
SELECT throws_ok('SELECT * FROM nearest_pickup(location(1, 1), NULL, NULL)', '22004', 'k must not be null', 'k is not null');
SELECT throws_ok(format('SELECT * FROM nearest_pickup(location(1, 1), NULL, %s)', k), '22023', 'k must be between 1 and 1000', 'k is not ' || k) FROM unnest('{0,-1,1001}'::int[]) k;
SELECT throws_ok('SELECT ktt.pickup_points_changed()', '39P01', NULL, 'the trigger''s function is for triggers');

-- With the rights of whoever asks.
CREATE ROLE ktt_test_asker;
GRANT USAGE ON SCHEMA market, ktt TO ktt_test_asker;
GRANT EXECUTE ON FUNCTION nearest_point(location, bigint), nearest_pickup(location, bigint, int) TO ktt_test_asker;
SET ROLE ktt_test_asker;
SELECT throws_ok('SELECT market.nearest_point(ktt.location(2, 2))', '42501', NULL, 'who may not read the points gets no answer');
RESET ROLE;
GRANT SELECT ON pickup_points TO ktt_test_asker;
SET ROLE ktt_test_asker;
SELECT lives_ok('SELECT market.nearest_point(ktt.location(2, 2))', 'who may, does');
SELECT throws_ok('SELECT market.nearest_point(ktt.location(2, 2), 1)', '42501', NULL, 'but not in a wave without reading the others');
RESET ROLE;
ALTER TABLE pickup_points ENABLE ROW LEVEL SECURITY;
SET ROLE ktt_test_asker;
SELECT throws_ok('SELECT market.nearest_point(ktt.location(2, 2))', '0A000', NULL, 'row security is not passed by');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
