-- Whom an area serves: what ST_Covers says of geography, and which village real places lie in.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(9);
SET search_path = ktt, public;
SET LOCAL statement_timeout = '10min';
\ir lib/taipei.sql

-- Areas that are hard: over the antimeridian, around the poles, large, with holes, in parts, crossing themselves, tiny.
CREATE TEMP TABLE hard (id bigint PRIMARY KEY, kind text, area area);
INSERT INTO hard SELECT row_number() OVER (), v.kind, v.wkt::geography FROM (VALUES
    ('antimeridian', 'POLYGON((178 -18, -178 -18, -178 -15, 178 -15, 178 -18))'),
    ('antimeridian', 'POLYGON((179.5 50, -179.2 51, -179.9 53, 179 52.5, 179.5 50))'),
    ('pole', 'POLYGON((0 80, 90 80, 180 80, -90 80, 0 80))'),
    ('pole', 'POLYGON((-120 -70, 0 -75, 120 -72, -120 -70))'),
    ('pole', 'POLYGON((10 60, 130 65, -110 62, 10 60), (10 85, 130 85, -110 85, 10 85))'),
    ('large', 'POLYGON((-60 -40, 50 -45, 60 40, -50 45, -60 -40))'),
    ('large', 'POLYGON((100 10, 170 5, 160 60, 110 55, 100 10))'),
    ('hole', 'POLYGON((120 24, 122 24, 122 26, 120 26, 120 24), (120.5 24.5, 121.5 24.5, 121.5 25.5, 120.5 25.5, 120.5 24.5))'),
    ('parts', 'MULTIPOLYGON(((120 24, 121 24, 121 25, 120 25, 120 24)), ((179 0, -179 0, -179 1, 179 1, 179 0)), ((121.2 24, 122 24, 122 25, 121.2 25, 121.2 24), (121.4 24.2, 121.8 24.2, 121.8 24.8, 121.4 24.8, 121.4 24.2)))'),
    ('crossing', 'POLYGON((120 24, 122 26, 122 24, 120 26, 120 24))'),
    ('crossing', 'POLYGON((120 24, 122 24, 120.2 25.5, 121 23, 121.8 25.5, 120 24))'),
    ('tiny', 'POLYGON((121.5 25, 121.50001 25, 121.50001 25.00001, 121.5 25.00001, 121.5 25))')) v(kind, wkt);
SELECT setseed(0.314159);
INSERT INTO hard SELECT 100 + n, 'circle', ST_Buffer(ST_MakePoint(random() * 360 - 180, degrees(asin(random() * 1.98 - 0.99)))::geography, 200 * 10 ^ (random() * 3))::geography FROM generate_series(1, 60) n;
CREATE TEMP TABLE tried AS
SELECT h.id AS area_id, h.kind, h.area, p.place
FROM hard h, LATERAL (
    SELECT location(CASE WHEN b.x1 - b.x0 > 180 OR n % 4 = 0 THEN random() * 360 - 180 ELSE greatest(least(b.x0 - 0.2 + (b.x1 - b.x0 + 0.4) * random(), 180), -180) END,
                    greatest(least(b.y0 - 0.2 + (b.y1 - b.y0 + 0.4) * random(), 90), -90)) AS place
    FROM (SELECT ST_XMin(h.area::geometry) AS x0, ST_XMax(h.area::geometry) AS x1, ST_YMin(h.area::geometry) AS y0, ST_YMax(h.area::geometry) AS y1) b, generate_series(1, 600) n) p
UNION ALL
SELECT h.id, 'corner', h.area, location(ST_X(d.geom), ST_Y(d.geom)) FROM hard h, ST_DumpPoints(h.area::geometry) d WHERE h.kind <> 'circle'
UNION ALL
SELECT h.id, h.kind, h.area, location((ST_X(d.geom) + ST_X(e.geom)) / 2 + f.x, (ST_Y(d.geom) + ST_Y(e.geom)) / 2 + f.x)
FROM hard h, ST_DumpPoints(h.area::geometry) d, ST_DumpPoints(h.area::geometry) e, unnest('{0,1e-7,-1e-6}'::float8[]) f(x)
WHERE h.kind <> 'circle' AND d.path < e.path AND abs(ST_Y(d.geom) + ST_Y(e.geom)) < 179;
CREATE TEMP TABLE said AS
SELECT t.area_id, t.kind, t.place, ST_Covers(t.area::geography, t.place::geography) AS postgis, nearest(p.points, t.place) IS NOT NULL AS ours
FROM (SELECT h.id, pickup_index(1, location(0, 0), NULL, NULL, h.area) AS points FROM hard h GROUP BY h.id) p JOIN tried t ON t.area_id = p.id;
SELECT is_empty($$SELECT area_id, kind, ST_AsText(place), postgis, ours FROM said WHERE kind <> 'corner' AND postgis <> ours LIMIT 5$$, 'hard areas serve whom ST_Covers says they cover');
SELECT is_empty($$SELECT area_id, ST_AsText(place), postgis, ours FROM said WHERE kind = 'corner' AND postgis <> ours$$, 'corners of an outline belong to the area, those of a hole do not');
SELECT is_empty($$SELECT kind FROM said GROUP BY kind HAVING kind NOT IN ('corner') AND (bool_and(ours) OR NOT bool_or(ours))$$, 'of every kind some are in and some are out');

-- The villages of a city: 1058 shops and 1162 addresses.
CREATE TEMP TABLE village (village_code text PRIMARY KEY, district text, village text, wkt text);
\copy village FROM PROGRAM 'gzip -dc test/data/geo_taipei_villages.csv.gz' (FORMAT csv, HEADER, ENCODING 'UTF8')
CREATE TEMP TABLE oracle (kind text, id text, village_code text, district text, village text);
\copy oracle FROM PROGRAM 'gzip -dc test/data/geo_oracle_taipei_village.csv.gz' (FORMAT csv, HEADER match, ENCODING 'UTF8')
CREATE TEMP TABLE spot AS
SELECT 'TPS' || lpad(id::text, 4, '0') AS id, location FROM shop UNION ALL SELECT 'TPB' || lpad(id::text, 4, '0'), location FROM street;
ALTER TABLE village ADD area area, ADD rank bigint;
UPDATE village v SET area = v.wkt::geography, rank = r.rank FROM (SELECT village_code, row_number() OVER (ORDER BY village_code) AS rank FROM village) r WHERE r.village_code = v.village_code;
CREATE INDEX ON village USING gist (area);
ANALYZE village;
-- All villages at one spot, without a radius: whoever serves a place is in the answer, by id.
CREATE TEMP TABLE found AS
SELECT s.id, s.location, ARRAY(SELECT n.point FROM nearest_points(p.points, s.location, 5) n) AS ours,
       ARRAY(SELECT v.rank FROM village v WHERE ST_Covers(v.area::geography, s.location::geography) ORDER BY v.rank) AS postgis
FROM spot s, (SELECT pickup_index(v.rank, location(121.5, 25), NULL, NULL, v.area) AS points FROM village v) p;
SELECT is((SELECT count(*) FROM found), 2220::bigint, 'every place is tried in every village');
SELECT is_empty('SELECT id, ours, postgis FROM found WHERE postgis <> ours', 'a village serves whom ST_Covers says it covers');
SELECT cmp_ok((SELECT count(*) FROM found WHERE ours <> '{}'), '>', 2000::bigint, 'most places are in one');

-- The oracle draws straight lines on a flat map, an area great circles: for borders of a street's length they differ by millimetres.
SELECT is((SELECT count(*) FROM oracle o JOIN spot s USING (id)), 2220::bigint, 'the oracle knows every place');
SELECT is_empty($$
    SELECT o.id, o.village_code, v.village_code
    FROM oracle o JOIN found f USING (id) LEFT JOIN village v ON v.rank = f.ours[1] LEFT JOIN village b ON b.village_code = coalesce(o.village_code, v.village_code)
    WHERE o.village_code IS DISTINCT FROM v.village_code
      AND ST_Distance(ST_Boundary(b.wkt::geometry)::geography, f.location::geography) > 0.05$$, 'every place is in the village that the oracle says, but for 5 centimetres at a border');
SELECT is_empty('SELECT id FROM found WHERE cardinality(ours) > 1', 'and in no other');

SELECT * FROM finish();
ROLLBACK;
