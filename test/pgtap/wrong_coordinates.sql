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
CREATE TEMP TABLE villages (village_code text PRIMARY KEY, district text, village text, wkt text);
\copy villages FROM PROGRAM 'gzip -dc test/data/geo_taipei_villages.csv.gz' (FORMAT csv, HEADER)

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

-- How far it is to the city tells the six from all the others, though all are legal places.
CREATE TEMP TABLE city AS SELECT public.ST_Collect(wkt::public.geometry)::public.geography AS whole FROM villages;
CREATE TEMP TABLE far AS
SELECT s.buyer_id, s.kind, public.ST_Distance(c.whole, location(s.lon, s.lat)::public.geography) AS metres
FROM said s, city c WHERE s.refusal IS NULL;
SELECT set_eq('SELECT buyer_id FROM far WHERE metres > 10000', $$SELECT buyer_id FROM anomalies WHERE kind = 'in_range_but_outside_taipei'$$,
    'the six, and no other, are over 10 km from the city');
SELECT is((SELECT count(*) FROM far WHERE metres <= 10000), 1156::bigint, 'all good ones are nearer');

SELECT * FROM finish();
ROLLBACK;
