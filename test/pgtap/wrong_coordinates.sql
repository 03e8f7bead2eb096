-- The wrong coordinates among real addresses, one by one: refused with a hint, or legal places that stand out by their distance.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = ktt, public;
BEGIN;
SELECT plan(8);

CREATE TEMP TABLE anomalies (buyer_id text PRIMARY KEY, kind text);
\copy anomalies FROM PROGRAM 'gzip -dc test/data/geo_oracle_taipei_buyer_anomalies.csv.gz' (FORMAT csv, HEADER)
CREATE TEMP TABLE streets (buyer_id text PRIMARY KEY, address_zh text, district text, village_published text, lon float8, lat float8);
\copy streets FROM PROGRAM 'gzip -dc test/data/geo_taipei_buyers.csv.gz' (FORMAT csv, HEADER)
CREATE TEMP TABLE shops (pickup_id text PRIMARY KEY, name_zh text, name_en text, address_zh text, district text, lon float8, lat float8, area text);
\copy shops FROM PROGRAM 'gzip -dc test/data/geo_taipei_pickups.csv.gz' (FORMAT csv, HEADER)

CREATE FUNCTION pg_temp.refusal(lon float8, lat float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    PERFORM ktt.location(lon, lat);
    RETURN NULL;
EXCEPTION WHEN invalid_parameter_value THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN sqlerrm || '. ' || hint;
END $$;
CREATE TEMP TABLE said AS
SELECT s.buyer_id, a.kind, lon, lat, pg_temp.refusal(lon, lat) AS refusal FROM streets s LEFT JOIN anomalies a USING (buyer_id);

SELECT is((SELECT count(*) FROM said WHERE kind = 'lon_lat_swapped'), 18::bigint, '18 are swapped');
SELECT is_empty($$SELECT buyer_id, refusal FROM said WHERE kind = 'lon_lat_swapped'
    AND refusal IS DISTINCT FROM 'latitude must be between -90 and 90. Coordinates are given as longitude, latitude.'$$, 'each is refused with a hint');
SELECT is((SELECT count(*) FROM said WHERE kind = 'out_of_range'), 4::bigint, '4 are out of range');
SELECT is_empty($$SELECT buyer_id, refusal FROM said WHERE kind = 'out_of_range' AND refusal IS DISTINCT FROM
    CASE WHEN abs(lat) > 90 THEN 'latitude must be between -90 and 90. ' ELSE 'longitude must be between -180 and 180. ' END$$,
    'each is refused, without a hint that would not help');
SELECT is((SELECT count(*) FROM said WHERE kind = 'in_range_but_outside_taipei'), 6::bigint, '6 are places elsewhere');
SELECT is_empty($$SELECT buyer_id, refusal FROM said WHERE kind IS DISTINCT FROM 'lon_lat_swapped' AND kind IS DISTINCT FROM 'out_of_range'
    AND refusal IS NOT NULL$$, 'no other is refused');

-- How far it is to a shop in the city tells the six from all the others.
CREATE TEMP TABLE nearest AS
SELECT s.buyer_id, s.kind, (SELECT n.metres FROM nearest_points(p.points, location(s.lon, s.lat), 1) n) AS metres
FROM said s, (SELECT pickup_index(n, place) AS points
              FROM (SELECT row_number() OVER (ORDER BY pickup_id) AS n, location(lon, lat) AS place FROM shops WHERE area = 'in_taipei') t) p
WHERE s.refusal IS NULL;
SELECT set_eq('SELECT buyer_id FROM nearest WHERE metres > 10000', $$SELECT buyer_id FROM anomalies WHERE kind = 'in_range_but_outside_taipei'$$,
    'the six, and no other, are over 10 km from every shop in the city');
SELECT is((SELECT count(*) FROM nearest WHERE metres <= 10000), 1156::bigint, 'all good ones are within');

SELECT * FROM finish();
ROLLBACK;
