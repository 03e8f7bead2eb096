-- A market of each size in the middle of a wave, and the same points for the peer.

\i :here/places.sql

-- The peer's load stands in the row, so that it joins nothing.
CREATE PROCEDURE bench.make(size text, points bigint) LANGUAGE plpgsql AS $$
DECLARE
    v_community bigint;
    v_wave bigint;
BEGIN
    PERFORM ktt.create_market(('market_' || size)::name);
    EXECUTE format('CREATE SCHEMA plain_%s', size);
    PERFORM set_config('search_path', format('plain_%s, market_%s, ktt, public', size, size), true);
    v_community := add_community('community');
    v_wave := open_wave('wave');
    CREATE TABLE points (id bigint PRIMARY KEY, location geography(Point, 4326) NOT NULL, radius double precision NOT NULL,
                         open boolean NOT NULL, capacity int NOT NULL, parcels int NOT NULL);
    INSERT INTO points
    SELECT p.id, p.location, 3000, NOT p.closed, 100, CASE WHEN p.crowded THEN 100 ELSE p.id % 100 END FROM bench.points(make.points) p;
    CREATE INDEX points_location_idx ON points USING gist (location);
    INSERT INTO pickup_points (id, community_id, reference, location, radius, capacity, state) OVERRIDING SYSTEM VALUE
    SELECT p.id, v_community, 'point ' || p.id, p.location, p.radius, p.capacity, CASE WHEN p.open THEN 'open' ELSE 'closed' END FROM points p;
    INSERT INTO point_loads (wave_id, point_id, parcels) SELECT v_wave, p.id, p.parcels FROM points p;
END
$$;
SELECT format('CALL bench.make(%L, %s)', name, points) FROM bench.sizes ORDER BY points \gexec

-- Buyers of whom everybody's answer is checked.
SELECT format('CREATE TABLE bench.asked_%s AS SELECT id, location FROM bench.buyers(%s, %s)', name, least(CASE name WHEN 'large' THEN 200 ELSE 2000 END, :places / 10), points) FROM bench.sizes \gexec

-- How far a client has come, where pgbench cannot say it: from there on its backend is warm.
CREATE UNLOGGED TABLE bench.marks (pid int, n int, at timestamptz, cpu_ms double precision);

VACUUM (FREEZE, ANALYZE);
SELECT pg_prewarm(c.oid) FROM pg_class c
WHERE c.relnamespace::regnamespace::text LIKE 'plain%' OR c.relname IN ('pickup_points', 'pickup_points_pkey', 'point_loads', 'point_loads_pkey', 'pickup_points_location_idx') \g /dev/null
