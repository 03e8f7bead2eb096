-- Stops around a city, 25 to a vehicle, 25 km/h on roads 1.3 times as long as the straight line, 3 minutes at each, all
-- done six hours after the departure. What pgRouting's solver is asked is never more than 50 stops: it takes minutes for
-- more, and nothing but the end of the server breaks it off.

SELECT count(*) > 0 AS has_peer FROM pg_available_extensions WHERE name = 'pgrouting' \gset
\if :has_peer
    CREATE EXTENSION pgrouting;
\endif

CREATE TABLE bench.sizes AS SELECT n AS stops, n <= 50 AND :'has_peer' AS peer FROM unnest('{25,50,100,200,300,1000,2000}'::int[]) n;

CREATE FUNCTION bench.stop(n bigint) RETURNS ktt.location LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE n WHEN 0 THEN ktt.location(108.416, 22.867) ELSE ktt.location(108.366 + 0.06 * bench.normal(n, 71), 22.817 + 0.06 * bench.normal(n, 72)) END
$$;
CREATE TABLE bench.stops AS SELECT n AS id, bench.stop(n) AS location FROM generate_series(0, 2000) n;

-- The same as columns of numbers.
CREATE TABLE bench.waves AS
SELECT z.stops, array_agg(s.id ORDER BY s.id) AS ids, array_agg(s.location ORDER BY s.id) AS locations, array_fill(1, ARRAY[z.stops]) AS parcels
FROM bench.sizes z JOIN bench.stops s ON s.id BETWEEN 1 AND z.stops GROUP BY z.stops;

CREATE FUNCTION bench.ours(wanted int) RETURNS TABLE (run int, place int, stop bigint, arrives interval, reason text) LANGUAGE sql STABLE AS $$
    SELECT r.run, r.place, r.stop, r.arrives, r.reason
    FROM bench.waves w, ktt.driver_runs(bench.stop(0), w.ids, w.locations, w.parcels, 25, '3 min', '6 h', 25, 1.3) r WHERE w.stops = wanted
$$;

-- In minutes. Its deadline is the arrival at a stop, so the service is taken off; the way back has all day.
CREATE TABLE bench.places AS
SELECT id::int, ktt.longitude(location) AS x, ktt.latitude(location) AS y, CASE WHEN id = 0 THEN 0 ELSE 1 END AS order_unit,
       0.0::float8 AS open_time, CASE WHEN id = 0 THEN 1440.0 ELSE 357.0 END::float8 AS close_time, CASE WHEN id = 0 THEN 0.0 ELSE 3.0 END::float8 AS service_time
FROM bench.stops WHERE id <= 50;
CREATE TABLE bench.legs AS
SELECT a.id::int AS src_id, b.id::int AS dest_id, m.minutes AS cost, m.minutes AS distance, m.minutes AS traveltime
FROM bench.stops a, bench.stops b, LATERAL (SELECT ktt.distance(a.location, b.location) * 1.3 * 0.06 / 25 AS minutes) m
WHERE a.id <= 50 AND b.id <= 50;
-- Two vehicles more than there would have to be.
CREATE FUNCTION bench.peer(wanted int) RETURNS TABLE (run int, place int, stop bigint) LANGUAGE plpgsql AS $$
BEGIN
    -- Each order is there twice: taken up at the warehouse and, after that, delivered.
    RETURN QUERY EXECUTE format($q$
        SELECT max(r.vid) FILTER (WHERE r.vid > 0), max(r.opos) FILTER (WHERE r.vid > 0), r.oid::bigint
        FROM pgr_vrpOneDepot('SELECT * FROM bench.places WHERE id <= %1$s',
            'SELECT n AS vehicle_id, 25 AS capacity, %1$s AS case_no FROM generate_series(1, %1$s / 25 + 2) n',
            'SELECT * FROM bench.legs WHERE src_id <= %1$s AND dest_id <= %1$s', 0) r
        WHERE r.oid > 0 GROUP BY r.oid$q$, least(wanted, 50));
END
$$;
