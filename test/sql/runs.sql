-- Driver runs: few vehicles, in time, and a reason for whoever is left out.
\set SHOW_CONTEXT never
CREATE SCHEMA runs_test;
SET search_path = runs_test, ktt, pg_catalog, pg_temp;
SET extra_float_digits = 0;

-- Points every 0.01 degrees (1 km) east of the warehouse, 36 km/h is 10 m/s.
CREATE FUNCTION east(n numeric) RETURNS location LANGUAGE sql IMMUTABLE AS $$ SELECT location(121 + n::float8 / 100, 25) $$;
CREATE VIEW one AS SELECT * FROM driver_runs(east(0), '{12,11,14,13}', ARRAY[east(2), east(1), east(-2), east(-1)], '{1,1,1,1}', 2, '5 min', '6 h', 36, 1);
SELECT run, place, stop, arrives, round(metres::numeric, 3) AS metres, parcels, reason, late FROM one;
-- what the rows promise: the next arrival is a leg and a service later, and a leg is the distance
SELECT count(*) AS wrong
FROM (SELECT o.*, coalesce(lag(o.arrives) OVER (PARTITION BY o.run ORDER BY o.place) + interval '5 min', interval '0') AS leaves FROM one o) o
WHERE abs(extract(epoch FROM o.arrives - o.leaves) * 10 - o.metres) > 0.006;

-- who is left out, and why
SELECT run, place, stop, arrives, round(metres::numeric) AS metres, parcels, reason, late
FROM driver_runs(east(0), '{1,2,3,4,5,6}', ARRAY[east(1), east(500), east(2), east(3), east(4), east(180)], '{5,1,3,6,0,1}', 5, '0', '5 h', 36, 1);
SELECT run, place, stop, arrives, round(metres::numeric) AS metres, parcels, reason, late
FROM driver_runs(east(0), '{1,2,3,4,5,6}', ARRAY[east(1), east(500), east(2), east(3), east(4), east(180)], '{5,1,3,6,0,1}', 5, '0', '5 h', 36, 1, vehicles => 1);

-- the detour and the service of parcels count against the deadline
SELECT stop, arrives, reason, late FROM driver_runs(east(0), '{1}', ARRAY[east(0)], '{40}', 100, '10 min', '1 h', 36, service_parcel => '75 s');
SELECT stop, arrives, reason, late FROM driver_runs(east(0), '{1}', ARRAY[east(0)], '{40}', 100, '10 min', '1 h', 36, service_parcel => '76 s');
SELECT d, m.arrives, round(m.metres::numeric) AS metres FROM unnest('{1,1.3,2}'::float8[]) d, driver_runs(east(0), '{1}', ARRAY[east(10)], '{1}', 1, '0', '1 day', 36, d) m;

-- no stops; all at one spot; nobody's ids
SELECT * FROM driver_runs(east(0), '{}', '{}', '{}', 1, '0', '1 h', 36);
SELECT run, count(*), min(arrives), max(arrives), sum(metres) FROM driver_runs(east(0), (SELECT array_agg(i) FROM generate_series(1, 100) i),
    array_fill(east(0), ARRAY[100]), array_fill(1, ARRAY[100]), 40, '1 min', '1 h', 36) GROUP BY run ORDER BY run;
SELECT run, place, stop FROM driver_runs(east(0), '{-9223372036854775808,0,9223372036854775807}', array_fill(east(1), ARRAY[3]), '{1,1,1}', 3, '0', '1 h', 36);

-- the order of the stops changes nothing; neither does a parallel plan
CREATE TABLE stops AS SELECT i AS id, location(121.5 + sin(i * 7.3) / 10, 25 + cos(i * 3.1) / 10) AS place, 1 + i % 4 AS parcels FROM generate_series(1, 120) i;
CREATE FUNCTION plan_by(by text) RETURNS TABLE (LIKE one) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT r.* FROM (SELECT array_agg(id ORDER BY %1$s) AS ids, array_agg(place ORDER BY %1$s) AS places, array_agg(parcels ORDER BY %1$s) AS parcels FROM stops) s
        CROSS JOIN LATERAL driver_runs(location(121.5, 25), s.ids, s.places, s.parcels, 40, ''3 min'', ''6 h'', 25) r', by);
END $$;
SELECT count(*) AS different FROM plan_by('id') a FULL JOIN plan_by('md5(id::text)') b ON a = b WHERE a.stop IS NULL OR b.stop IS NULL;
SELECT count(DISTINCT run) AS runs, count(*) FILTER (WHERE run IS NULL) AS unserved, max(load) AS load
FROM (SELECT run, sum(parcels) OVER (PARTITION BY run) AS load FROM plan_by('id')) r;
SELECT proparallel, provolatile, procost, prorows FROM pg_proc WHERE proname = 'driver_runs';

-- on roads: node 1 is the warehouse, a one-way ring 1 > 2 > 3 > 4 > 1 of 10 minutes each
CREATE TABLE ring AS
SELECT a AS from_place, b AS to_place, 600.0::float8 * ((b - a + 4) % 4) AS seconds, 5000.0::float8 * ((b - a + 4) % 4) AS metres
FROM generate_series(1, 4) a, generate_series(1, 4) b WHERE a <> b;
CREATE FUNCTION drive(ids bigint[], places bigint[], within interval, condition text DEFAULT 'true', extra text DEFAULT '') RETURNS TABLE (LIKE one) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT r.* FROM (SELECT array_agg(from_place) AS f, array_agg(to_place) AS t, array_agg(CASE WHEN %s THEN seconds END) AS s, array_agg(metres) AS m FROM ring) l
        CROSS JOIN LATERAL driver_runs(1::bigint, $1, $2, array_fill(1, ARRAY[cardinality($1)]), 10, ''1 min'', $3, l.f, l.t, l.s, l.m %s) r', condition, extra) USING ids, places, within;
END $$;
SELECT * FROM drive('{30,20,40}', '{3,2,4}', '2 h');
-- two stops at one node, one at the warehouse, one at a node that no road leads to
SELECT * FROM drive('{7,8,9,10}', '{3,3,1,5}', '2 h');
-- a road is closed; then the only way to 4 is by way of 3
SELECT * FROM drive('{20,30,40}', '{2,3,4}', '2 h', 'NOT (from_place = 1 AND to_place = 4)');
-- there is no way home from 3, so that 4 comes last
SELECT * FROM drive('{3,4}', '{3,4}', '2 h', 'NOT (from_place = 3 AND to_place = 1)');
SELECT * FROM drive('{3}', '{3}', '2 h', 'NOT (from_place = 3 AND to_place = 1)');
-- too far, and with too few vehicles
SELECT * FROM drive('{20,40}', '{2,4}', '15 min');
SELECT run, stop, reason FROM drive('{20,30,40}', '{2,2,2}', '12 min', 'true', ', vehicles => 1');
-- without metres
SELECT * FROM driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1,2}', '{2,1}', '{10.0004,20}');
SELECT * FROM driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1,2}', '{2,1}', '{10.0006,Infinity}', '{NULL,100}');
SELECT * FROM driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1,2}', '{2,1}', '{Infinity,10}');
SELECT * FROM driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{}', '{}', '{}');

-- refused
SELECT driver_runs(NULL::location, '{}', '{}', '{}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), NULL, '{}', '{}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{}', NULL, '{}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{}', '{}', NULL, 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{}', '{}', '{}', NULL, '0', '1 h', 36);
SELECT driver_runs(east(0), '{}', '{}', '{}', 1, NULL, '1 h', 36);
SELECT driver_runs(east(0), '{}', '{}', '{}', 1, '0', NULL, 36);
SELECT driver_runs(east(0), '{}', '{}', '{}', 1, '0', '1 h', NULL);
SELECT driver_runs(east(0), '{}', '{}', '{}', 1, '0', '1 h', 36, NULL);
SELECT driver_runs(east(0), '{}', '{}', '{}', 1, '0', '1 h', 36, service_parcel => NULL);
SELECT driver_runs(east(0), '{1,NULL}', ARRAY[east(1), east(2)], '{1,1}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1,2}', ARRAY[east(1), NULL], '{1,1}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1,2}', ARRAY[east(1), east(2)], '{1,NULL}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1,2}', ARRAY[east(1)], '{1,1}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1,2}', ARRAY[east(1), east(2)], '{1,1,1}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{{1,2}}', ARRAY[east(1), east(2)], '{1,1}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{2,2}', ARRAY[east(1), east(2)], '{1,1}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{-1}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1000000001}', 1, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 0, '0', '1 h', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '-1 s', '1 h', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '0', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '7 days 0.001 s', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '1 month', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '178000000 years', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '2000000000 days', 36);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '1 h', 0);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '1 h', 'NaN');
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '1 h', 'Infinity');
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '1 h', 36, 0.99);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '1 h', 36, vehicles => 0);
SELECT driver_runs(east(0), '{1}', ARRAY[east(1)], '{1}', 1, '0', '1 h', 36, vehicles => -2147483648);
SELECT driver_runs(east(0), (SELECT array_agg(i) FROM generate_series(1, 2001) i), '{}', '{}', 1, '0', '1 h', 36);
SELECT driver_runs(NULL::bigint, '{}', '{}', '{}', 1, '0', '1 h', '{}', '{}', '{}');
SELECT driver_runs(1::bigint, '{2}', '{NULL}', '{1}', 1, '0', '1 h', '{}', '{}', '{}');
SELECT driver_runs(1::bigint, '{2}', '{2,3}', '{1}', 1, '0', '1 h', '{}', '{}', '{}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', NULL, '{}', '{}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1}', '{2}', '{}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1}', '{2}', '{1}', '{}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1,NULL}', '{2,1}', '{1,1}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1,2}', '{2,NULL}', '{1,1}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1,1}', '{2,2}', '{1,1}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1}', '{2}', '{-1}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1}', '{2}', '{NaN}');
SELECT driver_runs(1::bigint, '{2}', '{2}', '{1}', 1, '0', '1 h', '{1}', '{2}', '{1}', '{-Infinity}');

-- it can be interrupted
SET statement_timeout = 200;
SELECT count(*) FROM generate_series(1, 100) n, LATERAL (SELECT array_agg(i) AS ids, array_agg(location(121 + sin(i * n) / 5, 25 + cos(i * 1.7) / 5)) AS places FROM generate_series(1, 2000) i) s,
    driver_runs(east(0), s.ids, s.places, array_fill(1, ARRAY[2000]), 2000, '1 min', '7 days', 36);
RESET statement_timeout;

DROP SCHEMA runs_test CASCADE;
