-- Points, and buyers of the same cities, for each size.

\i :here/places.sql

SELECT format('CREATE UNLOGGED TABLE bench.points_%s AS SELECT id, location FROM bench.points(%s)', name, points),
       format('CREATE INDEX ON bench.points_%s USING gist (location)', name),
       format('CREATE UNLOGGED TABLE bench.buyers_%s AS SELECT id, location FROM bench.buyers(%s, %s)', name, :places, points),
       format('ALTER TABLE bench.buyers_%s ADD PRIMARY KEY (id)', name),
       format('VACUUM (FREEZE, ANALYZE) bench.points_%s', name),
       format('VACUUM (FREEZE, ANALYZE) bench.buyers_%s', name),
       format('CREATE VIEW bench.ours_%1$s AS
               SELECT m.id, m.point, m.metres
               FROM (SELECT array_agg(id) AS ids, array_agg(location) AS locations FROM bench.buyers_%1$s) b
               CROSS JOIN LATERAL ktt.match_pickups((SELECT ktt.pickup_index(id, location) FROM bench.points_%1$s), b.ids, b.locations, ''nearest'') m',
              name),
       format('CREATE VIEW bench.rows_%1$s AS
               SELECT b.id, ktt.nearest((SELECT ktt.pickup_index(id, location) FROM bench.points_%1$s), b.location) AS point
               FROM bench.buyers_%1$s b', name),
       -- The index of geography orders by a sphere, so the eight first are ranked once more.
       format('CREATE VIEW bench.lateral_%1$s AS
               SELECT b.id, c.point, c.metres
               FROM bench.buyers_%1$s b
               CROSS JOIN LATERAL (
                   SELECT k.id AS point, k.metres
                   FROM (SELECT p.id, ST_Distance(p.location::geography, b.location::geography) AS metres FROM bench.points_%1$s p
                         ORDER BY p.location::geography <-> b.location::geography LIMIT 8) k
                   ORDER BY k.metres, k.id LIMIT 1) c', name)
FROM bench.sizes ORDER BY points \gexec

-- A tenth of the buyers, for ours alone.
CREATE VIEW bench.ours_fewer AS
SELECT m.id, m.point, m.metres
FROM (SELECT array_agg(id) AS ids, array_agg(location) AS locations FROM bench.buyers_middle WHERE id <= :places / 10) b
CROSS JOIN LATERAL ktt.match_pickups((SELECT ktt.pickup_index(id, location) FROM bench.points_middle), b.ids, b.locations, 'nearest') m;

SELECT pg_prewarm(format('bench.buyers_%s', name)), pg_prewarm(format('bench.points_%s', name)),
       pg_prewarm(format('bench.points_%s_location_idx', name)) FROM bench.sizes \g /dev/null
