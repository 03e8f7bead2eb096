-- Places: checked before PostGIS sees them, measured on the ellipsoid, found by index.
\set SHOW_CONTEXT never
CREATE SCHEMA location_test;
SET search_path = location_test, ktt, pg_catalog, pg_temp;

-- made and taken apart
SELECT longitude(p), latitude(p), pg_typeof(p) FROM location(121.5170, 25.0478) p;
SELECT longitude(p), latitude(p) FROM (VALUES
    (location(180, 90)), (location(-180, -90)), (location(0, 0)), (location('-0', '-0'))) v (p);
SELECT location(NULL, 25) IS NULL AS no_longitude, location(121, NULL) IS NULL AS no_latitude;

-- refused
SELECT location(25.0478, 121.5170);
SELECT location(211.513734, 25.04);
SELECT location(25, 211.5);
SELECT location(121, 90.0000001);
SELECT location(500, 200);
SELECT location('NaN', 25);
SELECT location(121, 'Infinity');
SELECT 'POINT EMPTY'::public.geography::location;
SELECT 'POINT(NaN 25)'::public.geography::location;
\set VERBOSITY sqlstate
SELECT 'LINESTRING(0 0, 1 1)'::location;
SELECT 'POINT Z (121 25 3)'::location;
SELECT 'SRID=3857;POINT(121 25)'::location;
\set VERBOSITY default

-- areas
SELECT covers('POLYGON((121 25, 122 25, 122 26, 121 26, 121 25))'::area, location(lon, lat)) AS covered
FROM (VALUES (121.5, 25.5), (121, 25), (120.999, 25.5), (121.5, 24.9)) v (lon, lat);
SELECT covers('MULTIPOLYGON(((179 -18, -179 -18, -179 -17, 179 -17, 179 -18)))'::area, location(lon, -17.5)) AS covered
FROM (VALUES (179.9), (-179.9), (180), (-180), (178.9)) v (lon);
SELECT 'POINT(121 25)'::public.geography::area;
SELECT 'POLYGON EMPTY'::public.geography::area;
SELECT public.ST_Buffer(public.ST_SetSRID(public.ST_MakePoint(121, 25), 4326), 0.1, 2501)::public.geography::area;

-- distance: metres on the ellipsoid, also where longitude has no meaning
SELECT round(distance(location(a, b), location(c, d))::numeric, 3) AS metres
FROM (VALUES (121.5, 25, 121.5, 25), (179.9, -17, -179.9, -17), (180, 10, -180, 10),
             (0, 90, 135, 90), (0, -90, 77, -90), (0, 90, 0, -90), (0, 0, 180, 0),
             (10, 89.9999, -170, 89.9999), (0, 0, 179.7, 0.3)) v (a, b, c, d);
SELECT distance(NULL, location(0, 0)) IS NULL AS nowhere;
SELECT count(*) AS different FROM generate_series(0, 999) i,
    LATERAL (SELECT location(i * 0.36 - 180, i * 0.18 - 90) AS a, location(180 - i * 0.31, 89 - i * 0.17) AS b) p
WHERE distance(a, b) IS DISTINCT FROM public.ST_Distance(a::public.geography, b::public.geography);

-- within: the radius counts, the edge belongs to it
SELECT within(location(121, 25), location(121.001, 25), m) AS near
FROM (VALUES (0), (100.9), (101), (21000000)) v (m);
SELECT within(location(0, 0), location(180, 0), 20003932) AS the_whole_earth;
SELECT within(location(121, 25), location(121, 25), 0) AS itself;
SELECT within(location(0, 0), location(0, 0), -1);
SELECT within(location(0, 0), location(0, 0), 'NaN');
SELECT within(location(0, 0), location(0, 0), 1e8);

-- points with ties, at the poles and at the antimeridian
CREATE TABLE points (id bigint PRIMARY KEY, place location NOT NULL);
INSERT INTO points
SELECT i, location((i * 7919 % 36000) / 100.0 - 180, (i * 104729 % 18001) / 100.0 - 90) FROM generate_series(1, 5000) i;
INSERT INTO points SELECT 5000 + id, place FROM points WHERE id <= 500;
INSERT INTO points
SELECT 6000 + i, location(121 + (i * 7919 % 1000) / 1000.0, 25 + (i * 104729 % 997) / 1000.0) FROM generate_series(1, 4000) i;
-- Near the equator the way north is shorter than a sphere has it, the way east longer.
INSERT INTO points
SELECT 20000 + 2 * i + east, CASE east WHEN 1 THEN location(i + 0.00995, 0) ELSE location(i, 0.01) END
FROM generate_series(-5, 5) i, generate_series(0, 1) east;
CREATE INDEX points_place ON points USING gist (place);
CREATE TABLE areas (id bigint PRIMARY KEY, whole area NOT NULL);
INSERT INTO areas
SELECT id, public.ST_Buffer(place::public.geography, 300) FROM points WHERE id > 6000;
CREATE INDEX areas_whole ON areas USING gist (whole);
ANALYZE points, areas;

-- what a plan does with its index, without the words of one PostGIS version
CREATE FUNCTION index_use(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    uses text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        uses := nullif(concat_ws(', ', uses, substring(line FROM
            '(Seq Scan on \w+|Index Scan using \w+|Order By|Index Cond|Sort)')), '');
    END LOOP;
    RETURN uses;
END $$;
SET enable_bitmapscan = off;
SELECT index_use('SELECT id FROM points ORDER BY knn(place, location(121.5, 25.5)) LIMIT 1');
SELECT index_use('SELECT id FROM points WHERE within(place, location(121.5, 25.5), 300)');
SELECT index_use('SELECT id FROM points WHERE within(location(121.5, 25.5), place, 300)');
SELECT index_use('SELECT id FROM areas WHERE covers(whole, location(121.5, 25.5))');
SELECT index_use('SELECT * FROM points b, LATERAL (SELECT p.id FROM points p ORDER BY knn(p.place, b.place) LIMIT 1) n WHERE b.id < 10');
SET plan_cache_mode = force_generic_plan;
PREPARE nearby(location, float8) AS SELECT id FROM points WHERE within(place, $1, $2);
SELECT index_use('EXECUTE nearby(''POINT(121.5 25.5)'', 300)');
PREPARE nearest(location) AS SELECT id FROM points ORDER BY knn(place, $1) LIMIT 1;
SELECT index_use('EXECUTE nearest(''POINT(121.5 25.5)'')');
RESET plan_cache_mode;

-- The nearest, exactly: the first of the sphere's order gives a radius, the
-- ellipsoid decides among all that lie in it. PostGIS is not on this path.
CREATE FUNCTION nearest(here location, wanted int) RETURNS TABLE (id bigint, metres float8)
    LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    radius float8;
BEGIN
    SELECT max(c.metres) INTO radius
    FROM (SELECT distance(p.place, here) AS metres FROM points p
          ORDER BY knn(p.place, here) LIMIT wanted) c;
    RETURN QUERY
        SELECT p.id, distance(p.place, here) AS metres FROM points p
        WHERE within(p.place, here, radius * 1.0102)
        ORDER BY 2, 1 LIMIT wanted;
END $$;
BEGIN;
SELECT seq_scan AS seq, idx_scan AS idx, idx_tup_fetch AS fetched
FROM pg_stat_xact_user_tables WHERE relid = 'points'::regclass \gset
SELECT count(*) FROM nearest(location(121.5, 25.5), 3);
SELECT seq_scan - :seq AS seq_scans, idx_scan - :idx AS index_scans, idx_tup_fetch - :fetched < 100 AS few_rows
FROM pg_stat_xact_user_tables WHERE relid = 'points'::regclass;
COMMIT;

CREATE TABLE seekers AS
SELECT i AS id, location((i * 6007 % 36001) / 100.0 - 180, (i * 100003 % 18001) / 100.0 - 90) AS here
FROM generate_series(1, 50) i
UNION ALL
SELECT 1000 + i, location(121 + (i * 6007 % 1009) / 1009.0, 25 + (i * 100003 % 1013) / 1013.0)
FROM generate_series(1, 50) i
UNION ALL
SELECT 2000 + id, place FROM points WHERE id % 500 = 0
UNION ALL
SELECT 8000 + i, location(i, 0) FROM generate_series(-5, 5) i
UNION ALL
SELECT 9000 + row_number() OVER (), location(lon, lat)
FROM (VALUES (0, 90), (0, -90), (180, 0), (-180, 0), (180, 66), (-180, -66), (179.995, -17), (-179.995, -17)) v (lon, lat);
-- Had the sphere's order always been right, this would prove nothing.
SELECT count(*) AS seekers, count(*) FILTER (WHERE found.ids IS DISTINCT FROM truth.ids) AS wrong,
       count(*) FILTER (WHERE sphere.metres <> truth.metres[1]) AS sphere_wrong
FROM seekers,
    LATERAL (SELECT distance(p.place, here) AS metres FROM points p
             ORDER BY knn(p.place, here) LIMIT 1) sphere,
    LATERAL (SELECT array_agg(n.id ORDER BY n.metres, n.id) AS ids FROM nearest(here, 3) n) found,
    LATERAL (SELECT array_agg(t.id ORDER BY t.metres, t.id) AS ids, array_agg(t.metres ORDER BY t.metres) AS metres
             FROM (SELECT p.id, distance(p.place, here) AS metres FROM points p
                   ORDER BY 2, 1 LIMIT 3) t) truth;

-- a table of places goes through text and back
CREATE TABLE copies (place location);
INSERT INTO copies SELECT place::text::location FROM points WHERE id <= 10;
SELECT count(*) AS same FROM copies c JOIN points p ON c.place::text = p.place::text AND p.id <= 10;

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA location_test CASCADE;
