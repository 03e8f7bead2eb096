-- ktt.pickup_index: text, binary, aggregates, rows, look-ups, matching, refusals.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ktt CASCADE;
RESET client_min_messages;
SET search_path = ktt, public;
\pset null '(null)'

-- What a statement is refused with: code, message, detail, hint.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''), nullif(hint, ''));
END $$;

-- Text: any order in, canonical order out.
SELECT t AS input, t::pickup_index AS points, cardinality(t::pickup_index)
FROM unnest(ARRAY['{}', ' { } ', '{22:121.5645 25.034,17:121.517 25.0478}', '{007:+1.50e1 -0.0 capacity 07 radius 3e3}']) t;
SELECT t AS input, pg_temp.refusal(format('SELECT %L::ktt.pickup_index', t)) AS refusal
FROM unnest(ARRAY['', '{', '{1}', '{1:1}', '{1:1 1', '{1:1 1} x', '{0:1 1}', '{1:NaN 1}', '{1:25.04 121.5}', '{1:1 1 capacity -1}',
                  '{1:1 1 radius 0}', '{1:1 1 radius -5}', '{1:1 1 radius 21000001}', '{1:1 1 area 01}', '{3:1 1, 3:2 2}']) t;

-- The aggregates: rows of nulls are no points; groups without points are NULL.
SELECT pickup_index(id, location(lon, 25)) FROM (VALUES (22, 121.6), (17, 121.5), (NULL, NULL)) v (id, lon);
SELECT pickup_index(id, location(121.5, 25), capacity, radius, NULL) FROM (VALUES (1, NULL, NULL), (2, 0, 300), (3, 7, 2.5)) v (id, capacity, radius);
SELECT pickup_index(1, location(121.5, 25)) FILTER (WHERE false);
SELECT p.id, longitude(location), latitude(location), capacity, radius, covers(area, location(121.2, 25.1)) AS covered
FROM points((SELECT pickup_index(id, location(121.5, 25), 5, 300, a)
             FROM (VALUES (1, NULL), (2, 'POLYGON((121 25,122 25,121 26,121 25))')) v (id, t), LATERAL (SELECT t::area AS a) s)) p;
SELECT q AS statement, pg_temp.refusal(q) AS refusal FROM unnest(ARRAY[
    'SELECT ktt.pickup_index(NULL, ktt.location(1, 1))',
    'SELECT ktt.pickup_index(1, NULL)',
    'SELECT ktt.pickup_index(0, ktt.location(1, 1))',
    'SELECT ktt.pickup_index(1, ktt.location(1, 1)) FROM generate_series(1, 2)',
    'SELECT ktt.pickup_index(1, ktt.location(1, 1), -1, NULL, NULL)',
    'SELECT ktt.pickup_index(1, ktt.location(1, 1), NULL, 0, NULL)',
    'SELECT ktt.pickup_index(1, ktt.location(1, 1), NULL, -1, NULL)',
    'SELECT ktt.pickup_index(1, ktt.location(1, 1), NULL, ''NaN'', NULL)',
    'SELECT ktt.pickup_index(1, ktt.location(1, 1), NULL, ''Infinity'', NULL)',
    'SELECT ktt.pickup_index(1, ktt.location(25.04, 121.5))',
    'SELECT ktt.pickup_index(1, ktt.location(''NaN'', 1))',
    'SELECT ktt.pickup_index_collect(NULL, 1, ktt.location(1, 1))',
    'SELECT ktt.pickup_index_merge(''{}'', ''{}'')']) q;

-- As a window, and by workers: the same points.
SELECT id, pickup_index(id, location(id, id)) OVER (ORDER BY id) FROM generate_series(1, 3) id;
CREATE TEMP TABLE place AS SELECT i::bigint AS id, location(i % 360 - 180, i % 90) AS location FROM generate_series(1, 20000) i;
CREATE TABLE public.pickup_place AS TABLE place;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE made AS SELECT pickup_index(id, location) AS points FROM public.pickup_place;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT (SELECT pickup_index(id, location) FROM public.pickup_place) = points AS same_by_workers, cardinality(points) FROM made;
RESET max_parallel_workers_per_gather;
DROP TABLE public.pickup_place;
SELECT points::text::pickup_index = points AS same_text, points < points AS less, points = '{}' AS none FROM made;

-- From a toasted column, the tree is built once; the answers are those of the rows.
SELECT count(*) AS wrong FROM made, LATERAL (SELECT location(i * 3.3 - 180, i - 50) AS here FROM generate_series(1, 30) i) h
WHERE nearest(points, here) IS DISTINCT FROM (SELECT id FROM place ORDER BY distance(location, here), id LIMIT 1);

-- Look-ups, and what they refuse.
SELECT nearest('{1:0 0 capacity 0,2:1 0,3:-1 0}', location(0, 0)), nearest('{}', location(0, 0)), nearest('{1:0 0 radius 5}', location(1, 0));
SELECT * FROM nearest_points('{1:0 0 capacity 0,2:1 0,3:-1 0,4:2 0}', location(0, 0), 2);
SELECT points_within('{1:0 0 capacity 0,2:1 0,3:-1 0,4:2 0}', location(0, 0), m) FROM unnest('{0,111319,111320,21000000}'::float8[]) m;
SELECT q AS statement, pg_temp.refusal(q) AS refusal FROM unnest(ARRAY[
    'SELECT ktt.nearest_points(''{1:0 0}'', ktt.location(0, 0), 0)',
    'SELECT ktt.nearest_points(''{1:0 0}'', ktt.location(0, 0), 1001)',
    'SELECT ktt.points_within(''{1:0 0}'', ktt.location(0, 0), -1)',
    'SELECT ktt.points_within(''{1:0 0}'', ktt.location(0, 0), ''NaN'')',
    'SELECT ktt.match_pickups(''{1:0 0}'', ''{1}'', ARRAY[ktt.location(0, 0)], ''best'')',
    'SELECT ktt.match_pickups(''{1:0 0}'', ''{1,2}'', ARRAY[ktt.location(0, 0)])',
    'SELECT ktt.match_pickups(''{1:0 0}'', ''{1,NULL}'', ARRAY[ktt.location(0, 0), ktt.location(0, 0)])',
    'SELECT ktt.match_pickups(''{1:0 0}'', ''{1}'', ARRAY[NULL]::ktt.location[])',
    'SELECT ktt.match_pickups(''{1:0 0}'', ''{1,1}'', ARRAY[ktt.location(0, 0), ktt.location(0, 0)])',
    'SELECT ktt.match_pickups(''{1:0 0}'', ''{}'', ''{}'')']) q;
SELECT m.* FROM unnest('{nearest,stable,least_total}'::text[]) WITH ORDINALITY u (method, n),
    match_pickups('{1:0 0 capacity 1 radius 200000,2:3 0 capacity 1 radius 200000}', '{5,6,7}',
                  ARRAY[location(0.1, 0), location(0.2, 0), location(60, 0)], method) m ORDER BY n, m.id;
SELECT * FROM match_pickups('{}', '{5}', ARRAY[location(0.1, 0)]);

-- Big statements end when they are told to, and the session goes on.
SET max_parallel_workers_per_gather = 0;
SET statement_timeout = '50ms';
SELECT q AS statement, pg_temp.refusal(q) FROM unnest(ARRAY['SELECT 1']) q;
\set VERBOSITY sqlstate
SELECT pickup_index(i, location(108.3, 22.8)) FROM generate_series(1, 3000000) i;
RESET statement_timeout;
CREATE TEMP TABLE spot AS SELECT pickup_index(i, location(108.3, 22.8), 0, NULL, NULL) AS points FROM generate_series(1, 1000000) i;
SET statement_timeout = '50ms';
SELECT count(nearest(points, location(108, 22))) FROM spot, generate_series(1, 1000);
SELECT length(points::text) FROM spot;
\set VERBOSITY default
RESET statement_timeout;
SELECT cardinality(points) FROM spot;
