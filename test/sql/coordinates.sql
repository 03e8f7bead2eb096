-- Coordinates of Chinese maps, and areas as they are kept and judged.
\set SHOW_CONTEXT never
CREATE SCHEMA coordinates_test;
SET search_path = coordinates_test, ktt, pg_catalog, pg_temp;

-- published vectors: in and out, and one system by way of another
CREATE TEMP TABLE vectors (
    province text, city text, district text, name text, wgs84_lon float8, wgs84_lat float8, gcj02_lon float8, gcj02_lat float8,
    bd09_lon float8, bd09_lat float8, metres_wgs84_gcj02 float8, metres_wgs84_bd09 float8);
\copy vectors FROM PROGRAM 'gzip -dc "$PG_ABS_SRCDIR/data/geo_crs_vectors.csv.gz"' (FORMAT csv, HEADER)
SELECT count(*) AS vectors,
       bool_and(greatest(abs(g.longitude - gcj02_lon), abs(g.latitude - gcj02_lat)) < 8e-6) AS to_gcj02,
       bool_and(greatest(abs(b.longitude - bd09_lon), abs(b.latitude - bd09_lat)) < 8e-6) AS to_bd09,
       bool_and(greatest(abs(longitude(from_gcj) - wgs84_lon), abs(latitude(from_gcj) - wgs84_lat)) < 8e-6) AS from_gcj02,
       bool_and(greatest(abs(longitude(from_bd) - wgs84_lon), abs(latitude(from_bd) - wgs84_lat)) < 8e-6) AS from_bd09,
       bool_and(greatest(abs(gb.longitude - bd09_lon), abs(gb.latitude - bd09_lat)) < 1e-7) AS gcj02_to_bd09,
       bool_and(abs(distance(from_gcj, from_bd)) < 0.02) AS both_the_same_place,
       bool_and(abs(distance(location(gcj02_lon, gcj02_lat), from_gcj) - metres_wgs84_gcj02) < 1) AS moved_by_gcj02,
       bool_and(abs(distance(location(bd09_lon, bd09_lat), from_bd) - metres_wgs84_bd09) < 1) AS moved_by_bd09
FROM vectors,
    LATERAL (SELECT location(wgs84_lon, wgs84_lat) AS wgs, from_gcj02(gcj02_lon, gcj02_lat) AS from_gcj,
                    from_bd09(bd09_lon, bd09_lat) AS from_bd) p,
    to_gcj02(wgs) g, to_bd09(wgs) b, to_gcj02(from_gcj) gg, to_bd09(from_gcj) gb;

-- there and back again, all over the box and where the rule has a kink
SELECT count(*) AS places, max(greatest(abs(longitude(g) - lon), abs(latitude(g) - lat))) < 1e-11 AS gcj02,
       max(greatest(abs(longitude(b) - lon), abs(latitude(b) - lat))) < 1e-11 AS bd09
FROM generate_series(0, 199) i, generate_series(0, 99) j,
    LATERAL (SELECT CASE i % 10 WHEN 0 THEN 105 + (i - 100) * 1e-9 ELSE 72.004 + (137.8347 - 72.004) * i / 199 END AS lon,
                    0.8293 + (55.8271 - 0.8293) * j / 99 AS lat) p,
    to_gcj02(location(lon, lat)) og, to_bd09(location(lon, lat)) ob,
    LATERAL (SELECT from_gcj02(og.longitude, og.latitude) AS g, from_bd09(ob.longitude, ob.latitude) AS b) back;

-- to the digit
SELECT round(g.longitude::numeric, 9) AS gcj02_lon, round(g.latitude::numeric, 9) AS gcj02_lat,
       round(b.longitude::numeric, 9) AS bd09_lon, round(b.latitude::numeric, 9) AS bd09_lat
FROM (VALUES (108.3669, 22.8170), (116.3913, 39.9075), (121.4737, 31.2304), (87.6177, 43.7928), (105, 35)) v (lon, lat),
    to_gcj02(location(lon, lat)) g, to_bd09(location(lon, lat)) b;

-- outside of the box nothing moves; its edges belong to it
SELECT lon, lat, to_gcj02(location(lon, lat)) = ROW(lon, lat) AS gcj02_stays, to_bd09(location(lon, lat)) = ROW(lon, lat) AS bd09_stays
FROM (VALUES (139.69::float8, 35.69::float8), (-0.13, 51.5), (-70, -33), (180, 0), (0, 90), (0, -90),
             (72.004, 30), (72.00399, 30), (137.8347, 30), (137.83471, 30), (100, 0.8293), (100, 0.82929), (100, 55.8271), (100, 55.82711)) v (lon, lat);
SELECT longitude(g), latitude(g), longitude(b), latitude(b)
FROM (VALUES (139.69, 35.69), (-180, 0), ('-0', '-90')) v (lon, lat),
    LATERAL (SELECT from_gcj02(lon, lat) AS g, from_bd09(lon, lat) AS b) p;

-- refused: swapped, out of range, no numbers
SELECT from_gcj02(22.8170, 108.3669);
SELECT from_bd09(39.9075, 116.3913);
SELECT from_gcj02(43.79, 87.61);
SELECT from_bd09(30.5, 80.25);
SELECT from_gcj02(211.5, 25);
SELECT from_bd09(25, 211.5);
SELECT from_gcj02('NaN', 25);
SELECT from_bd09(121, 'Infinity');
SELECT from_gcj02(1e308, -1e308);
SELECT from_gcj02(NULL, 25) IS NULL AS no_longitude, from_bd09(121, NULL) IS NULL AS no_latitude,
       to_gcj02(NULL) IS NULL AS nowhere, to_bd09(NULL) IS NULL AS nowhere_else;

-- what an area is kept as
SELECT area_wkb('POLYGON((0 0, 1 0, 1 1, 0 0))');
SELECT encode(area_wkb('SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), EMPTY)'), 'hex') AS wkb;
SELECT area_wkb(NULL) IS NULL AS none;
\set VERBOSITY sqlstate
SELECT area_wkb('POLYGON Z((0 0 1, 1 0 1, 1 1 1, 0 0 1))');
SELECT area_wkb('SRID=3857;POLYGON((0 0, 1 0, 1 1, 0 0))');
SELECT area_wkb('LINESTRING(0 0, 1 0)');
SELECT area_wkb('POLYGON((0 10, 180 -10, 90 80, 0 10))');
SELECT area_wkb('POLYGON((0 0, 1 0, 1 1, 0 1))');
\set VERBOSITY default

-- every area that the domain lets in can be unpacked
SELECT nearest((SELECT pickup_index(1, location(0, 0), NULL, NULL, w) FROM (SELECT a AS w) s), location(3.5, 2)) AS nearest
FROM (VALUES ('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), EMPTY)'::area),
             ('POLYGON((0 0, 0 0, 0 0, 0 0))'), ('POLYGON((0 0, 4 4, 4 0, 0 4, 0 0))')) v (a);
SELECT 'POLYGON((0 0, NaN 0, 1 1, 0 0))'::area;
SELECT 'POLYGON((0 0, 1 0, 1 1, 0 1, 0 0), (0 0, 0.1 0, 0.1 NaN, 0 0))'::area;

-- an area that crosses itself is used as it is, and said to
SELECT area_problem('POLYGON((0 0, 4 4, 4 0, 0 4, 0 0))');
SELECT area_problem('POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (5 0, 6 0, 6 1, 5 0))');
SELECT area_problem('POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))') IS NULL AS none, area_problem(NULL) IS NULL AS nothing;
SELECT lon, lat, covers('POLYGON((0 0, 4 4, 4 0, 0 4, 0 0))', location(lon, lat)) AS covered
FROM (VALUES (0.5, 2), (3.5, 2), (2, 1), (2, 3)) v (lon, lat);

-- whoever makes points without checks
SELECT from_gcj02(108.37, 22.82) = location(longitude(from_gcj02(108.37, 22.82)), latitude(from_gcj02(108.37, 22.82))) AS same_form;

DROP SCHEMA coordinates_test CASCADE;
